// What does a statement of one's own say about the database, or about the files of the lake?
import type { DuckDBConnection } from '@duckdb/node-api'
import type pg from 'pg'
import { PipelineError } from '../../../layers/errors'
import { openLake } from '../../../layers/lake'
import { withDuckDb } from '../../../layers/lake/duckdb'
import { newestVersion } from '../../../layers/lake-tables/versions'
import { REFINED, viewBronze, viewTables } from '../../../layers/lake-tables/views'
import { connectedTo } from '../../../layers/store/connection'
import { externalServers } from '../../local/external'
import { liveState } from '../../local/state'
import { type Context, exitCodes, printJson } from '../context'
import { ensureUp } from '../detached'
import { table } from '../terminal'
import { readerUrl } from './status'

export interface SqlOptions {
  json?: boolean
  on: 'database' | 'lake'
}

interface Answer {
  columns: string[]
  rows: Record<string, unknown>[]
}

/** DuckDB's numbers of statement types. */
const SELECT = 1
const EXPLAIN = 4

const refused = (error: unknown, remedy: string) =>
  error instanceof PipelineError ? error : new PipelineError('USAGE', (error as Error).message, { remedy, cause: error })

async function askDatabase(context: Context, statement: string): Promise<Answer> {
  const { endpoints } = await ensureUp(context.place, sentence => process.stderr.write(`${sentence}\n`))
  return connectedTo(readerUrl(context, endpoints as never)!, async client => {
    await client.query('set default_transaction_read_only = on')
    // the extended protocol takes one statement: nothing can follow that switches writing on
    try {
      const { fields, rows } = await client.query({ text: statement, queryMode: 'extended' } as pg.QueryConfig)
      return { columns: fields.map(field => field.name), rows }
    } catch (error) {
      throw refused(error, 'Correct the statement; it may only read.')
    }
  })
}

/** The lake of this checkout, running or not. */
function lakeUrlOf(context: Context): string {
  const live = liveState(context.place)?.endpoints?.lake
  return live ?? externalServers(process.env).lake ?? `file:${context.place.state}/lake`
}

async function askLake(context: Context, statement: string): Promise<Answer> {
  const lake = openLake(lakeUrlOf(context))
  return withDuckDb(async (connection, folder) => {
    const isNamed = (name: string) => new RegExp(`\\b${name}\\b`, 'i').test(statement)
    const newest = await newestVersion(lake, REFINED)
    if (newest) await viewTables(connection, lake, newest, folder, isNamed)
    for (const [, dataset] of statement.matchAll(/\bbronze_(\w+)/gi)) await viewBronze(connection, lake, dataset!.toLowerCase(), folder)
    const known = newest ? [`silver_${REFINED}`, ...Object.keys(newest.tables)] : []
    try {
      return await readOnly(connection, statement)
    } catch (error) {
      throw refused(error, `Correct the statement. There are bronze_<dataset>${known.map(name => `, ${name}`).join('')}.`)
    }
  })
}

async function readOnly(connection: DuckDBConnection, statement: string): Promise<Answer> {
  const statements = await connection.extractStatements(statement)
  if (statements.count !== 1) throw new PipelineError('USAGE', `there are ${statements.count} statements; give one`)
  const prepared = await statements.prepare(0)
  if (prepared.statementType !== SELECT && prepared.statementType !== EXPLAIN)
    throw new PipelineError('USAGE', 'the statement does not only read', {
      remedy: 'Give a select; the tables of the lake are changed by functions.'
    })
  const result = await prepared.runAndReadAll()
  return { columns: result.deduplicatedColumnNames(), rows: result.getRowObjectsJson() as Record<string, unknown>[] }
}

const cell = (value: unknown): string | number =>
  typeof value === 'number'
    ? value
    : value === null
      ? ''
      : value instanceof Date
        ? value.toISOString()
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value)

export async function sql(context: Context, { on }: SqlOptions, statement: string): Promise<number> {
  const { columns, rows } = await (on === 'lake' ? askLake(context, statement) : askDatabase(context, statement))
  if (context.json) printJson({ rows })
  else process.stdout.write(`${table([columns, ...rows.map(row => columns.map(column => cell(row[column])))])}\n`)
  return exitCodes.ok
}
