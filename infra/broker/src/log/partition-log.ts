// How are batches appended to a partition, and read by offset or by time?
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { batchSizeAt, patchBatch, readBatchHeader, stampBatch } from '../protocol'
import type { Flusher } from './flusher'
import { type IncomingBatch, incomingBatches } from './incoming'
import { Producers } from './producers'
import { firstAtOrAfter, type TimedOffset } from './record-times'
import { recoverLog, type SegmentSnapshot, saveSnapshot, takeSnapshot } from './recovery'
import { Segment, segmentName } from './segment'
import { Tail, type TailBudget } from './tail'

/** There is one broker, so leadership never moves. */
export const leaderEpoch = 0
const lookupBytes = 1024 * 1024

export interface LogOptions {
  /** The partition's folder; without one the log lives in memory alone. */
  folder?: string
  /** Bytes after which a new segment begins. */
  segmentBytes: number
  /** Memory shared by the tails of all partitions on disk. */
  budget: TailBudget
  flusher: Flusher
  onWarning: (message: string) => void
}

/** The log of one partition. Its high watermark is its end: there are no followers to wait for. */
export class PartitionLog {
  private readonly segments: Segment[]
  private readonly producers: Producers
  private readonly tail: Tail
  private readonly waiting = new Set<() => void>()
  private rolling: Promise<void> = Promise.resolve()
  private isDeleted = false
  private latest: TimedOffset = { offset: -1, timestamp: -1 }
  endOffset: number

  constructor(private readonly options: LogOptions) {
    const recovered = options.folder ? recoverLog(options.folder) : undefined
    this.segments = recovered?.segments ?? []
    this.producers = recovered?.producers ?? new Producers()
    this.endOffset = this.segments.at(-1)?.nextOffset ?? 0
    this.tail = new Tail(options.folder ? options.budget : undefined, this.endOffset)
    for (const { index } of this.segments) this.noteTime(index.maxTimestampOffset, index.maxTimestamp)
    if (recovered?.cutBytes)
      options.onWarning(`${options.folder}: cut ${recovered.cutBytes} bytes of a torn tail, log ends at ${this.endOffset}`)
  }

  get startOffset(): number {
    return this.segments[0]?.baseOffset ?? this.tail.startOffset
  }

  /**
   * Appends the batches of one produce request and wakes whoever waits for them.
   * @param records the request's bytes, which the log keeps: their offsets are patched in place
   * @param appendTime epoch milliseconds that become the time of every record; without it they keep their own
   * @returns the offset of the first record, the original one when an idempotent producer repeats itself
   * @throws KafkaError with the code to answer; nothing is appended then
   */
  append(records: Buffer, batchBytesMax: number, appendTime?: number): number {
    const batches = incomingBatches(records, batchBytesMax)
    const repeated = this.producers.check(batches[0]!.header)
    if (repeated !== undefined) return repeated
    for (const { header } of batches.slice(1)) this.producers.check(header)
    const baseOffset = this.endOffset
    let offset = baseOffset
    for (const { header, at } of batches) {
      patchBatch(records, at, offset, leaderEpoch)
      if (appendTime !== undefined) {
        stampBatch(records, at, header.size, appendTime)
        header.maxTimestamp = appendTime
      }
      offset += header.lastOffsetDelta + 1
    }
    const segment = this.options.folder ? this.write(this.options.folder, records) : undefined
    this.remember(records, batches, segment)
    for (const wake of [...this.waiting]) wake()
    return baseOffset
  }

  private write(folder: string, records: Buffer): Segment {
    let segment = this.segments.at(-1)
    if (!segment || (segment.size > 0 && segment.size + records.length > this.options.segmentBytes)) segment = this.roll(folder, segment)
    segment.append([records], records.length)
    this.options.flusher.appended(segment)
    return segment
  }

  private roll(folder: string, full: Segment | undefined): Segment {
    const snapshot = full && takeSnapshot(full, this.producers)
    if (full) this.rolling = this.rolling.then(() => this.finish(full, snapshot!))
    else mkdirSync(folder, { recursive: true })
    const segment = new Segment(join(folder, segmentName(this.endOffset)), this.endOffset)
    this.segments.push(segment)
    return segment
  }

  /** A segment's snapshot is only worth something once the segment itself is on disk. */
  private async finish(full: Segment, snapshot: SegmentSnapshot): Promise<void> {
    try {
      await full.flush()
      if (!this.isDeleted) saveSnapshot(full, snapshot)
    } catch (error) {
      this.options.onWarning(`${full.path} has no snapshot, the next start reads it whole: ${error}`)
    }
  }

  private remember(records: Buffer, batches: IncomingBatch[], segment: Segment | undefined): void {
    for (const { header, at } of batches) {
      const baseOffset = this.endOffset
      const lastOffset = baseOffset + header.lastOffsetDelta
      const { maxTimestamp } = header
      if (segment) {
        segment.index.add(baseOffset, segment.size, header)
        segment.size += header.size
        segment.nextOffset = lastOffset + 1
      }
      this.producers.appended(header, baseOffset)
      this.noteTime(baseOffset, maxTimestamp)
      this.endOffset = lastOffset + 1
      this.tail.push({ baseOffset, lastOffset, maxTimestamp, bytes: records.subarray(at, at + header.size) })
    }
  }

  private noteTime(offset: number, timestamp: number): void {
    if (timestamp > this.latest.timestamp) this.latest = { offset, timestamp }
  }

  /**
   * Whole batches from the one that holds `offset` on: at most `bytesMax` bytes, but always one batch where there is one. At once when
   * they are in memory. `offset` must be within `startOffset` and `endOffset`.
   */
  read(offset: number, bytesMax: number): Buffer[] | Promise<Buffer[]> {
    if (offset >= this.endOffset) return []
    if (offset >= this.tail.startOffset) return this.tail.read(offset, bytesMax)
    const segment = this.segments.findLast(each => each.baseOffset <= offset)
    return segment ? segment.read(offset, bytesMax).then(bytes => (bytes.length > 0 ? [bytes] : [])) : []
  }

  /** The first record at or after `time`, in epoch milliseconds; undefined when all are before. */
  async firstAtOrAfter(time: number): Promise<TimedOffset | undefined> {
    if (time > this.latest.timestamp) return undefined
    const segment = this.segments.find(each => each.index.maxTimestamp >= time)
    let offset = segment ? Math.max(segment.index.offsetBefore(time), segment.baseOffset) : this.startOffset
    while (offset < this.endOffset) {
      const found = await this.read(offset, lookupBytes)
      if (found.length === 0) return undefined
      for (const bytes of found) {
        for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at)) {
          const batch = bytes.subarray(at, at + batchSizeAt(bytes, at))
          const record = firstAtOrAfter(batch, time)
          if (record) return record
          offset = readBatchHeader(batch).lastOffset + 1
        }
      }
    }
    return undefined
  }

  /** The first record with the highest timestamp of all; undefined in an empty log. */
  async latestRecord(): Promise<TimedOffset | undefined> {
    return this.latest.timestamp < 0 ? undefined : this.firstAtOrAfter(this.latest.timestamp)
  }

  /** Calls `wake` after every append until the returned function is called. */
  onAppend(wake: () => void): () => void {
    this.waiting.add(wake)
    return () => this.waiting.delete(wake)
  }

  /** Brings all to disk, with what makes the next start quick. */
  async close(): Promise<void> {
    await this.rolling
    const last = this.segments.at(-1)
    if (last) {
      last.flushSync()
      saveSnapshot(last, takeSnapshot(last, this.producers))
    }
    for (const segment of this.segments) segment.close()
    this.tail.clear()
  }

  /** Forgets all records, in memory and on disk. Whoever waits is woken. */
  delete(): void {
    this.isDeleted = true
    for (const segment of this.segments) segment.close()
    this.tail.clear()
    if (this.options.folder) rmSync(this.options.folder, { recursive: true, force: true })
    for (const wake of [...this.waiting]) wake()
  }
}
