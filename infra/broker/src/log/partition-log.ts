// How are batches appended to a partition, and read by offset or by time?
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type BatchHeader, encodeMarker, KafkaError, type Marker, patchBatch, readBatchHeader, stampBatch } from '../protocol'
import { type AbortedRange, AbortedRanges } from './aborted'
import { checkAccepted } from './acceptance'
import { cutBefore, endOf, endOfEmptied } from './batches'
import { Cleaner, type Cleaning } from './cleaner'
import type { Replacement } from './compaction'
import type { Flusher } from './flusher'
import { type IncomingBatch, incomingBatches, refuseTransactions } from './incoming'
import { loadState, saveState } from './log-state'
import { type AnySegment, MemorySegment } from './memory-segment'
import { type Producer, Producers } from './producers'
import { firstFrom, type TimedOffset } from './record-times'
import { recoverLog, type SegmentSnapshot, saveSnapshot, snapshotPath, takeSnapshot } from './recovery'
import { discard, putInPlace } from './replacement'
import { expiredSegments } from './retention'
import { Segment, segmentName } from './segment'
import { keepEverything, type LogSettings } from './settings'
import { Tail, type TailBudget } from './tail'

/** There is one broker, so leadership never moves. */
export const leaderEpoch = 0
const lookupBytes = 1024 * 1024

export interface LogOptions {
  /** The partition's folder; without one the log lives in memory alone. */
  folder?: string
  /** As Kafka writes it: topic-partition. */
  name?: string
  /** What its topic's settings ask for; everything is taken and kept without. */
  settings?: LogSettings
  /** Epoch milliseconds; by the system's clock without. */
  now?: () => number
  /** Bytes after which a new segment begins, should the topic's segment.bytes be more. */
  segmentBytes: number
  /** Memory shared by the tails of all partitions on disk. */
  budget: TailBudget
  flusher: Flusher
  onWarning: (message: string) => void
}

/** The log of one partition. Its high watermark is its end: there are no followers to wait for. */
export class PartitionLog {
  private readonly segments: AnySegment[]
  private readonly producers: Producers
  private readonly aborted: AbortedRanges
  private readonly tail: Tail
  private readonly waiting = new Set<() => void>()
  private rolling: Promise<void> = Promise.resolve()
  /** Aborted when the log is closed or deleted. */
  private readonly over = new AbortController()
  private isDeleted = false
  private isFailing = false
  private latest: TimedOffset = { offset: -1, timestamp: -1 }
  private readonly cleaner: Cleaner
  settings: LogSettings
  /** The first offset that can be read. */
  startOffset: number
  endOffset: number

  constructor(private readonly options: LogOptions) {
    const recovered = options.folder ? recoverLog(options.folder) : undefined
    this.segments = recovered?.segments ?? []
    this.producers = recovered?.producers ?? new Producers()
    this.aborted = recovered?.aborted ?? new AbortedRanges()
    this.endOffset = this.segments.at(-1)?.nextOffset ?? 0
    const state = options.folder ? loadState(options.folder) : { startOffset: 0, compactedTo: 0 }
    this.startOffset = Math.min(this.endOffset, Math.max(state.startOffset, this.segments[0]?.baseOffset ?? 0))
    this.cleaner = new Cleaner(state.compactedTo, problem => options.onWarning(`${options.folder}: was not compacted. ${problem}`))
    this.settings = options.settings ?? keepEverything
    this.tail = new Tail(options.folder ? options.budget : undefined, this.endOffset)
    this.noteTimes()
    if (recovered?.cutBytes)
      options.onWarning(`${options.folder}: cut ${recovered.cutBytes} bytes of a torn tail, log ends at ${this.endOffset}`)
  }

  get sizeBytes(): number {
    return this.segments.reduce((sum, { size }) => sum + size, 0)
  }

  private get now(): number {
    return this.options.now?.() ?? Date.now()
  }

  /** The first offset that an open transaction has not decided; without one the end. */
  get stableOffset(): number {
    return this.producers.stableOffset(this.endOffset)
  }

  /**
   * Appends the batches of one produce request and wakes whoever waits for them.
   * @param records the request's bytes, which the log keeps: their offsets are patched in place
   * @param appendTime epoch milliseconds that become the time of every record; without it they keep their own
   * @param admit throws KafkaError unless a transactional batch may open its transaction here
   * @returns the offset of the first record, the original one when an idempotent producer repeats itself
   * @throws KafkaError with the code to answer; nothing is appended then
   */
  append(records: Buffer, batchBytesMax: number, appendTime?: number, admit: (header: BatchHeader) => void = refuseTransactions): number {
    const batches = incomingBatches(records, batchBytesMax)
    const repeated = this.producers.check(batches[0]!.header)
    if (repeated !== undefined) return repeated
    for (const { header } of batches.slice(1)) this.producers.check(header)
    checkAccepted(records, batches, this.settings, this.now, this.options.name ?? 'this log')
    for (const { header } of batches) if (header.isTransactional && !this.producers.isOpen(header)) admit(header)
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
    this.put(records, batches)
    return baseOffset
  }

  /**
   * Appends the marker that ends a producer's transaction in this partition, and wakes whoever waits for its records.
   * @throws KafkaError when the marker is of the past, or the disk refuses; nothing is appended then
   */
  end(marker: Marker): void {
    this.producers.checkMarker(marker)
    const records = encodeMarker(marker)
    patchBatch(records, 0, this.endOffset, leaderEpoch)
    this.put(records, [{ header: readBatchHeader(records), at: 0 }], marker)
  }

  private put(records: Buffer, batches: IncomingBatch[], marker?: Marker): void {
    const segment = this.write(records, batches)
    this.remember(records, batches, segment, marker)
    for (const wake of [...this.waiting]) wake()
  }

  private write(records: Buffer, batches: IncomingBatch[]): AnySegment {
    try {
      const segment = this.openSegment(records.length, batches.at(-1)!.header.maxTimestamp)
      segment.append([records], records.length)
      if (segment instanceof Segment) this.flush(segment)
      if (this.isFailing) this.options.onWarning(`${this.options.folder}: appends work again`)
      this.isFailing = false
      return segment
    } catch (error) {
      // said once, not for every request until there is room again
      if (!this.isFailing) this.options.onWarning(`${this.options.folder}: nothing can be appended, reads go on. ${error}`)
      this.isFailing = true
      throw error
    }
  }

  private flush(segment: Segment): void {
    try {
      this.options.flusher.appended(segment)
    } catch (cause) {
      segment.undo()
      throw new KafkaError('KAFKA_STORAGE_ERROR', `cannot bring ${segment.path} to disk: ${(cause as Error).message}`, { cause })
    }
  }

  /** The segment that takes so many bytes: the last one, unless its size or its age in record time asks for another. */
  private openSegment(bytes: number, timestamp: number): AnySegment {
    const last = this.segments.at(-1)
    if (!last) return this.roll(undefined)
    const isFull = last.size + bytes > this.segmentBytes
    const isOld = last.index.firstTimestamp >= 0 && timestamp - last.index.firstTimestamp > this.settings.segmentMs
    return last.size > 0 && (isFull || isOld) ? this.roll(last) : last
  }

  private get segmentBytes(): number {
    return Math.min(this.options.segmentBytes, this.settings.segmentBytes)
  }

  private roll(full: AnySegment | undefined): AnySegment {
    const segment = this.newSegment()
    segment.create()
    const snapshot = full instanceof Segment ? takeSnapshot(full, this.producers, this.aborted) : undefined
    if (full instanceof Segment) this.rolling = this.rolling.then(() => this.finish(full, snapshot!))
    this.segments.push(segment)
    return segment
  }

  private newSegment(): AnySegment {
    const { folder } = this.options
    if (!folder) return new MemorySegment(this.endOffset)
    try {
      mkdirSync(folder, { recursive: true })
    } catch (cause) {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `cannot create ${folder}: ${(cause as Error).message}`, { cause })
    }
    return new Segment(join(folder, segmentName(this.endOffset)), this.endOffset)
  }

  /** A segment's snapshot is only worth something once the segment itself is on disk. */
  private async finish(full: Segment, snapshot: SegmentSnapshot): Promise<void> {
    try {
      await full.flush()
      if (!this.isDeleted && this.segments.includes(full)) saveSnapshot(full, snapshot)
    } catch (error) {
      this.options.onWarning(`${full.path} has no snapshot, the next start reads it whole: ${error}`)
    }
  }

  private remember(records: Buffer, batches: IncomingBatch[], segment: AnySegment, marker: Marker | undefined): void {
    for (const { header, at } of batches) {
      const baseOffset = this.endOffset
      const lastOffset = baseOffset + header.lastOffsetDelta
      const { maxTimestamp } = header
      segment.index.add(baseOffset, segment.size, header)
      segment.size += header.size
      segment.nextOffset = lastOffset + 1
      const aborted = marker ? this.producers.ended(marker, baseOffset) : this.producers.appended(header, baseOffset)
      if (aborted) this.aborted.add(aborted)
      this.noteTime(baseOffset, maxTimestamp)
      this.endOffset = lastOffset + 1
      this.tail.push({ baseOffset, lastOffset, maxTimestamp, bytes: records.subarray(at, at + header.size) })
    }
  }

  private noteTime(offset: number, timestamp: number): void {
    if (timestamp > this.latest.timestamp) this.latest = { offset, timestamp }
  }

  private noteTimes(): void {
    this.latest = { offset: -1, timestamp: -1 }
    for (const { index } of this.segments) this.noteTime(index.maxTimestampOffset, index.maxTimestamp)
  }

  /**
   * As `read`, but only what is decided: batches before the last stable offset, and the aborted transactions among them, whose records
   * the consumer passes over.
   */
  async readCommitted(offset: number, bytesMax: number): Promise<{ records: Buffer[]; aborted: AbortedRange[] }> {
    const { stableOffset } = this
    if (offset >= stableOffset) return { records: [], aborted: [] }
    const records = cutBefore(await this.read(offset, bytesMax), stableOffset)
    const end = this.aborted.reaches(offset) ? endOf(records) : undefined
    return { records, aborted: end === undefined ? [] : this.aborted.within(offset, end) }
  }

  /** The producers that wrote to this partition, as far as they are remembered. */
  producerStates(): [producerId: number, producer: Readonly<Producer>][] {
    return [...this.producers.entries()]
  }

  /**
   * Whole batches from the one that holds `offset` on: at most `bytesMax` bytes, but always one batch where there is one. At once when
   * they are in memory. `offset` must be within `startOffset` and `endOffset`.
   */
  read(offset: number, bytesMax: number): Buffer[] | Promise<Buffer[]> {
    if (offset >= this.endOffset) return []
    if (offset >= this.tail.startOffset) return this.tail.read(offset, bytesMax)
    const segment = this.segments.findLast(each => each.baseOffset <= offset)
    return segment ? this.readSegment(segment, offset, bytesMax) : []
  }

  /** Clients that never saw a batch without a record wait for ever behind one: what follows it goes out with it. */
  private async readSegment(segment: AnySegment, offset: number, bytesMax: number): Promise<Buffer[]> {
    const bytes = await segment.read(offset, bytesMax)
    if (bytes.length === 0) return []
    const next = endOfEmptied(bytes)
    return next === undefined ? [bytes] : [bytes, ...(await this.read(next, bytesMax))]
  }

  /** The first record at or after `time`, in epoch milliseconds; undefined when all are before. */
  async firstAtOrAfter(time: number): Promise<TimedOffset | undefined> {
    if (time > this.latest.timestamp) return undefined
    const segment = this.segments.find(each => each.index.maxTimestamp >= time)
    const offset = Math.max(segment?.index.offsetBefore(time) ?? 0, segment?.baseOffset ?? 0, this.startOffset)
    return firstFrom(from => this.read(from, lookupBytes), offset, time, this)
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
    this.over.abort()
    await this.cleaner.running
    await this.rolling
    const last = this.segments.at(-1)
    if (last instanceof Segment) this.seal(last)
    for (const segment of this.segments) segment.close()
    this.tail.clear()
  }

  private seal(last: Segment): void {
    try {
      last.flushSync()
      saveSnapshot(last, takeSnapshot(last, this.producers, this.aborted))
    } catch (error) {
      this.options.onWarning(`${last.path} has no snapshot, the next start reads it whole: ${error}`)
    }
  }

  /** Forgets all records, in memory and on disk. Whoever waits is woken. */
  delete(): void {
    this.isDeleted = true
    this.over.abort()
    for (const segment of this.segments) segment.close()
    this.tail.clear()
    if (this.options.folder) rmSync(this.options.folder, { recursive: true, force: true })
    for (const wake of [...this.waiting]) wake()
  }

  /**
   * Moves the log's start to `offset`, which must lie within the log.
   * @throws KafkaError KAFKA_STORAGE_ERROR when that cannot be kept; the start is then as it was
   */
  deleteBefore(offset: number): void {
    if (offset <= this.startOffset) return
    this.keepState(offset, this.cleaner.compactedTo)
    this.startOffset = offset
    this.tail.dropBefore(offset)
    this.dropExpired()
  }

  private keepState(startOffset: number, compactedTo: number): void {
    const { folder } = this.options
    if (!folder) return
    try {
      saveState(folder, { startOffset, compactedTo })
    } catch (cause) {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `cannot write to ${folder}: ${(cause as Error).message}`, { cause })
    }
  }

  /** Removes the segments that retention lets go; a log that lets go its last one goes on in an empty one. */
  private dropExpired(): void {
    const expired = expiredSegments(this.segments, this.settings, this.startOffset, this.now)
    if (expired === 0) return
    if (expired === this.segments.length) this.roll(this.segments.at(-1))
    for (const segment of this.segments.splice(0, expired)) {
      segment.close()
      if (segment.path) for (const path of [segment.path, snapshotPath(segment.path)]) rmSync(path, { force: true })
    }
    this.startOffset = Math.max(this.startOffset, this.segments[0]!.baseOffset)
    this.tail.dropBefore(this.startOffset)
    this.aborted.dropBefore(this.startOffset)
    this.noteTimes()
  }

  /** Lets go and compacts what the topic's settings ask for; undefined when there is nothing to wait for. */
  cleanUp(): Promise<void> | undefined {
    if (this.segments.length === 0 || this.over.signal.aborted) return undefined
    try {
      this.dropExpired()
    } catch (error) {
      this.options.onWarning(`${this.options.folder}: what retention lets go is still there. ${error}`)
    }
    if (!this.settings.isCompacted || this.segments.length < 2) return undefined
    return this.cleaner.run(this.cleaning())
  }

  private cleaning(): Cleaning {
    const { now, segmentBytes, settings } = this
    let lastOffsets: Set<number> | undefined
    return {
      segments: this.segments.slice(0, -1),
      settings,
      segmentBytes,
      now,
      isLastOfProducer: ({ baseOffset }) => {
        lastOffsets ??= new Set(this.producers.snapshot().flatMap(([, { batches }]) => batches.at(-1)?.baseOffset ?? []))
        return lastOffsets.has(baseOffset)
      },
      signal: this.over.signal,
      snapshots: this.rolling,
      replace: replacement => this.replace(replacement),
      done: compactedTo => this.keepState(this.startOffset, compactedTo)
    }
  }

  /** Refuses when the log was deleted, or has let go one of the segments meanwhile. */
  private replace(replacement: Replacement): boolean {
    const { segment, sources } = replacement
    const at = this.segments.indexOf(sources[0]!)
    if (this.isDeleted || at < 0 || sources.some((source, index) => this.segments[at + index] !== source)) {
      discard(replacement)
      return false
    }
    putInPlace(replacement)
    this.segments.splice(at, sources.length, segment)
    for (const source of sources) source.close()
    this.tail.dropBefore(this.segments.at(-1)!.baseOffset)
    this.noteTimes()
    return true
  }
}
