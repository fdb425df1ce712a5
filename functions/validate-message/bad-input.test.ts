import type { Context } from 'aws-lambda'
import { type Broker, startBroker } from 'sluice-broker'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { kafkaTestEvent, type TestRecord } from '../../infra/testing/kafka-event'
import { closeKafka } from '../../layers/event/kafka-client'
import { closePools } from '../../layers/store/pool'

const context = { functionName: 'validate-message' } as Context
let database: TestDatabase
let broker: Broker
let handler: (event: unknown, context: Context) => Promise<unknown>
let offset = 0

function deliver(topic: string, records: TestRecord[]): Promise<unknown> {
  const event = kafkaTestEvent(topic, 0, records, offset)
  offset += records.length
  return handler(event, context)
}
const sale = (InvoiceDate: string) => ({
  value: JSON.stringify({
    ...{ InvoiceNo: '536365', StockCode: '85123A', Description: '', Quantity: '6', InvoiceDate, UnitPrice: '2.55' },
    ...{ CustomerID: '', Country: 'UK' }
  })
})
const product = (id: string, more: object = {}) => ({ value: JSON.stringify({ product_id: id, name: 'W', price: 1, stock: 1, ...more }) })

beforeAll(async () => {
  database = await testDatabase()
  broker = await startBroker({ port: 0 })
  Object.assign(process.env, { DATABASE_URL: database.appUrl, KAFKA_BROKERS: broker.address, LOG_LEVEL: 'silent' })
  handler = (await import('./handler')).handler as never
})
beforeEach(() => {
  offset = 0
  return database.query(
    'truncate clean_transactions, quarantine_transactions, clean_products, quarantine_products, consumed_offsets, record_counts'
  )
})
afterAll(async () => {
  await closePools()
  await closeKafka()
  await broker.close()
  await database.drop()
})

test('times of the years 1 and 9999 are stored as the wall clock showed them', async () => {
  expect(await deliver('transactions_raw', [sale('01/01/0001 12:34'), sale('31/12/9999 23:59')])).toEqual({
    transactions: { valid: 2, quarantined: 0, duplicate: 0 }
  })
  expect(
    await database.query(
      `select to_char(invoice_date at time zone 'Europe/London', 'YYYY-MM-DD HH24:MI:SS.US') as at from clean_transactions order by invoice_date`
    )
  ).toEqual([{ at: '0001-01-01 12:34:00.000000' }, { at: '9999-12-31 23:59:00.000000' }])
})

test('a bad record with a key and a header of a megabyte is kept with them, and the next batch is stored', async () => {
  const key = 'k'.repeat(1_000_000)
  const bad = { value: '{"product_id":"P"', key, headers: { trace: Buffer.alloc(1_000_000, 65) } }
  expect(await deliver('products_raw', [bad, product('A')])).toEqual({ products: { valid: 1, quarantined: 1, duplicate: 0 } })
  expect(
    await database.query(`select octet_length(key) as key, length(headers->0->>'value') as header, reasons from quarantine_products`)
  ).toEqual([{ key: 1_000_000, header: 1_000_000, reasons: ['not_json'] }])
  expect(await deliver('products_raw', [product('B')])).toEqual({ products: { valid: 1, quarantined: 0, duplicate: 0 } })
})

test('whatever comes, every record of a batch is stored or quarantined, and the next batch is stored', async () => {
  const values: (string | Buffer | null)[] = [
    '{"product_id":"P","name":"W","price":NaN,"stock":1}',
    '{"product_id":"P","name":"W","price":1e400,"stock":1}',
    product('P', { price: 1e18 }).value,
    product('P', { stock: '1000000000000000000' }).value,
    product('P', { price: '1.234,50' }).value,
    '['.repeat(100_000),
    `{"${'k'.repeat(1_000_000)}":1}`,
    '{"product_id":"P\\u0000"}',
    '{"product_id":"\\ud800"}',
    Buffer.from([0, 0, 0]),
    Buffer.from('{"product_id":"caf\u00e9"}', 'latin1'),
    '',
    null,
    product('P', { nmae: 'W', name: undefined }).value
  ]
  expect(await deliver('products_raw', [...values.map(value => ({ value })), product('A', { price: '$1,234.50' })])).toEqual({
    products: { valid: 1, quarantined: values.length, duplicate: 0 }
  })
  expect(await database.query('select price::text from clean_products')).toEqual([{ price: '1234.50' }])
  expect(await database.query(`select issues from quarantine_products where 'name_missing' = any (reasons)`)).toContainEqual({
    issues: 'Name is missing; the message has nmae'
  })
  expect(await deliver('products_raw', [product('B')])).toEqual({ products: { valid: 1, quarantined: 0, duplicate: 0 } })
})
