// In what order do dimensions, averages and facts come to say what the sources say?
import type pg from 'pg'
import { readDevices } from '../../layers/source/devices'
import { readLocations } from '../../layers/source/locations'
import { poolFor, withTransaction } from '../../layers/store/pool'
import { type Span, spansOf } from '../../layers/store/spans'
import dropExpired from '../../sql/warehouse/expired-drop.sql'
import factsSpan from '../../sql/warehouse/facts-span.sql'
import sampleDevice from '../../sql/warehouse/sample-device.sql'
import { type DimensionChange, mergeDimension } from './dimensions'
import { aggregateSpan, enrichSpan, type Written } from './facts'
import { cutByDay, DAY_MS, HOUR_MS } from './hours'
import { notePending, pendingHours } from './pending'
import type { Rules } from './rules'

export interface EnrichOptions {
  days: number
  full: boolean
  testMode: boolean
  rules: Rules
  /** Epoch milliseconds. */
  now: number
}

interface Urls {
  databaseUrl: string
  timescaleUrl: string
  mysqlUrl: string
}

export interface Enriched {
  /** Versions that began, ended, or took the place of an inferred row. */
  devices: DimensionChange
  locations: DimensionChange
  /** Hours whose facts were made, or looked at again. */
  hours: number
  /** Facts and hourly rows that were new or said something else, and facts whose reading is gone. */
  written: Written
  /** Partitions whose time was over. */
  dropped: number
}

/** Days that are worked on at the same time: as many as the pool has connections. */
const PARALLEL_DAYS = 2
/** Readings may be ahead of our clock by this much. */
const AHEAD_MS = HOUR_MS

const hourOf = (time: number) => Math.floor(time / HOUR_MS) * HOUR_MS

function hoursOf({ from, to }: Span): number[] {
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / HOUR_MS)) }, (_, index) => hourOf(from) + index * HOUR_MS)
}

/** Works on several items at a time, in order; the first failure ends it when those under way have ended. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  let failed = false
  const worker = async () => {
    while (next < items.length && !failed) {
      try {
        await work(items[next++]!)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const results = await Promise.allSettled(Array.from({ length: PARALLEL_DAYS }, worker))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

/** Reads both sources at once, then merges them: no transaction waits for a source. */
async function loadDimensions(urls: Urls, pool: pg.Pool): Promise<Pick<Enriched, 'devices' | 'locations'>> {
  const collect = async <T>(pages: AsyncIterable<T[]>) => {
    const all: T[][] = []
    for await (const page of pages) all.push(page)
    return all
  }
  const [devices, locations] = await Promise.all([collect(readDevices(urls.mysqlUrl)), collect(readLocations(poolFor(urls.databaseUrl)))])
  return withTransaction(pool, async client => ({
    locations: await mergeDimension(client, 'locations', locations),
    devices: await mergeDimension(client, 'devices', devices)
  }))
}

interface Known {
  first_fact: Date | null
  first_reading: Date | null
  last_reading: Date | null
  /** Facts of older days are not made: their partitions would be dropped at once. */
  keep_days: number
}

async function known(pool: pg.Pool, { from, to }: Span): Promise<Known> {
  return (await pool.query<Known>(factsSpan, [new Date(from), new Date(to)])).rows[0]!
}

/** All averages first, then all facts: a fact is judged by the averages of earlier days. */
async function enrichSpans(
  pool: pg.Pool,
  spans: Span[],
  device: string | null,
  rules: Rules,
  idsOf: (span: Span) => string[]
): Promise<Written> {
  const written: Written = { facts: 0, hours: 0, deleted: 0 }
  await inParallel(spans, async span => {
    written.hours += await aggregateSpan(pool, span, device)
  })
  await inParallel(spans, async span => {
    const more = await enrichSpan(pool, span, device, rules, idsOf(span))
    written.facts += more.facts
    written.hours += more.hours
    written.deleted += more.deleted
  })
  return written
}

/** One device's last day of readings; what waits for the next usual run goes on waiting. */
async function enrichSample(pool: pg.Pool, bounds: Span, rules: Rules): Promise<{ hours: number; written: Written }> {
  const last = (await known(pool, bounds)).last_reading
  if (!last) return { hours: 0, written: { facts: 0, hours: 0, deleted: 0 } }
  const span = { from: last.getTime() + HOUR_MS - DAY_MS, to: last.getTime() + HOUR_MS }
  const { device_id } = (await pool.query<{ device_id: string }>(sampleDevice, [new Date(span.from), new Date(span.to)])).rows[0]!
  return { hours: DAY_MS / HOUR_MS, written: await enrichSpans(pool, cutByDay([span]), device_id, rules, () => []) }
}

/** Every hour that waits, those that a run before this one left undone among them. */
async function enrichPending(pool: pg.Pool, rules: Rules): Promise<{ hours: number; written: Written }> {
  const pending = await pendingHours(pool)
  const spans = cutByDay(
    spansOf(
      pending.map(({ hour }) => hour),
      HOUR_MS
    )
  )
  const idsOf = (span: Span) => pending.filter(({ hour }) => hour >= span.from && hour < span.to).flatMap(({ ids }) => ids)
  return { hours: pending.length, written: await enrichSpans(pool, spans, null, rules, idsOf) }
}

/** From when all hours are to be made: where it was asked for, at the first run, and where a dimension changed. */
function wholeFrom(options: EnrichOptions, { first_fact, first_reading }: Known, changes: DimensionChange[]): number {
  const asked = options.full || !first_fact ? (first_reading?.getTime() ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
  const changed = Math.min(...changes.map(({ changedFrom = Number.POSITIVE_INFINITY }) => changedFrom))
  const existing = first_fact?.getTime() ?? Number.POSITIVE_INFINITY
  return Math.min(asked, changed === Number.POSITIVE_INFINITY ? changed : Math.max(changed, existing))
}

/**
 * Brings the warehouse to what its sources say: dimensions, then the hours whose readings changed and those that depend on them, day by day.
 * Each day is one transaction; a run that was ended leaves the rest for the next one.
 * @param log name under which changed hours are noted in window_invalidations
 * @throws PipelineError SOURCE_UNAVAILABLE, DATABASE_UNAVAILABLE
 */
export async function enrich(urls: Urls, log: string, options: EnrichOptions): Promise<Enriched> {
  const pool = poolFor(urls.timescaleUrl)
  const { rules, now, testMode } = options
  const end = hourOf(now + AHEAD_MS) + HOUR_MS
  const recent = { from: hourOf(now) - options.days * DAY_MS, to: end }
  const { devices, locations } = await loadDimensions(urls, pool)
  const existing = await known(pool, recent)
  const kept = { from: hourOf(now) - existing.keep_days * DAY_MS, to: end }
  const from = Math.max(kept.from, wholeFrom(options, existing, [devices, locations]))
  await withTransaction(pool, client => notePending(client, log, from < end ? hoursOf({ from, to: end }) : [], rules.baseline_days, kept))
  const made = testMode ? await enrichSample(pool, recent, rules) : await enrichPending(pool, rules)
  const dropped = testMode ? 0 : (await pool.query<{ dropped: number }>(dropExpired, [new Date(now)])).rows[0]!.dropped
  return { devices, locations, ...made, dropped }
}
