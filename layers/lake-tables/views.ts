// How does a statement read the tables of the lake by name? As views over the files of one version.
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier } from '../contract'
import type { Lake } from '../lake'
import { literal } from '../lake/duckdb'
import type { LakeVersion } from './versions'

/** The dataset that is refined. */
export const REFINED = 'transactions'
/** Largest bronze line that is read, in bytes: a Kafka message of 1 MiB as Base64, with room for its key and headers. */
export const MAX_BRONZE_LINE = 4 * 1024 * 1024

/** The files of a table as a relation. */
export const parquet = (files: readonly string[]): string => `read_parquet([${files.map(literal).join(', ')}], hive_partitioning = false)`

/** The lines of bronze objects, null where one is no JSON; `object` is the path that was read. */
export const bronzeLines = (files: readonly string[]): string =>
  `read_ndjson_objects([${files.map(literal).join(', ')}], filename = 'object', ignore_errors = true, maximum_object_size = ${MAX_BRONZE_LINE})`

export const createView = (connection: DuckDBConnection, name: string, select: string) =>
  connection.run(`create or replace temporary view ${quoteIdentifier(name)} as ${select}`)

/**
 * Makes a view for each table of a version.
 * @param folder for copies, where the lake is no directory
 * @returns the names of the views
 */
export async function viewTables(connection: DuckDBConnection, lake: Lake, entry: LakeVersion, folder: string): Promise<string[]> {
  const tables = new Map<string, string[]>()
  const months = Object.values(entry.months).map(file => file.key)
  if (months.length > 0) tables.set(`silver_${REFINED}`, months)
  for (const [name, { key }] of Object.entries(entry.tables)) tables.set(name, [key])
  for (const [name, keys] of tables) await createView(connection, name, `select * from ${parquet(await lake.localFiles(keys, folder))}`)
  return [...tables.keys()]
}
