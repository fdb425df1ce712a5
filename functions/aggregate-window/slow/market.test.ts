// Does a month of the market go from its Parquet file to both summaries, through the functions, and does a correction follow?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from 'aws-lambda'
import { type Broker, startBroker } from 'sluice-broker'
import { type TestDatabase, testDatabase } from '../../../infra/testing/database'
import { kafkaTestEvent } from '../../../infra/testing/kafka-event'
import { topicEnds, topicRecords } from '../../../infra/testing/topic-records'
import { writeMarketYear } from '../../../layers/contract/generate/market'
import { closeKafka } from '../../../layers/event/kafka-client'
import { literal, withDuckDb } from '../../../layers/lake/duckdb'
import { closePools } from '../../../layers/store/pool'

type Handler = (event: unknown, context: Context) => Promise<never>

/** January: 31 days of minutes. */
const ROWS = 31 * 24 * 60
const BATCH_RECORDS = 10_000
const topic = 'market.synthetic_data'

let database: TestDatabase
let broker: Broker
let folder: string
let file: string
const handlers: Record<string, Handler> = {}
const invoke = (name: string, event: unknown) => handlers[name]!(event, { functionName: name } as Context)

beforeAll(async () => {
  database = await testDatabase()
  broker = await startBroker({ port: 0 })
  folder = mkdtempSync(join(tmpdir(), 'sluice-market-'))
  file = join(folder, 'synthetic_data.parquet')
  Object.assign(process.env, { DATABASE_URL: database.appUrl, KAFKA_BROKERS: broker.address, LOG_LEVEL: 'silent' })
  handlers['produce-batch'] = (await import('../../produce-batch/handler')).handler as never
  handlers['validate-message'] = (await import('../../validate-message/handler')).handler as never
  handlers['aggregate-window'] = (await import('../handler')).handler as never
})
afterAll(async () => {
  await closePools()
  await closeKafka()
  await broker.close()
  await database.drop()
  rmSync(folder, { recursive: true })
})

/** Delivers everything that the topic has got since, as the event source mapping would; returns the sums of the answers. */
async function deliverNew(since: ReadonlyMap<number, number>) {
  const sums = { valid: 0, quarantined: 0, duplicate: 0 }
  const records = await topicRecords(broker.address, topic, since)
  for (const partition of new Set(records.map(record => record.partition))) {
    const mine = records.filter(record => record.partition === partition)
    for (let from = 0; from < mine.length; from += BATCH_RECORDS) {
      const batch = mine.slice(from, from + BATCH_RECORDS).map(({ key, value, offset, timestamp }) => ({
        key: key?.toString(),
        value,
        offset: Number(offset),
        timestamp: Number(timestamp)
      }))
      const { market } = (await invoke('validate-message', kafkaTestEvent(topic, partition, batch))) as { market: typeof sums }
      for (const name of ['valid', 'quarantined', 'duplicate'] as const) sums[name] += market[name]
    }
  }
  return sums
}

const aggregate = () => invoke('aggregate-window', { dataset: 'market' })
const refreshed = (stock: [number, number], sales: [number, number]) => [
  { dataset: 'market', table: 'stock_price_summary', windows: stock[0], corrected: stock[1], removed: 0 },
  { dataset: 'market', table: 'sales_trend_summary', windows: sales[0], corrected: sales[1], removed: 0 }
]

/** How a summary differs from what SQL over the table gives. */
const differences = (table: string, minutes: number, column: string) =>
  database.query(
    `select * from (select window_start, record_count, ${column}_avg as avg, ${column}_min as min, ${column}_max as max from ${table}) s
     full join (select date_bin('${minutes} minutes', "timestamp", '2000-01-01Z') as window_start, count(*) as record_count, avg(${column}), min(${column}), max(${column}) from synthetic_data group by 1) t
     on s = t where s is null or t is null`
  )
const expectExact = async () => {
  expect(await differences('stock_price_summary', 10, 'stock_price')).toEqual([])
  expect(await differences('sales_trend_summary', 20, 'sales_trend')).toEqual([])
}

test('31 days become 4,464 windows of 10 minutes and 2,232 of 20, and no row is lost on the way', async () => {
  await writeMarketYear(file, { rows: ROWS })
  expect(await invoke('produce-batch', { dataset: 'market', file })).toMatchObject({ topic, produced: ROWS, unparsable: 0 })
  expect(await deliverNew(new Map())).toEqual({ valid: ROWS, quarantined: 0, duplicate: 0 })
  expect(await aggregate()).toEqual(refreshed([31 * 144, 0], [31 * 72, 0]))
  const [row] = await database.query<Record<string, unknown>>(
    'select count(*)::int as n, min("timestamp") as first, max("timestamp") as last, round(sum(stock_price), 2)::text as sum from synthetic_data'
  )
  const [source] = await withDuckDb(async connection =>
    (
      await connection.runAndReadAll(`select round(sum(stock_price::decimal(12,2)), 2)::varchar as sum from read_parquet(${literal(file)})`)
    ).getRowObjectsJson()
  )
  expect(row).toEqual({ n: ROWS, first: new Date('2024-01-01T00:00Z'), last: new Date('2024-01-31T23:59Z'), sum: source!['sum'] })
  await expectExact()
})

test('the same file again is all duplicates, and no window is computed', async () => {
  const since = await topicEnds(broker.address, topic)
  await invoke('produce-batch', { dataset: 'market', file })
  expect(await deliverNew(since)).toEqual({ valid: 0, quarantined: 0, duplicate: ROWS })
  expect(await aggregate()).toEqual(refreshed([0, 0], [0, 0]))
})

test('corrected and late minutes change their windows and no others', async () => {
  const since = await topicEnds(broker.address, topic)
  const corrections = join(folder, 'corrections.parquet')
  // the first minute of January corrected, a NaN, and a minute of the year before that comes late
  await withDuckDb(connection =>
    connection.run(
      `copy (from (values ('1', timestamp '2024-01-01 00:00:00', 1.5::double, 2.5::double), ('2', timestamp '2024-01-01 00:01:00', 'nan'::double, 0::double), ('999999', timestamp '2023-12-31 23:59:00', 7::double, 8::double)) t(id, "timestamp", stock_price, sales_trend)) to ${literal(corrections)} (format parquet)`
    )
  )
  await invoke('produce-batch', { dataset: 'market', file: corrections })
  expect(await deliverNew(since)).toEqual({ valid: 2, quarantined: 1, duplicate: 0 })
  expect(await aggregate()).toEqual(refreshed([2, 1], [2, 1]))
  expect(await database.query("select stock_price::float as price from synthetic_data where id = '1'")).toEqual([{ price: 1.5 }])
  expect(await database.query("select reasons, raw_data ->> 'stock_price' as price from synthetic_data_invalid")).toEqual([
    { reasons: ['stock_price_not_a_number'], price: 'nan' }
  ])
  await expectExact()
})
