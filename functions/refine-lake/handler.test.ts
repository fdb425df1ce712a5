import { join } from 'node:path'
import type { Context } from 'aws-lambda'
import { parse } from 'csv-parse/sync'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { contractOf } from '../../layers/contract'
import { writeTransactions } from '../../layers/contract/generate'
import { readCsv } from '../../layers/contract/read-csv'
import { closePools } from '../../layers/store/pool'
import { goldTables } from './gold'
import type { Refined } from './refine'
import { askLake, landRecords, putBronze, testLake } from './testing'

const contract = contractOf('transactions', join(__dirname, '../../contracts'))
const made = testLake()
let database: TestDatabase
let handler: (event: unknown, context: Context) => Promise<Refined & { loaded: Record<string, number> }>

const invoke = (event: unknown = {}) => handler(event, { functionName: 'refine-lake' } as Context)

beforeAll(async () => {
  database = await testDatabase()
  Object.assign(process.env, { DATABASE_URL: database.appUrl, KAFKA_BROKERS: '127.0.0.1:1', LAKE_URL: made.url, LOG_LEVEL: 'silent' })
  handler = (await import('./handler')).handler as never
})
afterAll(async () => {
  await closePools()
  await database.drop()
  made.remove()
})

/** A gold table in Postgres as text, and in the lake as the same text. */
const inPostgres = async (name: string, columns: string[]) =>
  (await database.query<{ row: string }>(`select concat_ws('|', ${columns.join(', ')}) as row from gold.${name}`))
    .map(({ row }) => row)
    .sort()
const inLake = async (name: string, columns: string[]) =>
  (await askLake(made.lake, `select concat_ws('|', ${columns.join(', ')}) as row from gold_${name}`)).map(({ row }) => row).sort()

test('an empty lake is no error', async () => {
  expect(await invoke({ source: 'aws.events', 'detail-type': 'Scheduled Event' })).toMatchObject({ version: 0, versions: 0, loaded: {} })
})

test('gold in Postgres and as CSV is the gold of the lake', async () => {
  const file = join(made.folder, 'export.csv')
  await writeTransactions(contract, file, { rows: 5000, seed: 21 })
  await landRecords(made.lake, readCsv(contract, file))
  const { loaded } = await invoke()
  expect(Object.keys(loaded)).toEqual(goldTables.map(table => table.name))
  for (const { name, columns } of goldTables) {
    const exact = Object.entries(columns).flatMap(([column, type]) => (type === 'double precision' ? [] : [column]))
    const rows = await inLake(name, exact)
    expect(await inPostgres(name, exact)).toEqual(rows)
    expect(rows).toHaveLength(loaded[name]!)
    const csv = parse((await made.lake.get(`gold/${name}/${name}.csv`))!) as string[][]
    expect([name, csv[0], csv.length]).toEqual([name, Object.keys(columns), rows.length + 1])
  }
})

test('without anything new nothing is loaded again', async () => {
  expect((await invoke()).loaded).toEqual({})
  expect(await database.query('select version::integer as version from gold.loads')).toEqual([{ version: 1 }])
})

test('a new version changes only the rows that say something else', async () => {
  const others = () => database.query("select day, xmin::text as written_by from gold.daily_revenue where day <> '2010-12-01' order by day")
  const before = await others()
  await putBronze(made.lake, [
    {
      partition: 9,
      offset: 0,
      value: JSON.stringify({
        InvoiceNo: '600000',
        StockCode: '85123A',
        Quantity: '1',
        InvoiceDate: '01/12/2010 09:00',
        UnitPrice: '1',
        Country: 'Malta'
      })
    }
  ])
  expect((await invoke()).loaded).toMatchObject({ revenue_by_country: expect.any(Number) })
  expect(await database.query("select invoices::integer as invoices from gold.revenue_by_country where country = 'Malta'")).toEqual([
    { invoices: 1 }
  ])
  expect(before.length).toBeGreaterThan(0)
  expect(await others()).toEqual(before)
  expect(await database.query('select version::integer as version from gold.loads order by id')).toEqual([{ version: 1 }, { version: 2 }])
})

test('what a run left undone after it made the version is done by the next', async () => {
  await database.query('delete from gold.loads')
  await database.query('delete from gold.daily_revenue')
  await made.lake.remove('gold/_published.json')
  await made.lake.remove('gold/daily_revenue/daily_revenue.csv')
  expect(await invoke()).toMatchObject({ versions: 0, loaded: { daily_revenue: expect.any(Number) } })
  expect((await database.query('select 1 from gold.daily_revenue')).length).toBeGreaterThan(0)
  expect(await made.lake.get('gold/daily_revenue/daily_revenue.csv')).toBeDefined()
})

test('a lake that began anew is loaded although its versions are lower', async () => {
  await database.query("update gold.loads set lake_id = 'another', version = 99")
  expect((await invoke()).loaded).toMatchObject({ daily_revenue: expect.any(Number) })
})

test('customer numbers leave silver only as hashes', async () => {
  const [{ id }] = (await askLake(
    made.lake,
    'select customer_id as id from silver_transactions where customer_id is not null limit 1'
  )) as [{ id: string }]
  for (const { name } of goldTables) {
    const rows = await askLake(made.lake, `select * from gold_${name}`)
    expect(rows.filter(row => Object.entries(row).some(([column, value]) => /customer/.test(column) && value === id))).toEqual([])
  }
  expect(await askLake(made.lake, 'select distinct length(customer)::integer as digits from gold_customer_rfm')).toEqual([{ digits: 32 }])
})

test('a cancellation of as many pieces as the column holds is refined like any other', async () => {
  const value = {
    InvoiceNo: 'C600001',
    StockCode: '99999',
    Quantity: '-2147483648',
    InvoiceDate: '02/12/2010 09:00',
    UnitPrice: '1',
    Country: 'Malta'
  }
  await putBronze(made.lake, [{ partition: 9, offset: 1, value: JSON.stringify(value) }])
  expect((await invoke()).loaded).toMatchObject({ return_rate: expect.any(Number) })
  expect(await database.query("select returned_items from gold.return_rate where stock_code = '99999'")).toEqual([
    { returned_items: '2147483648' }
  ])
})
