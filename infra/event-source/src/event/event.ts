// What is an event as an object? The shape that a function gets, for those few batches that are cut, described or sent elsewhere.
import { asciiJson } from './json-bytes'

export interface EventRecord {
  topic: string
  partition: number
  offset: number
  timestamp: number
  timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME'
  /** Base64; left out when null. */
  key?: string
  value?: string
  headers: Array<Record<string, number[]>>
}

/** What stands in an event before its records. */
export interface EventHead {
  eventSource: 'SelfManagedKafka' | 'aws:kafka'
  eventSourceArn?: string
  bootstrapServers: string
}

export interface KafkaEvent extends EventHead {
  /** By topic and partition, with a hyphen between them. */
  records: Record<string, EventRecord[]>
}

/** The records of a written event, in its order. */
export function readRecords(memory: SharedArrayBuffer, bytes: number): EventRecord[] {
  const { records } = JSON.parse(Buffer.from(memory, 0, bytes).latin1Slice(0, bytes)) as KafkaEvent
  return Object.values(records).flat()
}

/** The key of a record's list in an event. */
export function sectionOf({ topic, partition }: EventRecord): string {
  return `${topic}-${partition}`
}

/** An event of these records; the order of partitions is that of their first records. */
export function eventOf(head: EventHead, records: readonly EventRecord[]): KafkaEvent {
  const sections = new Map<string, EventRecord[]>()
  for (const record of records) {
    const section = sections.get(sectionOf(record))
    if (section) section.push(record)
    else sections.set(sectionOf(record), [record])
  }
  return { ...head, records: Object.fromEntries(sections) }
}

/** The event's JSON as its bytes have it: all ASCII. */
export function eventText(event: KafkaEvent): string {
  return asciiJson(event)
}

/** Writes an event over the bytes of the one it is a part of. Returns its length. */
export function writeEvent(memory: SharedArrayBuffer, event: KafkaEvent): number {
  return Buffer.from(memory).latin1Write(eventText(event), 0)
}
