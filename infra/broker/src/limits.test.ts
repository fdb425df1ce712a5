// Is every bound held, with the error it names, and at no cost to those who stay within it?
import { connect } from 'node:net'
import { batchOf, forOldRecords } from '../test/batches'
import { TestClient } from '../test/client'
import { FetchMemory } from './fetch-memory'
import { type Broker, type Limits, startBroker } from './index'
import { limitsOf } from './limits'
import { apis, decodeRequest, encodeRequest, errorName, FrameSplitter, Writer } from './protocol'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function setUp(limits: Partial<Limits>) {
  const warnings: string[] = []
  const broker = await startBroker({ ...forOldRecords, limits, log: message => warnings.push(message) })
  opened.push(broker)
  return { broker, client: await open(broker), warnings }
}

async function open(broker: Broker): Promise<TestClient> {
  const client = await TestClient.connect(broker.port)
  opened.push(client)
  return client
}

async function createTopics(client: TestClient, ...topics: [name: string, numPartitions: number][]): Promise<string[]> {
  const asked = topics.map(([name, numPartitions]) => ({ name, numPartitions, replicationFactor: -1 }))
  return (await client.call('createTopics', { topics: asked })).topics.map(({ errorCode }) => errorName(errorCode))
}

function produceTo(client: TestClient, name: string, value: string) {
  const partitionData = [{ index: 0, records: batchOf({ values: [value] }) }]
  return client.call('produce', { acks: -1, timeoutMs: 1000, topicData: [{ name, partitionData }] }, 12)
}

const fetchRequest = (topic: string, fetchOffset = 0, maxWaitMs = 0) => ({
  maxWaitMs,
  minBytes: 1,
  topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1e6 }] }]
})

async function bytesFetched(client: TestClient, topic: string): Promise<number> {
  const { responses } = await client.call('fetch', fetchRequest(topic), 12)
  return responses[0]!.partitions[0]!.records!.length
}

it.each([
  [{ frameBytesMx: 1 }, 'limits.frameBytesMx: there is no such limit. There are frameBytesMax,'],
  [{ connectionsMax: 0 }, 'limits.connectionsMax: must be a whole number from 1, not 0.'],
  [{ topicsMax: 1.5 }, 'limits.topicsMax: must be a whole number from 1, not 1.5.']
])('a limit that cannot be used stops the start: %j', async (limits, message) => {
  expect(() => limitsOf(limits as Partial<Limits>)).toThrow(message)
  await expect(startBroker({ limits: limits as Partial<Limits> })).rejects.toMatchObject({ problem: 'LIMIT_UNUSABLE' })
})

describe('frames', () => {
  it('one that is too large closes its connection, with a line in the log', async () => {
    const { client, warnings } = await setUp({ frameBytesMax: 100 })
    await client.call('apiVersions', {})
    client.socket.write(encodeRequest(apis.listGroups, 4, { correlationId: 1, clientId: 'x'.repeat(100) }, {}))
    expect(await client.nextFrame()).toBeUndefined()
    expect(warnings).toEqual([
      expect.stringMatching(/^closed the connection of 127\.0\.0\.1:\d+: frame of 113 bytes, allowed are 0 to 100$/)
    ])
  })

  it('a size prefix alone takes a mebibyte at most, and a large frame comes whole in any cuts', () => {
    const splitter = new FrameSplitter()
    const before = process.memoryUsage().arrayBuffers
    expect(splitter.push(Buffer.from('06000000', 'hex'))).toEqual([])
    expect(splitter.push(Buffer.of(1))).toEqual([])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * 1024 * 1024)
    const body = Buffer.alloc(5_000_000, 'abcdefg')
    const frame = Buffer.concat([Buffer.alloc(4), body, Buffer.from('0000000158', 'hex')])
    frame.writeInt32BE(body.length, 0)
    const cut = new FrameSplitter()
    const found: Buffer[] = []
    for (let at = 0, size = 1; at < frame.length; at += size, size = (size * 7) % 300_007)
      found.push(...cut.push(frame.subarray(at, at + size)))
    expect(found.map(({ length }) => length)).toEqual([body.length, 1])
    expect(found[0]!.equals(body)).toBe(true)
  })

  it('an array that claims 2^31 elements is refused before anything is allocated', () => {
    const writer = new Writer()
    for (const part of [3, 1]) writer.int16(part)
    writer.int32(7)
    writer.int16(-1)
    writer.int32(0x7fffffff)
    const frame = Buffer.concat([writer.toBuffer(), Buffer.alloc(1000)])
    expect(() => decodeRequest(frame)).toThrow('array of 2147483647 elements in 1000 bytes')
  })

  it('all arrays of a request share one bound', async () => {
    const { client, warnings } = await setUp({ requestElementsMax: 5 })
    const topics = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `t${index}` }))
    expect((await client.call('metadata', { topics: topics(5) }, 9)).topics).toHaveLength(5)
    await expect(client.call('metadata', { topics: topics(6) }, 9)).rejects.toThrow('closed')
    expect(warnings[0]).toContain('array of 6 elements, 5 more are allowed')
    const nested = ['a', 'b'].map(name => ({ name, partitions: [0, 1].map(partitionIndex => ({ partitionIndex, timestamp: -1 })) }))
    const frame = encodeRequest(apis.listOffsets, 5, { correlationId: 1 }, { replicaId: -1, isolationLevel: 0, topics: nested })
    expect(() => decodeRequest(frame.subarray(4), 5)).toThrow('array of 2 elements, 1 more are allowed')
    expect(decodeRequest(frame.subarray(4), 6).name).toBe('listOffsets')
  })

  it('what is named again and again is told of once', async () => {
    const { client } = await setUp({})
    await createTopics(client, ['t', 10])
    const times = <T>(asked: T): T[] => Array.from({ length: 10_000 }, () => asked)
    const { topics } = await client.call('metadata', { topics: times({ name: 't' }) }, 9)
    const { results } = await client.call('describeConfigs', { resources: times({ resourceType: 2, resourceName: 't' }) })
    const { groups } = await client.call('describeGroups', { groups: times('g') })
    const { groups: consumerGroups } = await client.call('consumerGroupDescribe', { groupIds: times('g') })
    const { transactionStates } = await client.call('describeTransactions', { transactionalIds: times('x') })
    const { groups: committed } = await client.call('offsetFetch', { groups: times({ groupId: 'g', topics: null }) }, 8)
    const { topics: written } = await client.call('describeProducers', { topics: times({ name: 't', partitionIndexes: [0, 0] }) })
    for (const told of [topics, results, groups, consumerGroups, transactionStates, committed, written]) expect(told).toHaveLength(1)
    expect(written[0]!.partitions).toHaveLength(1)
    // who asks for two things gets two answers
    const resources = ['retention.ms', 'segment.bytes'].map(key => ({ resourceType: 2, resourceName: 't', configurationKeys: [key] }))
    const { results: both } = await client.call('describeConfigs', { resources })
    expect(both.map(({ configs }) => configs.map(({ name }) => name))).toEqual([['retention.ms'], ['segment.bytes']])
  })

  it('a string that is longer than an INT16 can say is refused in flexible versions as well', () => {
    const request = (name: string) => encodeRequest(apis.metadata, 12, { correlationId: 1 }, { topics: [{ name }] }).subarray(4)
    expect(decodeRequest(request('x'.repeat(32_767))).name).toBe('metadata')
    expect(() => decodeRequest(request('x'.repeat(32_768)))).toThrow('string of 32768 bytes, at most 32767 are allowed')
  })
})

describe('connections', () => {
  const isClosed = (port: number, localAddress: string) =>
    new Promise<boolean>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress })
      socket.on('error', reject)
      socket.on('close', () => resolve(true))
      socket.on('data', () => {
        socket.destroy()
        resolve(false)
      })
      socket.write(encodeRequest(apis.apiVersions, 0, { correlationId: 1 }, {}))
    })

  it('one more than connectionsMax is closed, and there is room again when one is gone', async () => {
    const { broker, client, warnings } = await setUp({ connectionsMax: 1 })
    await client.call('apiVersions', {})
    expect(await isClosed(broker.port, '127.0.0.1').catch(() => true)).toBe(true)
    expect(warnings[0]).toContain('connectionsMax allows 1 connections')
    const gone = new Promise(resolve => client.socket.on('close', resolve))
    client.socket.end()
    await gone
    expect((await (await open(broker)).call('apiVersions', {})).errorCode).toBe(0)
  })

  it('one address cannot take what others need', async () => {
    const { broker, client, warnings } = await setUp({ connectionsPerAddressMax: 1 })
    await client.call('apiVersions', {})
    expect(await isClosed(broker.port, '127.0.0.1').catch(() => true)).toBe(true)
    expect(warnings[0]).toContain('connectionsPerAddressMax allows 1 connections of one address')
    // the whole of 127.0.0.0/8 is loopback on Linux only
    if (process.platform === 'linux') expect(await isClosed(broker.port, '127.0.0.2')).toBe(false)
  })

  it('nothing more is read from a connection with too many requests in flight', async () => {
    const { broker, client } = await setUp({ requestsInFlightMax: 2 })
    await createTopics(client, ['t', 1])
    client.socket.write(encodeRequest(apis.fetch, 12, { correlationId: 1 }, fetchRequest('t', 0, 60_000)))
    const request = encodeRequest(apis.listGroups, 4, { correlationId: 2, clientId: 'x'.repeat(30_000) }, {})
    const sent = 1000
    for (let index = 0; index < sent; index++) client.socket.write(request)
    const other = await open(broker)
    for (let index = 0; index < 100; index++) await other.call('apiVersions', {})
    expect(client.socket.writableLength).toBeGreaterThan(0)
    await produceTo(other, 't', 'a')
    const answered: (number | undefined)[] = []
    for (let index = 0; index <= sent; index++) answered.push((await client.nextFrame())?.readInt32BE(0))
    expect(answered).toEqual([1, ...Array(sent).fill(2)])
  })
})

describe('fetch memory', () => {
  it('an answer holds fetchBytesMax and always one batch', async () => {
    const { client } = await setUp({ fetchBytesMax: 100 })
    await createTopics(client, ['t', 1])
    for (let index = 0; index < 3; index++) await produceTo(client, 't', 'x'.repeat(50))
    const one = batchOf({ values: ['x'.repeat(50)] }).length
    expect(await bytesFetched(client, 't')).toBe(one)
  })

  it('what is held for one answer is missing for the others, and one batch goes out to everybody', async () => {
    const { client } = await setUp({ fetchBytesOfAllMax: 300 })
    await createTopics(client, ['t', 1])
    for (let index = 0; index < 5; index++) await produceTo(client, 't', 'x'.repeat(50))
    const one = batchOf({ values: ['x'.repeat(50)] }).length
    // again and again: what was held is given back
    for (let index = 0; index < 3; index++) expect(await bytesFetched(client, 't')).toBe(2 * one)
  })

  it('shares are claimed, settled and released', () => {
    const memory = new FetchMemory(100)
    const [first, second] = [memory.share(), memory.share()]
    expect([first.claim(80), second.claim(80), first.isCut, second.isCut]).toEqual([80, 20, false, true])
    first.settle(80, 10)
    second.settle(20, 150)
    expect([memory.heldBytes, first.claim(5)]).toEqual([160, 0])
    second.release()
    expect([memory.heldBytes, second.isCut]).toEqual([10, false])
    first.release()
    first.release()
    expect(memory.heldBytes).toBe(0)
  })

  it('no fetch waits longer than fetchWaitMsMax', async () => {
    const { client } = await setUp({ fetchWaitMsMax: 1 })
    await createTopics(client, ['t', 1])
    expect((await client.call('fetch', fetchRequest('t', 0, 0x7fffffff), 12)).errorCode).toBe(0)
  })
})

it('a group takes groupMembersMax members', async () => {
  const { broker, client } = await setUp({ groupMembersMax: 1 })
  const protocols = [{ name: 'range', metadata: Buffer.of(0) }]
  const join = { groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: '', protocolType: 'consumer', protocols }
  expect(errorName((await client.call('joinGroup', join, 3)).errorCode)).toBe('NONE')
  expect(errorName((await (await open(broker)).call('joinGroup', join, 3)).errorCode)).toBe('GROUP_MAX_SIZE_REACHED')
})

it('topics and partitions are counted', async () => {
  const { client } = await setUp({ topicsMax: 3, partitionsPerTopicMax: 4, partitionsMax: 6 })
  expect(await createTopics(client, ['a', 4], ['b', 5], ['c', 3], ['d', 1], ['e', 1])).toEqual([
    'NONE',
    'INVALID_PARTITIONS',
    'POLICY_VIOLATION',
    'NONE',
    'NONE'
  ])
  expect(await createTopics(client, ['f', 1])).toEqual(['POLICY_VIOLATION'])
  const { topics } = await client.call('metadata', { topics: [{ name: 'g' }], allowAutoTopicCreation: true }, 9)
  expect(errorName(topics[0]!.errorCode)).toBe('POLICY_VIOLATION')
})
