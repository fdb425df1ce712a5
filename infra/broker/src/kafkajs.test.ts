// Does kafkajs go on after a restart, a takeover and a compaction? What it does besides is in compat/node/kafkajs.test.ts.
import { type Consumer, type ConsumerConfig, type EachMessagePayload, Kafka, logLevel } from 'kafkajs'
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

it('a producer of the same name takes over, and what the one before had open is aborted', async () => {
  const { kafka } = await start()
  const begin = async () => {
    const producer = kafka.producer({ transactionalId: 'x', idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    opened.push(() => producer.disconnect())
    return producer.transaction()
  }
  const transaction = await begin()
  await transaction.send({ topic: 't', messages: [{ value: 'lost' }] })
  const own = await begin()
  await own.send({ topic: 't', messages: [{ value: 'kept' }] })
  await own.commit()
  await expect(transaction.commit()).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' })
  const inbox = new Inbox()
  await consume(kafka, 'g', 't', inbox)
  await inbox.has(1)
  expect(inbox.values).toEqual(['kept'])
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
