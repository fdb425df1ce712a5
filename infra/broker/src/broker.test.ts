// Does a broker answer over a real socket as Kafka does, refuse what is no request, and keep what it was told?
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { batchOf, forOldRecords } from '../test/batches'
import { TestClient } from '../test/client'
import { temporaryFolder } from '../test/folder'
import { type Broker, type BrokerOptions, startBroker } from './index'
import { type AnyApi, apis, batchSizeAt, encodeRequest, errorName, listOffsetsTimestamp, readBatchHeader, zeroUuid } from './protocol'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function start(options: BrokerOptions = {}): Promise<Broker> {
  const broker = await startBroker({ ...forOldRecords, ...options })
  opened.push(broker)
  return broker
}

async function connect(broker: Broker): Promise<TestClient> {
  const client = await TestClient.connect(broker.port)
  opened.push(client)
  return client
}

async function setUp(options: BrokerOptions = {}) {
  const broker = await start(options)
  return { broker, client: await connect(broker) }
}

async function createTopic(client: TestClient, name: string, numPartitions = 1, configs: { name: string; value: string }[] = []) {
  const { topics } = await client.call('createTopics', { topics: [{ name, numPartitions, replicationFactor: -1, configs }] })
  return topics[0]!
}

function produceTo(client: TestClient, name: string, records: Buffer, index = 0) {
  const request = { acks: -1, timeoutMs: 1000, topicData: [{ name, partitionData: [{ index, records }] }] }
  return client.call('produce', request, 12).then(({ responses }) => responses[0]!.partitionResponses[0]!)
}

interface FetchOptions {
  fetchOffset?: number
  maxWaitMs?: number
  minBytes?: number
  maxBytes?: number
}

function fetchFrom(client: TestClient, topic: string, { fetchOffset = 0, maxBytes = 1e6, maxWaitMs = 0, minBytes = 1 }: FetchOptions = {}) {
  const topics = [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: maxBytes }] }]
  return client.call('fetch', { maxWaitMs, minBytes, maxBytes, topics }, 12).then(({ responses }) => responses[0]!.partitions[0]!)
}

function offsetsIn(records: Buffer | null): number[] {
  const offsets: number[] = []
  for (let at = 0; records && at < records.length; at += batchSizeAt(records, at)) offsets.push(readBatchHeader(records, at).baseOffset)
  return offsets
}

const two = () => batchOf({ values: ['a', 'b'] })

describe('requests and answers', () => {
  it('advertises exactly the versions it speaks', async () => {
    const { client } = await setUp()
    const { apiKeys } = await client.call('apiVersions', { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
    const spoken = Object.values(apis).map((api: AnyApi) => ({ apiKey: api.key, minVersion: api.min, maxVersion: api.max }))
    expect(apiKeys).toEqual(spoken)
  })

  it('answers a newer ApiVersions in version 0 and stays open', async () => {
    const { client } = await setUp()
    const frame = encodeRequest(apis.apiVersions, 4, { correlationId: 9 }, {})
    frame.writeInt16BE(99, 6)
    client.socket.write(frame)
    const answer = (await client.nextFrame())!
    expect([answer.readInt32BE(0), errorName(answer.readInt16BE(4))]).toEqual([9, 'UNSUPPORTED_VERSION'])
    expect((await client.call('apiVersions', {})).errorCode).toBe(0)
  })

  it('answers pipelined requests in their order, also behind a fetch that waits', async () => {
    const { broker, client } = await setUp()
    await createTopic(client, 't')
    const waiting = fetchFrom(client, 't', { maxWaitMs: 60_000 })
    const listing = client.call.bind(client)
    client.socket.write(encodeRequest(apis.listGroups, 4, { correlationId: 77 }, {}))
    await produceTo(await connect(broker), 't', two())
    expect(offsetsIn((await waiting).records)).toEqual([0])
    expect((await client.nextFrame())!.readInt32BE(0)).toBe(77)
    expect((await listing('listGroups', {})).errorCode).toBe(0)
  })

  it('sends nothing for acks 0, and appends', async () => {
    const { client } = await setUp()
    await createTopic(client, 't')
    const body = { acks: 0, timeoutMs: 1, topicData: [{ name: 't', partitionData: [{ index: 0, records: two() }] }] }
    client.socket.write(encodeRequest(apis.produce, 9, { correlationId: 500 }, body))
    expect((await fetchFrom(client, 't')).highWatermark).toBe(2)
  })
})

describe('produce and fetch', () => {
  it('gives back the bytes it was sent, with their offset', async () => {
    const { client } = await setUp()
    await createTopic(client, 't')
    expect(await produceTo(client, 't', two())).toMatchObject({ errorCode: 0, baseOffset: 0, logStartOffset: 0 })
    expect(await produceTo(client, 't', two())).toMatchObject({ baseOffset: 2 })
    const { highWatermark, records } = await fetchFrom(client, 't', { fetchOffset: 3 })
    expect(highWatermark).toBe(4)
    expect(offsetsIn(records)).toEqual([2])
    expect(records!.subarray(21)).toEqual(two().subarray(21))
  })

  it('names each partition that it cannot append to', async () => {
    const { client } = await setUp()
    await createTopic(client, 't')
    const harmed = two()
    harmed[70]! ^= 1
    const codes = [
      await produceTo(client, 'none', two()),
      await produceTo(client, 't', two(), 5),
      await produceTo(client, 't', harmed),
      await produceTo(client, 't', batchOf({ values: ['x'.repeat(1_100_000)] }))
    ].map(({ errorCode }) => errorName(errorCode))
    expect(codes).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION', 'CORRUPT_MESSAGE', 'MESSAGE_TOO_LARGE'])
  })

  it('takes larger batches where the topic says so', async () => {
    const { client } = await setUp()
    await createTopic(client, 't', 1, [{ name: 'max.message.bytes', value: '2000000' }])
    const result = await produceTo(client, 't', batchOf({ values: ['x'.repeat(1_100_000)] }))
    expect(result.errorCode).toBe(0)
  })

  it('a fetch waits for an append, and no longer than it asked to', async () => {
    const { broker, client } = await setUp()
    await createTopic(client, 't')
    const waiting = fetchFrom(client, 't', { maxWaitMs: 60_000 })
    await produceTo(await connect(broker), 't', two())
    expect(offsetsIn((await waiting).records)).toEqual([0])
    const before = performance.now()
    expect((await fetchFrom(client, 't', { fetchOffset: 2, maxWaitMs: 30 })).records).toHaveLength(0)
    expect(performance.now() - before).toBeGreaterThanOrEqual(29)
  })

  it('a fetch waits for the least bytes it asked for', async () => {
    const { broker, client } = await setUp()
    await createTopic(client, 't')
    const producer = await connect(broker)
    const waiting = fetchFrom(client, 't', { maxWaitMs: 60_000, minBytes: two().length * 3 })
    for (let sent = 0; sent < 3; sent++) await produceTo(producer, 't', two())
    expect(offsetsIn((await waiting).records)).toEqual([0, 2, 4])
  })

  it('an offset outside the log is out of range', async () => {
    const { client } = await setUp()
    await createTopic(client, 't')
    for (const fetchOffset of [-1, 1]) {
      expect(errorName((await fetchFrom(client, 't', { fetchOffset })).errorCode)).toBe('OFFSET_OUT_OF_RANGE')
    }
  })

  it('one answer stays within its bytes across partitions, but holds one batch', async () => {
    const { client } = await setUp()
    await createTopic(client, 't', 3)
    for (const partition of [0, 1, 2]) for (let sent = 0; sent < 3; sent++) await produceTo(client, 't', two(), partition)
    const fetchAll = async (maxBytes: number) => {
      const partitions = [0, 1, 2].map(partition => ({ partition, fetchOffset: 0, partitionMaxBytes: 1e6 }))
      const { responses } = await client.call('fetch', { maxWaitMs: 0, minBytes: 1, maxBytes, topics: [{ topic: 't', partitions }] }, 11)
      return responses[0]!.partitions.map(({ records }) => offsetsIn(records).length)
    }
    expect(await fetchAll(1)).toEqual([1, 0, 0])
    expect(await fetchAll(two().length * 4)).toEqual([3, 1, 0])
    expect(await fetchAll(1e6)).toEqual([3, 3, 3])
  })

  it('topics are found by their id in the versions that use ids', async () => {
    const { client } = await setUp()
    const { topicId } = await createTopic(client, 't')
    const request = (id: string) => ({
      acks: -1,
      timeoutMs: 1,
      topicData: [{ topicId: id, partitionData: [{ index: 0, records: two() }] }]
    })
    const codeOf = async (id: string) => (await client.call('produce', request(id))).responses[0]!.partitionResponses[0]!.errorCode
    expect([await codeOf(topicId), errorName(await codeOf(zeroUuid))]).toEqual([0, 'UNKNOWN_TOPIC_ID'])
    const topics = [{ topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }]
    expect((await client.call('fetch', { maxWaitMs: 0, minBytes: 0, topics })).responses[0]).toMatchObject({ topicId })
    expect((await client.call('metadata', { topics: [{ topicId, name: null }] })).topics[0]).toMatchObject({ name: 't', errorCode: 0 })
  })
})

describe('topics', () => {
  it('are created when a client asks and may, and only then', async () => {
    const ask = async (options: BrokerOptions, allowAutoTopicCreation: boolean) => {
      const { client } = await setUp(options)
      const { topics } = await client.call('metadata', { topics: [{ name: 't' }], allowAutoTopicCreation })
      return [errorName(topics[0]!.errorCode), topics[0]!.partitions.length]
    }
    expect(await ask({ defaultPartitions: 3 }, true)).toEqual(['NONE', 3])
    expect(await ask({}, false)).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 0])
    expect(await ask({ autoCreateTopics: false }, true)).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 0])
  })

  it.each([
    ['a name that leaves the folder', { name: '../t', numPartitions: 1, replicationFactor: 1 }, 'INVALID_TOPIC_EXCEPTION'],
    ['no partition', { name: 't', numPartitions: 0, replicationFactor: 1 }, 'INVALID_PARTITIONS'],
    ['more replicas than brokers', { name: 't', numPartitions: 1, replicationFactor: 2 }, 'INVALID_REPLICATION_FACTOR'],
    ['an unknown setting', { name: 't', numPartitions: 1, replicationFactor: 1, configs: [{ name: 'x', value: '1' }] }, 'INVALID_CONFIG'],
    [
      'a malformed setting',
      { name: 't', numPartitions: 1, replicationFactor: 1, configs: [{ name: 'retention.ms', value: 'a' }] },
      'INVALID_CONFIG'
    ],
    ['a name that is taken', { name: 'taken', numPartitions: 1, replicationFactor: 1 }, 'TOPIC_ALREADY_EXISTS']
  ])('%s is refused', async (_, topic, code) => {
    const { client } = await setUp()
    await createTopic(client, 'taken')
    expect(errorName((await client.call('createTopics', { topics: [topic] })).topics[0]!.errorCode)).toBe(code)
  })

  it('a topic that is only validated is not created', async () => {
    const { client } = await setUp()
    await client.call('createTopics', { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }], validateOnly: true })
    expect((await client.call('metadata', { topics: null })).topics).toEqual([])
  })

  it('a deleted topic releases who waits on it, and comes back empty', async () => {
    const { broker, client } = await setUp({ dataDir: temporaryFolder() })
    await createTopic(client, 't')
    await produceTo(client, 't', two())
    const waiting = fetchFrom(await connect(broker), 't', { fetchOffset: 2, maxWaitMs: 60_000 })
    const { responses } = await client.call('deleteTopics', { topics: [{ name: 't' }] })
    expect(responses[0]).toMatchObject({ name: 't', errorCode: 0 })
    expect(errorName((await waiting).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    await createTopic(client, 't')
    expect((await fetchFrom(client, 't')).highWatermark).toBe(0)
  })
})

it('offsets are listed by place and by time', async () => {
  const { client } = await setUp()
  await createTopic(client, 't')
  await produceTo(client, 't', batchOf({ values: ['a', 'b'], times: [100, 300] }))
  await produceTo(client, 't', batchOf({ values: ['c'], times: [200] }))
  const at = async (timestamp: number) => {
    const { topics } = await client.call('listOffsets', { topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }] })
    return topics[0]!.partitions[0]!.offset
  }
  const { earliest, latest, maxTimestamp } = listOffsetsTimestamp
  expect([await at(latest), await at(earliest), await at(maxTimestamp), await at(200), await at(301)]).toEqual([3, 0, 1, 1, -1])
})

describe('committed offsets', () => {
  const commit = (client: TestClient, version: number, topicId: string) =>
    client.call(
      'offsetCommit',
      { groupId: 'g', topics: [{ name: 't', topicId, partitions: [{ partitionIndex: 0, committedOffset: 7 }] }] },
      version
    )

  it.each([2, 5, 7, 8, 10])('are fetched as they were committed in version %i', async version => {
    const { client } = await setUp()
    const { topicId } = await createTopic(client, 't')
    expect((await commit(client, version, topicId)).topics[0]!.partitions[0]!.errorCode).toBe(0)
    const named = await client.call('offsetFetch', { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0, 1] }] }, 5)
    expect(named.topics[0]!.partitions.map(({ committedOffset }) => committedOffset)).toEqual([7, -1])
    const all = await client.call('offsetFetch', { groupId: 'g', topics: null }, 7)
    expect(all.topics[0]!.partitions).toHaveLength(1)
    const groups = [
      { groupId: 'g', topics: null },
      { groupId: 'h', topics: [{ name: 't', topicId, partitionIndexes: [0] }] }
    ]
    const batched = await client.call('offsetFetch', { groups })
    expect(batched.groups.map(group => group.topics[0]!.partitions[0]!.committedOffset)).toEqual([7, -1])
  })

  it('make a group that is listed, described, and can be deleted', async () => {
    const { client } = await setUp()
    const { topicId } = await createTopic(client, 't')
    await commit(client, 10, topicId)
    expect((await client.call('listGroups', {})).groups).toMatchObject([{ groupId: 'g', groupState: 'Empty' }])
    const described = (await client.call('describeGroups', { groups: ['g', 'h'] })).groups
    expect(described.map(({ errorCode, groupState }) => [errorName(errorCode), groupState])).toEqual([
      ['NONE', 'Empty'],
      ['GROUP_ID_NOT_FOUND', 'Dead']
    ])
    const deleted = (await client.call('deleteGroups', { groupsNames: ['g', 'g'] })).results
    expect(deleted.map(({ errorCode }) => errorName(errorCode))).toEqual(['NONE', 'GROUP_ID_NOT_FOUND'])
    expect((await client.call('listGroups', {})).groups).toEqual([])
  })
})

describe('a data directory', () => {
  it('keeps topics, their ids and settings, records, offsets and producer ids', async () => {
    const dataDir = temporaryFolder()
    const first = await setUp({ dataDir })
    const { topicId } = await createTopic(first.client, 't', 2, [{ name: 'retention.ms', value: '5' }])
    await produceTo(first.client, 't', two())
    await first.client.call('offsetCommit', {
      groupId: 'g',
      topics: [{ topicId, partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
    })
    const { producerId } = await first.client.call('initProducerId', { transactionalId: null })
    const { clusterId } = await first.client.call('describeCluster', {})
    await first.broker.close()

    const { client } = await setUp({ dataDir })
    expect((await client.call('describeCluster', {})).clusterId).toBe(clusterId)
    const { topics } = await client.call('metadata', { topics: null })
    expect(topics.map(each => [each.name, each.topicId, each.partitions.length])).toEqual([['t', topicId, 2]])
    expect(offsetsIn((await fetchFrom(client, 't')).records)).toEqual([0])
    const { groups } = await client.call('offsetFetch', { groups: [{ groupId: 'g', topics: null }] })
    expect(groups[0]!.topics[0]!.partitions[0]!.committedOffset).toBe(1)
    const { results } = await client.call('describeConfigs', {
      resources: [{ resourceType: 2, resourceName: 't', configurationKeys: ['retention.ms'] }]
    })
    expect(results[0]!.configs).toMatchObject([{ name: 'retention.ms', value: '5', configSource: 1 }])
    expect((await client.call('initProducerId', { transactionalId: null })).producerId).toBeGreaterThan(producerId)
  })

  it('is used by one broker at a time, and given back', async () => {
    const dataDir = temporaryFolder()
    const broker = await start({ dataDir })
    await expect(startBroker({ dataDir })).rejects.toMatchObject({ problem: 'DATA_DIR_IN_USE' })
    await broker.close()
    await start({ dataDir })
  })

  it('whose broker is gone is taken over', async () => {
    const dataDir = temporaryFolder()
    writeFileSync(join(dataDir, 'broker.lock'), JSON.stringify({ pid: 2 ** 22 + 1, start: '1' }))
    await start({ dataDir })
    expect(JSON.parse(readFileSync(join(dataDir, 'broker.lock'), 'utf8')).pid).toBe(process.pid)
  })

  const whereProcessesAreFiles = existsSync('/proc/self/stat') ? it : it.skip

  whereProcessesAreFiles('whose broker is dead, but not yet missed by its parent, is taken over', async () => {
    // before its child ends, the shell becomes a program that never asks after it
    const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec tail -f /dev/null'], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] })
    opened.push({ close: () => parent.kill('SIGKILL') })
    const pid = Number(await new Promise(done => parent.stdout!.once('data', done)))
    while (readFileSync(`/proc/${parent.pid}/comm`, 'utf8') !== 'tail\n') await new Promise(setImmediate)
    parent.stdio[3]!.destroy()
    while (!readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) await new Promise(setImmediate)
    const dataDir = temporaryFolder()
    writeFileSync(join(dataDir, 'broker.lock'), JSON.stringify({ pid, start: '' }))
    await start({ dataDir })
  })

  it('with a catalog that is no JSON is refused, and the port is free again', async () => {
    const dataDir = temporaryFolder()
    writeFileSync(join(dataDir, 'topics.json'), '{')
    await expect(startBroker({ dataDir })).rejects.toMatchObject({
      problem: 'DATA_DIR_UNUSABLE',
      message: expect.stringContaining('topics.json')
    })
  })
})

describe('starting', () => {
  it('on a port that is taken says so', async () => {
    const { port } = await start()
    await expect(startBroker({ port })).rejects.toMatchObject({ problem: 'PORT_TAKEN', message: expect.stringContaining(String(port)) })
  })

  it.each([
    [{ port: 99_999 }, 'port: must be a whole number from 0 to 65535, not 99999.'],
    [{ port: '9092' }, 'port: must be a whole number from 0 to 65535, not "9092".'],
    [{ dataDir: '' }, 'dataDir: must not be empty. Leave it out instead.'],
    [{ autoCreateTopics: 'no' }, 'autoCreateTopics: must be of type boolean, not "no".'],
    [{ limits: null }, 'limits: must be of type object, not null.'],
    [{ data_dir: 'kafka' }, 'data_dir: there is no such option. Did you mean dataDir?']
  ])('with an option that cannot be used says why: %j', async (options, message) => {
    await expect(startBroker(options as BrokerOptions)).rejects.toMatchObject({ problem: 'OPTION_UNUSABLE', message })
  })

  it('beyond loopback needs the word', async () => {
    await expect(startBroker({ host: '0.0.0.0' })).rejects.toMatchObject({ problem: 'HOST_NOT_LOOPBACK' })
    await start({ host: '0.0.0.0', listenAnywhere: true })
  })

  it('closing twice is closing once, and releases a fetch that waits', async () => {
    const { broker, client } = await setUp()
    await createTopic(client, 't')
    const waiting = fetchFrom(client, 't', { maxWaitMs: 60_000 }).catch((error: Error) => error.message)
    await Promise.all([broker.close(), broker.close()])
    expect(await waiting).toMatch(/closed/)
  })
})
