// How are numbers, names and constant text written as ASCII JSON bytes? Everything is ASCII, so that a reader may decode it as latin1.

const ZERO = 48
const COMMA = 44
const QUOTE = 34
const BACKSLASH = 92
const chunk = 10_000_000

/** A text or object as JSON whose every character beyond ASCII is escaped (RFC 8259, 7). */
export function asciiJson(value: string | object): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Copies all of `source` to `at`; a plain loop, as for these lengths it is faster than the native copy. */
export function writeBytes(target: Buffer, at: number, source: Uint8Array): number {
  const length = source.length
  for (let index = 0; index < length; index++) target[at + index] = source[index]!
  return at + length
}

/** Writes an integer of at most 2^53 in decimal. */
export function writeInteger(target: Buffer, at: number, value: number): number {
  if (value < 0) {
    target[at] = 45
    return writeInteger(target, at + 1, -value)
  }
  if (value < chunk) return writeDigits(target, at, value, digitsOf(value))
  // split so that the divisions stay in 32-bit integers
  const high = Math.floor(value / chunk)
  return writeDigits(target, writeInteger(target, at, high), value - high * chunk, 7)
}

function digitsOf(value: number): number {
  if (value < 1000) return value < 10 ? 1 : value < 100 ? 2 : 3
  if (value < 100_000) return value < 10_000 ? 4 : 5
  return value < 1_000_000 ? 6 : 7
}

function writeDigits(target: Buffer, at: number, value: number, digits: number): number {
  let rest = value | 0
  for (let index = at + digits - 1; index >= at; index--) {
    const quotient = (rest / 10) | 0
    target[index] = ZERO + rest - quotient * 10
    rest = quotient
  }
  return at + digits
}

/** Writes source[start, end), UTF-8, as a JSON string. At most 6 characters a byte are written, and two quotes. */
export function writeUtf8AsJson(target: Buffer, at: number, source: Buffer, start: number, end: number): number {
  target[at] = QUOTE
  let to = at + 1
  for (let from = start; from < end; from++) {
    const byte = source[from]!
    if (byte < 0x20 || byte > 0x7e || byte === QUOTE || byte === BACKSLASH) {
      const escaped = asciiJson(source.toString('utf8', start, end))
      target.latin1Write(escaped, at)
      return at + escaped.length
    }
    target[to++] = byte
  }
  target[to] = QUOTE
  return to + 1
}

/** Writes source[start, end) as a JSON array of numbers from 0 to 255. At most 4 characters a byte are written, and two brackets. */
export function writeByteArray(target: Buffer, at: number, source: Buffer, start: number, end: number): number {
  let to = at
  target[to++] = 91
  for (let from = start; from < end; from++) {
    if (from > start) target[to++] = COMMA
    const byte = source[from]!
    to = writeDigits(target, to, byte, byte < 10 ? 1 : byte < 100 ? 2 : 3)
  }
  target[to] = 93
  return to + 1
}
