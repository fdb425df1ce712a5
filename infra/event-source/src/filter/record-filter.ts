// Does a record pass the filters of its mapping? All patterns are compiled into one pass over the record's value.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-filtering.html
import { isUtf8 } from 'node:buffer'
import { FILTER_CHOICES, type FilterChoices } from './choices'
import { type Condition, readPattern } from './pattern'
import { ESCAPED, type Frames, NO_FRAME, type Occurrences, ValueScanner } from './value-scanner'
import { NUMBER, STRING } from './value-tests'

/** A record as filters see it; one object may be filled anew for each record. */
export interface FilteredRecord {
  topic: string
  partition: number
  offset: number
  /** Epoch milliseconds. */
  timestamp: number
  timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME'
  /** The value is bytes[valueAt, valueAt + valueLength); a length of -1 stands for null. */
  bytes: Buffer
  valueAt: number
  valueLength: number
}

/** Whether a record is to be delivered. */
export type RecordFilter = (record: FilteredRecord) => boolean

/**
 * Compiles the patterns of a mapping. A record passes when it matches one of them.
 * @param patterns JSON texts, at least one
 * @param choices what AWS leaves open
 * @throws InvalidPattern for the first pattern that AWS would not take
 */
export function compileFilters(patterns: readonly string[], choices: FilterChoices = FILTER_CHOICES): RecordFilter {
  const scanner = new ValueScanner()
  const matchers = patterns.flatMap((pattern, index) =>
    readPattern(pattern, index, choices).map(alternative => new AlternativeMatcher([...alternative.values()], scanner))
  )
  const value = new RecordValue(scanner)
  const mayPassByMetadata = choices.formatMismatch === 'metadata'
  return record => {
    value.begin(record)
    for (const matcher of matchers) if (matcher.matches(record, value, mayPassByMetadata)) return true
    return false
  }
}

const UNKNOWN = 0
const JSON_OBJECT = 1
const TEXT = 2
const NEITHER = 3

/** The format of the current record's value, found out when first asked for and at most once. */
class RecordValue {
  private record!: FilteredRecord
  private format = UNKNOWN

  constructor(private readonly scanner: ValueScanner) {}

  begin(record: FilteredRecord): void {
    this.record = record
    this.format = UNKNOWN
  }

  /** Whether the value is a JSON object; then the scanner has its fields. Other JSON counts as text. */
  isJson(): boolean {
    return this.read() === JSON_OBJECT
  }

  isText(): boolean {
    return this.read() === TEXT
  }

  private read(): number {
    if (this.format !== UNKNOWN) return this.format
    const { bytes, valueAt, valueLength } = this.record
    const end = valueAt + valueLength
    if (valueLength < 0) this.format = NEITHER
    else if (this.scanner.scan(bytes, valueAt, end)) this.format = JSON_OBJECT
    else this.format = isUtf8(bytes.subarray(valueAt, end)) ? TEXT : NEITHER
    return this.format
  }
}

/** A condition on a field of the value, and the values that the current record has there. */
interface FieldCondition extends Condition {
  values: Occurrences
}

/** One alternative of one pattern. */
class AlternativeMatcher {
  private readonly metadata: Condition[]
  private readonly text: Condition | undefined
  private readonly fields: FieldCondition[]
  private readonly frames: Frames
  /** The array elements of the values chosen so far, one for each condition before the current one. */
  private readonly chosen: number[] = []
  /** Beside each of them, whether it has kept out a value of a later condition. */
  private readonly hasKeptOut: boolean[] = []

  constructor(conditions: readonly Condition[], scanner: ValueScanner) {
    this.metadata = conditions.filter(({ path }) => path !== 'value' && !path.startsWith('value.'))
    this.text = conditions.find(({ path }) => path === 'value')
    // AWS's matcher goes through the fields by name, which counts where absence is asked for inside arrays
    this.fields = conditions
      .filter(({ path }) => path.startsWith('value.'))
      .sort((a, b) => (a.path < b.path ? -1 : 1))
      .map(condition => ({ ...condition, values: scanner.watch(condition.path.slice('value.'.length)) }))
    this.frames = scanner.frames
  }

  matches(record: FilteredRecord, value: RecordValue, mayPassByMetadata: boolean): boolean {
    for (const condition of this.metadata) if (!metadataPasses(condition, record)) return false
    if (this.text !== undefined) {
      if (!value.isText()) return mayPassByMetadata
      if (this.fields.length > 0) return false
      const end = record.valueAt + record.valueLength
      return passes(this.text, record.bytes, record.valueAt, end, STRING)
    }
    if (this.fields.length === 0) return true
    if (!value.isJson()) return mayPassByMetadata
    return this.fieldsPass(record.bytes)
  }

  private fieldsPass(bytes: Buffer): boolean {
    // each field on its own first: without elements of arrays that is all, with them it is needed too
    for (const field of this.fields) if (!this.someValuePasses(field, bytes)) return false
    if (this.frames.count === 0) return true
    this.chosen.length = 0
    return this.passesFrom(0, bytes)
  }

  private someValuePasses(field: FieldCondition, bytes: Buffer): boolean {
    const { values } = field
    if (field.mayBeAbsent && (values.count === 0 || this.frames.count > 0)) return true
    for (let index = 0; index < values.count; index++) if (this.valuePasses(field, index, bytes)) return true
    return false
  }

  /** Whether values can be chosen for this condition and those behind it that are in the same array elements as the ones chosen. */
  private passesFrom(condition: number, bytes: Buffer): boolean {
    const field = this.fields[condition]
    if (field === undefined) return true
    const { values } = field
    let isAbsent = true
    // a second value of the same element would meet the same end
    let tried: number | undefined
    for (let index = 0; index < values.count; ) {
      const further = this.behindConflict(values, index)
      if (further > index) {
        index = further
        continue
      }
      isAbsent = false
      const frame = values.frames[index]!
      if (frame !== tried && this.valuePasses(field, index, bytes)) {
        const position = this.chosen.push(frame) - 1
        this.hasKeptOut[position] = false
        const isMatch = this.passesFrom(condition + 1, bytes)
        this.chosen.pop()
        if (isMatch) return true
        // what failed behind failed without it: no other value here would help, unless one were needed to make a field absent
        if (!this.hasKeptOut[position] && !this.fields.some(({ mayBeAbsent }, later) => later > condition && mayBeAbsent)) return false
        tried = frame
      }
      index++
    }
    return field.mayBeAbsent && isAbsent && this.passesFrom(condition + 1, bytes)
  }

  /** The index itself when the value there is in the same elements as those chosen, else the first one that may be. */
  private behindConflict(values: Occurrences, index: number): number {
    const { arrays, parents, starts, arrayEnds } = this.frames
    for (const [position, chosen] of this.chosen.entries()) {
      for (let mine = chosen; mine !== NO_FRAME; mine = parents[mine]!) {
        for (let other = values.frames[index]!; other !== NO_FRAME && other !== mine; other = parents[other]!) {
          if (arrays[other] !== arrays[mine]) continue
          this.hasKeptOut[position] = true
          // values come in the order of the text: on to the chosen element, or behind its array
          return firstFrom(values, index + 1, other < mine ? starts[mine]! : arrayEnds[arrays[mine]!]!)
        }
      }
    }
    return index
  }

  private valuePasses(condition: FieldCondition, index: number, bytes: Buffer): boolean {
    const { starts, ends, kinds } = condition.values
    const kind = kinds[index]!
    if ((kind & ESCAPED) === 0) return passes(condition, bytes, starts[index]!, ends[index]!, kind)
    const text = Buffer.from(JSON.parse(bytes.toString('utf8', starts[index]! - 1, ends[index]! + 1)))
    return passes(condition, text, 0, text.length, STRING)
  }
}

/** The first index from `from` on whose value begins at or behind the position. */
function firstFrom({ starts, count }: Occurrences, from: number, position: number): number {
  let low = from
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (starts[middle]! < position) low = middle + 1
    else high = middle
  }
  return low
}

function passes({ tests }: Condition, bytes: Buffer, start: number, end: number, kind: number): boolean {
  for (const test of tests) if (test(bytes, start, end, kind)) return true
  return false
}

/** Topic names have at most 249 characters, numbers fewer. */
const scratch = Buffer.alloc(256)

function metadataPasses(condition: Condition, record: FilteredRecord): boolean {
  const property = record[condition.path as 'topic' | 'partition' | 'offset' | 'timestamp' | 'timestampType']
  const length = scratch.latin1Write(String(property), 0)
  return passes(condition, scratch, 0, length, typeof property === 'number' ? NUMBER : STRING)
}
