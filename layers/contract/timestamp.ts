// Which instant does the text of a timestamp name, if it names one?

/** Why text is no instant: not of the format, a date that no calendar has, no offset, or an hour that the zone skips. */
export type TimestampProblem = 'invalid' | 'without_zone' | 'skipped'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** Postgres refuses larger offsets (datetime.h, MAX_TZDISP_HOUR). */
const MAX_OFFSET_MINUTES = 15 * 60 + 59
/** Distinct wall-clock minutes remembered per format; then the cache starts anew. */
const MAX_CACHED_MINUTES = 50_000

const DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function daysIn(year: number, month: number): number {
  return month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : DAYS[month]!
}

/** Milliseconds since the epoch of a UTC date and time, or NaN when the calendar has none such. Years 1 to 9999. */
function utc(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return Number.NaN
  if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN
  return daysFromCivil(year, month, day) * DAY_MS + hour * 3_600_000 + minute * MINUTE_MS + second * 1000
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** Two digits at `at`, or NaN. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

const OFFSET = /^([+-])(\d{2})(?::?(\d{2}))?$/

/**
 * ISO 8601 extended format with an offset: `2026-01-31T08:15[:30[.123456]](Z|±hh[:mm])`. Date.parse is not used: it rolls 30 February
 * over and reads text without an offset in the machine's zone.
 * @returns milliseconds since the epoch, with a fraction down to microseconds where the text has one; further digits are rounded, as
 *   Postgres does. Before 1684 and after 2255 digits after the millisecond are cut
 */
export function parseIso(text: string): number | TimestampProblem {
  const length = text.length
  if (length < 16 || length > 40 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return 'invalid'
  if (text.charCodeAt(10) !== 84 || text.charCodeAt(13) !== 58) return 'invalid'
  let at = 16
  let second = 0
  let micros = 0
  if (text.charCodeAt(16) === 58) {
    second = two(text, 17)
    at = 19
    const mark = text.charCodeAt(19)
    if (mark === 46 || mark === 44) {
      let digits = 0
      for (at = 20; ; at++) {
        const digit = text.charCodeAt(at) - 48
        if (!(digit >= 0 && digit <= 9)) break
        digits++
        if (digits <= 6) micros = micros * 10 + digit
        else if (digits === 7 && digit >= 5) micros++
      }
      if (digits === 0) return 'invalid'
      for (; digits < 6; digits++) micros *= 10
    }
  }
  const ms = withMicros(utc(two(text, 0) * 100 + two(text, 2), two(text, 5), two(text, 8), two(text, 11), two(text, 14), second), micros)
  if (Number.isNaN(ms)) return 'invalid'
  if (at === length) return 'without_zone'
  return withOffset(ms, text, at)
}

/** A double holds microseconds between the years 1684 and 2255; outside of them digits after the millisecond are cut, not rounded into another one. */
function withMicros(ms: number, micros: number): number {
  return Math.abs(ms) <= Number.MAX_SAFE_INTEGER / 1000 ? ms + micros / 1000 : ms + Math.floor(Math.min(micros, 999_999) / 1000)
}

function withOffset(ms: number, text: string, at: number): number | TimestampProblem {
  if (text.charCodeAt(at) === 90 && at + 1 === text.length) return ms
  const offset = OFFSET.exec(text.slice(at))
  if (!offset) return 'invalid'
  const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0)
  if (minutes > MAX_OFFSET_MINUTES || Number(offset[3] ?? 0) > 59) return 'invalid'
  return offset[1] === '-' ? ms + minutes * MINUTE_MS : ms - minutes * MINUTE_MS
}

/** A calendar date `2026-01-31` that exists. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(utc(Number(text.slice(0, 4)), two(text, 5), two(text, 8), 0, 0, 0))
}

const TOKENS: Record<string, { digits: string; part: 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' }> = {
  yyyy: { digits: '\\d{4}', part: 'year' },
  MM: { digits: '\\d{1,2}', part: 'month' },
  dd: { digits: '\\d{1,2}', part: 'day' },
  HH: { digits: '\\d{1,2}', part: 'hour' },
  mm: { digits: '\\d{2}', part: 'minute' },
  ss: { digits: '\\d{2}', part: 'second' }
}
const TOKEN = /[A-Za-z]+/g

/** @returns why the JDK-style pattern cannot be read, or undefined when it can */
export function wallClockProblem(pattern: string): string | undefined {
  const found: string[] = pattern.match(TOKEN) ?? []
  const unknown = found.find(token => !Object.hasOwn(TOKENS, token))
  if (unknown) return `${unknown} is not known; use ${Object.keys(TOKENS).join(', ')}`
  const missing = ['yyyy', 'MM', 'dd', 'HH', 'mm'].find(token => !found.includes(token))
  return missing ? `must hold ${missing}` : undefined
}

export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/**
 * Reads wall-clock text in a zone. A time that occurs twice is the later one and a skipped time is a problem: the first is what Postgres
 * does (documentation, appendix B.2), the second is stricter, because no clock in the zone ever showed it.
 */
export function wallClockParser(pattern: string, zone: string): (text: string) => number | TimestampProblem {
  const parts: string[] = []
  const source = pattern.replace(/[^A-Za-z]+|[A-Za-z]+/g, piece => {
    const token = TOKENS[piece]
    if (!token) return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    parts.push(token.part)
    return `(${token.digits})`
  })
  const shape = new RegExp(`^${source}$`)
  const toInstant = zoneConverter(zone)
  const cache = new Map<string, number | TimestampProblem>()
  return text => {
    const known = cache.get(text)
    if (known !== undefined) return known
    const match = shape.exec(text)
    if (!match) return 'invalid'
    const read: Record<string, number> = { second: 0 }
    parts.forEach((part, index) => {
      read[part] = Number(match[index + 1])
    })
    const wall = utc(read['year']!, read['month']!, read['day']!, read['hour']!, read['minute']!, read['second']!)
    const result = Number.isNaN(wall) ? 'invalid' : toInstant(wall)
    if (cache.size >= MAX_CACHED_MINUTES) cache.clear()
    cache.set(text, result)
    return result
  }
}

function zoneConverter(zone: string): (wallMs: number) => number | TimestampProblem {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const offsetAt = (ms: number): number => {
    const name = format.formatToParts(ms).find(part => part.type === 'timeZoneName')!.value
    const match = /GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name)
    if (!match) return 0
    const size = (Number(match[2]) * 60 + Number(match[3])) * MINUTE_MS + Number(match[4] ?? 0) * 1000
    return match[1] === '-' ? -size : size
  }
  return wall => {
    const candidates = [offsetAt(wall - DAY_MS), offsetAt(wall + DAY_MS)].map(offset => wall - offset)
    const instants = candidates.filter(instant => instant + offsetAt(instant) === wall)
    return instants.length === 0 ? 'skipped' : Math.max(...instants)
  }
}
