// How does a test make a record batch? Uncompressed, with the checksum a producer would give it.
import { batchHeaderBytes, crc32c, Writer } from '../src/protocol'

export interface BatchInput {
  values: string[]
  /** Epoch milliseconds of each record; counting up from `firstTime` unless given. */
  times?: number[]
  firstTime?: number
  producerId?: number
  producerEpoch?: number
  baseSequence?: number
}

function bytesOf(writer: Writer): Buffer {
  return Buffer.concat(writer.finish().parts)
}

function recordOf(value: string, timestampDelta: number, offsetDelta: number): Buffer {
  const body = new Writer()
  body.int8(0)
  body.varint(timestampDelta)
  body.varint(offsetDelta)
  body.varint(-1)
  body.varint(Buffer.byteLength(value))
  body.text(value)
  body.varint(0)
  const bytes = bytesOf(body)
  const length = new Writer()
  length.varint(bytes.length)
  return Buffer.concat([bytesOf(length), bytes])
}

/** A whole batch as a producer sends it, with base offset 0. */
export function batchOf(input: BatchInput): Buffer {
  const { baseSequence = -1, firstTime = 1000, producerEpoch = -1, producerId = -1, values } = input
  const times = input.times ?? values.map((_, index) => firstTime + index)
  const base = times[0]!
  const records = Buffer.concat(values.map((value, index) => recordOf(value, times[index]! - base, index)))
  const writer = new Writer()
  writer.int64(0)
  writer.int32(batchHeaderBytes - 12 + records.length)
  writer.int32(-1)
  writer.int8(2)
  writer.int32(0)
  writer.int16(0)
  writer.int32(values.length - 1)
  writer.int64(base)
  writer.int64(Math.max(...times))
  writer.int64(producerId)
  writer.int16(producerEpoch)
  writer.int32(baseSequence)
  writer.int32(values.length)
  const batch = Buffer.concat([bytesOf(writer), records])
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}
