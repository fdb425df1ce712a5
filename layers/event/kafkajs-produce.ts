// How does kafkajs' producer write a request without an allocation for each record and header?
// kafkajs makes a 512-byte Buffer for every record and every header and copies each three times: 12 µs a record of 150 bytes, of which this
// and kafkajs-grouping leave 2 (200,000 records, one header, four partitions). The bundler puts this module in the place of kafkajs' own
// (infra/esbuild-plugins.cjs); a test holds the bytes of the two against each other.
// Grammar: Apache Kafka protocol, Produce request versions 3 to 7 and "Record Batch", magic 2.
import Encoder from 'kafkajs/src/protocol/encoder'
import crc32c from 'kafkajs/src/protocol/recordBatch/crc32C'
import produceOfKafkajs, { type ProduceRequest } from 'kafkajs/src/protocol/requests/produce/v3/request'

type Bytes = string | Buffer | null | undefined
type Headers = Record<string, Bytes | Bytes[]>

interface Message {
  key?: Bytes
  value: Bytes
  headers?: Headers
  timestamp?: string
}

/** Bytes from a batch's start to its length field's end, and to what its checksum covers. */
const lengthEnd = 12
const checksumEnd = 21
const magic = 2
/** Attributes, timestamp delta and the lengths of a record, without its offset delta. */
const varintMax = 5
const noHeaders = Buffer.of(0)

const lengthOf = (value: Bytes) => (value == null ? -1 : typeof value === 'string' ? Buffer.byteLength(value) : value.length)

/** Bytes of a zigzag varint; lengths and deltas are far below 2^30. */
function sizeOfVarint(value: number): number {
  const zigzag = value < 0 ? 1 : value * 2
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x200000 ? 3 : zigzag < 0x10000000 ? 4 : 5
}

function putVarint(buffer: Buffer, value: number, at: number): number {
  let rest = value < 0 ? 1 : value * 2
  while (rest > 0x7f) {
    buffer[at++] = (rest & 0x7f) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  buffer[at++] = rest
  return at
}

function putBytes(buffer: Buffer, value: Bytes, length: number, at: number): number {
  const from = putVarint(buffer, length, at)
  if (value == null) return from
  if (typeof value === 'string') buffer.write(value, from)
  else value.copy(buffer, from)
  return from + length
}

/** A producer gives all records of a run one object of headers, so its bytes are made once. */
const headerBytes = new WeakMap<Headers, Buffer>()

function encodeHeaders(headers: Headers): Buffer {
  const known = headerBytes.get(headers)
  if (known) return known
  // a name with several values stands once for each
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((each): [string, Bytes] => [name, each]) : [[name, value] as [string, Bytes]]
  )
  const sizes = pairs.map(([name, value]) => [lengthOf(name), lengthOf(value)] as const)
  const buffer = Buffer.alloc(sizes.reduce((size, [name, value]) => size + name + Math.max(0, value) + 2 * varintMax, varintMax))
  let at = putVarint(buffer, pairs.length, 0)
  for (const [index, [name, value]] of pairs.entries())
    at = putBytes(buffer, value, sizes[index]![1], putBytes(buffer, name, sizes[index]![0], at))
  const bytes = buffer.subarray(0, at)
  headerBytes.set(headers, bytes)
  return bytes
}

function writeRecord(out: Encoder, { key, value, headers }: Message, offsetDelta: number): void {
  const keyLength = lengthOf(key)
  const valueLength = lengthOf(value)
  const tail = headers === undefined ? noHeaders : encodeHeaders(headers)
  // attributes and timestamp delta are a zero byte each
  const size =
    2 +
    sizeOfVarint(offsetDelta) +
    sizeOfVarint(keyLength) +
    Math.max(0, keyLength) +
    sizeOfVarint(valueLength) +
    Math.max(0, valueLength) +
    tail.length
  out.ensureAvailable(size + varintMax)
  const buffer = out.buf
  let at = putVarint(buffer, size, out.offset)
  buffer[at++] = 0
  buffer[at++] = 0
  at = putVarint(buffer, offsetDelta, at)
  at = putBytes(buffer, key, keyLength, at)
  at = putBytes(buffer, value, valueLength, at)
  out.offset = at + tail.copy(buffer, at)
}

function writeBatch(out: Encoder, request: ProduceRequest, firstSequence: number, messages: readonly Message[], now: number): void {
  const from = out.offset
  out.writeInt64(0).writeInt32(0).writeInt32(0).writeInt8(magic).writeInt32(0).writeInt16(0)
  out
    .writeInt32(messages.length - 1)
    .writeInt64(now)
    .writeInt64(now)
  out
    .writeInt64(request.producerId ?? -1)
    .writeInt16(request.producerEpoch ?? 0)
    .writeInt32(firstSequence ?? 0)
    .writeInt32(messages.length)
  for (let index = 0; index < messages.length; index++) writeRecord(out, messages[index]!, index)
  out.buf.writeInt32BE(out.offset - from - lengthEnd, from + lengthEnd - 4)
  out.buf.writeUInt32BE(crc32c(out.buf.subarray(from + checksumEnd, out.offset)), from + checksumEnd - 4)
}

/** Room for the first message times their number; a wrong guess costs one copy. */
function roomFor(topicData: ProduceRequest['topicData']): number {
  let room = 1024
  for (const { partitions } of topicData)
    for (const { messages } of partitions) room += messages.length * (64 + lengthOf(messages[0]?.key) + lengthOf(messages[0]?.value))
  return room
}

function encode(request: ProduceRequest): Encoder {
  const out = new Encoder(roomFor(request.topicData))
  const now = Date.now()
  out.writeString(null).writeInt16(request.acks).writeInt32(request.timeout).writeInt32(request.topicData.length)
  for (const { topic, partitions } of request.topicData) {
    out.writeString(topic).writeInt32(partitions.length)
    for (const { partition, firstSequence, messages } of partitions) {
      out.writeInt32(partition).writeInt32(0)
      const from = out.offset
      writeBatch(out, request, firstSequence, messages, now)
      out.buf.writeInt32BE(out.offset - from, from - 4)
    }
  }
  return out
}

/** Compression, transactions and timestamps of the sender's own are left to kafkajs. */
const isPlain = ({ compression, transactionalId, topicData }: ProduceRequest) =>
  !compression &&
  transactionalId == null &&
  topicData.every(({ partitions }) => partitions.every(({ messages }) => messages.every(message => message.timestamp == null)))

/** In the place of kafkajs' `protocol/requests/produce/v3/request`. */
function produce(request: ProduceRequest): ReturnType<typeof produceOfKafkajs> {
  const original = produceOfKafkajs(request)
  return isPlain(request) ? { ...original, encode: async () => encode(request) } : original
}

export = produce
