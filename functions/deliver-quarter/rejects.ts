// Which rows were not delivered, where are they in the source, and why?
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { literal } from '../../layers/lake/duckdb'
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
  row: number
  column: string
  value: string | null
  reason: string
}

const header = 'row,line,column,value,reason,record\n'
const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
const csvLine = (cells: (string | number | null)[]) => `${cells.map(cell => (cell === null ? '' : quoted(String(cell)))).join(',')}\n`

/** One problem after the other, in the order of rows, from a query that is not held in memory. */
async function* problemsOf(connection: DuckDBConnection, sql: string): AsyncGenerator<ValueProblem> {
  const result = await connection.stream(sql)
  for await (const rows of result.yieldRowsJson())
    for (const [row, column, value, reason] of rows)
      yield { row: Number(row), column: String(column), value: value === null ? null : String(value), reason: String(reason) }
}

/**
 * Writes the rejected rows of a text file: those without structure, and those with a value that is none of its column's type.
 * @param bad query of `row` among the records that have structure, `column`, `value`, `reason`
 */
async function writeFromText(connection: DuckDBConnection, source: Source, bad: string, file: string): Promise<Rejects & { seen: number }> {
  const { snapshot, dialect, shape } = source.csv!
  const reasons: Record<string, number> = {}
  let rows = 0
  let seen = 0
  const count = (reason: string) => {
    reasons[reason] = (reasons[reason] ?? 0) + 1
  }
  async function* lines() {
    yield header
    const problems = problemsOf(connection, bad)
    let next = await problems.next()
    let structured = 0
    for await (const batch of recordsOf(snapshot.file, shape, { start: dialect.headerBytes, end: snapshot.size })) {
      const out: string[] = []
      for (const { line, bytes, problem } of batch) {
        seen++
        const at = line + dialect.headerLines
        const record = () => bytes.subarray(0, KEPT_BYTES)
        if (problem !== undefined) {
          rows++
          count(problem)
          // bytes that are no UTF-8 are shown as Latin-1, which loses none
          out.push(csvLine([seen, at, null, null, problem, record().toString(problem === 'not_utf8' ? 'latin1' : 'utf8')]))
          continue
        }
        structured++
        if (next.done || next.value.row !== structured) continue
        rows++
        for (; !next.done && next.value.row === structured; next = await problems.next()) {
          const { column, value, reason } = next.value
          count(reason)
          out.push(csvLine([seen, at, column, value, reason, record().toString('utf8')]))
        }
      }
      if (out.length > 0) yield out.join('')
    }
  }
  await pipeline(lines, createWriteStream(file))
  return { rows, reasons, seen }
}

async function writeFromParquet(
  connection: DuckDBConnection,
  source: Source,
  bad: string,
  file: string
): Promise<Rejects & { seen: number }> {
  await connection.run(`create or replace temp table problems as ${bad}`)
  const names = source.columns.map(({ name }, index) => `${literal(name)}: c${index}`).join(', ')
  await connection.run(
    `copy (select row, null::bigint as line, "column", value, reason, to_json({${names}})::varchar as record
      from problems join ${source.numbered} using (row) order by row) to ${literal(file)} (format csv, header)`
  )
  const counted = await connection.runAndReadAll('select reason, count(*) as n from problems group by reason order by reason')
  const total = await connection.runAndReadAll('select count(distinct row) as n from problems')
  return {
    rows: Number(total.getRowObjectsJson()[0]!['n']),
    reasons: Object.fromEntries(counted.getRowObjectsJson().map(row => [String(row['reason']), Number(row['n'])])),
    seen: source.rows
  }
}

/** Writes rejects.csv: a line for each problem of a row. `seen` counts the records of the source again. */
export function writeRejects(connection: DuckDBConnection, source: Source, bad: string, file: string): Promise<Rejects & { seen: number }> {
  return source.csv === undefined ? writeFromParquet(connection, source, bad, file) : writeFromText(connection, source, bad, file)
}

export const emptyRejects = header
