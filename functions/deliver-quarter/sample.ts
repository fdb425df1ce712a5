// What is each column of a source? A sample of its rows is looked at.
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { PipelineError } from '../../layers/errors'
import { literal } from '../../layers/lake/duckdb'
import profileSql from '../../sql/deliveries/profile.sql'
import { type Columns, decideColumns, ensureOne, timeCandidates } from './columns'
import { NAME_ENCODING } from './dialect'
import { likelyPatterns } from './likely-patterns'
import { dateFormatOf, formatsOf } from './pattern'
import { ofColumn, type Profile, sum, TYPE_SHARE } from './profile'
import { joinedTime } from './projection'
import { recordsOf } from './records'
import type { DeliverOptions } from './request'
import { type CsvSource, readCsv, type Source, unreadable } from './source'
import { dates, type TimeReading, timeRank } from './times'

/** The first rows say what the columns are. */
const HEAD_ROWS = 5_000
const HEAD_BYTES = 16 * 1024 * 1024
/** Further places of the file that are looked at: they may hold decimals where the first rows have none, or a day above 12. */
const SPREAD_PLACES = 16
const SPREAD_BYTES = 32 * 1024
/** Rows that say which way of writing times is the most frequent. */
const FORMAT_ROWS = 500

/**
 * Records of ranges that have structure, but for the last of each range, which its end may cut.
 * @returns whether there were any
 * @throws PipelineError SOURCE_UNREADABLE for text of another encoding: every row would be rejected
 */
async function sampleFile(name: string, csv: CsvSource, ranges: readonly { start: number; end: number }[], file: string): Promise<boolean> {
  const lines: string[] = []
  let others = 0
  for (const range of ranges) {
    const first = lines.length
    for await (const batch of recordsOf(csv.snapshot.file, csv.shape, range)) {
      for (const { bytes, problem } of batch) {
        if (problem === undefined) lines.push(bytes.toString('utf8'))
        else if (problem === 'not_utf8') others++
      }
      if (lines.length > first + HEAD_ROWS) break
    }
    if (range.end < csv.snapshot.size && lines.length > first) lines.pop()
    lines.splice(first + HEAD_ROWS)
  }
  if (others > lines.length)
    throw new PipelineError('SOURCE_UNREADABLE', `${name}: most of its rows are not UTF-8`, { remedy: NAME_ENCODING })
  if (lines.length === 0) return false
  await writeFile(file, `${lines.join('\n')}\n`)
  return true
}

async function lineStart(file: string, from: number): Promise<number> {
  const handle = await open(file)
  try {
    const buffer = Buffer.alloc(SPREAD_BYTES)
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from)
    const lineFeed = buffer.subarray(0, bytesRead).indexOf(10)
    return lineFeed === -1 ? from + bytesRead : from + lineFeed + 1
  } finally {
    await handle.close()
  }
}

/** Pairs of a part's name and a relation with its rows. */
async function sampleRelations(source: Source, folder: string): Promise<[Profile['part'], string][]> {
  if (source.csv === undefined)
    return [
      ['head', `(select * from ${source.relation} limit ${HEAD_ROWS})`],
      ['spread', `(select * from ${source.numbered} where row % ${Math.max(1, Math.floor(source.rows / HEAD_ROWS))} = 0)`]
    ]
  const { csv } = source
  const { snapshot, dialect } = csv
  const relations: [Profile['part'], string][] = []
  const head = join(folder, 'head.csv')
  const end = Math.min(snapshot.size, dialect.headerBytes + HEAD_BYTES)
  if (await sampleFile(source.name, csv, [{ start: dialect.headerBytes, end }], head)) relations.push(['head', readCsv(head, dialect, 0)])
  if (snapshot.size <= SPREAD_PLACES * SPREAD_BYTES) return relations
  const places = []
  for (let place = 1; place <= SPREAD_PLACES; place++) {
    const start = await lineStart(snapshot.file, Math.floor(((snapshot.size - SPREAD_BYTES) / SPREAD_PLACES) * place))
    places.push({ start, end: Math.min(snapshot.size, start + SPREAD_BYTES) })
  }
  const spread = join(folder, 'spread.csv')
  if (await sampleFile(source.name, csv, places, spread)) relations.push(['spread', readCsv(spread, dialect, 0)])
  return relations
}

const asList = (formats: readonly string[]) => `[${formats.map(literal).join(', ')}]`

/** What the sample's columns look like. @param format a pattern of times to look for beside the usual ones */
async function profile(connection: DuckDBConnection, format: string | undefined): Promise<Profile[]> {
  await connection.run(`set variable given = ${format === undefined ? 'null::varchar[]' : asList(formatsOf(format))}`)
  await connection.run(`set variable given_date = ${format === undefined ? 'null::varchar[]' : asList([dateFormatOf(format)])}`)
  const rows = (await connection.runAndReadAll(profileSql)).getRowObjectsJson()
  return rows.map(row =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        /^(part|example|ambiguous_example)$/.test(key) || value === null ? value : Number(value)
      ])
    )
  ) as unknown as Profile[]
}

/**
 * What the columns look like and, where none holds times that are written in a usual way, the pattern that fits the most values of the
 * column that is called as times are, or of the only one that it fits.
 * @throws PipelineError SOURCE_UNREADABLE when several columns hold times, each by its own pattern
 */
async function withPattern(connection: DuckDBConnection, { name, columns }: Source, options: DeliverOptions) {
  const usual = await profile(connection, options.format)
  if (options.format !== undefined || timeCandidates(columns, usual, options).length > 0) return { profiles: usual, format: options.format }
  const found = []
  for (const pattern of new Set(usual.flatMap(({ example }) => likelyPatterns(example ?? '')))) {
    const profiles = await profile(connection, pattern)
    for (const candidate of timeCandidates(columns, profiles, { ...options, format: pattern })) {
      const own = ofColumn(profiles, candidate.index)
      const fitting = sum(own, ({ given, given_dates }) => Math.max(given, given_dates))
      // some of any numbers of eight digits are days, and a version may be one
      const isCalledDay = candidate.isNamed || /date|day|time/i.test(columns[candidate.index]!.name)
      const isChance = !isCalledDay || fitting < sum(own, ({ filled }) => filled) * TYPE_SHARE
      if (!(pattern === 'yyyyMMdd' && isChance)) found.push({ ...candidate, fitting, profiles, format: pattern })
    }
  }
  const best = found.sort(
    (left, right) => Number(right.isNamed) - Number(left.isNamed) || left.rank - right.rank || right.fitting - left.fitting
  )[0]
  if (best === undefined) return { profiles: usual, format: undefined }
  if (!best.isNamed) ensureOne(name, columns, found)
  return best
}

/** The reading of the time column, with the formats that fit the most values tried first: one that does not fit costs as much as reading. */
async function quickestFirst(connection: DuckDBConnection, { clock, time, timeIndex }: Columns): Promise<TimeReading> {
  if (time.kind !== 'pattern') return time
  const text = clock ? joinedTime(timeIndex, clock) : `c${timeIndex}`
  const counts = time.formats.map((format, index) => `count(try_strptime(trim(t::varchar), ${literal(format)})) as f${index}`)
  const rows = await connection.runAndReadAll(
    `select ${counts.join(', ')} from (select ${text} as t from sample_rows limit ${FORMAT_ROWS})`
  )
  const fitting = Object.values(rows.getRowObjectsJson()[0]!).map(Number)
  const order = [...time.formats.keys()].sort((left, right) => fitting[right]! - fitting[left]!)
  return { ...time, formats: order.map(index => time.formats[index]!) }
}

/**
 * Looks at a sample and decides what the columns are.
 * @throws PipelineError SOURCE_UNREADABLE, EVENT_INVALID for a zone that DuckDB does not know
 */
export async function columnsOf(connection: DuckDBConnection, source: Source, options: DeliverOptions, folder: string): Promise<Columns> {
  const zones = await connection.runAndReadAll('select name from pg_timezone_names() where name = $1', [options.zone])
  if (zones.currentRowCount === 0)
    throw new PipelineError('EVENT_INVALID', `deliver-quarter: event.zone: ${options.zone} is not a time zone`, {
      remedy: 'Use a name such as Europe/Berlin.'
    })
  await connection.run('create or replace temp table sample (column_no integer, part varchar, value varchar)')
  const looked = source.columns
    .map((column, index) => ({ ...column, index }))
    .filter(
      ({ name, declared }) =>
        declared === undefined ||
        /INT/.test(declared) ||
        (declared === 'DOUBLE' && (options.timeColumn?.toLowerCase() === name.toLowerCase() || timeRank(name) !== -1))
    )
  try {
    const relations = await sampleRelations(source, folder)
    if (relations.length === 0)
      throw new PipelineError('SOURCE_UNREADABLE', `${source.name}: no row has the ${source.columns.length} fields that its header names`, {
        remedy: 'Look for a delimiter too many or too few, and for a quote that is not closed.'
      })
    for (const [part, relation] of relations) {
      // only the head has an order to keep: with it, every row group of a file that is read by several threads has a buffer
      await connection.run(`set preserve_insertion_order = ${part === 'head'}`)
      await connection.run(`create or replace temp table sample_rows as select * from ${relation}`)
      const values = looked.map(({ index }) => `select ${index}, ${literal(part)}, c${index}::varchar from sample_rows`)
      if (values.length > 0) await connection.run(`insert into sample ${values.join(' union all ')}`)
    }
  } catch (error) {
    throw unreadable(source.name, error)
  }
  for (const [name, pattern] of Object.entries(dates)) await connection.run(`set variable ${name} = ${asList([dateFormatOf(pattern)])}`)
  const found = await withPattern(connection, source, options)
  const columns = decideColumns(source.name, source.columns, found.profiles, { ...options, format: found.format })
  const time = await quickestFirst(connection, columns)
  await connection.run('drop table sample')
  await connection.run('drop table if exists sample_rows')
  return { ...columns, time }
}
