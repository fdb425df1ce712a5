// Does kafkajs, unchanged, produce, consume, rebalance and administer?
import { ConfigResourceTypes, type Consumer, type ConsumerConfig, type EachMessagePayload, Kafka, logLevel } from 'kafkajs'
import { TestClient } from '../test/client'
import { temporaryFolder } from '../test/folder'
import { type Broker, type BrokerOptions, startBroker } from './index'
import { readBatchHeader } from './protocol'

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function start(options: BrokerOptions = {}): Promise<{ broker: Broker; kafka: Kafka }> {
  const broker = await startBroker(options)
  opened.push(() => broker.close())
  return { broker, kafka: new Kafka({ clientId: 'jest', brokers: [broker.address], logLevel: logLevel.NOTHING }) }
}

async function send(kafka: Kafka, topic: string, values: string[], partition?: number): Promise<void> {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  await producer.send({ topic, messages: values.map(value => ({ key: value, value, partition, headers: { kind: 'test' } })) })
  await producer.disconnect()
}

/** Records as they arrive, and a way to wait for a number of them. */
class Inbox {
  readonly values: string[] = []
  private waiting: { count: number; done: () => void } | undefined

  take = async ({ message }: EachMessagePayload): Promise<void> => {
    this.values.push(message.value!.toString())
    if (this.waiting && this.values.length >= this.waiting.count) this.waiting.done()
  }

  has(count: number): Promise<void> {
    return new Promise(done => {
      this.waiting = { count, done }
      if (this.values.length >= count) done()
    })
  }
}

async function consume(
  kafka: Kafka,
  groupId: string,
  topic: string,
  inbox: Inbox,
  config: Partial<ConsumerConfig> = {}
): Promise<Consumer> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, heartbeatInterval: 100, ...config })
  await consumer.connect()
  opened.push(() => consumer.disconnect())
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: inbox.take })
  return consumer
}

const assigned = (consumer: Consumer): Promise<number[]> =>
  new Promise(done => {
    const stop = consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      stop()
      done(payload.memberAssignment['t'] ?? [])
    })
  })

it('what an idempotent producer sends, a group reads in order', async () => {
  const { kafka } = await start()
  const values = Array.from({ length: 1000 }, (_, index) => `v${index}`)
  await send(kafka, 't', values)
  const inbox = new Inbox()
  await consume(kafka, 'g', 't', inbox)
  await inbox.has(1000)
  expect(inbox.values).toEqual(values)
})

it('two members share the partitions, and one that leaves hands its own to the other', async () => {
  const { kafka } = await start({ defaultPartitions: 2 })
  const admin = kafka.admin()
  await admin.connect()
  opened.push(() => admin.disconnect())
  await admin.createTopics({ topics: [{ topic: 't', numPartitions: 2 }] })
  const [left, right] = [new Inbox(), new Inbox()]
  const first = await consume(kafka, 'g', 't', left)
  const rejoined = assigned(first)
  const second = kafka.consumer({ groupId: 'g', maxWaitTimeInMs: 100, heartbeatInterval: 100 })
  await second.connect()
  await second.subscribe({ topic: 't', fromBeginning: true })
  const joined = assigned(second)
  await second.run({ eachMessage: right.take })
  expect([...(await rejoined), ...(await joined)].sort()).toEqual([0, 1])
  for (const partition of [0, 1]) await send(kafka, 't', [`p${partition}`], partition)
  await Promise.all([left.has(1), right.has(1)])
  const alone = assigned(first)
  await second.disconnect()
  expect((await alone).sort()).toEqual([0, 1])
})

it('a group goes on where it was after the broker was stopped and started', async () => {
  const dataDir = temporaryFolder()
  const before = await start({ dataDir })
  await send(before.kafka, 't', ['a', 'b'])
  const inbox = new Inbox()
  const consumer = await consume(before.kafka, 'g', 't', inbox)
  await inbox.has(2)
  await consumer.disconnect()
  await before.broker.close()

  const after = await start({ dataDir })
  await send(after.kafka, 't', ['c'])
  const next = new Inbox()
  await consume(after.kafka, 'g', 't', next)
  await next.has(1)
  expect(next.values).toEqual(['c'])
})

it('the admin client creates, grows, describes and deletes', async () => {
  const { kafka } = await start()
  const admin = kafka.admin()
  await admin.connect()
  opened.push(() => admin.disconnect())
  const configEntries = [{ name: 'retention.ms', value: '1000' }]
  expect(await admin.createTopics({ topics: [{ topic: 't', numPartitions: 2, configEntries }] })).toBe(true)
  await admin.createPartitions({ topicPartitions: [{ topic: 't', count: 3 }] })
  expect((await admin.fetchTopicMetadata({ topics: ['t'] })).topics[0]!.partitions).toHaveLength(3)
  const { resources } = await admin.describeConfigs({ includeSynonyms: true, resources: [{ type: ConfigResourceTypes.TOPIC, name: 't' }] })
  expect(resources[0]!.configEntries.find(({ configName }) => configName === 'retention.ms')!.configValue).toBe('1000')
  await send(kafka, 't', ['a'], 2)
  expect((await admin.fetchTopicOffsets('t')).map(({ high }) => high).sort()).toEqual(['0', '0', '1'])
  const inbox = new Inbox()
  const consumer = await consume(kafka, 'g', 't', inbox)
  await inbox.has(1)
  await consumer.disconnect()
  expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).toEqual(['g'])
  expect((await admin.describeCluster()).brokers).toHaveLength(1)
  await admin.deleteGroups(['g'])
  await admin.deleteTopics({ topics: ['t'] })
  expect(await admin.listTopics()).toEqual([])
})

describe('transactions', () => {
  const topics = [{ topic: 't', partitions: [{ partition: 0, offset: '2' }] }]

  async function transactional(kafka: Kafka, transactionalId = 'x') {
    const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    opened.push(() => producer.disconnect())
    return producer
  }

  it('a consumer of committed records is given those alone, another one all', async () => {
    const { kafka } = await start()
    const producer = await transactional(kafka)
    for (const value of ['a', 'aborted', 'b']) {
      const transaction = await producer.transaction()
      await transaction.send({ topic: 't', messages: [{ value }] })
      await (value === 'aborted' ? transaction.abort() : transaction.commit())
    }
    const [committed, all] = [new Inbox(), new Inbox()]
    await consume(kafka, 'committed', 't', committed)
    await consume(kafka, 'all', 't', all, { readUncommitted: true })
    await Promise.all([committed.has(2), all.has(3)])
    expect([committed.values, all.values]).toEqual([
      ['a', 'b'],
      ['a', 'aborted', 'b']
    ])
  })

  it('offsets that are sent with records count when those do', async () => {
    const { kafka } = await start()
    await send(kafka, 't', ['a', 'b'])
    const producer = await transactional(kafka)
    const admin = kafka.admin()
    await admin.connect()
    opened.push(() => admin.disconnect())
    const committed = async () => (await admin.fetchOffsets({ groupId: 'g', topics: ['t'] }))[0]!.partitions[0]!.offset
    for (const outcome of ['abort', 'commit'] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic: 'out', messages: [{ value: 'A' }] })
      await transaction.sendOffsets({ consumerGroupId: 'g', topics })
      expect(await committed()).toBe('-1')
      await transaction[outcome]()
    }
    expect(await committed()).toBe('2')
  })

  it('a producer of the same name takes over, and the one before is fenced', async () => {
    const { kafka } = await start()
    const old = await transactional(kafka)
    const transaction = await old.transaction()
    await transaction.send({ topic: 't', messages: [{ value: 'lost' }] })
    const next = await transactional(kafka)
    const own = await next.transaction()
    await own.send({ topic: 't', messages: [{ value: 'kept' }] })
    await own.commit()
    await expect(transaction.commit()).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' })
    const inbox = new Inbox()
    await consume(kafka, 'g', 't', inbox)
    await inbox.has(1)
    expect(inbox.values).toEqual(['kept'])
  })
})

it('the admin client changes settings, deletes records and finds offsets by time', async () => {
  const { kafka } = await start()
  const admin = kafka.admin()
  await admin.connect()
  opened.push(() => admin.disconnect())
  await admin.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] })
  const alter = (name: string, value: string) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: 't', configEntries: [{ name, value }] }]
    })
  await alter('retention.ms', '60000')
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: 't', configNames: ['retention.ms'] }]
  })
  expect(resources[0]!.configEntries.map(({ configValue }) => configValue)).toEqual(['60000'])
  await expect(alter('retention.ms', 'soon')).rejects.toThrow('Configuration is invalid')
  await send(kafka, 't', ['a', 'b', 'c'])
  await admin.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '2' }] })
  expect(await admin.fetchTopicOffsets('t')).toMatchObject([{ low: '2', high: '3' }])
  expect(await admin.fetchTopicOffsetsByTimestamp('t', 0)).toMatchObject([{ offset: '2' }])
  const inbox = new Inbox()
  await consume(kafka, 'g', 't', inbox)
  await inbox.has(1)
  expect(inbox.values).toEqual(['c'])
})

it('a consumer reads what compaction left, batches without a record included', async () => {
  const { broker, kafka } = await start({ segmentBytes: 100, cleanupMs: 10 })
  const admin = kafka.admin()
  await admin.connect()
  opened.push(() => admin.disconnect())
  const configEntries = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'min.cleanable.dirty.ratio', value: '0' }
  ]
  await admin.createTopics({ topics: [{ topic: 't', numPartitions: 1, configEntries }] })
  for (let round = 0; round < 5; round++) await send(kafka, 't', ['a', 'b'])
  await send(kafka, 't', ['end'])
  const client = await TestClient.connect(broker.port)
  opened.push(async () => client.close())
  const firstCount = async () => {
    const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }] }]
    const { responses } = await client.call('fetch', { maxWaitMs: 0, minBytes: 1, topics }, 12)
    return readBatchHeader(responses[0]!.partitions[0]!.records!).recordCount
  }
  while ((await firstCount()) > 0) await new Promise(setImmediate)
  const inbox = new Inbox()
  await consume(kafka, 'g', 't', inbox)
  for (let count = 3; inbox.values.at(-1) !== 'end'; count++) await inbox.has(count)
  expect(inbox.values.length).toBeLessThan(11)
  expect(inbox.values.slice(-3)).toEqual(['a', 'b', 'end'])
})
