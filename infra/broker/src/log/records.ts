// What lies behind a batch's header? Its records, unpacked; asked only by what must look: compaction, keys of compacted topics, times.
// What a consumer gets stays as the producer packed it.
import { batchHeaderBytes, crc32c, patchBatch, Reader, readBatchHeader, unpack, Writer } from '../protocol'

// Record =>
//   length           VARINT                  bytes after this field
//   attributes       INT8                    unused
//   timestamp_delta  VARLONG                 to the batch's base_timestamp
//   offset_delta     VARINT                  to the batch's base_offset
//   key              VARINT length, -1 for null, and bytes
//   value            VARINT length, -1 for null (a tombstone), and bytes
//   headers          VARINT count, then key and value of each

export interface LogRecord {
  offset: number
  /** Epoch milliseconds, whatever the batch's header says of log append time. */
  timestamp: number
  key: Buffer | null
  /** Null for a tombstone. */
  value: Buffer | null
  /** Everything from the key on, as it lies in the batch. */
  rest: Buffer
}

/** Set in `attributes` when `base_timestamp` is the time from which tombstones of the batch may go (KIP-534). */
const deleteHorizonFlag = 64
const compressionMask = 7
/** What one batch may unpack to; beyond, it counts as unreadable. */
const unpackedBytesMax = 64 * 1024 * 1024

function varlong(reader: Reader): number {
  let value = 0n
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.buffer[reader.take(1)]!
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return Number((value >> 1n) ^ -(value & 1n))
  }
  throw new RangeError('varlong longer than 10 bytes')
}

function varlongOf(value: number): Buffer {
  let left = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  const bytes: number[] = []
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(left)])
}

function nullable(reader: Reader): Buffer | null {
  const length = reader.varint()
  return length < 0 ? null : reader.slice(length)
}

/**
 * The records of a batch, in order.
 * @throws Error when they cannot be unpacked or are no records
 */
export function* recordsOf(batch: Buffer): Generator<LogRecord> {
  const header = readBatchHeader(batch)
  const reader = new Reader(unpack(header.compression, batch.subarray(batchHeaderBytes), unpackedBytesMax))
  for (let index = 0; index < header.recordCount; index++) {
    const end = reader.varint() + reader.offset
    if (end > reader.end) throw new RangeError(`a record ends at byte ${end} of ${reader.end}`)
    reader.take(1)
    const timestamp = header.baseTimestamp + varlong(reader)
    const offset = header.baseOffset + reader.varint()
    const restAt = reader.offset
    const key = nullable(reader)
    const value = nullable(reader)
    yield { offset, timestamp, key, value, rest: reader.buffer.subarray(restAt, end) }
    reader.offset = end
  }
}

/** From when on the batch's tombstones may go, in epoch milliseconds; undefined before compaction has reached them. */
export function deleteHorizonOf(batch: Buffer): number | undefined {
  const { attributes, baseTimestamp } = readBatchHeader(batch)
  return (attributes & deleteHorizonFlag) === 0 ? undefined : baseTimestamp
}

function encodeRecord({ offset, rest, timestamp }: LogRecord, baseTimestamp: number, baseOffset: number): Buffer {
  const offsetDelta = new Writer()
  offsetDelta.varint(offset - baseOffset)
  const body = Buffer.concat([Buffer.of(0), varlongOf(timestamp - baseTimestamp), offsetDelta.toBuffer(), rest])
  const length = new Writer()
  length.varint(body.length)
  return Buffer.concat([length.toBuffer(), body])
}

/**
 * `batch` with only the records `kept`: its offsets, producer and sequences stay. It is left without compression.
 * @param deleteHorizon from when on its tombstones may go, in epoch milliseconds
 */
export function batchWith(batch: Buffer, kept: LogRecord[], deleteHorizon: number | undefined): Buffer {
  const header = readBatchHeader(batch)
  const baseTimestamp = deleteHorizon ?? kept[0]?.timestamp ?? -1
  const body = kept.map(record => encodeRecord(record, baseTimestamp, header.baseOffset))
  const rewritten = Buffer.concat([batch.subarray(0, batchHeaderBytes), ...body])
  const horizon = deleteHorizon === undefined ? 0 : deleteHorizonFlag
  const latest = kept.reduce((max, { timestamp }) => Math.max(max, timestamp), -1)
  rewritten.writeInt32BE(rewritten.length - 12, 8)
  rewritten.writeInt16BE((header.attributes & ~compressionMask & ~deleteHorizonFlag) | horizon, 21)
  rewritten.writeBigInt64BE(BigInt(baseTimestamp), 27)
  rewritten.writeBigInt64BE(BigInt(header.hasLogAppendTime && kept.length > 0 ? header.maxTimestamp : latest), 35)
  rewritten.writeInt32BE(kept.length, 57)
  patchBatch(rewritten, 0, header.baseOffset, header.partitionLeaderEpoch)
  rewritten.writeUInt32BE(crc32c(rewritten.subarray(21)), 17)
  return rewritten
}
