// Does one value of a record match one rule of a pattern? Each rule becomes a function over the value's bytes where they are.
import { comparableNumberIn } from './comparable-number'
import { addressBytes, isInBlock } from './ip-address'

/** What a value is: a string (bytes between its quotes, unescaped), a number token, or true, false or null. */
export const STRING = 0
export const NUMBER = 1
export const LITERAL = 2

export type ValueTest = (bytes: Buffer, start: number, end: number, kind: number) => boolean

export const always: ValueTest = () => true

const ASTERISK = 42
const BACKSLASH = 92

function isAt(bytes: Buffer, start: number, wanted: Buffer): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[start + index] !== wanted[index]) return false
  return true
}

/** Values of the kind whose text is one of these; looked up by length, so that long lists stay fast. */
export function equalsOneOf(texts: readonly string[], kind: number): ValueTest {
  const byLength: Buffer[][] = []
  for (const text of texts) {
    const bytes = Buffer.from(text)
    ;(byLength[bytes.length] ??= []).push(bytes)
  }
  return (bytes, start, end, found) => {
    const candidates = byLength[end - start]
    if (found !== kind || candidates === undefined) return false
    for (const candidate of candidates) if (isAt(bytes, start, candidate)) return true
    return false
  }
}

export function startsWith(text: string): ValueTest {
  const prefix = Buffer.from(text)
  return (bytes, start, end, kind) => kind === STRING && end - start >= prefix.length && isAt(bytes, start, prefix)
}

export function endsWith(text: string): ValueTest {
  const suffix = Buffer.from(text)
  return (bytes, start, end, kind) => kind === STRING && end - start >= suffix.length && isAt(bytes, end - suffix.length, suffix)
}

/** Each character in lower and in upper case: either may stand in the value, character by character, whatever their lengths. */
function foldings(text: string): Array<[lower: Buffer, upper: Buffer]> {
  return [...text].map(character => [Buffer.from(character.toLowerCase()), Buffer.from(character.toUpperCase())])
}

/** Where the value goes on behind the folded text that begins at `start`; -1 when it does not begin so. */
function foldedEnd(bytes: Buffer, start: number, end: number, folded: ReadonlyArray<readonly [Buffer, Buffer]>): number {
  let at = start
  for (const [lower, upper] of folded) {
    const next = at + lower.length <= end && isAt(bytes, at, lower) ? lower : upper
    if (next === upper && !(at + upper.length <= end && isAt(bytes, at, upper))) return -1
    at += next.length
  }
  return at
}

export function equalsIgnoringCase(text: string): ValueTest {
  const folded = foldings(text)
  return (bytes, start, end, kind) => kind === STRING && foldedEnd(bytes, start, end, folded) === end
}

export function startsWithIgnoringCase(text: string): ValueTest {
  const folded = foldings(text)
  return (bytes, start, end, kind) => kind === STRING && foldedEnd(bytes, start, end, folded) >= 0
}

export function endsWithIgnoringCase(text: string): ValueTest {
  const folded = foldings(text).reverse()
  return (bytes, start, end, kind) => {
    if (kind !== STRING) return false
    let at = end
    for (const [lower, upper] of folded) {
      const next = at - lower.length >= start && isAt(bytes, at - lower.length, lower) ? lower : upper
      if (next === upper && !(at - upper.length >= start && isAt(bytes, at - upper.length, upper))) return false
      at -= next.length
    }
    return true
  }
}

/** The literal pieces between the wildcards: `a*b\*` is `a` and `b*`. */
function wildcardPieces(text: string): Buffer[] {
  const pieces: number[][] = [[]]
  const bytes = Buffer.from(text)
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index] === ASTERISK) pieces.push([])
    else pieces.at(-1)!.push(bytes[bytes[index] === BACKSLASH ? ++index : index]!)
  }
  return pieces.map(piece => Buffer.from(piece))
}

/** `*` stands for any bytes, none included. Each piece is taken where it first comes, so no value needs a second look. */
export function matchesWildcard(text: string): ValueTest {
  const pieces = wildcardPieces(text)
  const first = pieces[0]!
  const last = pieces.at(-1)!
  if (pieces.length === 1) return equalsOneOf([first.toString()], STRING)
  return (bytes, start, end, kind) => {
    if (kind !== STRING || end - start < first.length + last.length) return false
    if (!isAt(bytes, start, first) || !isAt(bytes, end - last.length, last)) return false
    const stop = end - last.length
    let at = start + first.length
    for (let index = 1; index < pieces.length - 1; index++) {
      const piece = pieces[index]!
      while (at + piece.length <= stop && !isAt(bytes, at, piece)) at++
      if (at + piece.length > stop) return false
      at += piece.length
    }
    return true
  }
}

export interface NumericRange {
  least: number
  most: number
  isLeastIn: boolean
  isMostIn: boolean
}

export function isWithin({ least, most, isLeastIn, isMostIn }: NumericRange): ValueTest {
  return (bytes, start, end, kind) => {
    if (kind !== NUMBER) return false
    const value = comparableNumberIn(bytes, start, end)
    // a number that cannot be compared is NaN, for which all of these are false
    return (isLeastIn ? value >= least : value > least) && (isMostIn ? value <= most : value < most)
  }
}

export function equalsNumber(values: readonly number[]): ValueTest {
  const known = new Set(values)
  // a set would find NaN in itself, but holds none: patterns with numbers that cannot be compared are refused
  return (bytes, start, end, kind) => kind === NUMBER && known.has(comparableNumberIn(bytes, start, end))
}

/** The longest text of an address: eight groups of four digits and seven colons. */
const ADDRESS_TEXT_LENGTH_MAX = 39

export function isAddressIn(base: readonly number[], bits: number): ValueTest {
  return (bytes, start, end, kind) => {
    if (kind !== STRING || end - start > ADDRESS_TEXT_LENGTH_MAX) return false
    const address = addressBytes(bytes.latin1Slice(start, end))
    return address !== undefined && isInBlock(address, base, bits)
  }
}

export function noneOf(tests: readonly ValueTest[]): ValueTest {
  return (bytes, start, end, kind) => !tests.some(test => test(bytes, start, end, kind))
}
