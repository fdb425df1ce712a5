// What has a poller fetched and not delivered yet? Record chunks by partition, with the rules when a batch is to be delivered.
import type { EventWriter } from './event/event-writer'
import { type RecordChunk, readBatches } from './event/record-batch'
import { ChunkFilter, type RecordFilter } from './filter'

/** Bytes of records held ahead of delivery, per poller: fetching waits at this. */
export const BUFFERED_BYTES_MAX = 12 * 1024 * 1024
/** Of which one partition holds at most this much, so that a backlog in one leaves room for the others. */
export const PARTITION_BYTES_MAX = 8 * 1024 * 1024
/** The shortest JSON around a record: with its raw bytes a lower bound of its size in the event. */
const RECORD_JSON_BYTES_MIN = 90
/**
 * While no record passes the filters, the offsets passed over are committed as often: undocumented on AWS. It is what a restart
 * may have to filter once more, and no more than a few commits a second for the broker.
 */
export const PASSED_OVER_COMMIT_MS = 1_000

interface PartitionRecords {
  chunks: RecordChunk[]
  /** The offset to fetch next. */
  fetchOffset: number
  /** The next offset to deliver: everything before it was taken. */
  takenOffset: number
  bytes: number
  records: number
  /** Who has records of it under way: until they are released nobody else takes from the partition, which keeps its order. */
  taker?: Taker
}

/** Whoever takes batches from the buffer, one after the other. */
export type Taker = object

/** One event's worth of records: what `EventWriter` holds, and the offsets to commit once it was delivered. */
export interface Batch {
  writer: EventWriter
  /** Length of the event in the writer's memory; 0 when the batch has no records, only offsets to pass over. */
  bytes: number
  records: number
  next: Map<number, number>
}

export class RecordBuffer {
  private readonly partitions = new Map<number, PartitionRecords>()
  private bytes = 0
  private waiters: Array<() => void> = []
  private readonly filter?: ChunkFilter

  /**
   * @param offsets where to begin, by partition
   * @param filter which records are kept; without one, all
   * @param onFiltered told how many were not
   */
  constructor(
    private readonly topic: string,
    offsets: ReadonlyMap<number, number>,
    filter?: RecordFilter,
    private readonly onFiltered: (records: number) => void = () => {}
  ) {
    if (filter) this.filter = new ChunkFilter(filter, topic)
    for (const [partition, offset] of offsets) this.partitions.set(partition, startingAt(offset))
  }

  /** Partitions that may be fetched now with their next offset; none while the buffer is full. */
  wanted(of: readonly number[]): Array<{ partition: number; offset: number }> {
    if (this.bytes >= BUFFERED_BYTES_MAX) return []
    return of.flatMap(partition => {
      const held = this.partitions.get(partition)
      return held && held.bytes < PARTITION_BYTES_MAX ? [{ partition, offset: held.fetchOffset }] : []
    })
  }

  /**
   * Adds what a fetch returned, but for the records that do not pass the filter: of those only the offsets count.
   * @throws Error when the bytes are corrupt, with topic and partition in its message
   */
  add(partition: number, fetched: Buffer, arrivedAt: number): void {
    const held = this.partitions.get(partition)
    if (!held) return
    let chunks: RecordChunk[]
    try {
      chunks = readBatches(fetched, held.fetchOffset, arrivedAt)
      if (this.filter) for (const chunk of chunks) this.onFiltered(this.filter.apply(chunk, partition))
    } catch (cause) {
      throw new Error(`${this.topic}-${partition}: ${(cause as Error).message}`, { cause })
    }
    for (const chunk of chunks) {
      const last = held.chunks.at(-1)
      held.fetchOffset = chunk.nextOffset
      // a stretch without records only moves on what is committed: it needs no entry of its own, however long it is
      if (last && chunk.left === 0) {
        last.nextOffset = chunk.nextOffset
        continue
      }
      held.chunks.push(chunk)
      held.bytes += chunk.bytes.length
      held.records += chunk.left
      this.bytes += chunk.bytes.length
    }
    if (chunks.length > 0) this.wake()
  }

  /** Goes on at another offset: what the partition held is dropped. */
  reset(partition: number, offset: number): void {
    const held = this.partitions.get(partition)
    if (!held) return
    this.partitions.set(partition, { ...startingAt(offset), taker: held.taker })
    this.recount()
    this.wake()
  }

  /** Records fetched and not taken. */
  get held(): number {
    return [...this.partitions.values()].reduce((sum, { records }) => sum + records, 0)
  }

  /** What a taker may have: partitions of which nobody else has records under way. */
  private *open(taker: Taker): Generator<[number, PartitionRecords]> {
    for (const entry of this.partitions) if (entry[1].taker === undefined || entry[1].taker === taker) yield entry
  }

  /** The next offset to take from a partition. */
  position(partition: number): number {
    return this.partitions.get(partition)?.takenOffset ?? 0
  }

  /** Whether a batch need not wait for its window: it has the batch size, surely fills an event, or fetching has stopped for it. */
  isFull(batchSize: number, payloadBytesMax: number, taker: Taker): boolean {
    let [records, bytes] = [0, 0]
    for (const [, held] of this.open(taker)) {
      if (held.bytes >= PARTITION_BYTES_MAX) return true
      records += held.records
      bytes += held.bytes
    }
    if (records >= batchSize) return true
    return bytes + records * RECORD_JSON_BYTES_MIN >= payloadBytesMax || (bytes > 0 && this.bytes >= BUFFERED_BYTES_MAX)
  }

  /**
   * When the next batch is due, epoch milliseconds: its window began when its oldest record came. Offsets without records wait for
   * the batch, if there is none for PASSED_OVER_COMMIT_MS. Undefined when there is nothing to deliver or commit.
   */
  dueAt(windowMs: number, taker: Taker): number | undefined {
    let [oldest, oldestPassedOver] = [Infinity, Infinity]
    for (const [, { chunks }] of this.open(taker)) {
      const first = chunks.find(({ left }) => left > 0)
      if (first) oldest = Math.min(oldest, first.arrivedAt)
      else if (chunks[0]) oldestPassedOver = Math.min(oldestPassedOver, chunks[0].arrivedAt)
    }
    const due = oldest === Infinity ? oldestPassedOver + PASSED_OVER_COMMIT_MS : oldest + windowMs
    return due === Infinity ? undefined : due
  }

  /**
   * Moves records into an event, those that waited longest first, and never past a limit. Their partitions are the taker's alone until it
   * releases them.
   */
  take(writer: EventWriter, batchSize: number, taker: Taker): Batch {
    writer.start()
    const next = new Map<number, number>()
    const waiting = [...this.open(taker)].filter(([, { chunks }]) => chunks.length > 0)
    waiting.sort(([, a], [, b]) => a.chunks[0]!.arrivedAt - b.chunks[0]!.arrivedAt)
    for (const [partition, held] of waiting) {
      if (writer.records >= batchSize) break
      const { full } = writer.append(this.topic, partition, held.chunks, batchSize)
      const used = held.chunks.findIndex(({ left }) => left > 0)
      const dropped = held.chunks.splice(0, used < 0 ? held.chunks.length : used)
      const offset = Math.max(dropped.at(-1)?.nextOffset ?? 0, held.chunks[0]?.position ?? 0, held.takenOffset)
      if (offset > held.takenOffset) {
        next.set(partition, offset)
        held.taker = taker
      }
      held.takenOffset = offset
      if (full) break
    }
    this.recount()
    this.wake()
    return { writer, bytes: writer.records > 0 ? writer.finish() : 0, records: writer.records, next }
  }

  /** Gives the partitions of a batch that is done back, but for those that the taker's next batch has as well. */
  release({ next }: Batch, ahead?: Batch): void {
    for (const partition of next.keys()) if (!ahead?.next.has(partition)) this.partitions.get(partition)!.taker = undefined
    this.wake()
  }

  private recount(): void {
    this.bytes = 0
    for (const held of this.partitions.values()) {
      held.bytes = 0
      held.records = 0
      for (const chunk of held.chunks) {
        held.bytes += chunk.bytes.length - chunk.at
        held.records += chunk.left
      }
      this.bytes += held.bytes
    }
  }

  /** Resolves at the next change of the buffer, after `ms`, or when the signal aborts. */
  change(signal: AbortSignal, ms?: number): Promise<void> {
    return new Promise(resolve => {
      if (signal.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.waiters = this.waiters.filter(each => each !== done)
        resolve()
      }
      const timer = ms === undefined ? undefined : setTimeout(done, ms)
      signal.addEventListener('abort', done)
      this.waiters.push(done)
    })
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter()
  }
}

function startingAt(offset: number): PartitionRecords {
  return { chunks: [], fetchOffset: offset, takenOffset: offset, bytes: 0, records: 0 }
}
