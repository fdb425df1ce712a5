// Does a Parquet file reach the topic whole: every column, every digit, and a clear word where it cannot?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { literal, withDuckDb } from '../lake/duckdb'
import { contractOf } from './load'
import { readParquet } from './read-parquet'
import { countRecords } from './testing'
import type { Contract, GeneratedRecord } from './types'

const contracts = join(__dirname, '../../contracts')
const market = contractOf('market', contracts)
const transactions = contractOf('transactions', contracts)
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-parquet-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A file of what a query gives. */
async function fileOf(name: string, query: string, options = ''): Promise<string> {
  const file = join(folder, name)
  await withDuckDb(connection => connection.run(`copy (${query}) to ${literal(file)} (format parquet ${options})`))
  return file
}

async function read(contract: Contract, file: string): Promise<GeneratedRecord[]> {
  const all: GeneratedRecord[] = []
  for await (const chunk of readParquet(contract, file)) all.push(...chunk.map(record => ({ ...record, value: record.value.toString() })))
  return all
}

const verdict = async (contract: Contract, file: string) => {
  const chunks = async function* () {
    for await (const chunk of readParquet(contract, file)) yield chunk.map(({ value }) => ({ value: Buffer.from(value) }))
  }
  return countRecords(contract, chunks())
}

/** A good minute with one column another way. */
const minute = (column: string, value: string) =>
  `select * replace (${value} as ${column}) from (select '1' as id, timestamp '2024-01-01 00:00:00' as "timestamp", 100.25::double as stock_price, 199.5::double as sales_trend)`

test('columns go by their names, whatever their order, with the record key, and those that the contract does not know go too', async () => {
  const file = await fileOf(
    'order.parquet',
    `select 5.5::double as sales_trend, 7 as volume, 100::double as stock_price, timestamptz '2024-01-01 01:00:00+01' as "timestamp", ' 12 ' as id`
  )
  expect(await read(market, file)).toEqual([
    { key: '12', value: '{"sales_trend":5.5,"volume":7,"stock_price":100.0,"timestamp":"2024-01-01T00:00:00Z","id":" 12 "}' }
  ])
})

test.each([
  ['id', `'a"b\\ü' || chr(1)`, '"a\\"b\\\\ü\\u0001"'],
  ['id', 'null::varchar', 'null'],
  ['id', '12::integer', '12'],
  ['id', 'true', 'true'],
  ['id', `'\\xC3\\xBC'::blob`, '"w7w="'],
  ['id', '1000000000000000000::bigint', '"1000000000000000000"'],
  ['id', '-9007199254740991::bigint', '-9007199254740991'],
  ['id', `'-9223372036854775808'::bigint`, '"-9223372036854775808"'],
  ['id', '18446744073709551615::ubigint', '"18446744073709551615"'],
  ['stock_price', '1234567890123.45::decimal(15,2)', '1234567890123.45'],
  ['stock_price', '1234567890123456.78::decimal(18,2)', '"1234567890123456.78"'],
  ['stock_price', '0.12::decimal(38,2)', '0.12'],
  ['stock_price', `'12345678901234567890.123456789012345678'::decimal(38,18)`, '"12345678901234567890.123456789012345678"'],
  ['stock_price', '0.1::float', '0.1'],
  ['stock_price', '1e18::double', '1e+18'],
  ['stock_price', `'nan'::double`, '"nan"'],
  ['stock_price', `'-infinity'::double`, '"-inf"'],
  ['stock_price', `'infinity'::float`, '"inf"'],
  ['timestamp', `timestamp '2024-02-29 23:59:59.123456'`, '"2024-02-29T23:59:59.123456Z"'],
  ['timestamp', `timestamptz '2024-10-27 01:30:00+01'`, '"2024-10-27T00:30:00Z"'],
  ['timestamp', `timestamp '0001-01-01 00:00:00'`, '"0001-01-01T00:00:00Z"'],
  ['timestamp', `timestamp '9999-12-31 23:59:59.999999'`, '"9999-12-31T23:59:59.999999Z"'],
  ['timestamp', `date '2024-01-01'`, '"2024-01-01"'],
  ['stock_price', `{'a': [1, 2]}`, '{"a":[1,2]}']
])('%s of %s is %s in the message', async (column, value, expected) => {
  const [record] = await read(market, await fileOf('value.parquet', minute(`"${column}"`, value)))
  expect(record!.value.toString()).toContain(`"${column}":${expected}`)
})

test.each([
  ['NaN', 'stock_price', `'nan'::double`, 'stock_price_not_a_number'],
  ['infinity', 'sales_trend', `'infinity'::double`, 'sales_trend_not_a_number'],
  ['a number beyond the column', 'stock_price', '1000000000000000000::bigint', 'stock_price_out_of_range'],
  ['a missing value', 'id', 'null::varchar', 'id_missing'],
  ['a changed type', 'id', '1::bigint', 'id_not_text'],
  ['a date for a time', '"timestamp"', `date '2024-01-01'`, 'timestamp_invalid'],
  ['a time that is infinite', '"timestamp"', `timestamp 'infinity'`, 'timestamp_invalid'],
  ['a time before Christ', '"timestamp"', `timestamp '0044-03-15 (BC) 00:00:00'`, 'timestamp_invalid'],
  ['text for a number', 'stock_price', `'1,234.5'`, 'stock_price_not_a_number']
])('%s ends in quarantine with its reason', async (_, column, value, reason) => {
  const { valid, quarantined, reasons } = await verdict(market, await fileOf('bad.parquet', minute(column, value)))
  expect({ valid, quarantined, reasons }).toEqual({ valid: 0, quarantined: 1, reasons: { [reason]: 1 } })
})

test('a decimal with more digits than a double holds is stored to its last digit', async () => {
  const { rows } = await verdict(market, await fileOf('exact.parquet', minute('stock_price', '9999999999.99::decimal(38,2)')))
  expect(rows[0]![2]).toBe(9999999999.99)
})

test('a time without a zone is a wall-clock time where the contract has those; one that its format cannot hold is refused, not cut', async () => {
  const columns = (time: string) =>
    `select '536365' as "InvoiceNo", '85123A' as "StockCode", 'HOLDER' as "Description", '6' as "Quantity", ${time} as "InvoiceDate", '2.55' as "UnitPrice", '17850' as "CustomerID", 'United Kingdom' as "Country"`
  const [summer] = await read(transactions, await fileOf('wall.parquet', columns(`timestamp '2011-07-01 08:26:00'`)))
  expect(JSON.parse(summer!.value.toString()).InvoiceDate).toBe('01/07/2011 08:26')
  const [zoned] = await read(transactions, await fileOf('zoned.parquet', columns(`timestamptz '2011-07-01 08:26:00+00'`)))
  expect(JSON.parse(zoned!.value.toString()).InvoiceDate).toBe('01/07/2011 09:26')
  const seconds = await verdict(transactions, await fileOf('seconds.parquet', columns(`timestamp '2011-07-01 08:26:30'`)))
  expect(seconds.reasons).toEqual({ invoice_date_invalid: 1 })
})

test.each([
  [
    'a missing column',
    `select '1' as id, 1.0 as stock_price, 1.0 as sales_trend`,
    /bad\.parquet: misses the column timestamp; it has id, stock_price, sales_trend/
  ],
  [
    'a renamed column',
    `select '1' as id, timestamp '2024-01-01' as "timestamp", 1.0 as "Stock_Price", 1.0 as sales_trends`,
    /misses the columns stock_price \(is it Stock_Price\?\), sales_trend \(is it sales_trends\?\)/
  ]
])('%s is named, with the one it may have become', async (_, query, message) => {
  await expect(read(market, await fileOf('bad.parquet', query))).rejects.toMatchObject({
    code: 'SOURCE_UNREADABLE',
    message: expect.stringMatching(message)
  })
})

test('a file that is missing, a folder, empty, cut in half, or no Parquet at all is named with what to do', async () => {
  const whole = await fileOf('whole.parquet', minute('id', `'1'`))
  const bytes = readFileSync(whole)
  const files: Record<string, Buffer> = {
    'empty.parquet': Buffer.alloc(0),
    'cut.parquet': bytes.subarray(0, bytes.length / 2),
    'text.parquet': Buffer.from('id,timestamp,stock_price,sales_trend\n'.repeat(10))
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  for (const name of ['none.parquet', ...Object.keys(files), '.'])
    await expect(read(market, join(folder, name))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining(join(folder, name))
    })
})

test('pages that were overwritten are an error that names the file, after which no row of theirs has gone on', async () => {
  const file = await fileOf(
    'torn.parquet',
    `select range::varchar as id, timestamp '2024-01-01' + range * interval 1 minute as "timestamp", random() * 100 as stock_price, random() as sales_trend from range(20480)`,
    ', row_group_size 2048, compression zstd'
  )
  const bytes = readFileSync(file)
  bytes.fill(0xff, Math.floor(bytes.length * 0.6), Math.floor(bytes.length * 0.7))
  writeFileSync(file, bytes)
  const ids: number[] = []
  const reading = async () => {
    for await (const chunk of readParquet(market, file)) ids.push(...chunk.map(({ key }) => Number(key)))
  }
  await expect(reading()).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringContaining(file) })
  expect(ids).toEqual(ids.map((_, index) => index))
  expect(ids.length).toBeLessThan(20480)
})

test('a file whose name is a pattern is that file, and a pattern is no file', async () => {
  const file = await fileOf('a[1]*.parquet', minute('id', `'1'`))
  expect(await read(market, file)).toHaveLength(1)
  await expect(read(market, join(folder, '*.parquet'))).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' })
})

test('a file without rows has no records', async () => {
  expect(await read(market, await fileOf('none.parquet', `${minute('id', `'1'`)} where false`))).toEqual([])
})

test('who stops reading early leaves nothing open', async () => {
  const file = await fileOf('many.parquet', minute('id', 'range::varchar').replace(') from (select', ') from range(100000), (select'))
  for await (const chunk of readParquet(market, file)) {
    expect(chunk.length).toBeGreaterThan(0)
    break
  }
})
