// What must every client library be able to do? Its program does what it is told and prints what it saw, a JSON object a line; here it is
// asserted.
//
// program <scenario> <options, JSON>, records on the standard input where a scenario takes some
//   records       {codec}      writes the records of its input to partition 0 of `t` and prints them as read from the beginning
//   positions     {}           writes "0" to "99" at times 1000 to 1099, prints what is where
//   group         {protocol}   members of `g` join and leave: eager, cooperative or consumer (KIP-848); prints how many of 6 partitions each has
//   commits       {protocol}   a second member of `g` goes on where the first committed, and where the admin client has set it
//   static        {}           one of two static members goes and comes back; prints how often the other was told of a rebalance
//   fenced        {}           a static member is told that another has its name
//   admin         {}           topics, settings, records and groups are made, changed and deleted
//   idempotence   {}           writes "0" to "999" idempotently and prints the values as read
//   transactions  {}           commits, aborts, sends offsets, is fenced; prints what either isolation level reads
// Every program takes `address` and, where the broker wants it, `security`: {ca, mechanism, user, password}.

import { type Broker, type BrokerOptions, startBroker } from '../src/index'
import { forOldRecords } from '../test/batches'
import { type Certificates, makeCertificates } from '../test/certificates'
import { run } from '../test/command'
import { type Client, testsOf } from './allow-list'

export interface Program {
  command: string
  args: string[]
}

export type Facts = Record<string, unknown>

/** What a program does; of clients that are slow to load, without starting one each time. */
export type Perform = (scenario: string, options: Facts, input: unknown[]) => Promise<Facts[]>

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const time = 1_700_000_000_000

interface Sent {
  key: string
  value: string
  headers: [string, string][]
  time: number
}

const sent: Sent[] = [
  { key: 'key', value: 'value', headers: [['h', '1']], time },
  { key: '', value: '', headers: [['empty', '']], time: time + 1 },
  {
    key: 'ü€😀',
    value: 'ü€😀',
    headers: [['a', '1']],
    time: time + 2
  },
  { key: 'large', value: '0123456789'.repeat(50_000), headers: [], time: time + 3 },
  ...Array.from({ length: 500 }, (_, index): Sent => ({ key: `${index}`, value: 'v'.repeat(index), headers: [], time: time + index }))
]

/** Starts the program for each scenario. */
function performer({ args, command }: Program): Perform {
  return async (scenario, options, input) => {
    const lines = input.map(each => JSON.stringify(each)).join('\n')
    const { code, stderr, stdout } = await run(command, [...args, scenario, JSON.stringify(options)], lines)
    if (code !== 0) throw new Error(`the program ended with ${code}: ${stdout.slice(-2000)}\n${stderr.slice(-2000)}`)
    return stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
  }
}

/** Defines the tests of a client's library whose titles match `only`; `program` is undefined where it is not installed. */
export function testScenarios(client: Client, program: Program | Perform | undefined, only?: RegExp): void {
  const rule = testsOf(client, program !== undefined, only)
  const opened: Broker[] = []
  const warnings: string[] = []
  afterEach(async () => {
    warnings.length = 0
    for (const broker of opened.splice(0)) await broker.close()
  })

  async function start(options: BrokerOptions = {}): Promise<Broker> {
    const broker = await startBroker({ ...forOldRecords, ...options, log: message => warnings.push(message) })
    opened.push(broker)
    return broker
  }

  async function perform({ address }: { address: string }, scenario: string, options: Facts = {}, input: unknown[] = []): Promise<Facts[]> {
    const doIt = typeof program === 'function' ? program : performer(program!)
    try {
      return await doIt(scenario, { address, ...options }, input)
    } catch (error) {
      throw new Error([`${client} failed at ${scenario}: ${(error as Error).message}`, ...warnings].join('\n'))
    }
  }

  const performNew = async (scenario: string, options: Facts = {}) =>
    Object.assign({}, ...(await perform(await start({ consumerHeartbeatIntervalMs: 100 }), scenario, options)))

  for (const codec of codecs) {
    rule(`records of every kind come back as they were sent with ${codec}`, async () => {
      expect(await perform(await start(), 'records', { codec }, sent)).toEqual(sent.map((record, offset) => ({ offset, ...record })))
    })
  }

  rule('a record without a key, and one without a value, stay without', async () => {
    const records = [
      { key: null, value: 'without a key', headers: [], time },
      { key: 'tombstone', value: null, headers: [], time }
    ]
    expect(await perform(await start(), 'records', { codec: 'none' }, records)).toEqual(
      records.map((record, offset) => ({ offset, ...record }))
    )
  })

  rule('a header without a value stays without', async () => {
    const record = { key: 'k', value: 'v', headers: [['null', null]], time }
    expect(await perform(await start(), 'records', { codec: 'none' }, [record])).toEqual([{ offset: 0, ...record }])
  })

  rule('a header comes as often as it was sent', async () => {
    const record = {
      key: 'k',
      value: 'v',
      headers: [
        ['a', '1'],
        ['b', '2'],
        ['a', '3']
      ],
      time
    }
    expect(await perform(await start(), 'records', { codec: 'none' }, [record])).toEqual([{ offset: 0, ...record }])
  })

  rule('offsets are found at the beginning, at the end, by number and by time', async () => {
    expect(await performNew('positions')).toEqual({
      beginning: 0,
      end: 100,
      at40: '40',
      atTime1050: 50,
      valueAtTime1050: '50',
      afterAll: null
    })
  })

  for (const protocol of ['eager', 'cooperative', 'consumer']) {
    rule(`members of a group share its partitions as they come and go: ${protocol}`, async () => {
      expect(await performNew('group', { protocol })).toEqual({ one: [6], two: [3, 3], three: [2, 2, 2], left: [3, 3], read: 60 })
    })
  }

  for (const protocol of ['eager', 'consumer']) {
    rule(`a group goes on where it committed or was set: ${protocol}`, async () => {
      const { metadata = 'note', ...offsets } = await performNew('commits', { protocol })
      expect(offsets).toEqual({ first: '0', committed: 4, next: '4', reset: '2' })
      // where the client's commit takes metadata
      expect(metadata).toBe('note')
    })
  }

  rule('a static member comes back without a rebalance', async () => {
    expect(await performNew('static')).toEqual({ assigned: [1, 1], back: [1, 1], rebalancesOfTheOther: 0 })
  })

  rule('a static member is fenced by another of its name', async () => {
    expect(await performNew('fenced')).toEqual({ isFenced: true })
  })

  rule('the admin client makes, changes and deletes', async () => {
    expect(await performNew('admin')).toEqual({
      brokers: 1,
      topics: ['t'],
      partitions: 2,
      again: 'TOPIC_ALREADY_EXISTS',
      grown: 3,
      retention: '1000000',
      altered: '2000000',
      beginning: 6,
      groups: ['g'],
      state: 'Empty',
      groupsLeft: [],
      topicsLeft: []
    })
  })

  rule('an idempotent producer that loses connections writes everything once', async () => {
    const broker = await start()
    // an answer that is lost makes the client send again what was written
    broker.faults.drop('produce', { when: 'after', times: 2 })
    broker.faults.drop('produce', { times: 1 })
    const values = Array.from({ length: 1000 }, (_, index) => `${index}`)
    expect(await perform(broker, 'idempotence')).toEqual([{ values }])
  })

  rule('a transaction is read when it is committed, and its producer is fenced by the next', async () => {
    expect(await performNew('transactions')).toEqual({
      committed: ['a', 'b', 'e'],
      uncommitted: ['a', 'b', 'c', 'd', 'e'],
      offset: 7,
      offsetAborted: 7,
      isFenced: true
    })
  })

  let made: Certificates | undefined
  const certificates = () => (made ??= makeCertificates())
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    rule(`a user is let in with TLS and ${mechanism}, and no other`, async () => {
      const { broker: tls, ca, folder } = certificates()
      const broker = await start({ tls, sasl: { users: { ann: 'secret' }, mechanisms: [mechanism as 'PLAIN'] } })
      const security = { ca: `${folder}/ca.pem`, mechanism, user: 'ann', password: 'secret' }
      expect(ca).toContain('CERTIFICATE')
      const few = sent.slice(0, 3)
      expect(await perform(broker, 'records', { codec: 'none', security }, few)).toHaveLength(3)
      await expect(perform(broker, 'records', { codec: 'none', security: { ...security, password: 'wrong' } }, few)).rejects.toThrow(
        /authentication|SASL/i
      )
    })
  }
}
