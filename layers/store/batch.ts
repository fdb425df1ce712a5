// How do the rows of a batch and its next offsets get into the database in one transaction?
import type pg from 'pg'
import countsAdd from '../../sql/queries/counts-add.sql'
import offsetsAdvance from '../../sql/queries/offsets-advance.sql'
import offsetsClaim from '../../sql/queries/offsets-claim.sql'
import windowInvalidate from '../../sql/queries/window-invalidate.sql'
import { bucketMinutes, type Contract, invalidationLogs } from '../contract'
import type { PartitionRecords } from '../event/kafka-event'
import { contractSql } from './contract-sql'
import { copyIn } from './copy'
import { binaryEncoder } from './copy-binary'
import { rowInserter } from './insert-rows'
import { spansOf } from './spans'

const minuteMs = 60_000

/** A partition of a batch: offsets from `firstOffset` up to, but not including, `nextOffset`. */
export interface OffsetRange {
  topic: string
  partition: number
  firstOffset: number
  nextOffset: number
}

/** The range that the records of a partition span; there is at least one. */
export const rangeOf = ({ topic, partition, records }: PartitionRecords): OffsetRange => ({
  topic,
  partition,
  firstOffset: records[0]!.offset,
  nextOffset: records.at(-1)!.offset + 1
})

/** Who has consumed: the name under which a function keeps its offsets, in one cluster. */
export interface Consumer {
  name: string
  clusterId: string
}

/** What was decided about the records that one run has in one partition of a batch. */
export interface DecidedRecords {
  topic: string
  partition: number
  /** Empty where the records belong to no run. */
  runId: string
  /** Valid rows in the order of the contract's columns. */
  rows: unknown[][]
  /** Rows of the quarantine table: `quarantineColumns`, then the contract's extra columns. */
  quarantined: unknown[][]
  /** Reason code → how many records have it. */
  reasons: Map<string, number>
}

export interface BatchCounts {
  valid: number
  quarantined: number
  duplicate: number
}

/**
 * Notes, inside the caller's transaction, that records of a dataset changed in the given buckets, for its summaries and for the warehouse.
 * @param buckets as the contract's rowInserter returns them
 */
export async function noteChanges(client: pg.ClientBase, contract: Contract, buckets: readonly Date[]): Promise<void> {
  if (buckets.length === 0) return
  const spans = spansOf(
    buckets.map(bucket => bucket.getTime()),
    bucketMinutes(contract)! * minuteMs
  )
  const starts = spans.map(({ from }) => new Date(from))
  const ends = spans.map(({ to }) => new Date(to))
  await client.query({ name: 'window-invalidate', text: windowInvalidate, values: [invalidationLogs(contract), starts, ends] })
}

/** The writer of one contract's batches: statements and encoders are made once. */
export function batchWriter(contract: Contract) {
  const sql = contractSql(contract)
  const insertRows = rowInserter(contract)
  const encodeQuarantine = binaryEncoder(sql.quarantineTypes)

  /**
   * Writes what was decided, inside the caller's transaction: valid rows (a row whose key is there already is a duplicate, or replaces it, as the
   * contract says), quarantine, counts, and in the logs the times that changed.
   * @returns the counts of the whole batch
   */
  return async function writeBatch(client: pg.PoolClient, clusterId: string, decided: readonly DecidedRecords[]): Promise<BatchCounts> {
    const total: BatchCounts = { valid: 0, quarantined: 0, duplicate: 0 }
    const counts: (readonly [DecidedRecords, string, string, number])[] = []
    const { changed, buckets } = await insertRows(
      client,
      decided.map(({ rows }) => rows)
    )
    for (const [index, group] of decided.entries()) {
      const valid = changed[index]!
      const duplicate = group.rows.length - valid
      counts.push([group, 'valid', '', valid], [group, 'duplicate', '', duplicate], [group, 'quarantined', '', group.quarantined.length])
      for (const [reason, count] of group.reasons) counts.push([group, 'reason', reason, count])
      total.valid += valid
      total.duplicate += duplicate
      total.quarantined += group.quarantined.length
    }
    await noteChanges(client, contract, buckets)
    const quarantined = decided.flatMap(group => group.quarantined)
    if (quarantined.length > 0) await copyIn(client, sql.copyQuarantine, encodeQuarantine(quarantined))
    const present = counts.filter(([, , , count]) => count > 0)
    if (present.length > 0)
      await client.query({
        name: 'counts-add',
        text: countsAdd,
        values: [
          contract.dataset,
          present.map(([group]) => group.topic),
          present.map(([group]) => group.partition),
          present.map(([group]) => group.runId),
          present.map(([, disposition]) => disposition),
          present.map(([, , reason]) => reason),
          present.map(([, , , count]) => count),
          clusterId
        ]
      })
    return total
  }
}

/**
 * Locks the partitions of a batch for this transaction, so that a second delivery of it waits and then finds it done.
 * @returns for `topic-partition` the offset to go on from; earlier records of the batch were stored by an earlier delivery
 */
export async function claimOffsets(
  client: pg.PoolClient,
  consumer: Consumer,
  ranges: readonly OffsetRange[]
): Promise<Map<string, number>> {
  const result = await client.query({
    name: 'offsets-claim',
    text: offsetsClaim,
    values: [
      consumer.name,
      ranges.map(range => range.topic),
      ranges.map(range => range.partition),
      ranges.map(range => range.firstOffset),
      consumer.clusterId
    ]
  })
  return new Map(result.rows.map(row => [`${row.topic}-${row.partition}`, Number(row.next_offset)]))
}

/** Notes that the partitions of a batch are worked off up to their next offsets. */
export async function advanceOffsets(client: pg.PoolClient, consumer: Consumer, ranges: readonly OffsetRange[]): Promise<void> {
  await client.query({
    name: 'offsets-advance',
    text: offsetsAdvance,
    values: [
      consumer.name,
      ranges.map(range => range.topic),
      ranges.map(range => range.partition),
      ranges.map(range => range.nextOffset),
      consumer.clusterId
    ]
  })
}
