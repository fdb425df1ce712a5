// At which offset does a batch first reach a time? The only question for which the broker looks behind a batch's header.
import { gunzipSync } from 'node:zlib'
import { batchHeaderBytes, Reader, readBatchHeader } from '../protocol'

export interface TimedOffset {
  offset: number
  /** Epoch milliseconds. */
  timestamp: number
}

/** What a gzip batch may unpack to; beyond, the batch's own offset is the answer. */
const unpackedBytesMax = 64 * 1024 * 1024

// Record => length attributes timestamp_delta offset_delta …      length, offset_delta => VARINT; timestamp_delta => VARLONG
function varlong(reader: Reader): number {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.buffer[reader.take(1)]!
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return Number((value >> 1n) ^ -(value & 1n))
  }
  throw new RangeError('varlong longer than 10 bytes')
}

function recordsOf(batch: Buffer): Buffer | undefined {
  const { compression } = readBatchHeader(batch)
  const records = batch.subarray(batchHeaderBytes)
  if (compression === 'none') return records
  if (compression !== 'gzip') return undefined
  return gunzipSync(records, { maxOutputLength: unpackedBytesMax })
}

/**
 * The first record of `batch` that is at or after `time`; undefined when all are before.
 * Exact for batches without compression and with gzip. For the other compressions, which Node 20 cannot unpack, it is the batch's first
 * offset: a consumer that starts there reads a few records too many and misses none.
 */
export function firstAtOrAfter(batch: Buffer, time: number): TimedOffset | undefined {
  const header = readBatchHeader(batch)
  if (header.maxTimestamp < time) return undefined
  if (header.hasLogAppendTime) return { offset: header.baseOffset, timestamp: header.maxTimestamp }
  try {
    const records = recordsOf(batch)
    if (!records) return { offset: header.baseOffset, timestamp: header.maxTimestamp }
    const reader = new Reader(records)
    for (let index = 0; index < header.recordCount; index++) {
      const end = reader.varint() + reader.offset
      reader.take(1)
      const timestamp = header.baseTimestamp + varlong(reader)
      if (timestamp >= time) return { offset: header.baseOffset + reader.varint(), timestamp }
      reader.offset = end
    }
  } catch {
    // records that cannot be read are their producer's business; the batch's own offset is still right, if early
  }
  return { offset: header.baseOffset, timestamp: header.maxTimestamp }
}
