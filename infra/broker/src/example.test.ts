// How does a test use the broker? The README shows this file as it stands.
import { type EachMessagePayload, Kafka, logLevel } from 'kafkajs'
import { type Broker, ManualClock, startBroker } from 'sluice-broker'

const clock = new ManualClock() // stands still until it is told to move
let broker: Broker
let kafka: Kafka

beforeAll(async () => {
  broker = await startBroker({ clock }) // a free port, in memory
  kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING })
})
afterEach(() => broker.faults.clear())
afterAll(() => broker.close()) // leaves no handle

async function send(value: string): Promise<void> {
  const producer = kafka.producer({ retry: { initialRetryTime: 10 } })
  await producer.connect()
  await producer.send({ topic: 'orders', messages: [{ value }] })
  await producer.disconnect()
}

test('an order is announced, though the leader is lost twice', async () => {
  const lost = broker.faults.fail('produce', { error: 'NOT_LEADER_OR_FOLLOWER', times: 2, topic: 'orders' })
  await send('1')
  expect(lost.count).toBe(2)
})

test('a consumer whose session has ended joins its group again', async () => {
  const consumer = kafka.consumer({ groupId: 'billing', heartbeatInterval: 10, maxWaitTimeInMs: 10 })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders', fromBeginning: true })
  const joined = () => new Promise<void>(resolve => consumer.on(consumer.events.GROUP_JOIN, () => resolve()))
  const seen = new Promise<EachMessagePayload>(resolve => consumer.run({ eachMessage: async payload => resolve(payload) }))
  await joined()
  expect((await seen).message.value?.toString()).toBe('1')
  const again = joined()
  clock.advance(30_000) // its session time-out, in no time
  await again
  await consumer.disconnect()
})
