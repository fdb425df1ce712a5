// Which windows of a dataset's summaries have changed, and what are they now?
import type pg from 'pg'
import summaryBegin from '../../sql/queries/summary-begin.sql'
import summaryLock from '../../sql/queries/summary-lock.sql'
import summaryTake from '../../sql/queries/summary-take.sql'
import { bucketMinutes, type Contract, type Summary } from '../contract'
import { withTransaction } from './pool'
import { refreshSql } from './summary-sql'

/**
 * Changed buckets that one transaction takes: about as many windows are computed at once as fit the memory that Postgres gives a sort,
 * and what is done is kept when the next one fails.
 */
export const BUCKETS_PER_TRANSACTION = 200_000

export interface RefreshedSummary {
  table: string
  /** Windows computed, one for each group. */
  windows: number
  /** Those of them that were there before: a late, corrected or further record came in. */
  corrected: number
  /** Windows that no record is left for. */
  removed: number
}

type Refreshed = Omit<RefreshedSummary, 'table'>

/** Changed times: from the one up to, but not including, the other. */
interface Changed {
  starts: string[]
  ends: string[]
}

async function refreshAll(
  client: pg.ClientBase,
  contract: Contract,
  summaries: readonly Summary[],
  { starts, ends }: Changed
): Promise<Refreshed[]> {
  const refreshed: Refreshed[] = []
  for (const summary of summaries) {
    await client.query(summaryBegin, [summary.table])
    refreshed.push((await client.query<Refreshed>(refreshSql(contract, summary), [starts, ends])).rows[0]!)
  }
  return refreshed
}

/** Whether the pool has a connection that nobody uses. */
const hasFree = ({ options, totalCount, idleCount, waitingCount }: pg.Pool) => options.max - totalCount + idleCount > waitingCount

/**
 * One transaction's share of the work; `hasMore` is whether the log has more. The first summary is refreshed in the transaction that takes
 * the notes, the others beside it where there is a connection for them: they are committed before, so that a failure of any leaves the notes,
 * and what was computed of them is computed again. A note is visible exactly when its records are, also to whoever looks later.
 */
async function refreshSome(pool: pg.Pool, client: pg.ClientBase, contract: Contract, limit: number) {
  await client.query(summaryLock, [contract.dataset])
  const { rows } = await client.query<Changed & { has_more: boolean }>(summaryTake, [contract.dataset, limit, bucketMinutes(contract)])
  const { has_more: hasMore, ...changed } = rows[0]!
  if (changed.starts.length === 0) return { hasMore, refreshed: [] }
  const { summaries } = contract
  if (summaries.length === 1 || !hasFree(pool)) return { hasMore, refreshed: await refreshAll(client, contract, summaries, changed) }
  // neither is left behind at work when the other one fails
  const settled = await Promise.allSettled([
    refreshAll(client, contract, summaries.slice(0, 1), changed),
    withTransaction(pool, beside => refreshAll(beside, contract, summaries.slice(1), changed))
  ])
  return {
    hasMore,
    refreshed: settled.flatMap(each => {
      if (each.status === 'rejected') throw each.reason
      return each.value
    })
  }
}

/**
 * Computes again the windows in which records arrived, were corrected or vanished since the last call, and only those. Works in transactions of
 * a bounded size; an interrupted call loses nothing: the next one does the rest.
 * @param pool of the database that keeps the dataset
 * @param contract of a dataset with summaries
 * @param limit changed buckets in one transaction
 * @returns one entry for each summary, in the contract's order
 * @throws PipelineError DATABASE_UNAVAILABLE
 */
export async function refreshSummaries(pool: pg.Pool, contract: Contract, limit = BUCKETS_PER_TRANSACTION): Promise<RefreshedSummary[]> {
  const total = contract.summaries.map(({ table }): RefreshedSummary => ({ table, windows: 0, corrected: 0, removed: 0 }))
  for (;;) {
    const { hasMore, refreshed } = await withTransaction(pool, client => refreshSome(pool, client, contract, limit))
    for (const [index, more] of refreshed.entries()) {
      const each = total[index]!
      each.windows += more.windows
      each.corrected += more.corrected
      each.removed += more.removed
    }
    if (!hasMore) return total
  }
}
