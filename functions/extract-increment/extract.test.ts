import { join } from 'node:path'
import pg from 'pg'
import { type Broker, startBroker } from 'sluice-broker'
import { databaseOnOwnServer, type TestDatabase } from '../../infra/testing/database'
import { contractOf, type IncrementalLoad } from '../../layers/contract'
import { closeKafka, ensureTopic, sharedProducer } from '../../layers/event/kafka-client'
import { withSource } from '../../layers/source/postgres'
import { closePools, poolFor } from '../../layers/store/pool'
import { extract } from './extract'
import { type ExtractRequest, extractRequest } from './request'

const contract = contractOf('transactions', join(__dirname, '../../contracts'))
let database: TestDatabase
let broker: Broker

beforeAll(async () => {
  database = await databaseOnOwnServer()
  broker = await startBroker({ port: 0 })
  Object.assign(process.env, { DATABASE_URL: database.appUrl, KAFKA_BROKERS: broker.address, LOG_LEVEL: 'silent' })
  await ensureTopic(contract)
  // making a server takes seconds, and on a machine that is busy many of them
}, 120_000)
beforeEach(() => database.query('truncate sales_db.transactions, extraction_state, extraction_history restart identity'))
afterAll(async () => {
  await closePools()
  await closeKafka()
  await broker.close()
  await database.drop()
})

const run = (load: IncrementalLoad, request: ExtractRequest = extractRequest.parse({ dataset: 'transactions' })) =>
  withSource(database.appUrl, contract, load, source =>
    extract(source, contract, load, request, { pool: poolFor(database.appUrl), producer: sharedProducer, isOver: () => false })
  )

const insert = (client: { query(sql: string): Promise<unknown> }, count: number) =>
  client.query(`insert into sales_db.transactions ("InvoiceNo") select '536365' from generate_series(1, ${count})`)

test('a sequence as the watermark: a number that was taken earlier and committed later is found within the lag, with those of its time', async () => {
  const load: IncrementalLoad = {
    table: 'sales_db.transactions',
    watermarkColumn: 'id',
    watermarkType: 'bigint',
    key: ['id'],
    lagSeconds: 100
  }
  const slow = new pg.Client({ connectionString: database.appUrl })
  await slow.connect()
  await slow.query('begin')
  await insert(slow, 3)
  await insert(database, 2)
  expect(await run(load)).toMatchObject({ produced: 2, late: 0, watermark: '5' })
  await slow.query('commit')
  await slow.end()
  expect(await run(load)).toMatchObject({ produced: 5, late: 5, watermark: '5' })
  expect(await run(load)).toMatchObject({ produced: 0 })
})

test('the first run begins at the initial watermark of the contract', async () => {
  const load: IncrementalLoad = {
    ...{ table: 'sales_db.transactions', watermarkColumn: 'id', watermarkType: 'bigint', key: ['id'], lagSeconds: 0 },
    initialWatermarkValue: 4
  } as IncrementalLoad
  await insert(database, 5)
  expect(await run(load)).toMatchObject({ produced: 2, watermark: '5' })
})

test('a watermark without a zone is compared on the clock of the server that wrote it', async () => {
  await database.query(`alter database "${new URL(database.ownerUrl).pathname.slice(1)}" set timezone to 'Asia/Tokyo'`)
  await database.query('alter table sales_db.transactions add column if not exists changed timestamp not null default clock_timestamp()')
  const load: IncrementalLoad = { ...contract.incrementalLoad!, watermarkColumn: 'changed' }
  const tokyo = new pg.Client({ connectionString: database.appUrl })
  await tokyo.connect()
  await insert(tokyo, 2)
  expect(await run(load)).toMatchObject({ produced: 2 })
  await insert(tokyo, 1)
  expect(await run(load)).toMatchObject({ produced: 1 })
  expect(await run(load)).toMatchObject({ produced: 0 })
  await tokyo.end()
})
