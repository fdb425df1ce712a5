// How does a Kafka record stand in a line of JSON? Its own bytes wherever they are JSON that every reader takes.
import { isUtf8 } from 'node:buffer'
import { MAX_DEPTH, scanJson } from '../../layers/contract/json-scan'
import { type KafkaEventRecord, keyBytes, valueBytes } from '../../layers/event/kafka-event'

/** `"<name>":` as text, or `"<name>_base64":` where the bytes are no text. */
const bytesMember = (name: string, bytes: Buffer): string =>
  isUtf8(bytes) ? `"${name}":${JSON.stringify(bytes.toString('utf8'))}` : `"${name}_base64":"${bytes.toString('base64')}"`

/** Whether the text escapes half of a surrogate pair: JSON.parse takes it, readers that make UTF-8 of it do not. */
function hasLoneSurrogate(text: string): boolean {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return false
  let highEnd = -1
  for (const { 0: escaped, 1: hex, index } of text.matchAll(/\\(?:u([0-9a-fA-F]{4})|[^u])/g)) {
    const unit = hex === undefined ? 0 : Number.parseInt(hex, 16)
    const isLow = unit >= 0xdc00 && unit <= 0xdfff
    if (isLow !== (highEnd === index)) return true
    highEnd = unit >= 0xd800 && unit <= 0xdbff ? index + escaped.length : -1
    // a high one whose other half is no escape stays open: the next escape begins elsewhere, or there is none
    if (highEnd >= 0 && text.charCodeAt(highEnd) !== 92) return true
  }
  return false
}

/** Containers are counted first, which is cheap and says of nearly every message that it cannot be deep. */
function isTooDeep(text: string): boolean {
  let containers = 0
  for (const open of ['{', '['])
    for (let at = text.indexOf(open); at >= 0 && containers <= MAX_DEPTH; at = text.indexOf(open, at + 1)) containers++
  return containers > MAX_DEPTH && scanJson(text).depth > MAX_DEPTH
}

/**
 * Whether the text can stand in a line as it is: JSON without a line break, and without what makes a reader give up the whole file. Tried with
 * DuckDB 1.5: it refuses half a surrogate pair, and reading types from text that is nested thousands deep ends the process.
 */
function isJsonOnOneLine(text: string): boolean {
  if (text.includes('\n') || text.includes('\r')) return false
  try {
    JSON.parse(text)
  } catch {
    return false
  }
  return !hasLoneSurrogate(text) && !isTooDeep(text)
}

function valueMember(value: Buffer | null): string {
  if (value === null) return '"value":null'
  if (!isUtf8(value)) return `"value_base64":"${value.toString('base64')}"`
  const text = value.toString('utf8')
  return isJsonOnOneLine(text) ? `"value":${text}` : `"value_text":${JSON.stringify(text)}`
}

const headerObject = (name: string, bytes: readonly number[] | null): string =>
  `{"name":${JSON.stringify(name)},${bytes === null ? '"value":null' : bytesMember('value', Buffer.from(bytes))}}`

const headersOf = (record: KafkaEventRecord): string =>
  record.headers.flatMap(header => Object.entries(header).map(([name, bytes]) => headerObject(name, bytes))).join(',')

/**
 * Records as JSON Lines, pure: the same records make the same text.
 *
 * | member                                     | holds                                                                              |
 * |--------------------------------------------|------------------------------------------------------------------------------------|
 * | topic, partition, offset, timestamp        | as Kafka has them; timestamp in epoch milliseconds                                 |
 * | key, or key_base64                         | text, null where there is none; base64 where it is no UTF-8                        |
 * | headers                                    | a list of name and value (or value_base64), in their order, repeated ones too      |
 * | value, or value_text, or value_base64      | the message's own bytes where they are JSON on one line; its text; its bytes       |
 */
export function bronzeLines(records: readonly KafkaEventRecord[]): string {
  let topic = ''
  let head = ''
  let lines = ''
  for (const record of records) {
    if (record.topic !== topic || head === '') {
      topic = record.topic
      head = `{"topic":${JSON.stringify(topic)},"partition":${record.partition},"offset":`
    }
    const key = keyBytes(record)
    const keyMember = key === null ? '"key":null' : bytesMember('key', key)
    const headers = record.headers.length === 0 ? '' : headersOf(record)
    lines += `${head}${record.offset},"timestamp":${record.timestamp},${keyMember},"headers":[${headers}],${valueMember(valueBytes(record))}}\n`
  }
  return lines
}
