// In which order are the records of a backfill read?
import type { KafkaMessage } from 'kafkajs'
import type { Contract } from '../../layers/contract'
import { readOffsets } from '../../layers/event/read-topic'
import type { PartitionProgress } from './backfill'

/** Offsets of a partition that are in memory at once when they are read newest first; fewer where fewer were asked for. */
const windowOffsetsMax = 10_000

export interface Piece {
  partition: number
  /** In the order in which they are restored. */
  records: KafkaMessage[]
  /** `next` of the partition's progress once the piece is restored: how many offsets are done, from `first`. */
  next: number
}

type Handle = (piece: Piece) => Promise<boolean>

/** Where a later record takes an earlier one's place, the newest one of a key decides: it has to come first, so that it can stay. */
export const isNewestFirst = ({ duplicates }: Pick<Contract, 'duplicates'>): boolean => duplicates === 'replace'

/** Window after window from the end to the beginning; `next` counts the offsets that are done all the same. */
async function readNewestFirst(
  topic: string,
  partitions: readonly PartitionProgress[],
  windowOffsets: number,
  group: string,
  handle: Handle
): Promise<void> {
  const progress = new Map(partitions.map(each => [each.partition, { ...each }]))
  for (let goesOn = true; goesOn; ) {
    const wanted = [...progress.values()]
      .map(({ partition, first, next, end }) => ({ partition, first, to: end - (next - first) }))
      .filter(({ first, to }) => first < to)
      .map(({ partition, first, to }) => ({ partition, from: Math.max(first, to - windowOffsets), to }))
    if (wanted.length === 0) return
    const read = new Map<number, KafkaMessage[]>(wanted.map(({ partition }) => [partition, []]))
    await readOffsets(topic, wanted, group, async ({ partition, records }) => {
      for (const record of records) read.get(partition)!.push(record)
      return true
    })
    for (const { partition, from, to } of wanted) {
      const own = progress.get(partition)!
      own.next += to - from
      goesOn = (await handle({ partition, records: read.get(partition)!.reverse(), next: own.next })) && goesOn
    }
  }
}

/**
 * Hands over what is left of a backfill, one piece after the other.
 * @param maxRecords about as many as are wanted at once
 * @param group a consumer group of its own
 * @param handle says whether to go on; what it throws ends the reading and is thrown
 * @throws PipelineError KAFKA_UNAVAILABLE, TIMED_OUT
 */
export function readPieces(
  contract: Contract,
  partitions: readonly PartitionProgress[],
  maxRecords: number,
  group: string,
  handle: Handle
): Promise<void> {
  const topic = contract.topic.name
  if (isNewestFirst(contract)) return readNewestFirst(topic, partitions, Math.min(maxRecords, windowOffsetsMax), group, handle)
  const wanted = partitions.map(({ partition, next, end }) => ({ partition, from: next, to: end }))
  return readOffsets(topic, wanted, group, ({ nextOffset, ...piece }) => handle({ ...piece, next: nextOffset }))
}
