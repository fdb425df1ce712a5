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
 * @param isWanted says which views are needed; all where it is left out
 * @returns the names of the views
 */
export async function viewTables(
  connection: DuckDBConnection,
  lake: Lake,
  entry: LakeVersion,
  folder: string,
  isWanted: (name: string) => boolean = () => true
): Promise<string[]> {
  const tables = new Map<string, string[]>()
  const months = Object.values(entry.months).map(file => file.key)
  if (months.length > 0) tables.set(`silver_${REFINED}`, months)
  for (const [name, { key }] of Object.entries(entry.tables)) tables.set(name, [key])
  const wanted = [...tables].filter(([name]) => isWanted(name))
  for (const [name, keys] of wanted) await createView(connection, name, `select * from ${parquet(await lake.localFiles(keys, folder))}`)
  return wanted.map(([name]) => name)
}

/**
 * Makes a view of a dataset's bronze records, as landing wrote them: bronze_<dataset>. Lines that are none are left out.
 * @param folder for copies, where the lake is no directory
 * @returns whether the dataset has any objects
 */
export async function viewBronze(connection: DuckDBConnection, lake: Lake, dataset: string, folder: string): Promise<boolean> {
  const keys: string[] = []
  for await (const { key } of lake.list(`bronze/${dataset}/`)) if (/\.jsonl(\.gz|\.zst)?$/.test(key)) keys.push(key)
  if (keys.length === 0) return false
  const files = (await lake.localFiles(keys, folder)).map(literal).join(', ')
  await createView(
    connection,
    `bronze_${dataset}`,
    `select * from read_json([${files}], format = 'newline_delimited', ignore_errors = true, maximum_object_size = ${MAX_BRONZE_LINE}, columns = {
      topic: 'varchar', "partition": 'integer', "offset": 'bigint', "timestamp": 'bigint', key: 'varchar', headers: 'json', value: 'json',
      value_text: 'varchar', value_base64: 'varchar'}) where topic is not null`
  )
  return true
}
