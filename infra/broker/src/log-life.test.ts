// Over a real socket: do records go when they should, are they refused when they must be, and does a full disk harm nothing?
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type BatchInput, batchOf } from '../test/batches'
import { TestClient } from '../test/client'
import { temporaryFolder } from '../test/folder'
import { type Broker, type BrokerOptions, ManualClock, startBroker } from './index'
import { errorName, listOffsetsTimestamp } from './protocol'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function setUp(options: BrokerOptions = {}, configs: Record<string, string> = {}) {
  const broker = await startBroker(options)
  opened.push(() => broker.close())
  const client = await connect(broker)
  const list = Object.entries(configs).map(([name, value]) => ({ name, value }))
  await client.call('createTopics', { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1, configs: list }] })
  return { broker, client }
}

async function connect(broker: Broker): Promise<TestClient> {
  const client = await TestClient.connect(broker.port)
  opened.push(() => client.close())
  return client
}

async function produce(client: TestClient, records: Buffer) {
  const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
  const { responses } = await client.call('produce', { acks: -1, timeoutMs: 1000, topicData }, 12)
  return responses[0]!.partitionResponses[0]!
}

async function fetchAt(client: TestClient, fetchOffset: number) {
  const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1e6 }] }]
  const { responses } = await client.call('fetch', { maxWaitMs: 0, minBytes: 1, maxBytes: 1e6, topics }, 12)
  return responses[0]!.partitions[0]!
}

async function offsetAt(client: TestClient, timestamp: number): Promise<number> {
  const { topics } = await client.call('listOffsets', { topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }] })
  return topics[0]!.partitions[0]!.offset
}

async function deleteBefore(client: TestClient, offset: number, partitionIndex = 0, name = 't') {
  const { topics } = await client.call('deleteRecords', { topics: [{ name, partitions: [{ partitionIndex, offset }] }] })
  const { errorCode, lowWatermark } = topics[0]!.partitions[0]!
  return [errorName(errorCode), lowWatermark]
}

const { earliest, latest } = listOffsetsTimestamp
const two = (more: Partial<BatchInput> = {}) => batchOf({ values: ['a', 'b'], keys: ['x', 'y'], firstTime: Date.now(), ...more })

it('records go by the clock, and who asks for them is out of range', async () => {
  const clock = new ManualClock(Date.now())
  const { client } = await setUp({ clock, cleanupMs: 1000 }, { 'retention.ms': '60000' })
  await produce(client, two({ firstTime: clock.now() }))
  clock.advance(30_000)
  expect(await offsetAt(client, earliest)).toBe(0)
  clock.advance(40_000)
  expect([await offsetAt(client, earliest), await offsetAt(client, latest)]).toEqual([2, 2])
  const { errorCode, logStartOffset } = await fetchAt(client, 0)
  expect([errorName(errorCode), logStartOffset]).toEqual(['OFFSET_OUT_OF_RANGE', 2])
})

it('a time before the deleted records is that of the first one left', async () => {
  const { client } = await setUp()
  await produce(client, two())
  await produce(client, two())
  expect(await deleteBefore(client, 2)).toEqual(['NONE', 2])
  expect(await offsetAt(client, 0)).toBe(2)
})

it('a changed setting is acted on without a restart', async () => {
  const clock = new ManualClock(Date.now())
  const { client } = await setUp({ clock, cleanupMs: 1000 })
  await produce(client, two({ firstTime: clock.now() - 5000 }))
  const configs = [{ name: 'retention.ms', configOperation: 0, value: '1000' }]
  await client.call('incrementalAlterConfigs', { resources: [{ resourceType: 2, resourceName: 't', configs }] })
  clock.advance(1000)
  expect(await offsetAt(client, earliest)).toBe(2)
})

it('records are deleted on request, and stay deleted', async () => {
  const dataDir = temporaryFolder()
  const { broker, client } = await setUp({ dataDir })
  await produce(client, two())
  await produce(client, two())
  expect(await deleteBefore(client, 3)).toEqual(['NONE', 3])
  expect(await deleteBefore(client, 1)).toEqual(['NONE', 3])
  for (const offset of [5, -2]) expect(await deleteBefore(client, offset)).toEqual(['OFFSET_OUT_OF_RANGE', -1])
  expect(await deleteBefore(client, 0, 7)).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', -1])
  expect(await deleteBefore(client, 0, 0, 'u')).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', -1])
  expect(errorName((await fetchAt(client, 2)).errorCode)).toBe('OFFSET_OUT_OF_RANGE')
  expect((await fetchAt(client, 3)).logStartOffset).toBe(3)
  await broker.close()

  const again = await connect(await start({ dataDir }))
  expect(await offsetAt(again, earliest)).toBe(3)
  expect(await deleteBefore(again, -1)).toEqual(['NONE', 4])
})

async function start(options: BrokerOptions): Promise<Broker> {
  const broker = await startBroker(options)
  opened.push(() => broker.close())
  return broker
}

it('a topic that is only compacted deletes nothing on request, and takes no record without a key', async () => {
  const { client } = await setUp({}, { 'cleanup.policy': 'compact' })
  expect((await produce(client, two())).errorCode).toBe(0)
  expect(await deleteBefore(client, 1)).toEqual(['POLICY_VIOLATION', -1])
  const message = 'Compacted topic cannot accept message without key in topic partition t-0'
  const refused = await produce(client, two({ keys: ['x', null] }))
  expect(refused).toMatchObject({ baseOffset: -1, recordErrors: [{ batchIndex: 1, batchIndexErrorMessage: message }] })
  expect([errorName(refused.errorCode), refused.errorMessage]).toEqual([
    'INVALID_RECORD',
    `One or more records have been rejected due to 1 record errors in total, and only showing the first three errors at most: [RecordError(batchIndex=1, message=${message})]`
  ])
  expect(await offsetAt(client, latest)).toBe(2)
})

it.each([
  ['later than message.timestamp.after.max.ms', {}, 3_700_000],
  ['earlier than message.timestamp.before.max.ms', { 'message.timestamp.before.max.ms': '1000' }, -5000]
])('a record %s is refused', async (_, configs, distance) => {
  const clock = new ManualClock(Date.now())
  const { client } = await setUp({ clock }, configs)
  const { errorCode, recordErrors } = await produce(client, two({ times: [clock.now(), clock.now() + distance] }))
  expect(errorName(errorCode)).toBe('INVALID_TIMESTAMP')
  expect(recordErrors).toMatchObject([
    { batchIndex: 1, batchIndexErrorMessage: expect.stringContaining(`Timestamp ${clock.now() + distance} of message`) }
  ])
  expect((await produce(client, two({ times: [clock.now(), clock.now()] }))).errorCode).toBe(0)
})

it('the time of any record is taken where the topic gives it the time of its append', async () => {
  const { client } = await setUp({}, { 'message.timestamp.type': 'LogAppendTime' })
  expect(await produce(client, two({ firstTime: 1 }))).toMatchObject({ errorCode: 0, logAppendTimeMs: expect.any(Number) })
})

it('folders tell what they hold and how much room there is', async () => {
  const dataDir = temporaryFolder()
  const { client } = await setUp({ dataDir })
  await produce(client, two())
  const { results } = await client.call('describeLogDirs', { topics: null })
  expect(results).toMatchObject([
    {
      logDir: join(dataDir, 'logs'),
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, partitionSize: two().length }] }],
      usableBytes: expect.any(Number)
    }
  ])
  expect(results[0]!.totalBytes).toBeGreaterThan(results[0]!.usableBytes)
  const some = await client.call(
    'describeLogDirs',
    {
      topics: [
        { topic: 't', partitions: [5] },
        { topic: 'u', partitions: [0] }
      ]
    },
    1
  )
  expect(some.results[0]!.topics).toEqual([])
})

/** A file system of a few megabytes, where this process may mount one. */
function smallDisk(): string | undefined {
  const folder = temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return folder
}

const probe = smallDisk()
if (probe) execFileSync('umount', [probe])
const whereMountable = probe ? it : it.skip

whereMountable.each([1000, 0])('a full disk fails the produce, not the reads, and what was kept is whole (flush %i)', async flushMs => {
  const dataDir = smallDisk()!
  opened.push(() => execFileSync('umount', [dataDir]))
  const warnings: string[] = []
  const { broker, client } = await setUp({ dataDir, flushMs, log: message => warnings.push(message) })
  const big = () => batchOf({ values: ['x'.repeat(300_000)], keys: ['k'], firstTime: Date.now() })
  let result = await produce(client, big())
  for (; result.errorCode === 0; result = await produce(client, big()));
  const end = await offsetAt(client, latest)
  expect([errorName(result.errorCode), result.baseOffset]).toEqual(['KAFKA_STORAGE_ERROR', -1])
  for (let again = 0; again < 3; again++) expect(errorName((await produce(client, big())).errorCode)).toBe('KAFKA_STORAGE_ERROR')
  expect(warnings.filter(each => each.includes('nothing can be appended'))).toHaveLength(1)
  expect((await fetchAt(client, end - 1)).records!.length).toBe(big().length)
  expect(await offsetAt(client, latest)).toBe(end)

  execFileSync('mount', ['-o', 'remount,size=16m', dataDir])
  expect(await produce(client, big())).toMatchObject({ errorCode: 0, baseOffset: end })
  expect(warnings.filter(each => each.includes('appends work again'))).toHaveLength(1)
  await broker.close()
  const after: string[] = []
  const reopened = await connect(await start({ dataDir, log: message => after.push(message) }))
  expect([await offsetAt(reopened, latest), after]).toEqual([end + 1, []])
})
