// What does a segment file hold after a stop of any kind? Its snapshot when that still fits, else every batch is read and a torn tail cut.
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { type BatchHeader, batchHeaderBytes, hasValidCrc, readBatchHeader, readMarker } from '../protocol'
import { type AbortedRange, AbortedRanges } from './aborted'
import { unfinishedSuffix } from './compaction'
import { type ProducerSnapshot, Producers } from './producers'
import { Segment } from './segment'
import { type IndexSnapshot, SegmentIndex } from './segment-index'

const chunkBytes = 4 * 1024 * 1024

/** What is written beside a segment that is complete, so that the next start need not read it. */
export interface SegmentSnapshot {
  /** Bytes of the segment when it was taken: it fits only a file of that size. */
  size: number
  nextOffset: number
  index: IndexSnapshot
  producers: ProducerSnapshot
  /** Transactions whose abort marker lies in the segment. */
  aborted: AbortedRange[]
}

/** Where a segment's snapshot lies. */
export function snapshotPath(segmentPath: string): string {
  return segmentPath.replace(/\.log$/, '.snapshot')
}

/** Captures a segment, the producers as they are at its end, and what was aborted in it. */
export function takeSnapshot(segment: Segment, producers: Producers, aborted: AbortedRanges): SegmentSnapshot {
  const { baseOffset, index, nextOffset, size } = segment
  const ended = aborted.endedWithin(baseOffset, nextOffset)
  return { size, nextOffset, index: index.snapshot(), producers: producers.snapshot(), aborted: ended }
}

/** Writes a snapshot beside its segment, whole or not at all. The segment must be on disk first. */
export function saveSnapshot(segment: Segment, snapshot: SegmentSnapshot): void {
  const path = snapshotPath(segment.path)
  writeFileSync(`${path}.new`, JSON.stringify(snapshot))
  renameSync(`${path}.new`, path)
}

/** The same, where it is of use but not needed: the disk may be full. */
function trySnapshot(segment: Segment, snapshot: SegmentSnapshot): void {
  try {
    saveSnapshot(segment, snapshot)
  } catch {
    rmSync(`${snapshotPath(segment.path)}.new`, { force: true })
  }
}

/** The snapshot of a segment of `size` bytes; undefined when it has none that fits. */
export function loadSnapshot(segmentPath: string, size: number): SegmentSnapshot | undefined {
  const path = snapshotPath(segmentPath)
  if (!existsSync(path)) return undefined
  try {
    const snapshot: SegmentSnapshot = JSON.parse(readFileSync(path, 'utf8'))
    // one without aborted transactions was written before they were known
    return snapshot.size === size && snapshot.aborted ? snapshot : undefined
  } catch {
    // unreadable: the segment itself says the same, only slower
    return undefined
  }
}

/** Told of each batch: where it lies in the file, and at which byte of `buffer` it begins. */
type Found = (header: BatchHeader, position: number, buffer: Buffer, at: number) => void

/**
 * Reads batch after batch; stops at the first that is torn, harmed or out of order. Compaction leaves gaps between offsets.
 * Returns the bytes before it.
 */
function scan(fd: number, fileSize: number, nextOffset: number, found: Found): number {
  let buffer = Buffer.alloc(0)
  let bufferAt = 0
  let expected = nextOffset
  let position = 0
  const load = (bytes: number): void => {
    buffer = Buffer.allocUnsafeSlow(Math.min(Math.max(bytes, chunkBytes), fileSize - position))
    buffer = buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, position))
    bufferAt = position
  }
  while (position + batchHeaderBytes <= fileSize) {
    if (position - bufferAt + batchHeaderBytes > buffer.length) load(chunkBytes)
    let at = position - bufferAt
    if (at + batchHeaderBytes > buffer.length) break
    const header = readBatchHeader(buffer, at)
    const isPlausible = header.magic === 2 && header.baseOffset >= expected && header.lastOffsetDelta >= 0
    if (!isPlausible || header.size < batchHeaderBytes || position + header.size > fileSize) break
    if (at + header.size > buffer.length) {
      load(header.size)
      at = 0
    }
    if (!hasValidCrc(buffer, at, header.size)) break
    found(header, position, buffer, at)
    expected = header.lastOffset + 1
    position += header.size
  }
  return position
}

/** Brings what is known of producers and aborted transactions up to the batch at `at`, as its append once did. */
function replay(header: BatchHeader, buffer: Buffer, at: number, producers: Producers, aborted: AbortedRanges): void {
  const ended = header.isControl ? readMarker(buffer, at) : undefined
  const range = ended
    ? producers.ended({ ...header, ...ended, timestamp: header.maxTimestamp }, header.baseOffset)
    : producers.appended(header, header.baseOffset)
  if (range) aborted.add(range)
}

function scanSegment(path: string, baseOffset: number, fileSize: number, producers: Producers, aborted: AbortedRanges): Segment {
  const index = new SegmentIndex()
  let nextOffset = baseOffset
  const fd = openSync(path, 'r+')
  try {
    const size = scan(fd, fileSize, baseOffset, (header, position, buffer, at) => {
      index.add(header.baseOffset, position, header)
      replay(header, buffer, at, producers, aborted)
      nextOffset = header.lastOffset + 1
    })
    if (size < fileSize) {
      ftruncateSync(fd, size)
      fdatasyncSync(fd)
    }
    return new Segment(path, baseOffset, size, nextOffset, index)
  } finally {
    closeSync(fd)
  }
}

/** A partition's segments in order, the producers as they are at its end, and all that was aborted. */
export interface RecoveredLog {
  segments: Segment[]
  producers: Producers
  aborted: AbortedRanges
  /** Bytes cut from a torn tail. */
  cutBytes: number
}

/**
 * Opens the segments of one partition's folder. A tail that is torn or harmed is cut at the last whole batch, and with it every segment
 * that does not continue what is before it.
 */
export function recoverLog(folder: string): RecoveredLog {
  const files = existsSync(folder) ? readdirSync(folder) : []
  for (const name of files) if (name.endsWith(unfinishedSuffix)) rmSync(join(folder, name))
  const names = files.filter(name => /^\d{20}\.log$/.test(name))
  const segments: Segment[] = []
  let producers = new Producers()
  const aborted = new AbortedRanges()
  let cutBytes = 0
  let isScanned = false
  for (const name of names.sort()) {
    const path = join(folder, name)
    const baseOffset = Number.parseInt(name, 10)
    const fileSize = statSync(path).size
    const previous = segments.at(-1)
    if (previous && previous.nextOffset !== baseOffset) {
      // compaction had written the one before in place of both, and was stopped before it removed this one
      const isReplaced = baseOffset < previous.nextOffset
      if (!isReplaced) cutBytes += fileSize
      rmSync(path)
      rmSync(snapshotPath(path), { force: true })
      continue
    }
    // the one before is complete: the next start need not read it again
    if (previous && isScanned) trySnapshot(previous, takeSnapshot(previous, producers, aborted))
    const snapshot = loadSnapshot(path, fileSize)
    isScanned = !snapshot
    if (snapshot) {
      producers = new Producers(snapshot.producers)
      for (const range of snapshot.aborted) aborted.add(range)
      segments.push(new Segment(path, baseOffset, snapshot.size, snapshot.nextOffset, new SegmentIndex(snapshot.index)))
      continue
    }
    const segment = scanSegment(path, baseOffset, fileSize, producers, aborted)
    cutBytes += fileSize - segment.size
    segments.push(segment)
  }
  return { segments, producers, aborted, cutBytes }
}
