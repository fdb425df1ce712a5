import type { Context } from 'aws-lambda'
import { type Broker, startBroker } from 'sluice-broker'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { kafkaTestEvent } from '../../infra/testing/kafka-event'
import { topicRecords } from '../../infra/testing/topic-records'
import { contractOf } from '../../layers/contract'
import { closeKafka, createTopics, kafkaClient } from '../../layers/event/kafka-client'
import { closePools } from '../../layers/store/pool'

const topic = 'market.synthetic_data'
const context = { functionName: 'backfill-dataset', getRemainingTimeInMillis: () => 600_000 } as Context
const minutes = 40

interface Answer {
  finished: boolean
  restored: number
  present: number
  invalid: number
}

let database: TestDatabase
let broker: Broker
let validate: (event: unknown, context: Context) => Promise<unknown>
let handler: (event: unknown, context: Context) => Promise<Answer>
let stored = 0
/** What each minute says now. */
const prices = new Map<string, number>()

/** Sends prices of minutes and stores them, as the mapping would. */
async function send(records: [id: number, price: number][]): Promise<void> {
  const producer = kafkaClient([broker.address]).producer()
  await producer.connect()
  const messages = records.map(([id, price]) => {
    prices.set(String(id), price)
    const timestamp = new Date(Date.UTC(2024, 0, 1, 0, id)).toISOString()
    const value = JSON.stringify({ id: String(id), timestamp, stock_price: price, sales_trend: 200 })
    return { key: String(id), value, partition: id % 2 }
  })
  await producer.send({ topic, messages })
  await producer.disconnect()
  const all = await topicRecords(broker.address, topic)
  for (const partition of [0, 1]) {
    const own = all.filter(record => record.partition === partition)
    await validate(
      kafkaTestEvent(
        topic,
        partition,
        own.map(({ offset, timestamp, value }) => ({ offset: Number(offset), timestamp: Number(timestamp), value }))
      ),
      context
    )
  }
  stored = all.length
}

const rows = async () =>
  new Map(
    (await database.query<{ id: string; price: number }>('select id, stock_price::float as price from synthetic_data')).map(row => [
      row.id,
      row.price
    ])
  )
const wrong = async () => [...(await rows())].filter(([id, price]) => prices.get(id) !== price)
const range = { dataset: 'market', by: 'event-time', from: '2024-01-01T00:00:00Z', to: '2024-01-02T00:00:00Z' }
const backfill = (event: object = {}) => handler({ ...range, ...event }, context)

beforeAll(async () => {
  database = await testDatabase()
  broker = await startBroker({ port: 0 })
  Object.assign(process.env, { DATABASE_URL: database.appUrl, KAFKA_BROKERS: broker.address, LOG_LEVEL: 'silent' })
  validate = (await import('../validate-message/handler')).handler as never
  handler = (await import('./handler')).handler as never
  const admin = kafkaClient([broker.address]).admin()
  await admin.connect()
  await createTopics(admin, [contractOf('market')])
  await admin.disconnect()
  await send(Array.from({ length: minutes }, (_, index) => [index + 1, 100 + index]))
  await send(Array.from({ length: minutes / 2 }, (_, index) => [index + 1, 500 + index]))
})
afterAll(async () => {
  await closePools()
  await closeKafka()
  await broker.close()
  await database.drop()
})

test('rows that were corrected come back as they were last, and no row says less than that on the way', async () => {
  await database.query('delete from synthetic_data where id::int between 11 and 30')
  const answers: Answer[] = []
  do {
    answers.push(await backfill({ maxRecords: 7 }))
    expect(await wrong()).toEqual([])
    // a correction that comes in meanwhile stays as well
    if (answers.length === 2)
      await send([
        [2, 900],
        [39, 901]
      ])
  } while (!answers.at(-1)!.finished && answers.length < 30)
  expect(answers.length).toBeGreaterThan(3)
  expect(answers.at(-1)).toMatchObject({ finished: true, restored: 20, present: minutes * 1.5 - 20, invalid: 0 })
  expect((await rows()).size).toBe(minutes)
})

test('a second backfill finds everything present, and notes no window as changed', async () => {
  await database.query('delete from window_invalidations')
  expect(await backfill()).toMatchObject({ finished: true, restored: 0, present: stored })
  expect(await wrong()).toEqual([])
  expect(await database.query('select * from window_invalidations')).toEqual([])
})

test('a range of record times brings back what its minutes say now', async () => {
  await database.query("delete from synthetic_data where id in ('1', '2', '39', '40')")
  const event = { by: 'record-time', from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date().toISOString() }
  expect(await backfill(event)).toMatchObject({ finished: true, restored: 4 })
  expect(await wrong()).toEqual([])
  expect((await rows()).size).toBe(minutes)
})
