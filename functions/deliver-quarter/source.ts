// How does DuckDB read the source?
import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier } from '../../layers/contract/identifiers'
import { PipelineError } from '../../layers/errors'
import { literal } from '../../layers/lake/duckdb'
import { type Dialect, dialectOf } from './dialect'
import type { SourceColumn } from './profile'
import { type CsvShape, MAX_RECORD_BYTES, recordsOf } from './records'
import type { DeliverOptions } from './request'
import { type Snapshot, snapshotOf } from './snapshot'

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

export function readCsv(file: string, { delimiter, columns, missing }: CsvDialect, skip: number): string {
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
