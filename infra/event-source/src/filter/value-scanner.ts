// Where in a JSON text are the values of some fields? Walks the bytes once, checks the grammar (RFC 8259), and notes positions, no objects.
import { isUtf8 } from 'node:buffer'
import { LITERAL, NUMBER, STRING } from './value-tests'

/** A text nested deeper counts as no JSON, as for the parser of AWS's matcher (Jackson). */
export const DEPTH_MAX = 1000
const ROOM_FIRST = 16
/** Marks a string that has escapes, beside its kind. */
export const ESCAPED = 4
/** The value is in no array. */
export const NO_FRAME = -1

const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const COLON = 58
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
const OPEN_BRACKET = 91
const CLOSE_BRACKET = 93
const MINUS = 45
const PLUS = 43
const DOT = 46
const ZERO = 48
const NINE = 57
const LOWER_U = 117
const CASE_BIT = 0x20
const LOWER_E = 101
const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map(character => character.charCodeAt(0)))
const LITERALS = new Map(['true', 'false', 'null'].map(word => [word.charCodeAt(0), Buffer.from(word)]))

function grown(array: Int32Array<ArrayBuffer>, count: number): Int32Array<ArrayBuffer> {
  if (count < array.length) return array
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}

/** The values that one record has at one path, in the order of the text. */
export class Occurrences {
  count = 0
  starts = new Int32Array(ROOM_FIRST)
  ends = new Int32Array(ROOM_FIRST)
  kinds = new Int32Array(ROOM_FIRST)
  /** The innermost array element that each is in, else NO_FRAME. */
  frames = new Int32Array(ROOM_FIRST)

  add(start: number, end: number, kind: number, frame: number): void {
    const { count } = this
    if (count === this.starts.length) {
      this.starts = grown(this.starts, count)
      this.ends = grown(this.ends, count)
      this.kinds = grown(this.kinds, count)
      this.frames = grown(this.frames, count)
    }
    this.starts[count] = start
    this.ends[count] = end
    this.kinds[count] = kind
    this.frames[count] = frame
    this.count++
  }
}

/**
 * Array elements that hold objects or arrays, as far as they may hold values that are looked for. Values of two fields belong together
 * only when they are in the same element of every array that both are in.
 */
export class Frames {
  count = 0
  arrayCount = 0
  /** By frame: its array, the frame around it, and where its element begins. */
  arrays = new Int32Array(ROOM_FIRST)
  parents = new Int32Array(ROOM_FIRST)
  starts = new Int32Array(ROOM_FIRST)
  /** By array: where it ends. */
  arrayEnds = new Int32Array(ROOM_FIRST)

  add(array: number, parent: number, start: number): number {
    const { count } = this
    this.arrays = grown(this.arrays, count)
    this.parents = grown(this.parents, count)
    this.starts = grown(this.starts, count)
    this.arrays[count] = array
    this.parents[count] = parent
    this.starts[count] = start
    return this.count++
  }

  addArray(): number {
    this.arrayEnds = grown(this.arrayEnds, this.arrayCount)
    return this.arrayCount++
  }
}

/** A step of the paths that are looked for. Dots flatten: the key "a.b" leads where "a" and then "b" leads. */
interface Step {
  values?: Occurrences
  /** Steps from here by the bytes of their name, which may span several steps, grouped by length. */
  byLength: Array<Array<{ name: Buffer; step: Step }> | undefined>
  byName: Map<string, Step>
}

const newStep = (): Step => ({ byLength: [], byName: new Map() })

export class ValueScanner {
  private readonly root = newStep()
  private readonly all: Occurrences[] = []
  readonly frames = new Frames()
  private bytes: Buffer = Buffer.alloc(0)
  private end = 0
  private isAscii = true
  private isEscaped = false

  /** Says where the values at the path (names joined by dots) will be after each scan. */
  watch(path: string): Occurrences {
    const names = path.split('.')
    const steps = [this.root]
    for (const [index, name] of names.entries()) steps.push(link(steps[index]!, name, newStep()))
    for (let from = 0; from < names.length; from++)
      for (let to = from + 2; to <= names.length; to++) link(steps[from]!, names.slice(from, to).join('.'), steps[to]!)
    const last = steps.at(-1)!
    if (!last.values) this.all.push((last.values = new Occurrences()))
    return last.values
  }

  /** Whether bytes[start, end) are a JSON object in UTF-8. Only then the occurrences hold its values. */
  scan(bytes: Buffer, start: number, end: number): boolean {
    for (const occurrences of this.all) occurrences.count = 0
    this.frames.count = 0
    this.frames.arrayCount = 0
    this.bytes = bytes
    this.end = end
    this.isAscii = true
    const first = this.space(start)
    if (bytes[first] !== OPEN_BRACE) return false
    const behind = this.object(this.root, first + 1, NO_FRAME, 1)
    if (behind < 0 || this.space(behind) !== end) return false
    return this.isAscii || isUtf8(bytes.subarray(start, end))
  }

  // The methods below take a position and return the one behind what they read, or -1 where the grammar is broken. They may look
  // beyond the end of the value; then the whole does not end where it must, and `scan` returns false.

  private space(from: number): number {
    const { bytes, end } = this
    let at = from
    for (; at < end; at++) {
      const byte = bytes[at]!
      if (byte > 32 || (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9)) break
    }
    return at
  }

  private value(step: Step | undefined, start: number, frame: number, depth: number): number {
    const first = this.bytes[start]!
    let end: number
    let kind: number
    if (first === QUOTE) {
      end = this.string(start + 1)
      kind = this.isEscaped ? STRING | ESCAPED : STRING
      if (end >= 0 && step?.values) step.values.add(start + 1, end - 1, kind, frame)
      return end
    }
    if (first === OPEN_BRACE) return this.object(step, start + 1, frame, depth + 1)
    if (first === OPEN_BRACKET) return this.array(step, start + 1, frame, depth + 1)
    if (first === MINUS || (first >= ZERO && first <= NINE)) {
      end = this.number(start)
      kind = NUMBER
    } else {
      end = this.literal(start)
      kind = LITERAL
    }
    if (end >= 0 && step?.values) step.values.add(start, end, kind, frame)
    return end
  }

  private object(step: Step | undefined, start: number, frame: number, depth: number): number {
    const { bytes } = this
    if (depth > DEPTH_MAX) return -1
    let at = this.space(start)
    if (bytes[at] === CLOSE_BRACE) return at + 1
    for (;;) {
      if (bytes[at] !== QUOTE) return -1
      const key = at + 1
      at = this.string(key)
      if (at < 0) return -1
      const next = step === undefined ? undefined : this.stepAt(step, key, at - 1)
      at = this.space(at)
      if (bytes[at] !== COLON) return -1
      at = this.value(next, this.space(at + 1), frame, depth)
      if (at < 0) return -1
      at = this.space(at)
      if (bytes[at] === COMMA) at = this.space(at + 1)
      else return bytes[at] === CLOSE_BRACE ? at + 1 : -1
    }
  }

  // A plain value in an array belongs to no element; only objects and arrays in it tell elements apart.
  private array(step: Step | undefined, start: number, frame: number, depth: number): number {
    const { bytes, frames } = this
    if (depth > DEPTH_MAX) return -1
    let at = this.space(start)
    if (bytes[at] === CLOSE_BRACKET) return at + 1
    const array = step === undefined ? -1 : frames.addArray()
    for (;;) {
      const isNested = bytes[at] === OPEN_BRACE || bytes[at] === OPEN_BRACKET
      at = this.value(step, at, step !== undefined && isNested ? frames.add(array, frame, at) : frame, depth)
      if (at < 0) return -1
      at = this.space(at)
      if (bytes[at] === COMMA) at = this.space(at + 1)
      else if (bytes[at] === CLOSE_BRACKET) break
      else return -1
    }
    if (array >= 0) frames.arrayEnds[array] = at
    return at + 1
  }

  /** The string that begins behind a quote; returns the position behind its closing one. */
  private string(start: number): number {
    const { bytes, end } = this
    this.isEscaped = false
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!
      if (byte === QUOTE) return at + 1
      if (byte === BACKSLASH) {
        this.isEscaped = true
        at = this.escape(at + 1)
        if (at < 0) return -1
      } else if (byte < 0x20) return -1
      else if (byte > 0x7f) this.isAscii = false
    }
    return -1
  }

  /** The last position of an escape whose backslash is before `at`. */
  private escape(at: number): number {
    const byte = this.bytes[at]!
    if (SIMPLE_ESCAPES.has(byte)) return at
    return byte === LOWER_U && /^[0-9a-fA-F]{4}$/.test(this.bytes.latin1Slice(at + 1, at + 5)) ? at + 4 : -1
  }

  private digits(start: number): number {
    const { bytes } = this
    let at = start
    for (let byte = bytes[at]!; byte >= ZERO && byte <= NINE; byte = bytes[at]!) at++
    return at > start ? at : -1
  }

  private number(start: number): number {
    const { bytes } = this
    const whole = bytes[start] === MINUS ? start + 1 : start
    let at = this.digits(whole)
    if (at < 0 || (bytes[whole] === ZERO && at > whole + 1)) return -1
    if (bytes[at] === DOT) {
      at = this.digits(at + 1)
      if (at < 0) return -1
    }
    if ((bytes[at]! | CASE_BIT) !== LOWER_E) return at
    at++
    return this.digits(bytes[at] === PLUS || bytes[at] === MINUS ? at + 1 : at)
  }

  private literal(start: number): number {
    const word = LITERALS.get(this.bytes[start]!)
    if (word === undefined) return -1
    for (let index = 1; index < word.length; index++) if (this.bytes[start + index] !== word[index]) return -1
    return start + word.length
  }

  private stepAt(step: Step, start: number, end: number): Step | undefined {
    const { bytes } = this
    if (this.isEscaped) return step.byName.get(JSON.parse(bytes.toString('utf8', start - 1, end + 1)))
    const candidates = step.byLength[end - start]
    if (candidates === undefined) return undefined
    next: for (const { name, step: found } of candidates) {
      for (let index = 0; index < name.length; index++) if (bytes[start + index] !== name[index]) continue next
      return found
    }
    return undefined
  }
}

/** The step that the name leads to, which is `target` where there is none yet. */
function link(from: Step, name: string, target: Step): Step {
  const known = from.byName.get(name)
  if (known) return known
  from.byName.set(name, target)
  const bytes = Buffer.from(name)
  ;(from.byLength[bytes.length] ??= []).push({ name: bytes, step: target })
  return target
}
