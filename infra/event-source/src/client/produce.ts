// How are records written to a topic? Record batches to the leaders of their partitions, acknowledged by every replica in sync.
// Source of the layout: https://kafka.apache.org/documentation/#recordbatch
import { gzipSync } from 'node:zlib'
import { batchHeaderBytes, crc32c, errorName, KafkaError } from 'sluice-broker/protocol'
import type { Cluster, Topic } from './cluster'

/** Every replica in sync has it before the broker answers. */
const ACKS_ALL = -1
/** How long the leader may wait for them. */
const ACKS_MS_MAX = 15_000
const GZIP = 1
const MAGIC = 2
const NO_PRODUCER = -1

export interface OutgoingRecord {
  key: Buffer | null
  value: Buffer
}

/**
 * Appends records to a partition, in order and all or none.
 * @throws KafkaError with the broker's code, ConnectionError when it cannot be reached: both may be tried again with fresh metadata
 */
export async function produce(cluster: Cluster, topic: Topic, partition: number, outgoing: readonly OutgoingRecord[]): Promise<void> {
  const connection = await cluster.broker(topic.leaders.get(partition) ?? -1, 'produce')
  const records = encodeBatch(outgoing, Date.now())
  const topicData = [{ name: topic.name, partitionData: [{ index: partition, records }] }]
  const { responses } = await connection.request('produce', { acks: ACKS_ALL, timeoutMs: ACKS_MS_MAX, topicData }, ACKS_MS_MAX)
  const answer = responses.flatMap(({ partitionResponses }) => partitionResponses)[0]
  if (!answer) throw new KafkaError('UNKNOWN_SERVER_ERROR', `no answer for ${topic.name}-${partition}`)
  if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode), `writing to ${topic.name}-${partition}`)
}

/** One gzip batch of all records, with the same time. */
export function encodeBatch(records: readonly OutgoingRecord[], timestamp: number): Buffer {
  const body = gzipSync(Buffer.concat(records.map(encodeRecord)))
  const header = Buffer.alloc(batchHeaderBytes)
  header.writeInt32BE(batchHeaderBytes - 12 + body.length, 8)
  header.writeInt32BE(-1, 12)
  header.writeInt8(MAGIC, 16)
  header.writeInt16BE(GZIP, 21)
  header.writeInt32BE(records.length - 1, 23)
  header.writeBigInt64BE(BigInt(timestamp), 27)
  header.writeBigInt64BE(BigInt(timestamp), 35)
  header.writeBigInt64BE(BigInt(NO_PRODUCER), 43)
  header.writeInt16BE(NO_PRODUCER, 51)
  header.writeInt32BE(NO_PRODUCER, 53)
  header.writeInt32BE(records.length, 57)
  const batch = Buffer.concat([header, body])
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

// Record => length:VARINT attributes:INT8 timestampDelta:VARLONG offsetDelta:VARINT key:VARINT-BYTES value:VARINT-BYTES [headers]
function encodeRecord({ key, value }: OutgoingRecord, index: number): Buffer {
  const zero = Buffer.from([0])
  const body = Buffer.concat([zero, zero, varint(index), sized(key), sized(value), zero])
  return Buffer.concat([varint(body.length), body])
}

function sized(bytes: Buffer | null): Buffer {
  return bytes ? Buffer.concat([varint(bytes.length), bytes]) : varint(-1)
}

/** Zigzag, of a whole number of at most 31 bits. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}
