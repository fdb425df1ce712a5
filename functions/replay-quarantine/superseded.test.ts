import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from 'aws-lambda'
import { type Broker, startBroker } from 'sluice-broker'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { kafkaTestEvent } from '../../infra/testing/kafka-event'
import { type TopicRecord, topicRecords } from '../../infra/testing/topic-records'
import type { Report } from './judge'

const topic = 'market.synthetic_data'
const context = { functionName: 'test', getRemainingTimeInMillis: () => 600_000 } as Context

type Answer = Report & { sent: number }

let database: TestDatabase
let broker: Broker
let contracts: string
let kafka: typeof import('../../layers/event/kafka-client')
let closePools: () => Promise<void>
let validate: (event: unknown, context: Context) => Promise<unknown>
let handler: (event: unknown, context: Context) => Promise<Answer>

/** Loads the functions as a new process would, under the contracts as they are now. */
async function restart(): Promise<void> {
  await stop()
  jest.resetModules()
  kafka = await import('../../layers/event/kafka-client')
  closePools = (await import('../../layers/store/pool')).closePools
  validate = (await import('../validate-message/handler')).handler as never
  handler = (await import('./handler')).handler as never
}

async function stop(): Promise<void> {
  await kafka?.closeKafka()
  await closePools?.()
}

const headersOf = ({ headers }: TopicRecord) =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]))

/** Stores what is new in the topic, as the mapping would. */
async function store(): Promise<void> {
  const all = await topicRecords(broker.address, topic)
  for (const partition of new Set(all.map(record => record.partition)))
    await validate(
      kafkaTestEvent(
        topic,
        partition,
        all
          .filter(record => record.partition === partition)
          .map(record => ({
            ...{ offset: Number(record.offset), timestamp: Number(record.timestamp), value: record.value },
            headers: headersOf(record)
          }))
      ),
      context
    )
}

async function send(records: [id: number, price: number][]): Promise<void> {
  const producer = kafka.kafkaClient([broker.address]).producer()
  await producer.connect()
  const messages = records.map(([id, price]) => ({
    key: String(id),
    value: JSON.stringify({ id: String(id), timestamp: `2024-01-01T00:0${id}:00Z`, stock_price: price, sales_trend: 1 })
  }))
  await producer.send({ topic, messages })
  await producer.disconnect()
  await store()
}

const prices = () => database.query('select id, stock_price::float as price from synthetic_data order by id')

beforeAll(async () => {
  contracts = mkdtempSync(join(tmpdir(), 'sluice-contracts-'))
  cpSync(join(__dirname, '../../contracts'), contracts, { recursive: true })
  ;[database, broker] = await Promise.all([testDatabase(), startBroker({ port: 0 })])
  Object.assign(process.env, {
    ...{ DATABASE_URL: database.appUrl, KAFKA_BROKERS: broker.address, LOG_LEVEL: 'silent' },
    SLUICE_CONTRACTS: contracts
  })
  await restart()
  const admin = kafka.kafkaClient([broker.address]).admin()
  await admin.connect()
  const { contractOf } = await import('../../layers/contract')
  await kafka.createTopics(admin, [contractOf('market')])
  await admin.disconnect()
})
afterAll(async () => {
  await stop()
  await broker.close()
  await database.drop()
  rmSync(contracts, { recursive: true })
})

test('where records replace rows, a mended one goes back only if no newer record of its key came after it', async () => {
  const large = 20_000_000_000
  await send([
    [1, large + 1],
    [2, 50],
    [3, large + 3]
  ])
  await send([
    [1, 100],
    [2, large + 2]
  ])
  expect(await prices()).toEqual([
    { id: '1', price: 100 },
    { id: '2', price: 50 }
  ])
  const file = join(contracts, 'market.odcs.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('numeric(12,2)', 'numeric(16,2)'))
  const [{ loadContracts }, { migrate }] = await Promise.all([import('../../layers/contract'), import('../../layers/store/migrate')])
  await migrate(database.ownerUrl, loadContracts(contracts))
  await restart()

  const dry = await handler({ dataset: 'market' }, context)
  expect(dry).toMatchObject({ candidates: 3, passed: 2, superseded: 1, failing: 0 })
  expect(dry.samples.find(({ outcome }) => outcome === 'superseded')).toMatchObject({ issues: expect.stringContaining(String(large + 1)) })
  expect(await handler({ dataset: 'market', dryRun: false }, context)).toMatchObject({ passed: 2, sent: 2, superseded: 1 })
  await store()
  expect(await prices()).toEqual([
    { id: '1', price: 100 },
    { id: '2', price: large + 2 },
    { id: '3', price: large + 3 }
  ])
})

test('a record that was sent back is as old as it was: what came after it may still go back', async () => {
  await database.query("update synthetic_data_invalid set replayed_at = null where (raw_data->>'id') = '2'")
  await database.query("update synthetic_data_invalid set recorded_at = recorded_at + interval '1 second' where (raw_data->>'id') = '2'")
  expect(await handler({ dataset: 'market' }, context)).toMatchObject({ candidates: 2, passed: 1, superseded: 1 })
})
