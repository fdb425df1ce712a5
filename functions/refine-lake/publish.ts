// How does the newest version's gold get to those who read Postgres or CSV?
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type pg from 'pg'
import type { Lake } from '../../layers/lake'
import { literal, withDuckDb } from '../../layers/lake/duckdb'
import type { LakeVersion } from '../../layers/lake-tables/versions'
import { viewTables } from '../../layers/lake-tables/views'
import { type GoldRows, isGoldLoaded, loadGold } from '../../layers/store/gold'
import { withTransaction } from '../../layers/store/pool'
import { goldTables } from './gold'

/** Says which version the CSV files are. */
const MARKER = 'gold/_published.json'

const markerOf = ({ lakeId, version }: LakeVersion) => JSON.stringify({ lakeId, version })

/**
 * Brings the gold tables in Postgres and the CSV files to a version of the lake. What an earlier run left undone is done now; where both are
 * up to date nothing is opened.
 * @returns rows by table that went to Postgres; empty where it had this version
 * @throws PipelineError DATABASE_UNAVAILABLE, LAKE_UNAVAILABLE; the lake's tables stay as they are
 */
export async function publishGold(lake: Lake, entry: LakeVersion, pool: pg.Pool): Promise<Record<string, number>> {
  const isExported = (await lake.get(MARKER))?.toString('utf8') === markerOf(entry)
  const isLoaded = await withTransaction(pool, client => isGoldLoaded(client, entry.lakeId, entry.version))
  if ((isExported && isLoaded) || !goldTables.every(({ name }) => entry.tables[`gold_${name}`])) return {}
  return withDuckDb(async (connection, folder) => {
    await viewTables(connection, lake, { ...entry, months: {} }, folder)
    if (!isExported) await exportCsv(connection, lake, folder, entry)
    if (isLoaded) return {}
    return withTransaction(pool, client =>
      loadGold(
        client,
        entry.lakeId,
        entry.version,
        goldTables.map(table => rowsOf(connection, table))
      )
    )
  })
}

function rowsOf(connection: DuckDBConnection, { name, key, columns }: (typeof goldTables)[number]): GoldRows {
  const list = Object.keys(columns).join(', ')
  const rows = async function* () {
    yield* (await connection.stream(`select ${list} from gold_${name}`)).yieldRowsJson()
  }
  return { name, key, columns, rows: { [Symbol.asyncIterator]: rows } }
}

async function exportCsv(connection: DuckDBConnection, lake: Lake, folder: string, entry: LakeVersion): Promise<void> {
  for (const { name, key } of goldTables) {
    const file = join(folder, `${name}.csv`)
    await connection.run(`copy (select * from gold_${name} order by ${key.join(', ')}) to ${literal(file)} (format csv, header)`)
    await lake.put(`gold/${name}/${name}.csv`, { file })
  }
  await lake.put(MARKER, Buffer.from(markerOf(entry)))
}
