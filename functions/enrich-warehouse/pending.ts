// Which hours of facts wait to be made again?
import type pg from 'pg'
import { type Span, spansOf } from '../../layers/store/spans'
import afterGapHours from '../../sql/warehouse/hours-after-gap.sql'
import takeInvalidated from '../../sql/warehouse/hours-invalidated.sql'
import addPending from '../../sql/warehouse/pending-add.sql'
import listPending from '../../sql/warehouse/pending-list.sql'
import { afterGap, dependentHours, HOUR_MS } from './hours'

export interface PendingHour {
  hour: number
  ids: string[]
}

/**
 * Takes the hours whose readings changed out of the log and notes every hour that depends on them, in the caller's transaction: they stay noted until
 * their facts are made, whatever ends a run.
 * @param log name in window_invalidations
 * @param more hours to note as well, with those that depend on them
 * @returns the changed hours, those of `more` among them
 */
export async function notePending(
  client: pg.ClientBase,
  log: string,
  more: readonly number[],
  baselineDays: number,
  bounds: Span
): Promise<number[]> {
  const taken = await client.query<{ bucket: Date }>(takeInvalidated, [log])
  const changed = [...new Set([...taken.rows.map(row => row.bucket.getTime()), ...more])].filter(
    hour => hour >= bounds.from && hour < bounds.to
  )
  const hours = dependentHours(changed, baselineDays, bounds)
  for (const span of spansOf(changed, HOUR_MS)) {
    const { from, to } = afterGap(span)
    const { rows } = await client.query<{ bucket: Date }>(afterGapHours, [new Date(from), new Date(to)])
    for (const { bucket } of rows) if (bucket.getTime() >= bounds.from && bucket.getTime() < bounds.to) hours.push(bucket.getTime())
  }
  if (hours.length > 0) await client.query(addPending, [[...new Set(hours)].map(hour => new Date(hour))])
  return changed
}

export async function pendingHours(client: Pick<pg.Pool, 'query'>): Promise<PendingHour[]> {
  const { rows } = await client.query<{ bucket: Date; ids: string[] }>(listPending)
  return rows.map(({ bucket, ids }) => ({ hour: bucket.getTime(), ids }))
}
