// How does a test make a record batch? Uncompressed, with the checksum a producer would give it.
import { batchHeaderBytes, type CompressionType, compressionTypes, crc32c, Writer } from '../src/protocol'

export interface BatchInput {
  /** Null for a tombstone. */
  values: (string | null)[]
  /** Of each record; none has a key without. */
  keys?: (string | null)[]
  /** Epoch milliseconds of each record; counting up from `firstTime` unless given. */
  times?: number[]
  firstTime?: number
  producerId?: number
  producerEpoch?: number
  baseSequence?: number
  isTransactional?: boolean
}

const transactionalFlag = 16
const controlFlag = 32

function writeBytes(writer: Writer, bytes: Buffer | null): void {
  writer.varint(bytes?.length ?? -1)
  if (bytes) writer.bytes(bytes)
}

function recordOf(key: Buffer | null, value: Buffer | null, timestampDelta: number, offsetDelta: number): Buffer {
  const body = new Writer()
  body.int8(0)
  body.varint(timestampDelta)
  body.varint(offsetDelta)
  writeBytes(body, key)
  writeBytes(body, value)
  body.varint(0)
  const bytes = body.toBuffer()
  const length = new Writer()
  length.varint(bytes.length)
  return Buffer.concat([length.toBuffer(), bytes])
}

/** `batch` with the size and checksum that fit its bytes. */
function sealed(batch: Buffer): Buffer {
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

/** `batch` with its records packed. */
export function compressed(batch: Buffer, type: CompressionType, pack: (records: Buffer) => Buffer): Buffer {
  const packed = Buffer.concat([batch.subarray(0, batchHeaderBytes), pack(batch.subarray(batchHeaderBytes))])
  packed.writeInt16BE(packed.readInt16BE(21) | compressionTypes.indexOf(type), 21)
  return sealed(packed)
}

/** The marker that ends a producer's transaction. */
export function markerOf(producerId: number, isCommit: boolean): Buffer {
  const marker = batchOf({
    keys: [`\0\0\0${isCommit ? '\x01' : '\0'}`],
    values: ['\0\0\0\0\0\0'],
    producerId,
    producerEpoch: 0,
    isTransactional: true
  })
  marker.writeInt16BE(marker.readInt16BE(21) | controlFlag, 21)
  return sealed(marker)
}

function bytesIn(text: string | null | undefined): Buffer | null {
  return text === null || text === undefined ? null : Buffer.from(text)
}

/** Of brokers whose records have times of long ago: within a test's time, however slow, retention looks at none of them. */
export const forOldRecords = { cleanupMs: 3_600_000 }

/** A whole batch as a producer sends it, with base offset 0. */
export function batchOf(input: BatchInput): Buffer {
  const { baseSequence = -1, firstTime = 1000, producerEpoch = -1, producerId = -1, values } = input
  const times = input.times ?? values.map((_, index) => firstTime + index)
  const base = times[0]!
  const records = Buffer.concat(
    values.map((value, index) => recordOf(bytesIn(input.keys?.[index]), bytesIn(value), times[index]! - base, index))
  )
  const writer = new Writer()
  writer.int64(0)
  writer.int32(batchHeaderBytes - 12 + records.length)
  writer.int32(-1)
  writer.int8(2)
  writer.int32(0)
  writer.int16(input.isTransactional ? transactionalFlag : 0)
  writer.int32(values.length - 1)
  writer.int64(base)
  writer.int64(Math.max(...times))
  writer.int64(producerId)
  writer.int16(producerEpoch)
  writer.int32(baseSequence)
  writer.int32(values.length)
  return sealed(Buffer.concat([writer.toBuffer(), records]))
}
