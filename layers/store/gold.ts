// How do the gold tables in Postgres become those of a version of the lake, all at once?
import type pg from 'pg'
import goldLoadAdd from '../../sql/queries/gold-load-add.sql'
import goldLoadLast from '../../sql/queries/gold-load-last.sql'
import goldLoadLock from '../../sql/queries/gold-load-lock.sql'
import { quoteIdentifier as identifier } from '../contract'
import { copyIn } from './copy'
import { binaryEncoder, type CopyType } from './copy-binary'

export interface GoldRows {
  /** Of the table in the schema gold. */
  name: string
  key: readonly string[]
  /** In the order of the rows' values. */
  columns: Readonly<Record<string, CopyType>>
  rows: AsyncIterable<readonly (readonly unknown[])[]>
}

/** All text that is put together from the names of a table's columns. */
function mergeSql({ name, key, columns }: GoldRows) {
  const table = `gold.${identifier(name)}`
  const stage = identifier(`stage_gold_${name}`)
  const names = Object.keys(columns).map(identifier)
  const list = names.join(', ')
  const keys = key.map(identifier)
  const others = names.filter(column => !keys.includes(column))
  return {
    create: `create temporary table ${stage} on commit drop as select ${list} from ${table} with no data`,
    copy: `copy ${stage} (${list}) from stdin binary`,
    analyze: `analyze ${stage}`,
    remove: `delete from ${table} as t where not exists (select from ${stage} as s where ${keys.map(column => `s.${column} = t.${column}`).join(' and ')})`,
    merge: `insert into ${table} as t (${list}) select ${list} from ${stage} on conflict (${keys.join(', ')}) do update
      set ${others.map(column => `${column} = excluded.${column}`).join(', ')}
      where (${others.map(column => `t.${column}`).join(', ')}) is distinct from (${others.map(column => `excluded.${column}`).join(', ')})`
  }
}

/** Makes a table's rows those given; rows that say the same already are left alone, so that nothing is written for them. */
async function mergeTable(client: pg.ClientBase, table: GoldRows): Promise<number> {
  const sql = mergeSql(table)
  const encode = binaryEncoder(Object.values(table.columns))
  await client.query(sql.create)
  let count = 0
  for await (const rows of table.rows) {
    await copyIn(client, sql.copy, encode(rows))
    count += rows.length
  }
  await client.query(sql.analyze)
  await client.query(sql.remove)
  await client.query(sql.merge)
  return count
}

/** Whether the gold tables are of this version of this lake, or of a later one. */
export async function isGoldLoaded(client: pg.ClientBase, lakeId: string, version: number): Promise<boolean> {
  const last = (await client.query<{ lake_id: string; version: string }>(goldLoadLast)).rows[0]
  return last?.lake_id === lakeId && Number(last.version) >= version
}

/**
 * Makes the gold tables those of a version, inside the caller's transaction; a load of the same or of a later version that came first stays.
 * @returns rows by table; empty where there was nothing to do
 */
export async function loadGold(
  client: pg.ClientBase,
  lakeId: string,
  version: number,
  tables: readonly GoldRows[]
): Promise<Record<string, number>> {
  await client.query(goldLoadLock)
  if (await isGoldLoaded(client, lakeId, version)) return {}
  const counts: Record<string, number> = {}
  for (const table of tables) counts[table.name] = await mergeTable(client, table)
  await client.query(goldLoadAdd, [lakeId, version, JSON.stringify(counts)])
  return counts
}
