// At which offset does a batch first reach a time?
import { batchSizeAt, readBatchHeader } from '../protocol'
import { recordsOf } from './records'

export interface TimedOffset {
  offset: number
  /** Epoch milliseconds. */
  timestamp: number
}

/**
 * The first record of `batch` at or after `time` and at or after the offset `from`; undefined when there is none.
 * A batch that cannot be unpacked here answers its first offset: a consumer that starts there reads a few records too many and misses none.
 */
export function firstAtOrAfter(batch: Buffer, time: number, from = 0): TimedOffset | undefined {
  const header = readBatchHeader(batch)
  if (header.maxTimestamp < time || header.lastOffset < from || header.recordCount === 0) return undefined
  const first = Math.max(header.baseOffset, from)
  try {
    for (const { offset, timestamp: created } of recordsOf(batch)) {
      const timestamp = header.hasLogAppendTime ? header.maxTimestamp : created
      if (timestamp >= time && offset >= from) return { offset, timestamp }
    }
    return undefined
  } catch {
    // records that cannot be read are their producer's business; the batch's own offset is still right, if early
    return { offset: first, timestamp: header.maxTimestamp }
  }
}

/**
 * The first record at or after `time` in a log, from the batch on that holds `offset`; undefined when there is none.
 * @param read whole batches from an offset on
 */
export async function firstFrom(
  read: (offset: number) => Buffer[] | Promise<Buffer[]>,
  offset: number,
  time: number,
  log: { startOffset: number; endOffset: number }
): Promise<TimedOffset | undefined> {
  for (let next = offset; next < log.endOffset; ) {
    const found = await read(next)
    if (found.length === 0) return undefined
    for (const bytes of found) {
      for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at)) {
        const batch = bytes.subarray(at, at + batchSizeAt(bytes, at))
        const record = firstAtOrAfter(batch, time, log.startOffset)
        if (record) return record
        next = readBatchHeader(batch).lastOffset + 1
      }
    }
  }
  return undefined
}
