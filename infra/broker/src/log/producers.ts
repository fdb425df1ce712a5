// Did an idempotent producer send this batch before, and is it the one that comes next?
import { type BatchHeader, KafkaError } from '../protocol'

/** Batches remembered per producer: a client has at most five requests in flight when it is idempotent. */
const rememberedBatches = 5
/** Producers remembered per partition; the one that has been silent longest is forgotten first. */
const rememberedProducers = 10_000
const sequences = 2 ** 31

interface RememberedBatch {
  firstSequence: number
  lastSequence: number
  baseOffset: number
}

interface Producer {
  epoch: number
  batches: RememberedBatch[]
}

export type ProducerSnapshot = [producerId: number, producer: Producer][]

function lastSequenceOf(header: BatchHeader): number {
  return (header.baseSequence + header.lastOffsetDelta) % sequences
}

/** What one partition remembers of the idempotent producers that wrote to it. */
export class Producers {
  private readonly byId: Map<number, Producer>

  constructor(snapshot: ProducerSnapshot = []) {
    this.byId = new Map(snapshot)
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
   * | the same epoch                  | follows the last sequence      | append                       |
   * | the same epoch                  | one of the last five           | its offset                   |
   * | the same epoch                  | another sequence               | OUT_OF_ORDER_SEQUENCE_NUMBER |
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
    if (header.baseSequence === expected) return undefined
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

  /** Remembers a batch that was appended at `baseOffset`. */
  appended(header: BatchHeader, baseOffset: number): void {
    if (header.producerId < 0) return
    const known = this.byId.get(header.producerId)
    const batches = known && known.epoch === header.producerEpoch ? known.batches : []
    batches.push({ firstSequence: header.baseSequence, lastSequence: lastSequenceOf(header), baseOffset })
    if (batches.length > rememberedBatches) batches.shift()
    // deleted and set again, so that the map's order is the order of last use
    this.byId.delete(header.producerId)
    this.byId.set(header.producerId, { epoch: header.producerEpoch, batches })
    if (this.byId.size > rememberedProducers) this.byId.delete(this.byId.keys().next().value!)
  }

  /** A copy that can be written as JSON. */
  snapshot(): ProducerSnapshot {
    return structuredClone([...this.byId])
  }
}
