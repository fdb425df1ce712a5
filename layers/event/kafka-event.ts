// What is in the event that the Kafka event source mapping hands to a function?
// Source: AWS Lambda Developer Guide, "Using Lambda with self-managed Apache Kafka" and "… Amazon MSK".
import { z } from 'zod'
import { UNPARSABLE_HEADER } from '../contract'

/** One record as it stands in the event: `key` is absent for a null key, `value` for a tombstone. */
export interface KafkaEventRecord {
  topic: string
  partition: number
  offset: number
  timestamp: number
  timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME'
  key?: string
  value?: string
  headers: Record<string, number[]>[]
}

/** The records of one partition, in offset order. */
export interface PartitionRecords {
  topic: string
  partition: number
  records: KafkaEventRecord[]
}

/** Checks a batch with one pass and no copy: a schema object per record would cost as much as storing it. */
const isRecords = (records: unknown): records is KafkaEventRecord[] =>
  Array.isArray(records) &&
  records.every(
    record =>
      record !== null &&
      typeof record === 'object' &&
      typeof record.topic === 'string' &&
      Number.isInteger(record.partition) &&
      Number.isSafeInteger(record.offset) &&
      typeof record.timestamp === 'number' &&
      (record.key == null || typeof record.key === 'string') &&
      (record.value == null || typeof record.value === 'string') &&
      Array.isArray(record.headers)
  )

/** The event of both sources; `records` maps `<topic>-<partition>` to that partition's records. */
export const kafkaEvent = z.object({
  eventSource: z.enum(['SelfManagedKafka', 'aws:kafka']),
  bootstrapServers: z.string().optional(),
  records: z.record(
    z.string(),
    z.custom<KafkaEventRecord[]>(isRecords, 'must be an array of Kafka records with topic, partition, offset, timestamp and headers')
  )
})

export type KafkaEvent = z.infer<typeof kafkaEvent>

/** The event's partitions, each with its records; empty ones are left out. */
export function partitionsOf(event: KafkaEvent): PartitionRecords[] {
  return Object.values(event.records)
    .filter(records => records.length > 0)
    .map(records => ({ topic: records[0]!.topic, partition: records[0]!.partition, records }))
}

const bytesOf = (base64: string | undefined | null) => (base64 == null ? null : Buffer.from(base64, 'base64'))

/** The value's bytes; null for a tombstone. */
export const valueBytes = (record: KafkaEventRecord): Buffer | null => bytesOf(record.value)

/** The key's bytes; null where the record has none. */
export const keyBytes = (record: KafkaEventRecord): Buffer | null => bytesOf(record.key)

/** The bytes of the last header of this name, as Kafka's own `lastHeader` picks it; undefined where there is none. */
export function headerBytes(record: KafkaEventRecord, name: string): readonly number[] | undefined {
  for (let index = record.headers.length - 1; index >= 0; index--) {
    const value = record.headers[index]![name]
    if (value !== undefined) return value ?? []
  }
  return undefined
}

/** The same as a Buffer. */
export function headerOf(record: KafkaEventRecord, name: string): Buffer | undefined {
  const bytes = headerBytes(record, name)
  return bytes && Buffer.from(bytes)
}

/** What can be the id of a run. */
export const runIdPattern = /^[A-Za-z0-9_-]{1,64}$/

/** The names of the headers that Sluice itself writes. */
export const headers = {
  /** Identifies the run that produced the record. */
  run: 'sluice-run',
  /** The line of the source file that the record was read from, 1-based. */
  line: 'sluice-line',
  /** Why the line could not be parsed; the record's value is then the line's bytes. */
  unparsable: UNPARSABLE_HEADER,
  /** How often the record was sent back from the quarantine: decimal text. */
  replay: 'sluice-replay'
} as const
