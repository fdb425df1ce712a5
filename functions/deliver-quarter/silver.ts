// Which rows of the source are good, each once, with types? They are written as one Parquet file.
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier } from '../../layers/contract/identifiers'
import { PipelineError } from '../../layers/errors'
import { literal } from '../../layers/lake/duckdb'
import type { Columns } from './columns'
import { type Projection, projectionOf, rejectedSequence, widerSequence } from './projection'
import { emptyRejects, type Rejects, writeRejects } from './rejects'
import { type Source, sifted, unreadable } from './source'

/** Delta and byte-stream-split encodings: smaller and quicker to write than the defaults. Row groups are bounded by bytes, too: rows may be wide. */
export const PARQUET = "format parquet, parquet_version v2, row_group_size_bytes '24MB'"

export interface Silver {
  file: string
  rejectsFile: string
  columns: Columns
  rows: { source: number; good: number; duplicates: number }
  rejects: Rejects
}

async function count(connection: DuckDBConnection, sql: string): Promise<number> {
  return Number((await connection.runAndReadAll(sql)).getRowsJson()[0]?.[0] ?? 0)
}

const lastOf = (connection: DuckDBConnection, sequence: string) =>
  count(connection, `select coalesce(last_value, 0) from duckdb_sequences() where sequence_name = ${literal(sequence)}`)

const isCsvError = (error: unknown) => /CSV Error|Invalid unicode|not utf-8|Maximum line size/i.test((error as Error).message ?? '')

interface Written {
  good: number
  /** Columns for which rows were left out. */
  rejecting: number[]
  rejected: number
  /** Columns of integers with numbers that are none. */
  wider: number[]
}

/** Writes the rows without a problem. */
async function writeGood(connection: DuckDBConnection, { columns }: Columns, projection: Projection, file: string): Promise<Written> {
  const indexes = columns.map((_, index) => index)
  const integers = indexes.filter(index => columns[index]!.type === 'integer')
  for (const sequence of [...indexes.map(rejectedSequence), ...integers.map(widerSequence)])
    await connection.run(`create or replace temp sequence ${sequence}`)
  const good = await count(connection, `copy (${projection.good}) to ${literal(file)} (${PARQUET})`)
  const written: Written = { good, rejecting: [], rejected: 0, wider: [] }
  for (const index of indexes) {
    const rejected = await lastOf(connection, rejectedSequence(index))
    written.rejected += rejected
    if (rejected > 0) written.rejecting.push(index)
  }
  for (const index of integers) if ((await lastOf(connection, widerSequence(index))) > 0) written.wider.push(index)
  return written
}

/** Removes all but one of rows that are equal in every column. @returns how many were removed */
async function deduplicate(connection: DuckDBConnection, { columns }: Columns, file: string, folder: string): Promise<number> {
  // qualified: a column of the source may be called as one of ours is
  const row = `hash(${columns.map(({ name }) => `source.${quoteIdentifier(name)}`).join(', ')})`
  const rows = `read_parquet(${literal(file)}) as source`
  await connection.run(
    `create or replace temp table repeated as select h from (select ${row} as h from ${rows}) group by h having count(*) > 1`
  )
  if ((await count(connection, 'select count(*) from repeated')) === 0) return 0
  const unique = join(folder, 'unique.parquet')
  const before = await count(connection, `select count(*) from ${rows}`)
  // equal hashes are only suspects: `distinct` compares the values
  const after = await count(
    connection,
    `copy (select source.* from ${rows} anti join repeated on repeated.h = ${row}
      union all select distinct source.* from ${rows} semi join repeated on repeated.h = ${row}) to ${literal(unique)} (${PARQUET})`
  )
  await rename(unique, file)
  return before - after
}

/**
 * Reads, types and deduplicates the source.
 * @param say told what is being done
 * @throws PipelineError SOURCE_UNREADABLE when a part of the file cannot be read, or not every record of it can be accounted for
 */
export async function writeSilver(
  connection: DuckDBConnection,
  given: Source,
  decided: Columns,
  zone: string,
  folder: string,
  say: (step: string) => void
): Promise<Silver> {
  const file = join(folder, 'silver.parquet')
  const rejectsFile = join(folder, 'rejects.csv')
  await connection.run('set preserve_insertion_order = false')
  let source = given
  let columns = decided
  let projection: Projection
  let written: Written
  const sift = async () => {
    say('sifting out records without structure')
    source = await sifted(source, folder)
  }
  if (source.csv?.snapshot.isPlain === false) await sift()
  for (;;) {
    say('reading and typing')
    projection = projectionOf(columns, zone, source.relation)
    const isAccounted = await writeGood(connection, columns, projection, file).then(
      result => {
        written = result
        return source.csv === undefined || source.isSifted || result.good + result.rejected === source.rows
      },
      error => {
        if (source.csv === undefined || source.isSifted || !isCsvError(error)) throw unreadable(source.name, error)
        return false
      }
    )
    if (!isAccounted) {
      await sift()
      continue
    }
    if (written!.wider.length === 0) break
    const { wider } = written!
    columns = {
      ...columns,
      columns: columns.columns.map((column, index) => (wider.includes(index) ? { ...column, type: 'double' } : column))
    }
  }
  const { good, rejecting } = written!
  let rejects: Rejects = { rows: 0, reasons: {} }
  let seen = source.rows
  if (good < source.rows) {
    say('locating rejected rows')
    ;({ seen, ...rejects } = await writeRejects(connection, source, projection!, rejecting, folder, rejectsFile))
  } else await writeFile(rejectsFile, emptyRejects)
  if (good + rejects.rows !== seen || seen !== source.rows)
    throw new PipelineError(
      'SOURCE_UNREADABLE',
      `${source.name}: of ${seen} records ${good} were read and ${rejects.rows} rejected: ${seen - good - rejects.rows} cannot be accounted for`,
      { remedy: 'Look for a quote that is not closed; nothing was delivered.' }
    )
  say('looking for duplicates')
  const duplicates = await deduplicate(connection, columns, file, folder)
  await rm(join(folder, 'sifted.csv'), { force: true })
  return { file, rejectsFile, columns, rows: { source: seen, good: good - duplicates, duplicates }, rejects }
}
