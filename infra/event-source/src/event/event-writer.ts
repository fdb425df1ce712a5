// How do the records of a batch become the bytes of the event that Lambda gives to a function?
// Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-using-msk.html (event shape) and recorded events.
import { base64Length, writeBase64 } from './base64'
import type { EventHead, EventRecord } from './event'
import { asciiJson, writeByteArray, writeBytes, writeInteger, writeUtf8AsJson } from './json-bytes'
import { type RecordChunk, RecordCursor } from './record-batch'

/** The largest event, all JSON included: the limit of a synchronous invocation, 6 MB. */
export const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024

const fieldText = (text: string) => Buffer.from(text, 'latin1')
const timestampText = fieldText(',"timestamp":')
const createTimeText = fieldText(',"timestampType":"CREATE_TIME"')
const logAppendTimeText = fieldText(',"timestampType":"LOG_APPEND_TIME"')
const keyText = fieldText(',"key":"')
const valueText = fieldText(',"value":"')
const headersText = fieldText(',"headers":[')
const recordEndText = fieldText(']}')
const sectionEndText = fieldText(']')
const eventEndText = fieldText('}}')
const COMMA = 44
const COMMA_BYTES = 1
const QUOTE = 34
const COLON = 58
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
/** `]}}`: what closes an event whose last section is still open. */
const CLOSING_BYTES = sectionEndText.length + eventEndText.length
/** Room for offset, timestamp and every constant text of a record after its head: generous, only a bound. */
const RECORD_FIXED_BYTES = 160

/** Where an event's records come from, as AWS names it. */
export type EventOrigin =
  | { source: 'kafka'; bootstrapServers: readonly string[] }
  | { source: 'msk'; bootstrapServers: readonly string[]; arn: string }

/** The origin of a mapping's events. */
export function originOf(mapping: { source: 'kafka' | 'msk'; bootstrapServers: readonly string[]; arn?: string }): EventOrigin {
  const { source, bootstrapServers, arn } = mapping
  return source === 'msk' ? { source, bootstrapServers, arn: arn! } : { source, bootstrapServers }
}

/** What stands before the records in every event of an origin. */
export function eventHeadOf(origin: EventOrigin): EventHead {
  const bootstrapServers = origin.bootstrapServers.join(',')
  if (origin.source === 'kafka') return { eventSource: 'SelfManagedKafka', bootstrapServers }
  return { eventSource: 'aws:kafka', eventSourceArn: origin.arn, bootstrapServers }
}

/** A record that no event can hold, as even alone it exceeds the payload limit. */
export interface OversizedRecord {
  record: EventRecord
  /** Of an event with it alone. */
  bytes: number
}

/**
 * Writes events one after another into one shared buffer of the payload limit. Shared, so that a thread reads the bytes
 * where they are and a repeated invocation sends the same ones, without a copy.
 */
export class EventWriter {
  readonly memory: SharedArrayBuffer
  /** What every event of this writer begins with. */
  readonly eventHead: EventHead
  private readonly target: Buffer
  private readonly head: Buffer
  private readonly cursor = new RecordCursor()
  private at = 0
  private sectionOpen = false
  /** Records in the event so far. */
  records = 0
  /** Of the event's records, epoch milliseconds; Infinity without any. */
  oldestTimestamp = Infinity
  /** Records before those of the event that no event can hold. */
  oversized: OversizedRecord[] = []

  constructor(
    origin: EventOrigin,
    private readonly payloadBytesMax = PAYLOAD_BYTES_MAX
  ) {
    this.memory = new SharedArrayBuffer(payloadBytesMax)
    this.target = Buffer.from(this.memory)
    this.eventHead = eventHeadOf(origin)
    this.head = fieldText(`${asciiJson(this.eventHead).slice(0, -1)},"records":{`)
  }

  /** Begins a new event over the old one. */
  start(): void {
    this.at = writeBytes(this.target, 0, this.head)
    this.records = 0
    this.oldestTimestamp = Infinity
    this.oversized = []
    this.sectionOpen = false
  }

  /**
   * Appends records of one partition, in order, until the chunks are used up, the event holds `recordsMax` or the next record
   * would exceed the payload limit. Moves the chunks' positions. Call it once per partition and event.
   * @returns how many were appended, and whether the payload limit stopped it
   */
  append(topic: string, partition: number, chunks: readonly RecordChunk[], recordsMax: number): { appended: number; full: boolean } {
    const before = this.records
    const sectionText = fieldText(`${this.records > 0 ? ',' : ''}${asciiJson(`${topic}-${partition}`)}:[`)
    const recordText = fieldText(`{"topic":${asciiJson(topic)},"partition":${partition},"offset":`)
    let full = false
    for (const chunk of chunks) {
      while (chunk.left > 0 && !full && this.records < recordsMax) {
        this.cursor.read(chunk)
        if (this.fits(chunk, this.sectionOpen ? COMMA_BYTES : sectionText.length, recordText.length)) {
          if (this.sectionOpen) this.target[this.at++] = COMMA
          else this.openSection(sectionText)
          this.writeRecord(chunk, recordText)
        } else if (this.records > 0) {
          full = true
          break
        } else {
          const bytes = this.at + sectionText.length + this.recordBytes(chunk, recordText.length) + CLOSING_BYTES
          this.oversized.push({ record: this.recordObject(topic, partition, chunk), bytes })
        }
        chunk.at = this.cursor.end
        chunk.position = this.cursor.offset + 1
        chunk.left--
      }
    }
    if (this.sectionOpen) this.closeSection()
    return { appended: this.records - before, full }
  }

  private openSection(text: Buffer): void {
    this.at = writeBytes(this.target, this.at, text)
    this.sectionOpen = true
  }

  private closeSection(): void {
    this.at = writeBytes(this.target, this.at, sectionEndText)
    this.sectionOpen = false
  }

  /** Ends the event and returns its length in bytes; they are the first ones of `memory`. */
  finish(): number {
    this.at = writeBytes(this.target, this.at, eventEndText)
    return this.at
  }

  /** Whether the record, the text before it and what closes the event fit; exact, but exact only near the limit, where it matters. */
  private fits(chunk: RecordChunk, separatorBytes: number, recordTextBytes: number): boolean {
    const free = this.payloadBytesMax - this.at - separatorBytes - CLOSING_BYTES
    const { cursor } = this
    const headersBytes = (cursor.end - cursor.headersAt) * 6
    const bound = recordTextBytes + RECORD_FIXED_BYTES + base64Length(cursor.keyLength) + base64Length(cursor.valueLength) + headersBytes
    return bound <= free || this.recordBytes(chunk, recordTextBytes) <= free
  }

  /** The exact size of the current record's JSON. */
  private recordBytes(chunk: RecordChunk, recordTextBytes: number): number {
    const { cursor } = this
    let bytes = recordTextBytes + String(cursor.offset).length + timestampText.length + String(cursor.timestamp).length
    bytes += (chunk.logAppendTime ? logAppendTimeText : createTimeText).length
    if (cursor.keyLength >= 0) bytes += keyText.length + base64Length(cursor.keyLength) + 1
    if (cursor.valueLength >= 0) bytes += valueText.length + base64Length(cursor.valueLength) + 1
    bytes += headersText.length + recordEndText.length
    const count = cursor.startHeaders(chunk.bytes)
    for (let index = 0; index < count; index++) {
      cursor.nextHeader(chunk.bytes)
      const name = chunk.bytes.toString('utf8', cursor.headerNameAt, cursor.headerNameAt + cursor.headerNameLength)
      const value = chunk.bytes.subarray(cursor.headerValueAt, cursor.headerValueAt + Math.max(0, cursor.headerValueLength))
      bytes += (index > 0 ? 1 : 0) + 3 + asciiJson(name).length + 2 + value.join(',').length
    }
    return bytes
  }

  /** The current record as the event would have it. */
  private recordObject(topic: string, partition: number, chunk: RecordChunk): EventRecord {
    const { cursor } = this
    const { bytes } = chunk
    const base64 = (at: number, length: number) => bytes.toString('base64', at, at + length)
    const headers: EventRecord['headers'] = []
    for (let left = cursor.startHeaders(bytes); left > 0; left--) {
      cursor.nextHeader(bytes)
      const name = bytes.toString('utf8', cursor.headerNameAt, cursor.headerNameAt + cursor.headerNameLength)
      const value = bytes.subarray(cursor.headerValueAt, cursor.headerValueAt + Math.max(0, cursor.headerValueLength))
      headers.push(Object.fromEntries([[name, [...value]]]))
    }
    return {
      topic,
      partition,
      offset: cursor.offset,
      timestamp: cursor.timestamp,
      timestampType: chunk.logAppendTime ? 'LOG_APPEND_TIME' : 'CREATE_TIME',
      ...(cursor.keyLength >= 0 && { key: base64(cursor.keyAt, cursor.keyLength) }),
      ...(cursor.valueLength >= 0 && { value: base64(cursor.valueAt, cursor.valueLength) }),
      headers
    }
  }

  private writeRecord(chunk: RecordChunk, recordText: Buffer): void {
    const { cursor, target } = this
    if (cursor.timestamp < this.oldestTimestamp) this.oldestTimestamp = cursor.timestamp
    let at = writeBytes(target, this.at, recordText)
    at = writeInteger(target, at, cursor.offset)
    at = writeBytes(target, at, timestampText)
    at = writeInteger(target, at, cursor.timestamp)
    at = writeBytes(target, at, chunk.logAppendTime ? logAppendTimeText : createTimeText)
    // a null key or value is left out; an empty one is ""
    if (cursor.keyLength >= 0) {
      at = writeBase64(target, writeBytes(target, at, keyText), chunk.bytes, cursor.keyAt, cursor.keyAt + cursor.keyLength)
      target[at++] = QUOTE
    }
    if (cursor.valueLength >= 0) {
      at = writeBase64(target, writeBytes(target, at, valueText), chunk.bytes, cursor.valueAt, cursor.valueAt + cursor.valueLength)
      target[at++] = QUOTE
    }
    at = this.writeHeaders(chunk.bytes, writeBytes(target, at, headersText))
    this.at = writeBytes(target, at, recordEndText)
    this.records++
  }

  private writeHeaders(bytes: Buffer, start: number): number {
    const { cursor, target } = this
    const count = cursor.startHeaders(bytes)
    let at = start
    for (let index = 0; index < count; index++) {
      cursor.nextHeader(bytes)
      if (index > 0) target[at++] = COMMA
      target[at++] = OPEN_BRACE
      at = writeUtf8AsJson(target, at, bytes, cursor.headerNameAt, cursor.headerNameAt + cursor.headerNameLength)
      target[at++] = COLON
      // a null header value is written as an empty one: undocumented on AWS
      at = writeByteArray(target, at, bytes, cursor.headerValueAt, cursor.headerValueAt + cursor.headerValueLength)
      target[at++] = CLOSE_BRACE
    }
    return at
  }
}
