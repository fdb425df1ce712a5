// How does a value of a source column stand in a JSON message, with nothing of it lost?
//
// | source                          | message                                                                                         |
// |---------------------------------|-------------------------------------------------------------------------------------------------|
// | smallint, integer               | number                                                                                          |
// | bigint                          | number up to 2^53 - 1, else text                                                                |
// | numeric                         | its exact text where the field takes text, else a number of at most 15 digits, else text        |
// | real, double precision          | the shortest number that reads back the same                                                    |
// | NaN, infinity                   | text                                                                                            |
// | timestamp, timestamptz          | text in the contract's own format; what that cannot say without loss, in ISO 8601               |
// | date                            | text, ISO 8601                                                                                  |
// | bytea                           | text, Base64 with padding (RFC 4648, section 4)                                                 |
// | json, jsonb                     | the value itself                                                                                |
// | text, varchar, char, uuid, enum | text                                                                                            |
//
// What a contract does not allow in this form is for the validator to say: it goes to quarantine, and the extraction goes on.
import type { Field, TimestampFormat } from '../contract'
import { wallClockParser } from '../contract/timestamp'

type Family = 'integer' | 'bigint' | 'decimal' | 'float' | 'text' | 'bytes' | 'boolean' | 'date' | 'wall-clock' | 'instant' | 'json'

/** By the names of `format_type`. */
const families: Record<string, Family> = {
  smallint: 'integer',
  integer: 'integer',
  bigint: 'bigint',
  numeric: 'decimal',
  real: 'float',
  'double precision': 'float',
  text: 'text',
  'character varying': 'text',
  character: 'text',
  bpchar: 'text',
  name: 'text',
  uuid: 'text',
  citext: 'text',
  bytea: 'bytes',
  boolean: 'boolean',
  date: 'date',
  'timestamp without time zone': 'wall-clock',
  'timestamp with time zone': 'instant',
  json: 'json',
  jsonb: 'json'
}

/** Decimals of so many digits survive a reader that makes doubles of them. */
const EXACT_DIGITS = 15
/** Minutes of a zone that are remembered; then the memory starts anew. */
const MAX_CACHED_INSTANTS = 50_000

/** Text of a value as Postgres writes it (ISO dates, UTC, hex bytea) → a piece of JSON. */
export type Encoder = (text: string) => string

/** Told of a value that the contract's timestamp format cannot say without loss. */
export type OnInexact = () => void

const quoted: Encoder = text => JSON.stringify(text)
const literal: Encoder = text => text

const bigint: Encoder = text => (Number.isSafeInteger(Number(text)) ? text : `"${text}"`)

/** NaN and the infinities are no JSON numbers. */
const float: Encoder = text => (/^-?\d/.test(text) ? text : `"${text}"`)

const decimal: Encoder = text => {
  if (!/^-?\d/.test(text)) return `"${text}"`
  return text.replace(/^-?0*|\./g, '').length <= EXACT_DIGITS ? text : `"${text}"`
}

/** `\x6869` → `"aGk="`. */
const bytes: Encoder = text => `"${Buffer.from(text.slice(2), 'hex').toString('base64')}"`

const STAMP = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?(?:\+00)?$/

/** ISO 8601 where the value is a date and time of four-digit years; infinities and other years as Postgres writes them. */
function iso(text: string, zone: '' | 'Z'): string {
  const match = STAMP.exec(text)
  return match ? `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}${match[7] ?? ''}${zone}` : text
}

/** A writer of a JDK-style pattern from year, month, day, hour, minute and second; undefined where seconds would be lost. */
function patternWriter(pattern: string): (parts: readonly string[]) => string | undefined {
  const at: Record<string, number> = { yyyy: 0, MM: 1, dd: 2, HH: 3, mm: 4, ss: 5 }
  const pieces: string[] = pattern.match(/[A-Za-z]+|[^A-Za-z]+/g) ?? []
  const hasSeconds = pieces.includes('ss')
  return parts => {
    if (!hasSeconds && parts[5] !== '00') return undefined
    return pieces.map(piece => (piece in at ? parts[at[piece]!]! : piece)).join('')
  }
}

/** Wall-clock values: the pattern's zone is the one that the source means. */
function wallClockEncoder(pattern: string, onInexact: OnInexact): Encoder {
  const write = patternWriter(pattern)
  return text => {
    const match = STAMP.exec(text)
    const written = match && match[7] === undefined ? write(match.slice(1, 7)) : undefined
    if (written !== undefined) return JSON.stringify(written)
    onInexact()
    return JSON.stringify(iso(text, ''))
  }
}

/** Instants are shown on the clock of the pattern's zone, and only where reading that gives the same instant again. */
function zonedEncoder(pattern: string, zone: string, onInexact: OnInexact): Encoder {
  const write = patternWriter(pattern)
  const read = wallClockParser(pattern, zone)
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }
  } as Intl.DateTimeFormatOptions)
  const written = (text: string): string | undefined => {
    const match = STAMP.exec(text)
    if (!match || match[7] !== undefined) return undefined
    const instant = Date.parse(iso(text, 'Z'))
    const part = new Map(clock.formatToParts(instant).map(({ type, value }) => [type, value]))
    const names = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
    const shown = write(names.map(name => (part.get(name) ?? '').padStart(name === 'year' ? 4 : 2, '0')))
    return shown !== undefined && read(shown) === instant ? JSON.stringify(shown) : undefined
  }
  const cache = new Map<string, string | undefined>()
  return text => {
    if (cache.size >= MAX_CACHED_INSTANTS) cache.clear()
    if (!cache.has(text)) cache.set(text, written(text))
    const json = cache.get(text)
    if (json !== undefined) return json
    onInexact()
    return JSON.stringify(iso(text, 'Z'))
  }
}

function timestampEncoder(format: TimestampFormat, family: Family, onInexact: OnInexact): Encoder | undefined {
  if (family === 'instant')
    return format.kind === 'iso' ? text => JSON.stringify(iso(text, 'Z')) : zonedEncoder(format.pattern, format.zone, onInexact)
  // a wall-clock time has no offset, so an ISO instant cannot be made of it without a guess
  return family === 'wall-clock' && format.kind === 'wall-clock' ? wallClockEncoder(format.pattern, onInexact) : undefined
}

function numberEncoder(field: Field, family: Family): Encoder | undefined {
  switch (family) {
    case 'integer':
      return literal
    case 'bigint':
      return bigint
    case 'decimal':
      return field.fromText ? quoted : decimal
    case 'float':
      return float
    case 'text':
      return field.fromText ? quoted : undefined
    default:
      return undefined
  }
}

const textEncoders: Partial<Record<Family, Encoder>> = { text: quoted, bytes, integer: quoted, bigint: quoted, decimal: quoted }

/**
 * The encoder of one source column for one field of a contract.
 * @param type of the column, as `format_type` names it
 * @param onInexact called for each value that the field's timestamp format cannot say; the value then goes as ISO 8601
 * @returns undefined where a column of this type cannot be what the contract describes
 */
export function encoderFor(field: Field, type: string, onInexact: OnInexact = () => {}): Encoder | undefined {
  const family = families[type]
  if (!family) return undefined
  switch (field.column.type) {
    case 'text':
      return textEncoders[family]
    case 'timestamptz':
      return timestampEncoder(field.timestamp, family, onInexact)
    case 'boolean':
      return family === 'boolean' ? text => (text === 't' ? 'true' : 'false') : undefined
    case 'date':
      return family === 'date' ? quoted : undefined
    case 'jsonb':
      return family === 'json' ? literal : undefined
    default:
      return numberEncoder(field, family)
  }
}

/** The types of source columns that a field can be made of, for messages. */
export function typesFor(field: Field): string[] {
  return Object.keys(families).filter(type => encoderFor(field, type))
}
