// How do tests make record batches of any shape, also those that client libraries refuse to produce? An encoder of its own.
import { crc32c } from 'sluice-broker/protocol'

export interface SampleRecord {
  timestampDelta?: number
  offsetDelta?: number
  key: Buffer | null
  value: Buffer | null
  headers?: Array<[name: string, value: Buffer | null]>
}

export interface SampleBatch {
  baseOffset?: number
  baseTimestamp?: number
  maxTimestamp?: number
  logAppendTime?: boolean
  control?: boolean
  codec?: number
  compress?: (records: Buffer) => Buffer
  lastOffsetDelta?: number
  /** What the header says, where that is not true. */
  count?: number
}

function varint(value: number): Buffer {
  let rest = BigInt(value) >= 0n ? BigInt(value) * 2n : -BigInt(value) * 2n - 1n
  const bytes: number[] = []
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

const lengthAnd = (bytes: Buffer | null) => (bytes ? Buffer.concat([varint(bytes.length), bytes]) : varint(-1))

function encodeRecord(record: SampleRecord, index: number): Buffer {
  const headers = (record.headers ?? []).flatMap(([name, value]) => [lengthAnd(Buffer.from(name)), lengthAnd(value)])
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(record.timestampDelta ?? 0),
    varint(record.offsetDelta ?? index),
    lengthAnd(record.key),
    lengthAnd(record.value),
    varint(record.headers?.length ?? 0),
    ...headers
  ])
  return Buffer.concat([varint(body.length), body])
}

/** A record batch of format 2 as a broker would return it. */
export function encodeBatch(records: readonly SampleRecord[], batch: SampleBatch = {}): Buffer {
  const plain = Buffer.concat(records.map(encodeRecord))
  const body = batch.compress ? batch.compress(plain) : plain
  const header = Buffer.alloc(61)
  header.writeBigInt64BE(BigInt(batch.baseOffset ?? 0), 0)
  header.writeInt32BE(49 + body.length, 8)
  header.writeInt8(2, 16)
  header.writeInt16BE((batch.codec ?? 0) | (batch.logAppendTime ? 8 : 0) | (batch.control ? 32 : 0), 21)
  header.writeInt32BE(batch.lastOffsetDelta ?? Math.max(0, records.length - 1), 23)
  header.writeBigInt64BE(BigInt(batch.baseTimestamp ?? 0), 27)
  header.writeBigInt64BE(BigInt(batch.maxTimestamp ?? batch.baseTimestamp ?? 0), 35)
  header.writeBigInt64BE(-1n, 43)
  header.writeInt16BE(-1, 51)
  header.writeInt32BE(-1, 53)
  header.writeInt32BE(batch.count ?? records.length, 57)
  const whole = Buffer.concat([header, body])
  whole.writeUInt32BE(crc32c(whole.subarray(21)), 17)
  return whole
}
