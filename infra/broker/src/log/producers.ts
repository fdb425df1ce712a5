// Did a producer send this batch before, is it the one that comes next, and which of its transactions are open?
import { type BatchHeader, KafkaError, type Marker } from '../protocol'
import type { AbortedRange } from './aborted'

/** Batches remembered per producer: a client has at most five requests in flight when it is idempotent. */
const rememberedBatches = 5
/** Producers remembered per partition; of those without an open transaction, the one silent longest is forgotten first. */
const rememberedProducers = 10_000
const sequences = 2 ** 31

interface RememberedBatch {
  firstSequence: number
  lastSequence: number
  baseOffset: number
}

export interface Producer {
  epoch: number
  batches: RememberedBatch[]
  /** Epoch milliseconds of the last record. */
  lastTimestamp: number
  /** Epoch of the coordinator that last ended a transaction of it; -1 before the first. */
  coordinatorEpoch: number
  /** Offset of the first batch of its open transaction, where there is one. */
  openFrom?: number
}

export type ProducerSnapshot = [producerId: number, producer: Producer][]

function lastSequenceOf(header: BatchHeader): number {
  return (header.baseSequence + header.lastOffsetDelta) % sequences
}

/** What one partition remembers of the idempotent and transactional producers that wrote to it. */
export class Producers {
  private readonly byId: Map<number, Producer>
  /** First offset of each open transaction by producer id, in ascending order of the offsets. */
  private readonly open: Map<number, number>

  constructor(snapshot: ProducerSnapshot = []) {
    this.byId = new Map(snapshot)
    const open = snapshot.flatMap(([id, { openFrom }]) => (openFrom === undefined ? [] : [[id, openFrom] as const]))
    this.open = new Map(open.sort(([, left], [, right]) => left - right))
  }

  /**
   * Whether a batch may be appended: undefined, or, when it was appended before, the offset it has.
   *
   * | what is known of the producer   | batch                          | answer                       |
   * |---------------------------------|--------------------------------|------------------------------|
   * | nothing                         | any sequence                   | append                       |
   * | a higher epoch                  | any                            | INVALID_PRODUCER_EPOCH       |
   * | a lower epoch                   | sequence 0                     | append                       |
   * | a lower epoch                   | another sequence               | OUT_OF_ORDER_SEQUENCE_NUMBER |
   * | the same epoch                  | one of the last five           | its offset                   |
   * | the same epoch, a transaction   | not transactional              | INVALID_TXN_STATE            |
   * | the same epoch                  | follows the last sequence      | append                       |
   * | the same epoch                  | another sequence               | OUT_OF_ORDER_SEQUENCE_NUMBER |
   *
   * Whether a transactional batch may open a transaction here is for the transaction coordinator to say.
   */
  check(header: BatchHeader): number | undefined {
    if (header.producerId < 0) return undefined
    const known = this.byId.get(header.producerId)
    if (!known) return undefined
    if (header.producerEpoch < known.epoch) {
      throw new KafkaError(
        'INVALID_PRODUCER_EPOCH',
        `producer ${header.producerId} has epoch ${known.epoch}, the batch ${header.producerEpoch}`
      )
    }
    const isNewEpoch = header.producerEpoch > known.epoch
    const last = isNewEpoch ? undefined : known.batches.at(-1)
    const expected = last ? (last.lastSequence + 1) % sequences : 0
    if (header.baseSequence !== expected) {
      const lastSequence = lastSequenceOf(header)
      const same = isNewEpoch
        ? undefined
        : known.batches.find(each => each.firstSequence === header.baseSequence && each.lastSequence === lastSequence)
      if (same) return same.baseOffset
      throw new KafkaError(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        `producer ${header.producerId} sent sequence ${header.baseSequence}, expected was ${expected}`
      )
    }
    if (known.openFrom !== undefined && !header.isTransactional) {
      throw new KafkaError('INVALID_TXN_STATE', `producer ${header.producerId} has a transaction open, the batch is in none`)
    }
    return undefined
  }

  /** Whether the transaction that a batch belongs to is open here already. */
  isOpen(header: BatchHeader): boolean {
    return this.open.has(header.producerId) && this.byId.get(header.producerId)!.epoch === header.producerEpoch
  }

  /** Throws KafkaError when a marker comes from a producer or a coordinator of the past. */
  checkMarker({ coordinatorEpoch, producerEpoch, producerId }: Marker): void {
    const known = this.byId.get(producerId)
    if (!known) return
    if (producerEpoch < known.epoch) {
      throw new KafkaError('INVALID_PRODUCER_EPOCH', `producer ${producerId} has epoch ${known.epoch}, the marker ${producerEpoch}`)
    }
    if (coordinatorEpoch < known.coordinatorEpoch) {
      throw new KafkaError('TRANSACTION_COORDINATOR_FENCED', `the marker is of epoch ${coordinatorEpoch}, not ${known.coordinatorEpoch}`)
    }
  }

  /** Remembers a batch that was appended at `baseOffset`. */
  appended(header: BatchHeader, baseOffset: number): undefined {
    const { maxTimestamp, producerEpoch, producerId } = header
    if (producerId < 0) return
    const known = this.byId.get(producerId)
    const batches = known && known.epoch === producerEpoch ? known.batches : []
    batches.push({ firstSequence: header.baseSequence, lastSequence: lastSequenceOf(header), baseOffset })
    if (batches.length > rememberedBatches) batches.shift()
    if (header.isTransactional && !this.open.has(producerId)) this.open.set(producerId, baseOffset)
    const openFrom = header.isTransactional ? this.open.get(producerId) : undefined
    this.remember(producerId, {
      epoch: producerEpoch,
      batches,
      lastTimestamp: maxTimestamp,
      coordinatorEpoch: known?.coordinatorEpoch ?? -1,
      openFrom
    })
  }

  /** Remembers a marker that was appended at `offset`. Returns the range that it aborts, if it aborts one. */
  ended({ coordinatorEpoch, isCommit, producerEpoch, producerId, timestamp }: Marker, offset: number): AbortedRange | undefined {
    const known = this.byId.get(producerId)
    const firstOffset = this.open.get(producerId)
    this.open.delete(producerId)
    const batches = known && known.epoch === producerEpoch ? known.batches : []
    this.remember(producerId, { epoch: producerEpoch, batches, lastTimestamp: timestamp, coordinatorEpoch })
    if (isCommit || firstOffset === undefined) return undefined
    return { producerId, firstOffset, lastOffset: offset, stableOffset: this.stableOffset(offset + 1) }
  }

  private remember(producerId: number, producer: Producer): void {
    // deleted and set again, so that the map's order is the order of last use
    this.byId.delete(producerId)
    this.byId.set(producerId, producer)
    if (this.byId.size <= rememberedProducers) return
    for (const id of this.byId.keys()) {
      if (this.open.has(id)) continue
      this.byId.delete(id)
      return
    }
  }

  /** The first offset that is undecided: that of the oldest open transaction, or the log's end without one. */
  stableOffset(endOffset: number): number {
    return this.open.size === 0 ? endOffset : this.open.values().next().value!
  }

  /** Everything known, the producer that wrote last at the end. */
  entries(): IterableIterator<[producerId: number, producer: Readonly<Producer>]> {
    return this.byId.entries()
  }

  /** A copy that can be written as JSON. */
  snapshot(): ProducerSnapshot {
    return structuredClone([...this.byId])
  }
}
