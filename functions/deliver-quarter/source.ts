// How does DuckDB read the source, and what do its first values look like?
import { createReadStream, createWriteStream } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier } from '../../layers/contract/identifiers'
import { PipelineError } from '../../layers/errors'
import { literal } from '../../layers/lake/duckdb'
import profileSql from '../../sql/deliveries/profile.sql'
import { type Columns, decideColumns } from './columns'
import { type Dialect, dialectOf, NAME_ENCODING } from './dialect'
import type { Profile, SourceColumn } from './profile'
import { type CsvShape, MAX_RECORD_BYTES, recordsOf } from './records'
import type { DeliverOptions } from './request'
import { type Snapshot, snapshotOf } from './snapshot'
import { datePartOf, formatOf, timeFormats, timeRank } from './times'

/** The first rows say what the columns are. */
const HEAD_ROWS = 5_000
const HEAD_BYTES = 16 * 1024 * 1024
/** Further places of the file that are looked at: they may hold decimals where the first rows have none, or a day above 12. */
const SPREAD_PLACES = 16
const SPREAD_BYTES = 32 * 1024
/** DuckDB reads a text file in pieces of this size, one a thread. */
const BUFFER_BYTES = 8 * 1024 * 1024

export interface Source {
  /** For errors. */
  name: string
  columns: SourceColumn[]
  /** The rows with columns c0, c1, … */
  relation: string
  /** The same and `row`, counted from 1; of Parquet files only. */
  numbered: string
  /** Text without the records that have no structure. */
  isSifted: boolean
  /** Set for text files. */
  csv?: CsvSource
  /** Records in the file: counted apart from reading it. */
  rows: number
}

/** And the texts that stand for no value. */
type CsvDialect = Dialect & { missing: readonly string[] }

export interface CsvSource {
  /** UTF-8; the file itself, or its text decoded. */
  snapshot: Snapshot
  dialect: CsvDialect
  shape: CsvShape
}

function readCsv(file: string, { delimiter, columns, missing }: CsvDialect, skip: number): string {
  const types = columns.map((_, index) => `'c${index}': 'VARCHAR'`).join(', ')
  // a file without a header is one that we wrote; DuckDB would take a CR within quotes of its first record for the end of lines
  const lineEnd = skip === 0 ? `new_line = '\\n', ` : ''
  return `read_csv(${literal(file)}, auto_detect = false, header = false, skip = ${skip}, ${lineEnd}delim = ${literal(delimiter)}, quote = '"', escape = '"',
    columns = {${types}}, nullstr = [${['', ...missing].map(literal).join(', ')}], strict_mode = true, max_line_size = ${2 * MAX_RECORD_BYTES}, buffer_size = ${BUFFER_BYTES})`
}

async function marksUtf16(file: string): Promise<'utf-16le' | 'utf-16be' | undefined> {
  const handle = await open(file)
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return buffer[0] === 0xff && buffer[1] === 0xfe ? 'utf-16le' : buffer[0] === 0xfe && buffer[1] === 0xff ? 'utf-16be' : undefined
  } finally {
    await handle.close()
  }
}

/** Text of another encoding as a file in UTF-8. */
async function decoded(snapshot: Snapshot, encoding: string, folder: string): Promise<Snapshot> {
  const decoder = new TextDecoder(encoding)
  const file = join(folder, 'decoded.csv')
  const decode = new Transform({
    transform: (chunk, _, done) => done(null, decoder.decode(chunk, { stream: true })),
    flush: done => done(null, decoder.decode())
  })
  await pipeline(createReadStream(snapshot.file, { end: snapshot.size - 1 }), decode, createWriteStream(file))
  return snapshotOf(file)
}

async function csvSource(name: string, snapshot: Snapshot, options: DeliverOptions, folder: string): Promise<Source> {
  const encoding = (await marksUtf16(snapshot.file)) ?? options.encoding
  const text = encoding === 'utf-8' ? snapshot : await decoded(snapshot, encoding, folder)
  const dialect = { ...(await dialectOf(text.file, name, text.size)), missing: options.missing }
  if (text.lines <= 1)
    throw new PipelineError('SOURCE_UNREADABLE', `${name}: it has a header and no rows`, { remedy: 'Put rows into it, or take it away.' })
  const relation = readCsv(text.file, dialect, dialect.headerRecords)
  return {
    name,
    columns: dialect.columns.map(column => ({ name: column })),
    relation,
    numbered: '',
    isSifted: false,
    csv: { snapshot: text, dialect, shape: { delimiter: dialect.delimiter.charCodeAt(0), columns: dialect.columns.length } },
    rows: text.lines - 1
  }
}

/**
 * The source without the records that have no structure, in a file of its own.
 * @returns a source whose `rows` still counts them
 */
export async function sifted(source: Source, folder: string): Promise<Source> {
  const { snapshot, dialect, shape } = source.csv!
  const file = join(folder, 'sifted.csv')
  let rows = 0
  async function* clean() {
    for await (const batch of recordsOf(snapshot.file, shape, { start: dialect.headerBytes, end: snapshot.size })) {
      rows += batch.length
      const lines = batch.filter(({ problem }) => problem === undefined).map(({ bytes }) => `${bytes.toString('utf8')}\n`)
      if (lines.length > 0) yield lines.join('')
    }
  }
  await pipeline(clean, createWriteStream(file))
  return { ...source, relation: readCsv(file, dialect, 0), isSifted: true, rows }
}

async function parquetSource(connection: DuckDBConnection, name: string, snapshot: Snapshot): Promise<Source> {
  const file = literal(snapshot.file)
  try {
    const described = await connection.runAndReadAll(`describe select * from read_parquet(${file})`)
    const columns = described.getRowObjectsJson().map(row => ({ name: String(row['column_name']), declared: String(row['column_type']) }))
    const counted = await connection.runAndReadAll(`select sum(num_rows)::bigint as rows from parquet_file_metadata(${file})`)
    const rows = Number(counted.getRowObjectsJson()[0]?.['rows'] ?? 0)
    if (rows === 0)
      throw new PipelineError('SOURCE_UNREADABLE', `${name}: it has columns and no rows`, { remedy: 'Put rows into it, or take it away.' })
    const list = columns.map(({ name: column }, index) => `${quoteIdentifier(column)} as c${index}`).join(', ')
    return {
      name,
      columns: columns.map(column => (column.declared === 'VARCHAR' ? { name: column.name } : column)),
      relation: `(select ${list} from read_parquet(${file}))`,
      numbered: `(select file_row_number + 1 as row, ${list} from read_parquet(${file}, file_row_number = true))`,
      isSifted: false,
      rows
    }
  } catch (error) {
    throw unreadable(name, error)
  }
}

/** What DuckDB says about a file, as the error of that file. */
export function unreadable(name: string, error: unknown): unknown {
  if (error instanceof PipelineError) return error
  const text = (error as Error).message ?? ''
  if (/^Out of Memory Error/.test(text))
    return new PipelineError('SOURCE_UNREADABLE', `${name}: its rows take more memory than a delivery has`, {
      remedy: 'Leave columns out that are not needed, or put them into several files, each with the time.',
      cause: error
    })
  if (
    !/^(Invalid Input|IO|Parquet|Conversion|Serialization|Binder|Not implemented).*Error/i.test(text) ||
    /No space left|temp_directory/i.test(text)
  )
    return error
  return new PipelineError('SOURCE_UNREADABLE', `${name}: ${text.split('\n')[0]}`, { cause: error })
}

export async function sourceOf(
  connection: DuckDBConnection,
  name: string,
  snapshot: Snapshot,
  options: DeliverOptions,
  folder: string
): Promise<Source> {
  return snapshot.isParquet ? parquetSource(connection, name, snapshot) : csvSource(name, snapshot, options, folder)
}

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
  for (const [name, list] of Object.entries(timeFormats)) await connection.run(`set variable ${name} = [${list.map(literal).join(', ')}]`)
  for (const [name, partOf] of Object.entries({ given: (pattern: string) => pattern, given_date: datePartOf })) {
    const list = options.format === undefined ? 'null::varchar[]' : `[${literal(formatOf(partOf(options.format)))}]`
    await connection.run(`set variable ${name} = ${list}`)
  }
  const rows = (await connection.runAndReadAll(profileSql)).getRowObjectsJson()
  const profiles = rows.map(row =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        /^(part|example|ambiguous_example)$/.test(key) || value === null ? value : Number(value)
      ])
    )
  ) as unknown as Profile[]
  await connection.run('drop table sample')
  await connection.run('drop table if exists sample_rows')
  return decideColumns(source.name, source.columns, profiles, options)
}
