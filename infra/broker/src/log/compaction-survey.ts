// Which value is the last of each key, as far as transactions have decided? The first of compaction's two passes.
import { batchHeaderBytes, batchSizeAt, readBatchHeader, readMarker } from '../protocol'
import type { AnySegment } from './memory-segment'
import { recordsOf } from './records'

/** Keys of one pass; what lies behind the segment in which they run out is for the next pass. */
const keysMax = 1_000_000
const chunkBytes = 1024 * 1024

export interface Survey {
  /** Offset of the last record of each key. */
  latest: Map<string, number>
  /** Base offsets of batches whose transaction was aborted. */
  aborted: Set<number>
  /** Nothing from here on may be touched: a transaction is open, or the keys ran out. */
  endOffset: number
}

/** The batches of a segment in order. Lets others work between reads, and throws once `signal` is aborted. */
export async function* batchesOf(segment: AnySegment, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (let offset = segment.baseOffset; offset < segment.nextOffset; ) {
    signal.throwIfAborted()
    const bytes = await segment.read(offset, chunkBytes)
    if (bytes.length === 0) return
    for (let at = 0; at < bytes.length; ) {
      const size = batchSizeAt(bytes, at)
      const batch = bytes.subarray(at, at + size)
      offset = readBatchHeader(batch).lastOffset + 1
      yield batch
      at += size
    }
    await new Promise(setImmediate)
  }
}

/** How keys are compared and remembered: byte by byte. */
export function keyText(key: Buffer): string {
  return key.toString('latin1')
}

function keysOf(batch: Buffer): [key: string, offset: number][] {
  const keys: [string, number][] = []
  try {
    for (const { key, offset } of recordsOf(batch)) if (key) keys.push([keyText(key), offset])
  } catch {
    // what cannot be unpacked is kept as it is, and hides nothing
    return []
  }
  return keys
}

/** Batches of transactions by producer, until their marker comes. */
type Undecided = Map<number, { baseOffset: number; keys: [string, number][] }[]>

function decide(batch: Buffer, producerId: number, undecided: Undecided, { aborted, latest }: Survey): void {
  const isKept = batch.length > batchHeaderBytes && readMarker(batch, 0)?.isCommit === true
  for (const { baseOffset, keys } of undecided.get(producerId) ?? []) {
    if (isKept) for (const [key, offset] of keys) latest.set(key, Math.max(offset, latest.get(key) ?? 0))
    else aborted.add(baseOffset)
  }
  undecided.delete(producerId)
}

/** Reads segments that follow each other, none of them open for appends. */
export async function survey(segments: readonly AnySegment[], signal: AbortSignal): Promise<Survey> {
  const found: Survey = { latest: new Map(), aborted: new Set(), endOffset: segments.at(-1)!.nextOffset }
  const undecided: Undecided = new Map()
  for (const segment of segments) {
    if (found.latest.size >= keysMax) {
      found.endOffset = segment.baseOffset
      break
    }
    for await (const batch of batchesOf(segment, signal)) {
      const { baseOffset, isControl, isTransactional, producerId } = readBatchHeader(batch)
      if (isControl) decide(batch, producerId, undecided, found)
      else if (isTransactional) undecided.set(producerId, [...(undecided.get(producerId) ?? []), { baseOffset, keys: keysOf(batch) }])
      else for (const [key, offset] of keysOf(batch)) found.latest.set(key, offset)
    }
  }
  for (const [first] of undecided.values()) found.endOffset = Math.min(found.endOffset, first!.baseOffset)
  return found
}
