// A file was dropped: which quarters of it are due, and what is delivered of each?
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename, extname, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier } from '../../layers/contract/identifiers'
import { PipelineError } from '../../layers/errors'
import type { Lake } from '../../layers/lake'
import { literal, withDuckDb } from '../../layers/lake/duckdb'
import { fileFacts } from '../../layers/lake/versions'
import macros from '../../sql/deliveries/macros.sql'
import { writeDays, writeHours } from './aggregates'
import { isNumeric, sqlType } from './projection'
import { deliveredQuarters, folderOf, type Manifest, publish, versionsOf } from './publish'
import { closesAt, type Quarter, quarterOf } from './quarter'
import type { DeliverOptions } from './request'
import { columnsOf } from './sample'
import { PARQUET, type Silver, writeSilver } from './silver'
import { ensureUnchanged, type Snapshot, snapshotOf } from './snapshot'
import { sourceOf, unreadable } from './source'

/** Changes whenever the same source and options would give other files: then they are delivered again. */
export const CODE = { name: 'deliver-quarter', version: '1.3.0' }
/** What DuckDB may keep in memory, in mebibytes; with the library, Node and what the allocator keeps, the process stays below 400. */
const MEMORY_MB = 160
/** Each thread has a row group in the making. */
const THREADS = 2
/** Quarters that one call delivers: a longer history is delivered quarter by quarter, by name. */
const MAX_QUARTERS = 40
/** Quarters listed in a manifest. */
const LISTED_QUARTERS = 200

export interface Delivery {
  file: string
  name: string
  quarter: string
  status: 'delivered' | 'unchanged' | 'open' | 'no_rows'
  version: number | null
  /** Of the delivery in the lake. */
  key: string | null
  rows: Manifest['rows'] | null
}

export interface DeliverContext {
  lake: Lake
  /** Epoch milliseconds. */
  now: number
  /** Version of the contract with a name, if there is one. */
  contractVersion?: (name: string) => string | undefined
  /** Told what is being done. */
  say?: (step: string) => void
}

/** `Sensor Data 2024.csv` → `sensor_data_2024`. */
export function nameOf(file: string): string {
  const name = basename(file, extname(file))
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '_')
    .replace(/^[_-]+|_+$/g, '')
    .slice(0, 100)
  return name === '' ? 'data' : name
}

/** The options that decide about what is delivered. */
function effective(options: DeliverOptions) {
  const { timeColumn = null, clockColumn = null, zone, format = null, decimal = null, encoding, missing } = options
  return { timeColumn, clockColumn, zone, format, decimal, encoding, missing }
}

function fingerprintOf(snapshot: Snapshot, options: DeliverOptions): string {
  return createHash('sha256')
    .update(JSON.stringify([snapshot.sha256, effective(options), CODE]))
    .digest('hex')
}

/** The raw bytes under a key that holds their checksum: the same bytes are kept once. @returns the key */
async function keepRaw(lake: Lake, name: string, snapshot: Snapshot): Promise<string> {
  const key = `bronze/${name}/sha256=${snapshot.sha256}/${basename(snapshot.file).replace(/^\.+|[\0-\x1f\x7f\\]/g, '_')}`
  for await (const object of lake.list(key)) if (object.key === key) return key
  // of a file that grows only the beginning is kept
  const body = snapshot.ignoredBytes === 0 ? { file: snapshot.file } : createReadStream(snapshot.file, { end: snapshot.size - 1 })
  const isWritten = await lake.put(key, body, { ifAbsent: true })
  try {
    await ensureUnchanged(snapshot)
  } catch (error) {
    if (isWritten) await lake.remove(key)
    throw error
  }
  return key
}

interface QuarterRows {
  quarter: string
  rows: number
  min: string
  max: string
}

const rowsOf = async (connection: DuckDBConnection, sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJson()

async function quartersIn(connection: DuckDBConnection, silver: Silver, time: string): Promise<QuarterRows[]> {
  const rows = await rowsOf(
    connection,
    `select quarter_of(first) as quarter, sum(n)::bigint as n, strftime(min(first)::timestamp, '%Y-%m-%dT%H:%M:%S.%fZ') as least, strftime(max(last)::timestamp, '%Y-%m-%dT%H:%M:%S.%fZ') as most
     from (select count(*) as n, min(${time}) as first, max(${time}) as last from read_parquet(${literal(silver.file)}) group by day_number(${time})) group by quarter order by quarter`
  )
  return rows.map(row => ({ quarter: String(row['quarter']), rows: Number(row['n']), min: String(row['least']), max: String(row['most']) }))
}

interface Prepared {
  name: string
  snapshot: Snapshot
  rawKey: string
  fingerprint: string
  silver: Silver
  quarters: QuarterRows[]
}

async function deliverQuarter(
  connection: DuckDBConnection,
  folder: string,
  prepared: Prepared,
  quarter: Quarter,
  version: number,
  options: DeliverOptions,
  { lake, now, contractVersion }: DeliverContext
): Promise<Delivery> {
  const { name, snapshot, silver, quarters } = prepared
  const { columns, timeIndex, clock, time: reading } = silver.columns
  const timeName = columns[timeIndex]!.name
  const mine = quarters.find(({ quarter: label }) => label === quarter.label)!
  let data = silver.file
  if (quarters.length > 1) {
    data = join(folder, `${quarter.label}.parquet`)
    const bound = (ms: number) => `timestamptz ${literal(new Date(ms).toISOString())}`
    const name = quoteIdentifier(timeName)
    await connection.run(
      `copy (select * from read_parquet(${literal(silver.file)}) where ${name} >= ${bound(quarter.from)} and ${name} < ${bound(quarter.to)})
       to ${literal(data)} (${PARQUET})`
    )
  }
  const local: Record<string, string> = {
    'data.parquet': data,
    'aggregates_hour.parquet': join(folder, `${quarter.label}-hour.parquet`),
    'aggregates_day.parquet': join(folder, `${quarter.label}-day.parquet`),
    'rejects.csv': silver.rejectsFile
  }
  const problems = Object.values(silver.rejects.reasons).reduce((sum, values) => sum + values, 0)
  const counts: Record<string, number> = {
    'data.parquet': mine.rows,
    'aggregates_hour.parquet': await writeHours(connection, silver.columns, data, local['aggregates_hour.parquet']!),
    'aggregates_day.parquet': await writeDays(
      connection,
      silver.columns,
      local['aggregates_hour.parquet']!,
      local['aggregates_day.parquet']!
    ),
    'rejects.csv': problems
  }
  const files = []
  for (const [file, path] of Object.entries(local)) files.push({ name: file, ...(await fileFacts(path)), rows: counts[file]! })
  const others = quarters.filter(({ quarter: label }) => label !== quarter.label)
  const contract = contractVersion?.(name)
  const rows: Manifest['rows'] = {
    source: silver.rows.source,
    delivered: mine.rows,
    rejected: silver.rejects.rows,
    duplicates: silver.rows.duplicates,
    other_quarters: others.reduce((sum, other) => sum + other.rows, 0)
  }
  const manifest: Manifest = {
    manifest_version: 1,
    name,
    quarter: quarter.label,
    version,
    from: new Date(quarter.from).toISOString(),
    to: new Date(quarter.to).toISOString(),
    created_at: new Date(now).toISOString(),
    fingerprint: prepared.fingerprint,
    source: {
      file: basename(snapshot.file),
      bytes: snapshot.size,
      sha256: snapshot.sha256,
      format: snapshot.isParquet ? 'parquet' : 'csv',
      rows: silver.rows.source,
      ignored_bytes: snapshot.ignoredBytes,
      lake_key: prepared.rawKey
    },
    options: { ...effective(options), closeDays: options.closeDays },
    code: CODE,
    contract: contract === undefined ? null : { name, version: contract },
    time: {
      column: timeName,
      clock_column: clock ? columns[clock.index]!.name : null,
      reading,
      zone: options.zone,
      min: mine.min,
      max: mine.max
    },
    schema: columns.map((column, index) => ({
      name: column.name,
      type: index === timeIndex ? 'TIMESTAMP WITH TIME ZONE' : sqlType(column),
      is_time: index === timeIndex,
      is_aggregated: isNumeric(column) && index !== timeIndex
    })),
    rows,
    rejected_values: silver.rejects.reasons,
    other_quarters: others.slice(0, LISTED_QUARTERS).map(({ quarter: label, rows: count }) => ({ quarter: label, rows: count })),
    files
  }
  if (rows.source !== rows.delivered + rows.rejected + rows.duplicates + rows.other_quarters)
    throw new PipelineError('SOURCE_UNREADABLE', `${snapshot.file}: the rows do not add up: ${JSON.stringify(rows)}`)
  const key = await publish(lake, manifest, local)
  return { file: snapshot.file, name, quarter: quarter.label, status: 'delivered', version, key, rows }
}

/** What is there already of this very source, when it is all that could be delivered now. */
async function unchanged(
  name: string,
  snapshot: Snapshot,
  fingerprint: string,
  options: DeliverOptions,
  { lake, now }: DeliverContext
): Promise<Delivery[] | undefined> {
  if (options.again) return undefined
  const known = new Map<string, Manifest>()
  for (const quarter of options.quarter === undefined ? await deliveredQuarters(lake, name) : [options.quarter]) {
    const { newest } = await versionsOf(lake, name, quarter)
    if (newest?.fingerprint === fingerprint) known.set(quarter, newest)
  }
  const any = [...known.values()][0]
  if (any === undefined) return undefined
  const due = [any.quarter, ...any.other_quarters.map(({ quarter }) => quarter)].filter(
    quarter => options.quarter === quarter || (options.quarter === undefined && closesAt(quarterOf(quarter), options.closeDays) <= now)
  )
  if (due.some(quarter => !known.has(quarter))) return undefined
  return due
    .sort()
    .map(quarter => known.get(quarter)!)
    .map(({ quarter, version, rows }) => ({
      file: snapshot.file,
      name,
      quarter,
      status: 'unchanged',
      version,
      key: `${folderOf(name, quarter)}v${version}/`,
      rows
    }))
}

/** Which quarters are delivered now; the others that there are rows of are open. */
function dueQuarters(file: string, found: readonly string[], options: DeliverOptions, now: number): Quarter[] {
  if (options.quarter !== undefined) return found.includes(options.quarter) ? [quarterOf(options.quarter)] : []
  const closed = found.map(quarterOf).filter(quarter => closesAt(quarter, options.closeDays) <= now)
  if (closed.length > MAX_QUARTERS)
    throw new PipelineError('SOURCE_UNREADABLE', `${file}: it has rows of ${closed.length} closed quarters`, {
      remedy: `At most ${MAX_QUARTERS} are delivered at once: name the quarter, such as ${closed.at(-1)!.label}.`
    })
  return closed
}

/** A file without one good row is not empty: it was read in a wrong way, or is none of its kind. */
function nothingLeft(file: string, { rows, rejects }: Silver): PipelineError {
  const reasons = Object.entries(rejects.reasons).map(([reason, count]) => `${reason} ${count}`)
  return new PipelineError('SOURCE_UNREADABLE', `${file}: all of its ${rows.source} rows are rejected: ${reasons.join(', ')}`, {
    remedy: 'Say which column holds the times, how they and decimals are written, or which texts stand for no value.'
  })
}

function refuseOpen(options: DeliverOptions, now: number): void {
  if (options.quarter === undefined || options.open) return
  const closes = closesAt(quarterOf(options.quarter), options.closeDays)
  if (closes > now)
    throw new PipelineError('EVENT_INVALID', `deliver-quarter: ${options.quarter} is open until ${new Date(closes).toISOString()}`, {
      remedy: 'Wait until then, or ask for an open quarter with `open`; what comes later will be a new version.'
    })
}

/**
 * Delivers the closed quarters of a file, or the one that is asked for. What was delivered from the same bytes with the same options is not
 * delivered again, unless `again` says so; otherwise every delivery is a new version and the older ones stay as they are.
 * @param file path of this machine
 * @throws PipelineError SOURCE_UNREADABLE naming the file and what is wrong; EVENT_INVALID for a quarter that is open; LAKE_UNAVAILABLE;
 *   LAKE_CONFLICT
 */
export async function deliverFile(file: string, options: DeliverOptions, context: DeliverContext): Promise<Delivery[]> {
  const { lake, now, say = () => {} } = context
  refuseOpen(options, now)
  say(`${basename(file)}: checking`)
  const name = options.name ?? nameOf(file)
  const snapshot = await snapshotOf(file)
  const fingerprint = fingerprintOf(snapshot, options)
  const before = await unchanged(name, snapshot, fingerprint, options, context)
  if (before !== undefined) return before
  return withDuckDb(
    async (connection, folder) => {
      await connection.run(macros)
      const shown = basename(file)
      // before anything is written: a file that is no timestamped table leaves no trace
      const source = await sourceOf(connection, shown, snapshot, options, folder)
      const columns = await columnsOf(connection, source, options, folder)
      const [kept, written] = await Promise.allSettled([
        keepRaw(lake, name, snapshot),
        writeSilver(connection, source, columns, options.zone, folder, step => say(`${shown}: ${step}`))
      ])
      await ensureUnchanged(snapshot)
      if (kept.status === 'rejected') throw kept.reason
      if (written.status === 'rejected') throw written.reason
      const rawKey = kept.value
      const silver = written.value
      const time = quoteIdentifier(columns.columns[columns.timeIndex]!.name)
      const quarters = await quartersIn(connection, silver, time)
      if (quarters.length === 0) throw nothingLeft(shown, silver)
      await lake.put(`silver/${name}/${fingerprint.slice(0, 32)}.parquet`, { file: silver.file }, { ifAbsent: true })
      const labels = quarters.map(({ quarter }) => quarter)
      const due = dueQuarters(file, labels, options, now)
      const prepared: Prepared = { name, snapshot, rawKey, fingerprint, silver, quarters }
      const deliveries: Delivery[] = []
      for (const quarter of due) {
        say(`${shown}: delivering ${quarter.label}`)
        const { begun, newest } = await versionsOf(lake, name, quarter.label)
        const isSame = newest?.fingerprint === fingerprint && !options.again
        deliveries.push(
          isSame
            ? {
                file,
                name,
                quarter: quarter.label,
                status: 'unchanged',
                version: newest.version,
                key: `${folderOf(name, quarter.label)}v${newest.version}/`,
                rows: newest.rows
              }
            : await deliverQuarter(connection, folder, prepared, quarter, begun + 1, options, context)
        )
      }
      const nothing = (quarter: string, status: Delivery['status']): Delivery => ({
        file,
        name,
        quarter,
        status,
        version: null,
        key: null,
        rows: null
      })
      if (options.quarter !== undefined) return due.length > 0 ? deliveries : [nothing(options.quarter, 'no_rows')]
      const open = labels.filter(label => !due.some(quarter => quarter.label === label))
      return [...deliveries, ...open.map(label => nothing(label, 'open'))]
    },
    { memoryMb: MEMORY_MB, threads: THREADS }
  ).catch(error => {
    throw unreadable(basename(file), error)
  })
}
