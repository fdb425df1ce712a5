// Which windows of a dataset's summaries have changed, and what are they now?
import type pg from 'pg'
import summaryLock from '../../sql/queries/summary-lock.sql'
import type { Contract } from '../contract'
import { withTransaction } from './pool'
import { refreshSql } from './summary-sql'

/**
 * Rows of the log that one transaction takes: about as many windows are computed at once as fit the memory that Postgres gives a sort,
 * and what is done is kept when the next one fails.
 */
export const NOTES_PER_TRANSACTION = 200_000

export interface RefreshedSummary {
  table: string
  /** Windows computed, one for each group. */
  windows: number
  /** Those of them that were there before: a late, corrected or further record came in. */
  corrected: number
  /** Windows that no record is left for. */
  removed: number
}

/** One transaction's share of the work; `noted` is how many rows of the log it took. */
async function refreshSome(client: pg.ClientBase, contract: Contract, sql: string, limit: number) {
  await client.query(summaryLock, [contract.dataset])
  const result = await client.query<RefreshedSummary & { noted: number }>(sql, [contract.dataset, limit])
  return {
    noted: result.rows[0]!.noted,
    refreshed: result.rows.map(({ table, windows, corrected, removed }) => ({ table, windows, corrected, removed }))
  }
}

/**
 * Computes again the windows in which records arrived, were corrected or vanished since the last call, and only those. Works in transactions of
 * a bounded size; an interrupted call loses nothing: the next one does the rest.
 * @param pool of the database that keeps the dataset
 * @param contract of a dataset with summaries
 * @param limit rows of the log in one transaction
 * @returns one entry for each summary, in the contract's order
 * @throws PipelineError DATABASE_UNAVAILABLE
 */
export async function refreshSummaries(pool: pg.Pool, contract: Contract, limit = NOTES_PER_TRANSACTION): Promise<RefreshedSummary[]> {
  const sql = refreshSql(contract)
  const total = contract.summaries.map(({ table }): RefreshedSummary => ({ table, windows: 0, corrected: 0, removed: 0 }))
  for (;;) {
    const { noted, refreshed } = await withTransaction(pool, client => refreshSome(client, contract, sql, limit))
    for (const each of total) {
      const more = refreshed.find(({ table }) => table === each.table)!
      each.windows += more.windows
      each.corrected += more.corrected
      each.removed += more.removed
    }
    if (noted < limit) return total
  }
}
