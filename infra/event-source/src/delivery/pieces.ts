// Into what is a failing batch cut, and when is a part of it given up? Pure rules, told of every attempt's end.
//
//   first piece ──succeeded──▶ done
//               ──some failed──▶ the failed records stay, a retry ──┐
//               ──failed──▶ more than one record and bisect: two halves in its place, no retry
//                           else a retry ──retries used up──▶ to be discarded
import type { EventRecord } from '../event/event'

/** Retries of a mapping with a destination that sets none: AWS applies this instead of retrying forever. */
export const RETRIES_WITH_DESTINATION = 10

export interface Piece {
  /** In the order of the event, so in order per partition. */
  records: readonly EventRecord[]
  /** Attempts that failed and count as such; one more than there were retries. */
  failures: number
  /** Invocations that had these records, those of larger pieces included. */
  invocations: number
  /** The last of them; without a function error when it was the response that named failures. */
  lastInvocation?: { requestId: string; functionError: string | null }
}

export interface FailureRules {
  /** Retries after the first attempt; Infinity: until the records expire. */
  retriesMax: number
  bisect: boolean
}

/** What follows an attempt that failed. */
export type Verdict = 'split' | 'retry' | 'exhausted'

/** The rules as a mapping has them. */
export function failureRules(mapping: {
  maximumRetryAttempts: number
  bisectBatchOnFunctionError: boolean
  onFailure?: unknown
}): FailureRules {
  const unlimited = mapping.onFailure ? RETRIES_WITH_DESTINATION : Infinity
  return {
    retriesMax: mapping.maximumRetryAttempts < 0 ? unlimited : mapping.maximumRetryAttempts,
    bisect: mapping.bisectBatchOnFunctionError
  }
}

export class Pieces {
  private readonly waiting: Piece[]

  constructor(
    records: readonly EventRecord[],
    private readonly rules: FailureRules
  ) {
    // last first, so that the next one is taken from the end
    this.waiting = records.length > 0 ? [{ records, failures: 0, invocations: 0 }] : []
  }

  /** The piece to deliver next; undefined when the batch is done. */
  get first(): Piece | undefined {
    return this.waiting.at(-1)
  }

  /** Takes records out of the first piece that are done, whatever became of them. */
  remove(done: readonly EventRecord[]): void {
    const piece = this.first!
    const gone = new Set(done)
    piece.records = piece.records.filter(record => !gone.has(record))
    if (piece.records.length === 0) this.waiting.pop()
  }

  /** The function failed: the first piece as a whole comes again, or its halves do. */
  failed(): Verdict {
    const piece = this.first!
    if (!this.rules.bisect || piece.records.length === 1) return this.failedUncut()
    this.waiting.pop()
    const middle = Math.ceil(piece.records.length / 2)
    for (const records of [piece.records.slice(middle), piece.records.slice(0, middle)]) this.waiting.push({ ...piece, records })
    return 'split'
  }

  /** What is left of the first piece after a partial batch response, or all of it when the response was not valid: never split. */
  failedUncut(): Verdict {
    const piece = this.first!
    piece.failures++
    return piece.failures > this.rules.retriesMax ? 'exhausted' : 'retry'
  }
}

/** Which offsets of a batch may be committed while parts of it are still to be delivered. */
export class Unresolved {
  private readonly offsets = new Map<number, Set<number>>()
  private readonly committable = new Map<number, number>()

  /**
   * @param records all of the batch, in order per partition
   * @param next where each partition goes on after the batch
   */
  constructor(
    records: readonly EventRecord[],
    private readonly next: ReadonlyMap<number, number>
  ) {
    for (const { partition, offset } of records) {
      const offsets = this.offsets.get(partition)
      if (offsets) offsets.add(offset)
      else {
        this.offsets.set(partition, new Set([offset]))
        this.committable.set(partition, offset)
      }
    }
  }

  resolve(records: readonly EventRecord[]): void {
    for (const { partition, offset } of records) this.offsets.get(partition)?.delete(offset)
  }

  get isEmpty(): boolean {
    return [...this.offsets.values()].every(({ size }) => size === 0)
  }

  /** Per partition the lowest unresolved offset, or the end of the batch: only those that moved since the last call, so never backwards. */
  takeCommittable(): Map<number, number> {
    const moved = new Map<number, number>()
    for (const [partition, offsets] of this.offsets) {
      // a set is walked in the order of its insertion, which is that of the offsets
      const [lowest = this.next.get(partition)!] = offsets
      if (lowest <= this.committable.get(partition)!) continue
      this.committable.set(partition, lowest)
      moved.set(partition, lowest)
    }
    return moved
  }
}
