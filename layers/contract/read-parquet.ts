// Which records does a Parquet file hold, as the JSON that goes to the topic?
import { access, constants, stat } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { PipelineError } from '../errors'
import { type DuckDbSession, literal, openDuckDb } from '../lake/duckdb'
import { textBytes } from '../lake/text-column'
import { nearest, quoteIdentifier as quoted } from './identifiers'
import { unreadable } from './lines'
import { KEY_SEPARATOR } from './read-csv'
import type { Contract, Field, GeneratedRecord } from './types'

/** Integers up to here, and decimals of so many digits, are the same after a reader made doubles of them. */
const SAFE_INTEGER = Number.MAX_SAFE_INTEGER
const SAFE_DIGITS = 15
/** One thread reads in file order and keeps one row group's pages at a time. */
const THREADS = 1

interface ParquetColumn {
  name: string
  /** As DuckDB names it: `DECIMAL(18,4)`. */
  type: string
}

/**
 * Reads a Parquet file row group by row group; memory does not grow with the file. Every column becomes a field of the message under its own
 * name, in its own type: whether it fits is the validator's to say.
 * - Times are ISO 8601 in UTC; a time without a zone is taken for UTC or, where the contract's times are wall-clock times, for one of those.
 * - Integers beyond 2^53, decimals of more than 15 digits, NaN and infinity are text: a JSON number could not hold them. Bytes are base64.
 * @returns chunks of records in file order
 * @throws PipelineError SOURCE_UNREADABLE when the file is missing, is not (or only the beginning of) a Parquet file, or has not every column that the contract names
 */
export async function* readParquet(contract: Contract, file: string): AsyncGenerator<GeneratedRecord[]> {
  await access(file, constants.R_OK).catch(cause => {
    throw unreadable(file, cause)
  })
  if ((await stat(file)).isDirectory()) throw unreadable(file, { code: 'EISDIR' })
  // a name is a pattern to read_parquet
  const from = `read_parquet(${literal(file.replace(/[*?[]/g, '[$&]'))})`
  const session = await openDuckDb({ threads: THREADS })
  try {
    const columns = await columnsOf(session.connection, file, from)
    requireColumns(contract, file, columns)
    yield* recordsOf(session, file, `select ${keySql(contract, columns)}, ${messageSql(contract, columns)} from ${from}`)
  } finally {
    await session.close()
  }
}

function broken(file: string, cause: unknown, rows: number): PipelineError {
  const why = (cause as Error).message.split('\n')[0]
  const where = rows > 0 ? ` (after ${rows} rows, which were read)` : ''
  return new PipelineError('SOURCE_UNREADABLE', `${file}: cannot be read as Parquet${where}: ${why}`, {
    cause,
    remedy: 'Give a whole Parquet file; one that is still being written, or was cut off, has no footer.'
  })
}

async function columnsOf(connection: DuckDBConnection, file: string, from: string): Promise<ParquetColumn[]> {
  try {
    const described = await connection.runAndReadAll(`describe select * from ${from}`)
    return described.getRowObjectsJson().map(row => ({ name: String(row['column_name']), type: String(row['column_type']) }))
  } catch (cause) {
    throw broken(file, cause, 0)
  }
}

/** Every field must have its column, also one that may be empty: a renamed column would else be lost without a word. */
function requireColumns(contract: Contract, file: string, columns: readonly ParquetColumn[]): void {
  const names = columns.map(column => column.name)
  const missing = contract.source.columns.filter(name => !names.includes(name))
  if (missing.length === 0) return
  const spare = names.filter(name => !contract.source.columns.includes(name))
  const described = missing.map(name => {
    const near = nearest(name, spare)
    return near === undefined ? name : `${name} (is it ${near}?)`
  })
  throw new PipelineError(
    'SOURCE_UNREADABLE',
    `${file}: misses the column${missing.length > 1 ? 's' : ''} ${described.join(', ')}; it has ${names.join(', ')}`,
    { remedy: `Give a file with the columns that ${contract.file} names: ${contract.source.columns.join(', ')}.` }
  )
}

async function* recordsOf({ connection }: DuckDbSession, file: string, sql: string): AsyncGenerator<GeneratedRecord[]> {
  let rows = 0
  try {
    const result = await connection.stream(sql)
    for (;;) {
      const chunk = await result.fetchChunk()
      if (!chunk || chunk.rowCount === 0) return
      const keys = chunk.getColumnValues(0) as (string | null)[]
      const values = await textBytes(chunk, 1)
      rows += chunk.rowCount
      yield values.map((value, index): GeneratedRecord => ({ key: keys[index]!, value }))
    }
  } catch (cause) {
    throw cause instanceof PipelineError ? cause : broken(file, cause, rows)
  }
}

/** The JSON object of a row: `{"id":…,"timestamp":…}`. */
function messageSql(contract: Contract, columns: readonly ParquetColumn[]): string {
  const parts = columns.flatMap(({ name, type }, index) => {
    const field = contract.fields.find(each => each.name === name)
    return [literal(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`), `coalesce(${jsonSql(quoted(name), type, field)}, 'null')`]
  })
  return `concat(${parts.join(', ')}, '}')`
}

/** The record key, null where a part of it is. */
function keySql(contract: Contract, columns: readonly ParquetColumn[]): string {
  const parts = contract.recordKey.map(name => {
    const { type } = columns.find(column => column.name === name)!
    const text = textSql(
      quoted(name),
      type,
      contract.fields.find(field => field.name === name)
    )
    return `trim(${text ?? `${quoted(name)}::varchar`})`
  })
  return parts.join(` || ${literal(KEY_SEPARATOR)} || `)
}

/** A value as JSON; null stays null. */
function jsonSql(column: string, type: string, field: Field | undefined): string {
  const text = textSql(column, type, field)
  if (text !== undefined) return `to_json(${text})`
  const asNumber = `${column}::varchar`
  const asText = `'"' || ${column}::varchar || '"'`
  if (type === 'FLOAT' || type === 'DOUBLE') return `case when isfinite(${column}) then ${asNumber} else ${asText} end`
  if (/^U?(BIGINT|HUGEINT)$/.test(type))
    return `case when ${column} between -${SAFE_INTEGER} and ${SAFE_INTEGER} then ${asNumber} else ${asText} end`
  if (/^(BOOLEAN|U?(TINYINT|SMALLINT|INTEGER))$/.test(type)) return asNumber
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(type)
  if (!decimal) return `to_json(${column})`
  const [digits, scale] = [Number(decimal[1]), Number(decimal[2])]
  if (digits <= SAFE_DIGITS) return asNumber
  return scale > SAFE_DIGITS ? asText : `case when abs(${column}) < 1e${SAFE_DIGITS - scale} then ${asNumber} else ${asText} end`
}

/** A value that is text in JSON, as that text; undefined for the others. */
function textSql(column: string, type: string, field: Field | undefined): string | undefined {
  const iso = `replace(${column}::varchar, ' ', 'T')`
  if (type === 'VARCHAR') return column
  if (type === 'BLOB') return `base64(${column})`
  if (type === 'TIMESTAMP WITH TIME ZONE') {
    const utc = `replace(${iso}, '+00', 'Z')`
    const clock = field && wallClock(field)
    if (!clock) return utc
    const local = `timezone(${literal(clock.zone)}, ${column})`
    return `case when timezone(${literal(clock.zone)}, ${local}) = ${column} then ${formatted(local, clock.pattern, utc)} else ${utc} end`
  }
  if (!/^TIMESTAMP(_S|_MS|_NS)?$/.test(type)) return undefined
  const utc = `${iso} || 'Z'`
  const clock = field && wallClock(field)
  return clock ? formatted(`${column}::timestamp`, clock.pattern, utc) : utc
}

const STRFTIME: Record<string, string> = { yyyy: '%Y', MM: '%m', dd: '%d', HH: '%H', mm: '%M', ss: '%S' }

function wallClock({ timestamp }: Field): { pattern: string; zone: string } | undefined {
  if (timestamp.kind !== 'wall-clock') return undefined
  return { pattern: timestamp.pattern.replaceAll('%', '%%').replace(/[A-Za-z]+/g, token => STRFTIME[token] ?? token), zone: timestamp.zone }
}

/** A wall-clock time in the contract's format; one that the format cannot hold goes on whole, and is refused with its reason. */
function formatted(time: string, pattern: string, otherwise: string): string {
  const text = `strftime(${time}, ${literal(pattern)})`
  return `case when try_strptime(${text}, ${literal(pattern)}) = ${time} then ${text} else ${otherwise} end`
}
