// Is the market's year the one that was asked for, to the row, the cent and the byte?
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { literal, withDuckDb } from '../../lake/duckdb'
import { contractOf } from '../load'
import { countRecords } from '../testing'
import { generateMarket, MARKET_YEAR_ROWS, type MarketMinute, marketMinutes, writeMarketYear } from './market'
import { newOracle } from './random'

const market = contractOf('market', join(__dirname, '../../../contracts'))
let folder: string
const year: MarketMinute[] = []

beforeAll(() => {
  // and one minute more
  for (const minute of marketMinutes({ seed: 4, rows: MARKET_YEAR_ROWS + 1 })) year.push(minute)
  folder = mkdtempSync(join(tmpdir(), 'sluice-market-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const query = (sql: string) => withDuckDb(async connection => (await connection.runAndReadAll(sql)).getRowObjectsJson())
const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')

test('the year has 527,040 minutes with ids "1" to "527040", from 2024-01-01 00:00 to 2024-12-31 23:59', async () => {
  const file = join(folder, 'new', 'year.parquet')
  expect(await writeMarketYear(file)).toEqual({ rows: 527_040, bytes: expect.any(Number) })
  const from = `from read_parquet(${literal(file)})`
  expect(await query(`describe select * ${from}`)).toMatchObject([
    { column_name: 'id', column_type: 'VARCHAR' },
    { column_name: 'timestamp', column_type: 'TIMESTAMP' },
    { column_name: 'stock_price', column_type: 'DOUBLE' },
    { column_name: 'sales_trend', column_type: 'DOUBLE' }
  ])
  expect(
    await query(
      `select count(*)::integer as n, count(distinct id)::integer as ids, count(distinct "timestamp")::integer as times, min(id::integer) as least, max(id::integer) as most, min("timestamp") as first, max("timestamp") as last, bool_and("timestamp" = timestamp '2024-01-01' + (id::integer - 1) * interval 1 minute) as in_step, min(stock_price) >= 1 as floored, bool_and(round(stock_price, 2) = stock_price and round(sales_trend, 2) = sales_trend) as in_cents ${from}`
    )
  ).toEqual([
    {
      n: MARKET_YEAR_ROWS,
      ids: MARKET_YEAR_ROWS,
      times: MARKET_YEAR_ROWS,
      least: 1,
      most: 527_040,
      first: '2024-01-01 00:00:00',
      last: '2024-12-31 23:59:00',
      in_step: true,
      floored: true,
      in_cents: true
    }
  ])
  expect(readdirSync(join(folder, 'new'))).toEqual(['year.parquet'])
})

test('the same seed gives the same bytes, on whatever machine; another seed gives others', async () => {
  const files = [join(folder, 'a.parquet'), join(folder, 'b.parquet'), join(folder, 'c.parquet')]
  await writeMarketYear(files[0]!, { seed: 7, rows: 100_000 })
  await writeMarketYear(files[1]!, { seed: 7, rows: 100_000 })
  await writeMarketYear(files[2]!, { seed: 8, rows: 100_000 })
  expect(digest(files[0]!)).toBe('d988f2f4316bee8a64544e53c54a4f247ee8cfbbde475cccb042539d5746f493')
  expect(digest(files[1]!)).toBe(digest(files[0]!))
  expect(digest(files[2]!)).not.toBe(digest(files[0]!))
})

test('the price starts at 100 and walks by N(0, 2) + 0.0002 a minute, not below 1', () => {
  const prices = year.map(({ stockPrice }) => stockPrice)
  expect(Math.abs(prices[0]! - 100)).toBeLessThan(12)
  const steps = prices.slice(1).flatMap((price, index) => (price > 10 && prices[index]! > 10 ? [price - prices[index]!] : []))
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length
  const deviation = Math.sqrt(steps.reduce((sum, step) => sum + (step - mean) ** 2, 0) / steps.length)
  expect(mean).toBeCloseTo(0.0002, 1)
  expect(deviation).toBeGreaterThan(1.98)
  expect(deviation).toBeLessThan(2.02)
})

test('a price at the floor is exactly 1', () => {
  const prices = year.map(({ stockPrice }) => stockPrice)
  expect(prices.filter(price => price === 1).length).toBeGreaterThan(0)
  expect(prices.every(price => price >= 1)).toBe(true)
})

test('sales swing by 50 around 200 over the days of the year, with N(0, 5)', () => {
  const sums = new Array<number>(366).fill(0)
  for (const { timeMs, salesTrend } of marketMinutes({ seed: 4 }))
    sums[Math.floor((timeMs - Date.UTC(2024, 0, 1)) / 86_400_000)]! += salesTrend
  // a day has 1,440 draws: five standard errors
  const tolerance = (5 * 5) / Math.sqrt(1440)
  const wrong = sums.filter((sum, index) => Math.abs(sum / 1440 - (200 + 50 * Math.sin((2 * Math.PI * (index + 1)) / 365))) > tolerance)
  expect(wrong).toEqual([])
})

test('minutes beyond the year go on into the next, whose days count from 1 again', () => {
  expect(year.at(-1)).toMatchObject({ id: '527041', timeMs: Date.UTC(2025, 0, 1) })
})

test('the same minutes go as messages without a file, and all of them are valid', async () => {
  const oracle = newOracle()
  const chunks = async function* () {
    for (const chunk of generateMarket({ seed: 5, rows: 5000, oracle })) yield chunk.map(({ value }) => ({ value: Buffer.from(value) }))
  }
  const { rows, ...counts } = await countRecords(market, chunks())
  expect(counts).toEqual(oracle)
  expect(counts).toMatchObject({ records: 5000, valid: 5000 })
  const [first] = marketMinutes({ seed: 5 })
  expect(rows[0]).toEqual([first!.id, first!.timeMs, first!.stockPrice, first!.salesTrend])
})

test('a folder that cannot be made leaves no file behind', async () => {
  const file = join(folder, 'a.parquet', 'year.parquet')
  await expect(writeMarketYear(file, { rows: 10 })).rejects.toThrow()
  expect(existsSync(file)).toBe(false)
})
