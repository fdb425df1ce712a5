// What does a broker need to know of a record batch? Its 61-byte header; the records behind it stay opaque bytes.
// Source: https://kafka.apache.org/documentation/#recordbatch
import { crc32c } from '@node-rs/crc32'

export { crc32c }

// Record batch (magic 2) =>
//    0 base_offset            INT64          patched by the broker, outside the checksum
//    8 batch_length           INT32          bytes after this field
//   12 partition_leader_epoch INT32          patched by the broker, outside the checksum
//   16 magic                  INT8           2
//   17 crc                    UINT32         CRC-32C of everything from `attributes` to the end
//   21 attributes             INT16          0-2 compression, 3 log append time, 4 transactional, 5 control
//   23 last_offset_delta      INT32
//   27 base_timestamp         INT64
//   35 max_timestamp          INT64
//   43 producer_id            INT64          -1 for none
//   51 producer_epoch         INT16
//   53 base_sequence          INT32
//   57 record_count           INT32
//   61 records                               compressed together when `attributes` says so

/** Bytes before the records. */
export const batchHeaderBytes = 61
/** Bytes of `base_offset` and `batch_length`, enough to tell a batch's size. */
export const batchPrefixBytes = 12

/** Compression by the lowest three bits of `attributes`. */
export const compressionTypes = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type CompressionType = (typeof compressionTypes)[number]

export interface BatchHeader {
  baseOffset: number
  /** Bytes of the whole batch, its header included. */
  size: number
  partitionLeaderEpoch: number
  magic: number
  crc: number
  attributes: number
  lastOffsetDelta: number
  /** Offset of the last record. */
  lastOffset: number
  /** Epoch milliseconds. */
  baseTimestamp: number
  maxTimestamp: number
  producerId: number
  producerEpoch: number
  baseSequence: number
  recordCount: number
  compression: CompressionType | undefined
  /** The time of every record is `maxTimestamp`. */
  hasLogAppendTime: boolean
  isTransactional: boolean
  isControl: boolean
}

const logAppendTimeFlag = 8
const two32 = 4294967296

function int64At(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * two32 + buffer.readUInt32BE(at + 4)
}

/** Bytes of the batch that begins at `at`, its header included. Throws RangeError when `buffer` ends within its first 12 bytes. */
export function batchSizeAt(buffer: Buffer, at: number): number {
  return batchPrefixBytes + buffer.readInt32BE(at + 8)
}

/** The offset that the batch at `at` begins with. Throws RangeError when `buffer` ends within it. */
export function baseOffsetAt(buffer: Buffer, at: number): number {
  return int64At(buffer, at)
}

/** The header of the batch that begins at `at`. Throws RangeError when `buffer` ends within it. */
export function readBatchHeader(buffer: Buffer, at = 0): BatchHeader {
  const baseOffset = int64At(buffer, at)
  const attributes = buffer.readInt16BE(at + 21)
  const lastOffsetDelta = buffer.readInt32BE(at + 23)
  return {
    baseOffset,
    size: batchSizeAt(buffer, at),
    partitionLeaderEpoch: buffer.readInt32BE(at + 12),
    magic: buffer.readInt8(at + 16),
    crc: buffer.readUInt32BE(at + 17),
    attributes,
    lastOffsetDelta,
    lastOffset: baseOffset + lastOffsetDelta,
    baseTimestamp: int64At(buffer, at + 27),
    maxTimestamp: int64At(buffer, at + 35),
    producerId: int64At(buffer, at + 43),
    producerEpoch: buffer.readInt16BE(at + 51),
    baseSequence: buffer.readInt32BE(at + 53),
    recordCount: buffer.readInt32BE(at + 57),
    compression: compressionTypes[attributes & 7],
    hasLogAppendTime: (attributes & logAppendTimeFlag) !== 0,
    isTransactional: (attributes & 16) !== 0,
    isControl: (attributes & 32) !== 0
  }
}

/** Writes the offset and the leader epoch that a broker gives to the batch at `at`; its checksum covers neither. */
export function patchBatch(buffer: Buffer, at: number, baseOffset: number, leaderEpoch: number): void {
  const high = Math.floor(baseOffset / two32)
  buffer.writeInt32BE(high, at)
  buffer.writeUInt32BE(baseOffset - high * two32, at + 4)
  buffer.writeInt32BE(leaderEpoch, at + 12)
}

/** Makes `time`, in epoch milliseconds, the time of all records of the batch of `size` bytes at `at`, whatever their own say: LogAppendTime. */
export function stampBatch(buffer: Buffer, at: number, size: number, time: number): void {
  buffer.writeInt16BE(buffer.readInt16BE(at + 21) | logAppendTimeFlag, at + 21)
  buffer.writeBigInt64BE(BigInt(time), at + 35)
  buffer.writeUInt32BE(crc32c(buffer.subarray(at + 21, at + size)), at + 17)
}

/** Whether the checksum of the batch of `size` bytes at `at` holds. */
export function hasValidCrc(buffer: Buffer, at: number, size: number): boolean {
  return crc32c(buffer.subarray(at + 21, at + size)) === buffer.readUInt32BE(at + 17)
}
