// How are the facts of some hours made again?
import type pg from 'pg'
import { withTransaction } from '../../layers/store/pool'
import type { Span } from '../../layers/store/spans'
import inferDevices from '../../sql/warehouse/devices-infer.sql'
import deleteFacts from '../../sql/warehouse/facts-delete.sql'
import upsertFacts from '../../sql/warehouse/facts-upsert.sql'
import aggregateHours from '../../sql/warehouse/hours-aggregate.sql'
import deleteHours from '../../sql/warehouse/hours-delete.sql'
import judgeHours from '../../sql/warehouse/hours-judge.sql'
import inferLocations from '../../sql/warehouse/locations-infer.sql'
import ensurePartitions from '../../sql/warehouse/partitions-ensure.sql'
import deletePending from '../../sql/warehouse/pending-delete.sql'
import lockUnit from '../../sql/warehouse/unit-lock.sql'
import unitSettings from '../../sql/warehouse/unit-settings.sql'
import { DAY_MS } from './hours'
import { type Rules, rulesJson } from './rules'

/** Rows that were not there or said something else. */
export interface Written {
  facts: number
  hours: number
  deleted: number
}

const rowCount = (result: pg.QueryResult) => result.rowCount ?? 0

/** What each statement of a span takes first. */
const bounds = ({ from, to }: Span) => [new Date(from), new Date(to)]

async function inUnit<T>(pool: pg.Pool, span: Span, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return withTransaction(pool, async client => {
    await client.query(lockUnit, [Math.floor(span.from / DAY_MS)])
    return work(client)
  })
}

/**
 * First step: averages of the span's hours, before any fact is judged by them.
 * @param device one device, or null for all
 */
export function aggregateSpan(pool: pg.Pool, span: Span, device: string | null): Promise<number> {
  return inUnit(pool, span, async client => {
    await client.query(ensurePartitions, bounds(span))
    await client.query(inferDevices, bounds(span))
    await client.query(inferLocations)
    return rowCount(await client.query(aggregateHours, [...bounds(span), device]))
  })
}

/**
 * Second step: the facts of the span's hours, all or nothing, with the notes that asked for them.
 * @param pendingIds notes that this works off
 */
export function enrichSpan(
  pool: pg.Pool,
  span: Span,
  device: string | null,
  rules: Rules,
  pendingIds: readonly string[]
): Promise<Written> {
  return inUnit(pool, span, async client => {
    await client.query(deletePending, [pendingIds])
    await client.query(unitSettings)
    const { rows } = await client.query<{ written: number }>(upsertFacts, [...bounds(span), device, rulesJson(rules)])
    const deleted = rowCount(await client.query(deleteFacts, [...bounds(span), device]))
    await client.query(deleteHours, [...bounds(span), device])
    return { facts: rows[0]!.written, hours: rowCount(await client.query(judgeHours, [...bounds(span), device])), deleted }
  })
}
