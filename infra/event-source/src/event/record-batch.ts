// What is in the records of a fetch response? Cuts them into checked, decompressed chunks that can be walked record by record.
// Source of the layout: https://kafka.apache.org/documentation/#recordbatch
import { crc32c } from 'sluice-broker/protocol'
import { decompress } from './decompress'

const two32 = 4294967296
const BASE_OFFSET_BYTES = 8
const LENGTH_AT = 8
const LOG_OVERHEAD_BYTES = 12
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const BASE_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const COUNT_AT = 57
const RECORDS_AT = 61
const CODEC_BITS = 0x07
const LOG_APPEND_TIME_BIT = 0x08
const CONTROL_BIT = 0x20

/** The records of one batch that are still to be delivered, and where reading stands. */
export interface RecordChunk {
  bytes: Buffer
  /** Position of the next record in `bytes`. */
  at: number
  /** Records from `at` on. */
  left: number
  /** The offset behind the last record taken. */
  position: number
  baseOffset: number
  /** The offset that reading goes on from once this chunk is used up: compaction may have removed the last records. */
  nextOffset: number
  baseTimestamp: number
  logAppendTime: boolean
  /** When the chunk came from the broker, epoch milliseconds: the batching window starts with it. */
  arrivedAt: number
}

function int64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * two32 + buffer.readUInt32BE(at + 4)
}

function chunkOf(batch: Buffer, arrivedAt: number): RecordChunk {
  const attributes = batch.readInt16BE(ATTRIBUTES_AT)
  const baseOffset = int64(batch, 0)
  const logAppendTime = (attributes & LOG_APPEND_TIME_BIT) !== 0
  // a control batch holds transaction markers, not records; offsets advance over it
  const isControl = (attributes & CONTROL_BIT) !== 0
  return {
    bytes: isControl ? Buffer.alloc(0) : decompress(attributes & CODEC_BITS, batch.subarray(RECORDS_AT)),
    at: 0,
    left: isControl ? 0 : batch.readInt32BE(COUNT_AT),
    position: baseOffset,
    baseOffset,
    nextOffset: baseOffset + batch.readInt32BE(LAST_OFFSET_DELTA_AT) + 1,
    // with LOG_APPEND_TIME every record of the batch has the broker's time, kept as the maximum
    baseTimestamp: int64(batch, logAppendTime ? MAX_TIMESTAMP_AT : BASE_TIMESTAMP_AT),
    logAppendTime,
    arrivedAt
  }
}

/** A batch cannot be read, today or ever: nothing of it may be delivered, and nothing behind it. */
export class DamagedBatch extends Error {
  override name = 'DamagedBatch'
}

/**
 * Cuts the `records` bytes of one partition of a fetch response into chunks. A batch cut off at the end, as brokers send when
 * the size limit falls inside it, is left for the next fetch, and so is a damaged one behind good ones; batches that end before
 * `position` are skipped.
 * @param position the offset asked for; earlier records of its batch are skipped
 * @throws DamagedBatch when the first batch has a wrong checksum or length, an old message format, or records that do not follow theirs
 */
export function readBatches(records: Buffer, position: number, arrivedAt: number): RecordChunk[] {
  const chunks: RecordChunk[] = []
  for (let at = 0; at < records.length; ) {
    const end = batchEnd(records, at)
    try {
      // only the first one is sure to be whole (KIP-74)
      if (end > records.length) throw new Error(`it is cut off after ${records.length} bytes`)
      const batch = records.subarray(at, end)
      checkBatch(batch)
      const chunk = chunkOf(batch, arrivedAt)
      checkRecords(chunk)
      if (chunk.nextOffset > position) {
        skipTo(chunk, position)
        chunks.push(chunk)
      }
    } catch (cause) {
      if (chunks.length > 0) break
      const offset = at + BASE_OFFSET_BYTES <= records.length ? int64(records, at) : position
      throw new DamagedBatch(`the batch at offset ${offset} is corrupt: ${(cause as Error).message}`, { cause })
    }
    at = end
  }
  return chunks
}

/** Where the batch at `at` ends by its own length; Infinity where not even that is there. */
function batchEnd(records: Buffer, at: number): number {
  if (at + LOG_OVERHEAD_BYTES > records.length) return Infinity
  const length = records.readInt32BE(at + LENGTH_AT)
  // a batch never ends before it begins
  return at + LOG_OVERHEAD_BYTES + Math.max(0, length)
}

/** Walks the records once, so that none is delivered of a batch that cannot be delivered to its end. */
function checkRecords(chunk: RecordChunk): void {
  if (chunk.bytes.length === 0 && chunk.left === 0) return
  const { bytes } = chunk
  const cursor = new RecordCursor()
  const walked = { ...chunk }
  let before = chunk.baseOffset - 1
  for (let left = chunk.left; left > 0; left--) {
    cursor.read(walked)
    for (let headers = cursor.startHeaders(bytes); headers > 0; headers--) cursor.nextHeader(bytes)
    if (cursor.offset <= before || cursor.offset >= chunk.nextOffset) {
      throw new RangeError(`a record with offset ${cursor.offset} stands between ${before} and ${chunk.nextOffset}`)
    }
    before = cursor.offset
    walked.at = cursor.end
  }
  if (walked.at !== bytes.length) throw new RangeError(`${bytes.length - walked.at} bytes follow its ${chunk.left} records`)
}

function checkBatch(batch: Buffer): void {
  if (batch.length < RECORDS_AT) throw new Error(`its ${batch.length} bytes are fewer than a header has`)
  const magic = batch.readInt8(MAGIC_AT)
  if (magic !== 2) throw new Error(`it is in the message format ${magic} of Kafka before 0.11, which is not read here`)
  if (crc32c(batch.subarray(ATTRIBUTES_AT)) !== batch.readUInt32BE(CRC_AT)) {
    throw new Error('its CRC-32C does not match')
  }
}

/** A fetch at an offset inside a batch returns the whole batch: moves the chunk to the first record at or behind `position`. */
function skipTo(chunk: RecordChunk, offset: number): void {
  if (offset <= chunk.baseOffset) return
  const cursor = new RecordCursor()
  while (chunk.left > 0) {
    const start = chunk.at
    cursor.read(chunk)
    if (cursor.offset >= offset) {
      chunk.at = start
      chunk.position = offset
      return
    }
    chunk.at = cursor.end
    chunk.left--
  }
}

/**
 * The fields of one record as positions in its chunk's bytes: no object, string or slice per record.
 * A length of -1 stands for null.
 */
export class RecordCursor {
  offset = 0
  timestamp = 0
  keyAt = 0
  keyLength = -1
  valueAt = 0
  valueLength = -1
  headersAt = 0
  end = 0
  headerNameAt = 0
  headerNameLength = 0
  headerValueAt = 0
  headerValueLength = -1
  private nextHeaderAt = 0

  // Record => length:VARINT attributes:INT8 timestampDelta:VARLONG offsetDelta:VARINT key:VARINT-BYTES value:VARINT-BYTES [headers]
  /** Reads the record at the chunk's position. Throws RangeError when it reaches over the chunk's end. */
  read(chunk: RecordChunk): void {
    const bytes = chunk.bytes
    position = chunk.at
    const length = varint(bytes)
    this.end = position + length
    if (length < 0 || this.end > bytes.length) throw new RangeError(`a record of ${length} bytes reaches over its batch`)
    position += 1
    const timestampDelta = varlong(bytes)
    this.timestamp = chunk.logAppendTime ? chunk.baseTimestamp : chunk.baseTimestamp + timestampDelta
    this.offset = chunk.baseOffset + varint(bytes)
    this.keyLength = varint(bytes)
    this.keyAt = position
    if (this.keyLength > 0) position += this.keyLength
    this.valueLength = varint(bytes)
    this.valueAt = position
    if (this.valueLength > 0) position += this.valueLength
    this.headersAt = position
    if (position >= this.end) throw new RangeError('a record ends before its headers')
  }

  /** Steps to the headers of the record just read and returns their number. */
  startHeaders(bytes: Buffer): number {
    position = this.headersAt
    const count = varint(bytes)
    this.nextHeaderAt = position
    return count
  }

  /** Moves the header fields to the next header, in the record's order, duplicates included. */
  nextHeader(bytes: Buffer): void {
    position = this.nextHeaderAt
    this.headerNameLength = varint(bytes)
    this.headerNameAt = position
    position += this.headerNameLength
    this.headerValueLength = varint(bytes)
    this.headerValueAt = position
    if (this.headerValueLength > 0) position += this.headerValueLength
    this.nextHeaderAt = position
    if (position > this.end || this.headerNameLength < 0) throw new RangeError('a header reaches over its record')
  }
}

// Where the varint readers stand: one module variable instead of a pair per field. Reading is synchronous, so it is never shared.
let position = 0

/** A zigzag varint of at most 32 bits at the module's position, which moves behind it. */
function varint(bytes: Buffer): number {
  let byte = bytes[position++]!
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
  let value = byte & 0x7f
  let shift = 7
  do {
    byte = bytes[position++]!
    value |= (byte & 0x7f) << shift
    shift += 7
  } while (byte >= 0x80 && shift < 35)
  return (value >>> 1) ^ -(value & 1)
}

/** The same for up to 64 bits (timestamp deltas), exact within 2^53. */
function varlong(bytes: Buffer): number {
  let value = 0
  let factor = 1
  let byte: number
  do {
    byte = bytes[position++]!
    value += (byte & 0x7f) * factor
    factor *= 128
  } while (byte >= 0x80 && factor < 2 ** 70)
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
