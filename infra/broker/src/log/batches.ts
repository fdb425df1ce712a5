// Where do whole batches in a list of buffers end, and how are those from an offset on left out?
import { baseOffsetAt, batchSizeAt, readBatchHeader } from '../protocol'

/** The batches, contiguous and in order, that begin before `offset`. */
export function cutBefore(buffers: Buffer[], offset: number): Buffer[] {
  const kept: Buffer[] = []
  for (const bytes of buffers) {
    let at = 0
    while (at < bytes.length && baseOffsetAt(bytes, at) < offset) at += batchSizeAt(bytes, at)
    if (at > 0) kept.push(at === bytes.length ? bytes : bytes.subarray(0, at))
    if (at < bytes.length) break
  }
  return kept
}

/** The offset after the last of the batches; undefined when there is none. */
export function endOf(buffers: Buffer[]): number | undefined {
  const bytes = buffers.at(-1)
  if (!bytes) return undefined
  let last = 0
  for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at)) last = at
  return readBatchHeader(bytes, last).lastOffset + 1
}

/** The offset behind the last batch, when compaction has left none of them a record; undefined otherwise. */
export function endOfEmptied(bytes: Buffer): number | undefined {
  let end: number | undefined
  for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at)) {
    const { lastOffset, recordCount } = readBatchHeader(bytes, at)
    if (recordCount > 0) return undefined
    end = lastOffset + 1
  }
  return end
}
