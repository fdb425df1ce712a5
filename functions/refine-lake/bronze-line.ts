// Which record does a line of a bronze object hold?
import type { RawRecord } from '../../layers/contract'

export interface BronzeRecord extends RawRecord {
  topic: string
  partition: number
  offset: number
}

interface Envelope {
  topic?: unknown
  partition?: unknown
  offset?: unknown
  timestamp?: unknown
  headers?: unknown
  value?: unknown
  value_text?: unknown
  value_base64?: unknown
}

/**
 * Opens a line.
 * @returns undefined where it is no record: it has no topic, partition, offset or value
 */
export function readBronzeLine(line: string): BronzeRecord | undefined {
  let envelope: Envelope
  try {
    envelope = JSON.parse(line) as Envelope
  } catch {
    return undefined
  }
  if (typeof envelope !== 'object' || envelope === null) return undefined
  const { topic, partition, offset, timestamp } = envelope
  if (typeof topic !== 'string' || !Number.isSafeInteger(partition) || !Number.isSafeInteger(offset)) return undefined
  const value = valueBytes(envelope, line)
  if (value === undefined) return undefined
  return {
    topic,
    partition: partition as number,
    offset: offset as number,
    value,
    timestampMs: typeof timestamp === 'number' ? timestamp : -1,
    headers: name => headerOf(envelope.headers, name)
  }
}

function valueBytes(envelope: Envelope, line: string): Buffer | null | undefined {
  if (typeof envelope.value_text === 'string') return Buffer.from(envelope.value_text, 'utf8')
  if (typeof envelope.value_base64 === 'string') return Buffer.from(envelope.value_base64, 'base64')
  if (envelope.value === null) return null
  if (envelope.value === undefined) return undefined
  const text = memberText(line, 'value')
  return text === undefined ? undefined : Buffer.from(text, 'utf8')
}

/** The first header of the name: `{name, value}`, or `{name, value_base64}` where it is no text. */
function headerOf(headers: unknown, name: string): Buffer | undefined {
  if (!Array.isArray(headers)) return undefined
  for (const header of headers as ({ name?: unknown; value?: unknown; value_base64?: unknown } | null)[]) {
    if (header?.name !== name) continue
    if (typeof header.value === 'string') return Buffer.from(header.value, 'utf8')
    if (typeof header.value_base64 === 'string') return Buffer.from(header.value_base64, 'base64')
  }
  return undefined
}

const QUOTE = 34
const BACKSLASH = 92

/** The text of a member of an object, as it stands there: a validator must see a key that comes twice. `line` is valid JSON. */
export function memberText(line: string, name: string): string | undefined {
  const wanted = JSON.stringify(name)
  let depth = 0
  let from = -1
  for (let at = 0; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code === QUOTE) {
      const open = at
      for (at++; line.charCodeAt(at) !== QUOTE; at++) if (line.charCodeAt(at) === BACKSLASH) at++
      if (depth === 1 && from < 0 && line.slice(open, at + 1) === wanted) {
        const colon = /^\s*:/.exec(line.slice(at + 1, at + 20))
        if (colon) {
          at += colon[0].length
          from = at + 1
        }
      }
    } else if (code === 123 || code === 91) depth++
    else if (code === 125 || code === 93) {
      if (--depth === 0 && from >= 0) return line.slice(from, at).trim()
    } else if (code === 44 && depth === 1 && from >= 0) return line.slice(from, at).trim()
  }
  return undefined
}
