// How does a compacted log keep the last value of every key, and no other? Closed segments are written anew and put in place of the old.
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { type BatchHeader, readBatchHeader } from '../protocol'
import { batchesOf, keyText, type Survey, survey } from './compaction-survey'
import { type AnySegment, MemorySegment } from './memory-segment'
import { batchWith, deleteHorizonOf, type LogRecord, recordsOf } from './records'
import { Segment } from './segment'
import { SegmentIndex } from './segment-index'
import type { LogSettings } from './settings'

// What becomes of a batch, and of a record within it (Apache Kafka's Cleaner, KIP-534):
//
// | batch                                              | becomes                                                     |
// |----------------------------------------------------|-------------------------------------------------------------|
// | a transaction's marker                             | itself                                                      |
// | of a transaction that is open, or behind one       | itself: its segment is not touched                          |
// | of an aborted transaction                          | nothing                                                     |
// | that cannot be unpacked                            | itself                                                      |
// | none of whose records stay                         | nothing; an empty batch when it is the last of its segment  |
// |                                                    | or of its producer, so that offsets and sequences go on     |
// | some of whose records stay                         | a batch of these, at their offsets, without compression     |
// | all of whose records stay                          | itself                                                      |
//
// | record                                             | stays                                                       |
// |----------------------------------------------------|-------------------------------------------------------------|
// | without a key                                      | no                                                          |
// | a later one has its key                            | no                                                          |
// | a tombstone                                        | delete.retention.ms long from the pass that first kept it   |
// | any other                                          | yes                                                         |

/** What a file is named while it is written; a start removes it. */
export const unfinishedSuffix = '.compacted'

export interface CompactionInput {
  /** Closed segments from the log's start on. */
  segments: readonly AnySegment[]
  /** Every key occurs once before it. */
  compactedTo: number
  settings: LogSettings
  /** Segments are merged up to so many bytes. */
  segmentBytes: number
  /** Epoch milliseconds. */
  now: number
  /** Whether the log still needs to know the batch to go on with its producer's sequences. */
  isLastOfProducer(header: BatchHeader): boolean
  /** Aborted when the log is closed or deleted. */
  signal: AbortSignal
}

/** A segment that may take the place of others. */
export interface Replacement {
  sources: readonly AnySegment[]
  segment: AnySegment
}

/** The closed segments that may be compacted now: not too young, and worth the work. */
export function compactable({ compactedTo, now, segments, settings }: CompactionInput): readonly AnySegment[] {
  const youngest = now - settings.minCompactionLagMs
  const tooYoung = segments.findIndex(
    ({ index, nextOffset }) => settings.minCompactionLagMs > 0 && nextOffset > compactedTo && index.maxTimestamp > youngest
  )
  const candidates = tooYoung < 0 ? segments : segments.slice(0, tooYoung)
  const dirty = candidates.filter(({ nextOffset, size }) => nextOffset > compactedTo && size > 0)
  if (dirty.length === 0) return []
  const bytesOf = (list: readonly AnySegment[]): number => list.reduce((sum, { size }) => sum + size, 0)
  const isOverdue = now - dirty[0]!.index.firstTimestamp > settings.maxCompactionLagMs
  const isWorthIt = bytesOf(dirty) / bytesOf(candidates) > settings.minCleanableRatio
  return isOverdue || isWorthIt ? candidates : []
}

/** Takes batches and becomes a segment: a file that is not yet in place, or memory. */
class Output {
  private readonly index = new SegmentIndex()
  private readonly memory: MemorySegment | undefined
  private readonly fd: number | undefined
  size = 0
  readonly path: string | undefined

  constructor(private readonly first: AnySegment) {
    this.path = first.path && `${first.path}${unfinishedSuffix}`
    if (this.path) this.fd = openSync(this.path, 'w')
    else this.memory = new MemorySegment(first.baseOffset)
  }

  add(batch: Buffer): void {
    const header = readBatchHeader(batch)
    this.index.add(header.baseOffset, this.size, header)
    if (this.fd === undefined) this.memory!.append([batch])
    else for (let written = 0; written < batch.length; ) written += writeSync(this.fd, batch, written)
    this.size += batch.length
  }

  finish(nextOffset: number): AnySegment {
    if (this.fd === undefined) return new MemorySegment(this.first.baseOffset, this.size, nextOffset, this.index, this.memory!.takeChunks())
    fdatasyncSync(this.fd)
    closeSync(this.fd)
    return new Segment(this.first.path!, this.first.baseOffset, this.size, nextOffset, this.index)
  }

  discard(): void {
    if (this.fd === undefined) return
    closeSync(this.fd)
    rmSync(this.path!, { force: true })
  }
}

/** Decides batch by batch, and remembers when the next tombstone may go. */
class Filter {
  /** The earliest time at which a tombstone that stays may go. */
  nextHorizon = Number.POSITIVE_INFINITY

  constructor(
    private readonly input: CompactionInput,
    private readonly found: Survey
  ) {}

  private stays({ key, offset, value }: LogRecord, horizon: number | undefined): boolean {
    if (key === null || offset < (this.found.latest.get(keyText(key)) ?? offset)) return false
    return value !== null || horizon === undefined || this.input.now < horizon
  }

  /** What a batch becomes; undefined for nothing. */
  apply(batch: Buffer, isLastOfSegment: boolean): Buffer | undefined {
    const header = readBatchHeader(batch)
    if (header.isControl) return batch
    const horizon = deleteHorizonOf(batch)
    let kept: LogRecord[] = []
    let hasTombstone = false
    if (!this.found.aborted.has(header.baseOffset)) {
      try {
        kept = [...recordsOf(batch)].filter(record => this.stays(record, horizon))
      } catch {
        return batch
      }
      hasTombstone = kept.some(({ value }) => value === null)
    }
    if (kept.length === 0 && !isLastOfSegment && !this.input.isLastOfProducer(header)) return undefined
    const newHorizon = hasTombstone ? (horizon ?? this.input.now + this.input.settings.deleteRetentionMs) : undefined
    if (newHorizon !== undefined) this.nextHorizon = Math.min(this.nextHorizon, newHorizon)
    if (kept.length === header.recordCount && newHorizon === horizon) return batch
    return batchWith(batch, kept, newHorizon)
  }
}

/**
 * Writes the first of `segments`, and as many of those that follow as fit into one segment.
 * @returns undefined as replacement when every batch stays as it is
 */
async function rewrite(
  segments: readonly AnySegment[],
  filter: Filter,
  { segmentBytes, signal }: CompactionInput
): Promise<{ count: number; replacement: Replacement | undefined }> {
  const output = new Output(segments[0]!)
  let count = 0
  let isChanged = false
  let isFull = false
  try {
    while (!isFull) {
      const source = segments[count++]!
      const next = segments[count]
      for await (const batch of batchesOf(source, signal)) {
        const isLast = readBatchHeader(batch).lastOffset + 1 === source.nextOffset
        isFull = isLast && (!next || output.size + batch.length + next.size > segmentBytes)
        const result = filter.apply(batch, isFull)
        if (result !== batch) isChanged = true
        if (result) output.add(result)
      }
    }
    if (count > 1 || isChanged) {
      const sources = segments.slice(0, count)
      return { count, replacement: { sources, segment: output.finish(sources.at(-1)!.nextOffset) } }
    }
  } catch (error) {
    output.discard()
    throw error
  }
  output.discard()
  return { count, replacement: undefined }
}

export interface CompactionOutcome {
  compactedTo: number
  /** Epoch milliseconds from which on the next tombstone may go. */
  nextHorizon: number
}

/**
 * Compacts segments, as far as they are decided. `replace` puts each result in place at once, or refuses it when the log has moved on; what
 * is then left is for the next time.
 */
export async function compact(
  input: CompactionInput,
  segments: readonly AnySegment[],
  replace: (replacement: Replacement) => boolean
): Promise<CompactionOutcome> {
  const dirty = segments.filter(({ nextOffset }) => nextOffset > input.compactedTo)
  const found = await survey(dirty.length > 0 ? dirty : segments.slice(-1), input.signal)
  const filter = new Filter(input, found)
  const decided = segments.filter(({ nextOffset }) => nextOffset <= found.endOffset)
  for (let at = 0; at < decided.length; ) {
    const { count, replacement } = await rewrite(decided.slice(at), filter, input)
    if (replacement && !replace(replacement)) return { compactedTo: input.compactedTo, nextHorizon: 0 }
    at += count
  }
  return { compactedTo: decided.at(-1)?.nextOffset ?? input.compactedTo, nextHorizon: filter.nextHorizon }
}
