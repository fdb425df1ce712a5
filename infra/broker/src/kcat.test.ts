// Does kcat, and with it librdkafka, produce and consume as it does with Kafka? Skipped by name where kcat is not installed.
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { Kafka, logLevel } from 'kafkajs'
import { makeCertificates } from '../test/certificates'
import { TestClient } from '../test/client'
import { isInstalled, run } from '../test/command'
import { type Broker, startBroker } from './index'

const whereInstalled = isInstalled('kcat', '-V') ? it : it.skip
let broker: Broker

beforeEach(async () => {
  broker = await startBroker({ defaultPartitions: 2 })
})
afterEach(() => broker.close())

/** Seconds that kcat waits for an answer about topics and offsets: five otherwise. */
const patience = ['-m', '60']

async function kcat(args: string[], input = ''): Promise<string[]> {
  const { code, stderr, stdout } = await run('kcat', ['-b', broker.address, ...patience, ...args], input)
  if (code !== 0) throw new Error(`kcat ended with ${code}: ${stderr}`)
  return stdout.split('\n').filter(line => line !== '')
}

const lines = Array.from({ length: 2000 }, (_, index) => `${index}`)

whereInstalled.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('kcat reads what it wrote with compression %s', async compression => {
  await kcat(['-P', '-t', 't', '-p', '1', '-z', compression], lines.join('\n'))
  expect(await kcat(['-C', '-t', 't', '-p', '1', '-e', '-q'])).toEqual(lines)
})

whereInstalled('kcat lists topics and partitions', async () => {
  await kcat(['-P', '-t', 't'], 'a')
  expect((await kcat(['-L'])).join('\n')).toContain('topic "t" with 2 partitions')
})

whereInstalled('kcat writes idempotently, with keys and headers', async () => {
  await kcat(['-P', '-t', 't', '-p', '0', '-K:', '-H', 'h=1', '-X', 'enable.idempotence=true'], 'k:v')
  expect(await kcat(['-C', '-t', 't', '-p', '0', '-e', '-q', '-f', '%o %k %s %h\n'])).toEqual(['0 k v h=1'])
})

whereInstalled('kcat reads in a group and goes on where the group was', async () => {
  await kcat(['-P', '-t', 't', '-p', '0'], 'a\nb')
  const inGroup = () => kcat(['-G', 'g', '-e', '-q', '-X', 'auto.offset.reset=earliest', 't'])
  expect(await inGroup()).toEqual(['a', 'b'])
  await kcat(['-P', '-t', 't', '-p', '0'], 'c')
  expect(await inGroup()).toEqual(['c'])
})

whereInstalled('kcat finds an offset by time and reads from there', async () => {
  await kcat(['-P', '-t', 't', '-p', '0'], 'a\nb')
  expect(await kcat(['-Q', '-t', 't:0:1'])).toEqual(['t [0] offset 0'])
  expect(await kcat(['-Q', '-t', 't:0:-1'])).toEqual(['t [0] offset 2'])
  expect(await kcat(['-C', '-t', 't', '-p', '0', '-o', 's@1', '-e', '-q'])).toEqual(['a', 'b'])
})

whereInstalled.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
  'kcat finds a record by its time within a batch with compression %s',
  async compression => {
    const producing = ['-P', '-t', 't', '-p', '0', '-z', compression, '-X', 'linger.ms=200']
    await kcat(producing, lines.join('\n'))
    const times = await kcat(['-C', '-t', 't', '-p', '0', '-e', '-q', '-f', '%T\n'])
    const time = times.at(-1)!
    expect(await kcat(['-Q', '-t', `t:0:${time}`])).toEqual([`t [0] offset ${times.indexOf(time)}`])
  }
)

whereInstalled('kcat begins at the earliest record that delete-records left', async () => {
  await kcat(['-P', '-t', 't', '-p', '0'], 'a\nb\nc')
  const client = await TestClient.connect(broker.port)
  await client.call('deleteRecords', { topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 1 }] }] })
  client.close()
  expect(await kcat(['-Q', '-t', 't:0:-2'])).toEqual(['t [0] offset 1'])
  // an offset that is gone: librdkafka goes on at the earliest
  expect(await kcat(['-C', '-t', 't', '-p', '0', '-o', '0', '-e', '-q', '-X', 'auto.offset.reset=earliest'])).toEqual(['b', 'c'])
})

/** A kcat that goes on until it is stopped, and what it says of its partitions. */
class Running {
  private said = ''
  private told = () => {}
  private readonly child: ChildProcessWithoutNullStreams

  constructor(...args: string[]) {
    this.child = spawn('kcat', ['-b', broker.address, ...args])
    this.child.stderr.setEncoding('utf8').on('data', text => {
      this.said += text
      this.told()
    })
    running.push(this)
  }

  /** "+0,1" for partitions that it was given, "-1" for those that it gave back. */
  get rebalances(): string[] {
    const lines = this.said.split('\n').slice(0, -1)
    const told = lines.filter(line => /rebalanced.*\[\d+\]/.test(line))
    return told.map(line => `${line.includes('revoke') ? '-' : '+'}${[...line.matchAll(/\[(\d+)\]/g)].map(([, partition]) => partition)}`)
  }

  async until(isSo: (rebalances: string[]) => boolean): Promise<void> {
    while (!isSo(this.rebalances)) await new Promise<void>(resolve => (this.told = resolve))
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit')
    this.child.kill(signal)
    await gone
  }
}

const running: Running[] = []
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop('SIGKILL')
})

const member = (...settings: string[]) =>
  new Running('-G', 'g', ...['heartbeat.interval.ms=50', ...settings].flatMap(each => ['-X', each]), 't')
const hasBeenTold = (count: number) => (rebalances: string[]) => rebalances.length >= count

whereInstalled('kcat keeps in a cooperative rebalance what it does not have to give away', async () => {
  await kcat(['-P', '-t', 't'], 'a')
  const cooperative = 'partition.assignment.strategy=cooperative-sticky'
  const first = member(cooperative)
  await first.until(hasBeenTold(1))
  const second = member(cooperative)
  await second.until(hasBeenTold(1))
  await second.stop()
  await first.until(hasBeenTold(3))
  const [moved] = /\d/.exec(second.rebalances[0]!)!
  expect(first.rebalances).toEqual(['+0,1', `-${moved}`, `+${moved}`])
})

whereInstalled('kcat comes back as a static member without a rebalance', async () => {
  await kcat(['-P', '-t', 't'], 'a')
  const [first, second] = [member('group.instance.id=1'), member('group.instance.id=2')]
  const isShared = () =>
    [first, second]
      .map(({ rebalances }) => rebalances.at(-1))
      .sort()
      .join() === '+0,+1'
  while (!isShared()) await Promise.race([first, second].map(each => each.until(hasBeenTold(each.rebalances.length + 1))))
  const [own, others] = [first.rebalances, second.rebalances.at(-1)]
  await second.stop()
  const again = member('group.instance.id=2')
  await again.until(hasBeenTold(1))
  expect(again.rebalances).toEqual([others])
  expect(first.rebalances).toEqual(own)
})

const settings = isInstalled('kcat', '-V') ? spawnSync('kcat', ['-X', 'list'], { encoding: 'utf8' }).stdout : ''
const whereItHasKip848 = /^group\.protocol /m.test(settings) ? it : it.skip

whereItHasKip848('kcat shares partitions in a group of the new protocol (librdkafka 2.4 and later)', async () => {
  await kcat(['-P', '-t', 't'], 'a')
  // which leaves the times to the broker
  const join = () => new Running('-G', 'g', '-X', 'group.protocol=consumer', 't')
  const first = join()
  await first.until(hasBeenTold(1))
  const second = join()
  await second.until(hasBeenTold(1))
  await first.until(hasBeenTold(2))
  expect(first.rebalances[0]).toBe('+0,1')
  expect(first.rebalances[1]).toBe(second.rebalances[0]!.replace('+', '-'))
})

whereInstalled('kcat reads of transactions what was committed, or all if asked', async () => {
  await kcat(['-P', '-t', 't', '-p', '0', '-X', 'transactional.id=x'], 'a\nb')
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ transactionalId: 'y', idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({ topic: 't', messages: [{ value: 'aborted', partition: 0 }] })
  const read = (level: string) => kcat(['-C', '-t', 't', '-p', '0', '-q', '-e', '-X', `isolation.level=${level}`])
  expect(await read('read_committed')).toEqual(['a', 'b'])
  await transaction.abort()
  await producer.disconnect()
  await kcat(['-P', '-t', 't', '-p', '0', '-X', 'transactional.id=x'], 'c')
  expect(await read('read_committed')).toEqual(['a', 'b', 'c'])
  expect(await read('read_uncommitted')).toEqual(['a', 'b', 'aborted', 'c'])
})

whereInstalled.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
  'kcat is let in with TLS and %s, and with no other password',
  async mechanism => {
    const { broker: tls, folder } = makeCertificates()
    const secured = await startBroker({ tls, sasl: { users: { ann: 'secret' }, mechanisms: [mechanism] } })
    const kcatAs = (password: string, ...args: string[]) => {
      const security = { 'security.protocol': 'SASL_SSL', 'ssl.ca.location': `${folder}/ca.pem`, 'sasl.mechanism': mechanism }
      const given = Object.entries({ ...security, 'sasl.username': 'ann', 'sasl.password': password })
      const settings = given.flatMap(([name, value]) => ['-X', `${name}=${value}`])
      return run('kcat', ['-b', secured.address, ...patience, ...args, ...settings], 'a')
    }
    try {
      expect(await kcatAs('secret', '-L')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 brokers') })
      // a producer ends when it is refused; a listing asks again until its time is over
      expect(await kcatAs('wrong', '-P', '-t', 't')).toMatchObject({ code: 1, stderr: expect.stringMatching(/authentication/i) })
    } finally {
      await secured.close()
    }
  }
)
