// How do valid rows get into the clean table, and which of them were there already?
import type pg from 'pg'
import type { Contract } from '../contract'
import { contractSql } from './contract-sql'
import { copyIn } from './copy'
import { binaryEncoder } from './copy-binary'

/** SQLSTATE of a key that is there already. */
const uniqueViolation = '23505'

/** Rows without those whose key occurs earlier in the same batch: they are duplicates whatever the table holds. */
function withoutRepeats(lists: readonly unknown[][][], keyIndexes: readonly number[]): unknown[][][] {
  const seen = new Set<string>()
  return lists.map(rows =>
    rows.filter(row => {
      let key = ''
      // NUL stands in no text that Postgres stores, so it separates the parts
      for (const index of keyIndexes) key += `${row[index]}\0`
      const size = seen.size
      return seen.add(key).size > size
    })
  )
}

/**
 * The inserter of one contract's rows.
 *
 * A batch is first copied straight into the table, which takes 40 % of the server's time that a staging table and `on conflict` take
 * (measured, 10,000 rows: 17 against 42 ms). Only when a key turns out to be there already is the copy undone and the batch staged.
 */
export function rowInserter(contract: Contract) {
  const sql = contractSql(contract)
  const encode = binaryEncoder(sql.cleanTypes)
  const encodeNumbered = binaryEncoder(sql.cleanTypes, { numbered: true })
  const keyIndexes = contract.table.uniqueKey.map(name => contract.table.columns.findIndex(column => column.name === name))

  async function insertThroughStage(client: pg.ClientBase, lists: readonly unknown[][][]): Promise<number[]> {
    await client.query(sql.createStage)
    await copyIn(client, sql.copyStage, encodeNumbered(...lists))
    const inserted: number[] = []
    for (const [index, rows] of lists.entries())
      inserted.push(rows.length === 0 ? 0 : ((await client.query(sql.insertClean, [index])).rowCount ?? 0))
    return inserted
  }

  /**
   * Inserts lists of rows inside the caller's transaction; a row whose key is there already is left out.
   * @returns how many rows of each list were new
   */
  return async function insertRows(client: pg.ClientBase, lists: readonly unknown[][][]): Promise<number[]> {
    const unique = withoutRepeats(lists, keyIndexes)
    if (unique.every(rows => rows.length === 0)) return lists.map(() => 0)
    await client.query('savepoint rows')
    try {
      await copyIn(client, sql.copyClean, encode(...unique))
      return unique.map(rows => rows.length)
    } catch (error) {
      if ((error as { code?: string }).code !== uniqueViolation) throw error
      await client.query('rollback to savepoint rows')
      return await insertThroughStage(client, unique)
    }
  }
}
