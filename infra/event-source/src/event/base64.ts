// How do key and value bytes become base64 inside the event, without a string per record where that is slower?

/** Bytes from which Buffer's native encoder beats the table: measured crossover is near 80 bytes on Node 20. */
const NATIVE_FROM_BYTES = 80

const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1')
const PADDING = 61

/** Characters of the base64 form (RFC 4648, padded) of `length` bytes. */
export function base64Length(length: number): number {
  return Math.ceil(length / 3) * 4
}

/**
 * Writes the padded base64 of source[start, end) into target at `at`; the caller has checked that it fits.
 * Returns the position behind the last character.
 */
export function writeBase64(target: Buffer, at: number, source: Buffer, start: number, end: number): number {
  if (end - start < NATIVE_FROM_BYTES) return writeByTable(target, at, source, start, end)
  const text = source.base64Slice(start, end)
  target.latin1Write(text, at)
  return at + text.length
}

function writeByTable(target: Buffer, at: number, source: Buffer, start: number, end: number): number {
  let from = start
  let to = at
  const wholeEnd = start + Math.floor((end - start) / 3) * 3
  while (from < wholeEnd) {
    const bits = (source[from]! << 16) | (source[from + 1]! << 8) | source[from + 2]!
    target[to] = alphabet[bits >> 18]!
    target[to + 1] = alphabet[(bits >> 12) & 63]!
    target[to + 2] = alphabet[(bits >> 6) & 63]!
    target[to + 3] = alphabet[bits & 63]!
    from += 3
    to += 4
  }
  const left = end - from
  if (left === 0) return to
  const bits = (source[from]! << 16) | (left === 2 ? source[from + 1]! << 8 : 0)
  target[to] = alphabet[bits >> 18]!
  target[to + 1] = alphabet[(bits >> 12) & 63]!
  target[to + 2] = left === 2 ? alphabet[(bits >> 6) & 63]! : PADDING
  target[to + 3] = PADDING
  return to + 4
}
