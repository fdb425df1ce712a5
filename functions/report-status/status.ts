// Where is every record: stored, quarantined, a duplicate or still on its way?
import type { Contract } from '../../layers/contract'
import type { RecordCounts } from '../../layers/store/counts'

export interface DatasetStatus {
  dataset: string
  topic: string
  /** Records that the topic ever got, by its offsets. */
  produced: number
  valid: number
  quarantined: number
  duplicate: number
  /** Produced, and not yet in one of the three. */
  in_flight: number
  /** Offsets that are not worked off; the same number as `in_flight` by another way, so that a difference shows a loss. */
  lag_records: number
  reasons: Record<string, number>
}

/** For `topic-partition` the offset after its last record. */
export type HighWatermarks = ReadonlyMap<string, number>

/**
 * The accounts of one dataset; pure.
 * @param counts what the database says became of its records; undefined before the first
 * @param consumed for `topic-partition` the offset up to which it is worked off
 * @param high read after `counts` and `consumed`, so that nothing seems to be stored before it was produced
 */
export function datasetStatus(
  contract: Contract,
  counts: RecordCounts | undefined,
  consumed: ReadonlyMap<string, number>,
  high: HighWatermarks
): DatasetStatus {
  const { valid = 0, quarantined = 0, duplicate = 0, reasons = {} } = counts ?? {}
  const topic = contract.topic.name
  const partitions = [...high].filter(([key]) => key.slice(0, key.lastIndexOf('-')) === topic)
  const produced = partitions.reduce((sum, [, offset]) => sum + offset, 0)
  const lag = partitions.reduce((sum, [key, offset]) => sum + Math.max(0, offset - (consumed.get(key) ?? 0)), 0)
  return {
    dataset: contract.dataset,
    topic,
    produced,
    valid,
    quarantined,
    duplicate,
    in_flight: produced - valid - quarantined - duplicate,
    lag_records: lag,
    reasons
  }
}
