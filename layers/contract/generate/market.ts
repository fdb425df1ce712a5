// Which minutes make the market's year, and how do they become a Parquet file?
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { literal, withDuckDb } from '../../lake/duckdb'
import type { GeneratedRecord, Oracle } from '../types'
import { Random } from './random'

/** Minutes of the leap year 2024. */
export const MARKET_YEAR_ROWS = 366 * 24 * 60
/** The seed of the year that everybody has who gives no other. */
export const MARKET_SEED = 2024
/** What a command says once the file is there. */
export const MARKET_SAVED = 'Data saved as Parquet.'

const { floor, max, round } = Math
const START_MS = Date.UTC(2024, 0, 1)
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const PRICE = { start: 100, deviation: 2, drift: 0.0002, least: 1 }
const SALES = { mean: 200, swing: 50, deviation: 5, daysOfSeason: 365 }
/** Draws thrown away: the first ones of a generator whose seed has few bits are near 0 or 1. */
const WARM_UP_DRAWS = 64
/** Rows handed to DuckDB at once: its vector size. */
const VECTOR_ROWS = 2048
/** Fixed, as is one thread: both decide about the file's bytes. */
const ROW_GROUP_ROWS = 60 * VECTOR_ROWS

export interface MarketOptions {
  seed?: number
  /** Minutes from 2024-01-01 00:00 UTC; more than the year go on into the next. */
  rows?: number
}

export interface MarketMinute {
  /** `1`, `2`, … */
  id: string
  /** Epoch milliseconds. */
  timeMs: number
  stockPrice: number
  salesTrend: number
}

const cents = (value: number) => round(value * 100) / 100

/** From 1. */
const dayOfYear = (timeMs: number) => floor((timeMs - Date.UTC(new Date(timeMs).getUTCFullYear(), 0, 1)) / DAY_MS) + 1

/** The season's share of a day's sales; to six decimals for the reason that Random.normal gives. */
const seasonOf = (day: number) => round(SALES.swing * Math.sin((2 * Math.PI * day) / SALES.daysOfSeason) * 1e6) / 1e6

/** The minutes in order: the price walks at random and never below its floor, sales swing with the year; both to cents. */
export function* marketMinutes({ seed = MARKET_SEED, rows = MARKET_YEAR_ROWS }: MarketOptions): Generator<MarketMinute> {
  const random = new Random(seed)
  for (let draw = 0; draw < WARM_UP_DRAWS; draw++) random.unit()
  let price = PRICE.start
  let day = -1
  let season = 0
  for (let number = 1; number <= rows; number++) {
    const timeMs = START_MS + (number - 1) * MINUTE_MS
    const today = floor(timeMs / DAY_MS)
    if (today !== day) [day, season] = [today, seasonOf(dayOfYear(timeMs))]
    price = max(PRICE.least, price + random.normal(0, PRICE.deviation) + PRICE.drift)
    yield {
      id: String(number),
      timeMs,
      stockPrice: cents(price),
      salesTrend: cents(SALES.mean + season + random.normal(0, SALES.deviation))
    }
  }
}

/** The same minutes as messages, without a file; all of them are valid. */
export function* generateMarket(options: MarketOptions & { oracle?: Oracle }): Generator<GeneratedRecord[]> {
  let chunk: GeneratedRecord[] = []
  for (const { id, timeMs, stockPrice, salesTrend } of marketMinutes(options)) {
    const time = `${new Date(timeMs).toISOString().slice(0, 19)}Z`
    chunk.push({ key: id, value: `{"id":"${id}","timestamp":"${time}","stock_price":${stockPrice},"sales_trend":${salesTrend}}` })
    if (options.oracle) {
      options.oracle.records++
      options.oracle.valid++
    }
    if (chunk.length < VECTOR_ROWS) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

/** The two series into a table `minutes`; number and time of a row follow from its place. */
async function appendMinutes(connection: DuckDBConnection, options: MarketOptions): Promise<void> {
  const { DOUBLE, DuckDBDataChunk } = await import('@duckdb/node-api')
  await connection.run('create table minutes (stock_price double, sales_trend double)')
  const appender = await connection.createAppender('minutes')
  const columns: [number[], number[]] = [[], []]
  const flush = () => {
    const chunk = DuckDBDataChunk.create([DOUBLE, DOUBLE], columns[0].length)
    chunk.setColumns(columns)
    appender.appendDataChunk(chunk)
    for (const values of columns) values.length = 0
  }
  for (const { stockPrice, salesTrend } of marketMinutes(options)) {
    columns[0].push(stockPrice)
    columns[1].push(salesTrend)
    if (columns[0].length === VECTOR_ROWS) flush()
  }
  if (columns[0].length > 0) flush()
  appender.closeSync()
}

/**
 * Writes the minutes as one Parquet file: `id` text, `timestamp` (UTC, without a zone), `stock_price` and `sales_trend` doubles. The same seed and
 * rows give the same bytes on every machine. The file appears whole or not at all, and its folder is made.
 * @returns rows and bytes written
 * @throws what the system throws when the folder cannot be written
 */
export async function writeMarketYear(file: string, options: MarketOptions = {}): Promise<{ rows: number; bytes: number }> {
  await mkdir(dirname(file), { recursive: true })
  const unfinished = `${file}.${process.pid}.unfinished`
  const columns = [
    '(rowid + 1)::varchar as id',
    `make_timestamp(${START_MS * 1000} + rowid * ${MINUTE_MS * 1000}) as "timestamp"`,
    'stock_price',
    'sales_trend'
  ]
  try {
    await withDuckDb(
      async connection => {
        await appendMinutes(connection, options)
        await connection.run(
          `copy (select ${columns.join(', ')} from minutes) to ${literal(unfinished)} (format parquet, compression snappy, row_group_size ${ROW_GROUP_ROWS})`
        )
      },
      { threads: 1 }
    )
    await rename(unfinished, file)
  } finally {
    await rm(unfinished, { force: true })
  }
  return { rows: options.rows ?? MARKET_YEAR_ROWS, bytes: (await stat(file)).size }
}
