// Which rows were not delivered, where are they in the source, and why?
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { literal } from '../../layers/lake/duckdb'
import type { Projection } from './projection'
import { recordsOf } from './records'
import type { Source } from './source'

/** Bytes of a record that are kept beside its reason; the whole of it is in the raw file at that line. */
const KEPT_BYTES = 64 * 1024

export interface Rejects {
  /** Rows of the source. */
  rows: number
  /** Values by reason; one row can have several. */
  reasons: Record<string, number>
}

interface ValueProblem {
  column: string | null
  value: string | null
  reason: string
}

const header = 'row,line,column,value,reason,record\n'
const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
const csvLine = (cells: (string | number | null)[]) => `${cells.map(cell => (cell === null ? '' : quoted(String(cell)))).join(',')}\n`

/**
 * Finds the values with a problem. The texts of suspects are written one row of the file for one row of the source, so that its number is the
 * row's while several threads read; then the few are looked at closely.
 * @returns a relation of `row`, `column`, `value`, `reason`
 */
async function findProblems(
  connection: DuckDBConnection,
  projection: Projection,
  rejecting: readonly number[],
  folder: string
): Promise<string> {
  const file = literal(join(folder, 'suspects.parquet'))
  await connection.run('set preserve_insertion_order = true')
  await connection.run(`copy (${projection.suspects(rejecting)}) to ${file} (format parquet)`)
  await connection.run('set preserve_insertion_order = false')
  const suspects = `(select file_row_number + 1 as row, texts.* from read_parquet(${file}, file_row_number = true) where texts is not null)`
  return `(${projection.problems(suspects)})`
}

/** Problems by row, in the order of rows, from a query that is not held in memory. */
async function* rowsOf(connection: DuckDBConnection, problems: string): AsyncGenerator<{ row: number; problems: ValueProblem[] }> {
  const result = await connection.stream(`select row, "column", value, reason from ${problems} order by row`)
  let current: { row: number; problems: ValueProblem[] } | undefined
  for await (const chunk of result.yieldRowsJson())
    for (const [number, column, value, reason] of chunk) {
      const row = Number(number)
      if (current !== undefined && current.row !== row) yield current
      if (current?.row !== row) current = { row, problems: [] }
      current.problems.push({ column: String(column), value: value === null ? null : String(value), reason: String(reason) })
    }
  if (current !== undefined) yield current
}

/** Writes the rejected rows of a text file: those without structure, and those with a value that is none of its column's type. */
async function writeFromText(
  connection: DuckDBConnection,
  source: Source,
  problems: string | undefined,
  file: string
): Promise<Rejects & { seen: number }> {
  const { snapshot, dialect, shape } = source.csv!
  const reasons: Record<string, number> = {}
  const tally = { rows: 0, structured: 0 }
  let rows = 0
  /** Of the rows that were asked for and not given yet. */
  const waiting: { row: number; problems: ValueProblem[] }[] = []
  async function* wanted() {
    if (problems === undefined) return
    for await (const found of rowsOf(connection, problems)) {
      waiting.push(found)
      yield found.row
    }
  }
  async function* lines() {
    yield header
    const range = { start: dialect.headerBytes, end: snapshot.size }
    for await (const batch of recordsOf(snapshot.file, shape, range, { structured: wanted(), isTrusted: !source.isSifted }, tally)) {
      const out: string[] = []
      for (const { row, structured, line, bytes, problem } of batch) {
        rows++
        const isMine = problem === undefined && waiting[0]?.row === structured
        const found: ValueProblem[] = isMine ? waiting.shift()!.problems : [{ column: null, value: null, reason: problem! }]
        for (const { column, value, reason } of found) {
          reasons[reason] = (reasons[reason] ?? 0) + 1
          // bytes that are no UTF-8 are shown as Latin-1, which loses none
          const record = bytes.subarray(0, KEPT_BYTES).toString(reason === 'not_utf8' ? 'latin1' : 'utf8')
          out.push(csvLine([row, line + dialect.headerLines, column, value, reason, record]))
        }
      }
      yield out.join('')
    }
  }
  await pipeline(lines, createWriteStream(file))
  return { rows, reasons, seen: tally.rows }
}

async function writeFromParquet(
  connection: DuckDBConnection,
  source: Source,
  problems: string,
  file: string
): Promise<Rejects & { seen: number }> {
  await connection.run(`create or replace temp table problems as from ${problems}`)
  const names = source.columns.map(({ name }, index) => `${literal(name)}: c${index}`).join(', ')
  await connection.run(
    `copy (select row, null::bigint as line, "column", value, reason, to_json({${names}})::varchar as record
      from problems join ${source.numbered} using (row) order by row) to ${literal(file)} (format csv, header)`
  )
  const counted = await connection.runAndReadAll('select reason, count(*) as n from problems group by reason order by reason')
  const total = await connection.runAndReadAll('select count(distinct row) as n from problems')
  await connection.run('drop table problems')
  return {
    rows: Number(total.getRowObjectsJson()[0]!['n']),
    reasons: Object.fromEntries(counted.getRowObjectsJson().map(row => [String(row['reason']), Number(row['n'])])),
    seen: source.rows
  }
}

/**
 * Writes rejects.csv: a line for each problem of a row. `seen` counts the records of the source again.
 * @param rejecting columns for which rows were left out
 */
export async function writeRejects(
  connection: DuckDBConnection,
  source: Source,
  projection: Projection,
  rejecting: readonly number[],
  folder: string,
  file: string
): Promise<Rejects & { seen: number }> {
  const problems = rejecting.length === 0 ? undefined : await findProblems(connection, projection, rejecting, folder)
  if (source.csv !== undefined) return writeFromText(connection, source, problems, file)
  if (problems === undefined) throw new RangeError('a Parquet file has no records without structure')
  return writeFromParquet(connection, source, problems, file)
}

export const emptyRejects = header
