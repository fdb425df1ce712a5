// Does one field of a message fit its column, and what is its value there?
import { numericShape } from './columns'
import { isDecimal, numericRounder } from './decimal'
import { snakeCase } from './identifiers'
import { shown } from './shown'
import { isDate, parseIso, type TimestampProblem, wallClockParser } from './timestamp'
import type { Field, Range, Reason } from './types'

/** Collects the reasons of one record. */
export class Findings {
  reasons: Reason[] | undefined
  /** The first reason that is about the record's shape and not about a value: what the policy `freeze` stops for. */
  drift: Reason | undefined

  /** A field that is missing, of another type, or not in the contract. */
  addDrift(code: string, field: string, message: string): null {
    this.add(code, field, message)
    this.drift ??= this.reasons!.at(-1)
    return null
  }

  add(code: string, field: string, message: string): null {
    this.reasons ??= []
    this.reasons.push({ code, field, message })
    return null
  }
}

/** @returns the value for the column, or null after a reason was added (or where the field is missing and may be) */
export type FieldRule = (value: unknown, findings: Findings) => unknown

/** Longest text that is read as a number: far more than any column holds. */
const MAX_NUMBER_TEXT = 2048
const INT4: [number, number] = [-2147483648, 2147483647]
const INT8: [bigint, bigint] = [-(2n ** 63n), 2n ** 63n - 1n]

/** The reason codes of a field start with this: its name in the message, in snake case. */
export const codeStem = (field: Field): string => snakeCase(field.name)

/** Compiles the rule of one field. */
export function compileField(field: Field): FieldRule {
  const present = compileType(field)
  const stem = codeStem(field)
  const { label, name } = field
  const nullable = field.column.nullable
  const trim = field.normalise.includes('trim')
  const missing = `${label} is missing`
  const empty = `${label} is empty`
  return (value, findings) => {
    if (value === undefined || value === null) return nullable ? null : findings.addDrift(`${stem}_missing`, name, missing)
    if (typeof value === 'string' && (value === '' || (trim && value.trim() === '')))
      return nullable ? null : findings.add(`${stem}_empty`, name, empty)
    return present(value, findings)
  }
}

function compileType(field: Field): FieldRule {
  switch (field.column.type) {
    case 'text':
      return textRule(field)
    case 'integer':
      return wholeRule(field, INT4)
    case 'bigint':
      return bigRule(field)
    case 'boolean':
      return kindRule(field, 'not_boolean', 'not true or false', 'boolean', () => true)
    case 'date':
      return kindRule(field, 'invalid', 'no date', 'string', value => isDate(value as string))
    case 'jsonb':
      return value => value
    case 'timestamptz':
      return timestampRule(field)
    default:
      return numberRule(field)
  }
}

function kindRule(field: Field, suffix: string, what: string, type: string, test: (value: unknown) => boolean): FieldRule {
  const code = `${codeStem(field)}_${suffix}`
  return (value, findings) => {
    const isTyped = typeof value === type
    if (isTyped && test(value)) return value
    return findings[isTyped ? 'add' : 'addDrift'](code, field.name, `${field.label} is ${what}: ${shown(value)}`)
  }
}

function textRule(field: Field): FieldRule {
  const { name, label } = field
  const stem = codeStem(field)
  const trim = field.normalise.includes('trim')
  const upper = field.normalise.includes('upper')
  const pattern = field.pattern === undefined ? undefined : new RegExp(field.pattern, 'u')
  const maxLength = field.maxLength ?? Number.POSITIVE_INFINITY
  return (value, findings) => {
    if (typeof value !== 'string') return findings.addDrift(`${stem}_not_text`, name, `${label} is not text: ${shown(value)}`)
    let text = trim ? value.trim() : value
    if (upper) text = text.toUpperCase()
    if (text.length > maxLength)
      return findings.add(`${stem}_too_long`, name, `${label} is too long: ${text.length} characters, at most ${maxLength}`)
    if (pattern && !pattern.test(text)) return findings.add(`${stem}_malformed`, name, `${label} is malformed: ${shown(text)}`)
    return text
  }
}

/** A number, or text where the contract allows it, as a number or plain decimal text; undefined when it is neither. */
function numberReader(field: Field): (value: unknown) => number | string | undefined {
  if (!field.fromText) return value => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)
  const plain = plainNumber(field.fromText)
  return value => {
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
    if (typeof value !== 'string') return undefined
    const text = plain(value)
    return text !== undefined && isDecimal(text) ? text : undefined
  }
}

/** What stands between the digits of numbers, and nowhere else. */
const NUMBER_MARKS = new Set([',', '.', "'", '’', '_'])

/**
 * Makes plain decimal text of a number as people write it. What the contract removes may stand around the number; between digits it separates
 * thousands or it is a reason: `1,234.50` is a number, `1.234,50` and `12,34` are not, because without the comma they would be another one.
 * @returns undefined where the text is no such number
 */
function plainNumber({ remove, decimal = '.' }: NonNullable<Field['fromText']>): (text: string) => string | undefined {
  const removed = new Set(remove)
  // a comma before or after a number is no ornament: `,5` is a half somewhere
  const around = new Set([...remove].filter(character => !NUMBER_MARKS.has(character)))
  const classOf = (set: ReadonlySet<string>) => `[${[...set].join('').replace(/[\\\]^-]/g, '\\$&')}]`
  const characters = classOf(removed)
  const mark = decimal === '.' ? '\\.' : ','
  const shape = new RegExp(
    `^([+-]?)${classOf(around)}*(\\d{1,3}(?:(${characters})\\d{3})(?:\\3\\d{3})*|\\d*)((?:${mark}\\d*)?(?:[eE][+-]?\\d{1,4})?)$`,
    'u'
  )
  return text => {
    if (text.length > MAX_NUMBER_TEXT) return undefined
    if (decimal === '.' && !holds(text, removed)) return text
    const match = shape.exec(trimmed(text, around))
    if (!match) return undefined
    const [, sign, whole = '', separator, rest = ''] = match
    return `${sign}${separator ? whole.replaceAll(separator, '') : whole}${rest.replace(',', '.')}`
  }
}

function holds(text: string, characters: ReadonlySet<string>): boolean {
  for (const character of text) if (characters.has(character)) return true
  return false
}

function trimmed(text: string, removed: ReadonlySet<string>): string {
  const characters = [...text]
  const from = characters.findIndex(character => !removed.has(character))
  return from < 0 ? '' : characters.slice(from, characters.findLastIndex(character => !removed.has(character)) + 1).join('')
}

/** Text is another type where the field takes no text; elsewhere it is a value that happens to be no number. */
function notANumber(field: Field, value: unknown, findings: Findings): null {
  const isTyped = typeof value === 'number' || (typeof value === 'string' && field.fromText !== undefined)
  const message = `${field.label} is not a number: ${shown(value)}`
  return findings[isTyped ? 'add' : 'addDrift'](`${codeStem(field)}_not_a_number`, field.name, message)
}

function rangeProblem(range: Range): (value: number) => boolean {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = range
  const { exclusiveMinimum = Number.NEGATIVE_INFINITY, exclusiveMaximum = Number.POSITIVE_INFINITY } = range
  return value => value < minimum || value > maximum || value <= exclusiveMinimum || value >= exclusiveMaximum
}

function numberRule(field: Field): FieldRule {
  const { name, label, unit } = field
  const stem = codeStem(field)
  const read = numberReader(field)
  const outside = rangeProblem(field.range)
  const shape = numericShape(field.column.type)
  const round = shape ? numericRounder(shape.precision, shape.scale) : (value: number | string) => finite(Number(value))
  return (value, findings) => {
    const number = read(value)
    if (number === undefined) return notANumber(field, value, findings)
    const rounded = outside(Number(number)) ? undefined : round(number)
    // A value inside the range may be rounded out of it: 0.001 of a price that must be above 0.
    if (rounded === undefined || outside(Number(rounded)))
      return findings.add(`${stem}_out_of_range`, name, `${label} out of range: ${shown(value)}${unit}`)
    return rounded
  }
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value + 0 : undefined
}

function wholeRule(field: Field, [least, most]: [number, number]): FieldRule {
  const { name, label, unit } = field
  const stem = codeStem(field)
  const read = numberReader(field)
  const outside = rangeProblem(field.range)
  return (value, findings) => {
    const given = read(value)
    if (given === undefined) return notANumber(field, value, findings)
    const number = Number(given)
    if (!Number.isInteger(number) || (typeof given === 'string' && !WHOLE.test(given)))
      return findings.add(`${stem}_not_whole`, name, `${label} is not a whole number: ${shown(value)}`)
    if (number < least || number > most || outside(number))
      return findings.add(`${stem}_out_of_range`, name, `${label} out of range: ${shown(value)}${unit}`)
    return number + 0
  }
}

/** As numbers when doubles hold them, else as text: JSON numbers beyond 2^53 have already lost digits, and are refused. */
function bigRule(field: Field): FieldRule {
  const { name, label, unit } = field
  const stem = codeStem(field)
  const read = numberReader(field)
  const outside = rangeProblem(field.range)
  return (value, findings) => {
    const given = read(value)
    if (given === undefined) return notANumber(field, value, findings)
    const whole = typeof given === 'number' ? Number.isInteger(given) : WHOLE.test(given)
    if (!whole) return findings.add(`${stem}_not_whole`, name, `${label} is not a whole number: ${shown(value)}`)
    const inside = typeof given === 'number' ? Number.isSafeInteger(given) : BigInt(given) >= INT8[0] && BigInt(given) <= INT8[1]
    if (!inside || outside(Number(given)))
      return findings.add(`${stem}_out_of_range`, name, `${label} out of range: ${shown(value)}${unit}`)
    return Number.isSafeInteger(Number(given)) ? Number(given) + 0 : BigInt(given).toString()
  }
}

const WHOLE = /^[+-]?\d{1,400}$/

const TIMESTAMP_TEXT: Record<TimestampProblem, string> = {
  invalid: 'is no timestamp that exists',
  without_zone: 'has no offset from UTC',
  skipped: 'does not exist in its time zone, whose clocks skip it'
}

function timestampRule(field: Field): FieldRule {
  const { name, label } = field
  const stem = codeStem(field)
  const format = field.timestamp
  const parse = format.kind === 'iso' ? parseIso : wallClockParser(format.pattern, format.zone)
  const trim = format.kind === 'wall-clock'
  return (value, findings) => {
    if (typeof value !== 'string') return findings.addDrift(`${stem}_not_text`, name, `${label} is not text: ${shown(value)}`)
    const instant = parse(trim ? value.trim() : value)
    if (typeof instant === 'number') return instant
    return findings.add(`${stem}_${instant}`, name, `${label} ${TIMESTAMP_TEXT[instant]}: ${shown(value)}`)
  }
}
