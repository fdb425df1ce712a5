// Which operators may stand in a rule, and which operands do they take? One entry per operator, each turning its operand into a test.
// Source: https://github.com/aws/event-ruler (README) and https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
import { nearest } from '../mapping/configuration-error'
import type { FilterChoices } from './choices'
import { comparableNumber } from './comparable-number'
import { at, InvalidPattern, type PatternPlace } from './invalid-pattern'
import { addressBytes } from './ip-address'
import { type PatternJson, patternText } from './pattern-json'
import {
  always,
  endsWith,
  endsWithIgnoringCase,
  equalsIgnoringCase,
  equalsNumber,
  equalsOneOf,
  isAddressIn,
  isWithin,
  LITERAL,
  matchesWildcard,
  NUMBER,
  noneOf,
  STRING,
  startsWith,
  startsWithIgnoringCase,
  type ValueTest
} from './value-tests'

/** `exists: false`: the one rule that no value matches, but a field without values. */
export const ABSENT = Symbol('absent')

export type Rule = ValueTest | typeof ABSENT

/** AWS's matcher takes no block of a single address; the address itself is written as a plain string. */
const CIDR_BITS_MAX = { 4: 31, 16: 127 } as const

type Operator = (operand: PatternJson, place: PatternPlace) => Rule

function text(operand: PatternJson, place: PatternPlace): string {
  if (operand.kind === 'string') return operand.text
  throw new InvalidPattern(place, `the operand must be a string, not ${patternText(operand)}`, 'Put it in quotes.')
}

/** The operand of an operator that may be told to fold case: a string, or `{"equals-ignore-case": string}`. */
function foldable(exact: (text: string) => ValueTest, folding: (text: string) => ValueTest): Operator {
  return (operand, place) => {
    if (operand.kind !== 'object') return exact(text(operand, place))
    const [name, inner] = onlyEntry(operand, place)
    if (name === 'equals-ignore-case') return folding(text(inner, at(place, name)))
    throw new InvalidPattern(at(place, name), `"${name}" cannot stand here`, 'Write a string or {"equals-ignore-case": "…"}.')
  }
}

/** The single key of an operator's object. */
export function onlyEntry(json: PatternJson & { kind: 'object' }, place: PatternPlace): [string, PatternJson] {
  if (json.entries.length === 1) return json.entries[0]!
  throw new InvalidPattern(
    place,
    `${patternText(json)} has ${json.entries.length} keys, a rule has one`,
    'Write one object for each operator, separated by commas: any of them may match.'
  )
}

function wildcard(operand: PatternJson, place: PatternPlace): ValueTest {
  const pattern = text(operand, place)
  const escaped = pattern.replace(/\\[\\*]/g, '')
  if (escaped.includes('\\'))
    throw new InvalidPattern(place, `${patternText(operand)} has a backslash before something else`, 'Only \\* and \\\\ are escapes.')
  if (/\*\*/.test(pattern.replace(/\\[\\*]/g, '_')))
    throw new InvalidPattern(place, `${patternText(operand)} has consecutive wildcards`, 'Write a single *.')
  return matchesWildcard(pattern)
}

function comparable(operand: PatternJson | undefined, place: PatternPlace): number {
  if (operand?.kind !== 'number')
    throw new InvalidPattern(place, `a number is needed, not ${operand ? patternText(operand) : 'nothing'}`, 'Write it without quotes.')
  const value = comparableNumber(operand.text)
  if (Number.isNaN(value))
    throw new InvalidPattern(place, `${operand.text} has more digits than a double keeps`, 'Write at most 15 significant digits.')
  return value
}

const NUMERIC_REMEDY = 'Write ["=", n], one bound such as [">", n], or two such as [">=", n, "<", m].'

/** `["=", n]`, one bound, or a lower and then an upper one. */
function numeric(operand: PatternJson, place: PatternPlace): ValueTest {
  if (operand.kind !== 'array') throw new InvalidPattern(place, `the operand must be an array, not ${patternText(operand)}`, NUMERIC_REMEDY)
  const [first, bound, second, top, ...rest] = operand.items
  const sign = numericSign(first, ['=', '<', '<=', '>', '>='], place)
  const value = comparable(bound, at(place, 1))
  if (sign === '=' || sign.startsWith('<')) {
    if (second) throw new InvalidPattern(at(place, 2), `nothing may follow "${sign}" and its number`, NUMERIC_REMEDY)
    if (sign === '=') return isWithin({ least: value, most: value, isLeastIn: true, isMostIn: true })
    return isWithin({ least: -Infinity, most: value, isLeastIn: true, isMostIn: sign === '<=' })
  }
  if (!second) return isWithin({ least: value, most: Infinity, isLeastIn: sign === '>=', isMostIn: true })
  const topSign = numericSign(second, ['<', '<='], at(place, 2))
  const most = comparable(top, at(place, 3))
  if (rest.length > 0) throw new InvalidPattern(at(place, 4), 'a range has two bounds', NUMERIC_REMEDY)
  if (value >= most) throw new InvalidPattern(place, `the lower bound ${value} is not below the upper one, ${most}`, NUMERIC_REMEDY)
  return isWithin({ least: value, most, isLeastIn: sign === '>=', isMostIn: topSign === '<=' })
}

function numericSign(json: PatternJson | undefined, known: readonly string[], place: PatternPlace): string {
  if (json?.kind === 'string' && known.includes(json.text)) return json.text
  throw new InvalidPattern(place, `${json ? patternText(json) : 'nothing'} stands where one of ${known.join(' ')} must`, NUMERIC_REMEDY)
}

function exists(operand: PatternJson, place: PatternPlace): Rule {
  if (operand.kind === 'literal' && operand.text !== 'null') return operand.text === 'true' ? always : ABSENT
  throw new InvalidPattern(
    place,
    `the operand must be true or false, not ${patternText(operand)}`,
    'Write {"exists": true} or {"exists": false}.'
  )
}

function cidr(operand: PatternJson, place: PatternPlace): ValueTest {
  const block = text(operand, place)
  const [address, bits, ...rest] = block.split('/')
  const base = addressBytes(address!)
  if (!base || bits === undefined || rest.length > 0 || !/^\d+$/.test(bits))
    throw new InvalidPattern(place, `${JSON.stringify(block)} is no CIDR block`, 'Write one such as "10.0.0.0/8" or "2001:db8::/32".')
  const most = CIDR_BITS_MAX[base.length as 4 | 16]
  if (Number(bits) > most)
    throw new InvalidPattern(
      place,
      `the mask of ${JSON.stringify(block)} is over ${most}`,
      'For one address write it alone, without an operator.'
    )
  return isAddressIn(base, Number(bits))
}

/** What anything-but takes inside an object, with the test that a value must fail. */
const refusable: Record<string, (operand: PatternJson, place: PatternPlace) => ValueTest> = {
  prefix: (operand, place) => startsWith(notEmpty(text(operand, place), place)),
  suffix: (operand, place) => endsWith(notEmpty(text(operand, place), place)),
  'equals-ignore-case': (operand, place) => equalsIgnoringCase(text(operand, place)),
  wildcard
}

function notEmpty(affix: string, place: PatternPlace): string {
  if (affix !== '') return affix
  throw new InvalidPattern(place, 'an empty prefix or suffix would refuse every string', 'Write at least one character.')
}

/** Everything but what is named, null and values of other types included; a field that is not there has no value to match. */
function anythingBut(operand: PatternJson, place: PatternPlace): ValueTest {
  if (operand.kind === 'object') {
    const [name, inner] = onlyEntry(operand, place)
    const read = Object.hasOwn(refusable, name) ? refusable[name] : undefined
    if (!read) throw unknownOperator(name, Object.keys(refusable), place)
    const operands = inner.kind === 'array' ? notNone(inner.items, at(place, name)) : [inner]
    return noneOf(operands.map((each, index) => read(each, inner.kind === 'array' ? at(at(place, name), index) : at(place, name))))
  }
  const values = operand.kind === 'array' ? notNone(operand.items, place) : [operand]
  const kinds = new Set(values.map(({ kind }) => kind))
  if (kinds.size > 1 || !(kinds.has('string') || kinds.has('number')))
    throw new InvalidPattern(
      place,
      `${patternText(operand)} is refused`,
      'Write strings only or numbers only; for null, true and false list what may match.'
    )
  if (kinds.has('number')) return noneOf([equalsNumber(values.map((each, index) => comparable(each, at(place, index))))])
  return noneOf([
    equalsOneOf(
      values.map(each => text(each, place)),
      STRING
    )
  ])
}

function notNone(items: PatternJson[], place: PatternPlace): PatternJson[] {
  if (items.length > 0) return items
  throw new InvalidPattern(place, 'empty arrays are not allowed', 'Name at least one value.')
}

const operators: Record<string, Operator> = {
  'equals-ignore-case': (operand, place) => equalsIgnoringCase(text(operand, place)),
  prefix: foldable(startsWith, startsWithIgnoringCase),
  suffix: foldable(endsWith, endsWithIgnoringCase),
  'anything-but': anythingBut,
  numeric,
  exists,
  wildcard: (operand, place) => wildcard(operand, place),
  cidr,
  exactly: (operand, place) => equalsOneOf([text(operand, place)], STRING)
}

/** Names that AWS's matcher keeps for operators: no field inside `$or` may have one. */
export const RESERVED_IN_OR: ReadonlySet<string> = new Set([
  ...Object.keys(operators),
  ...['=', '<', '<=', '>', '>=', 'regex', 'not-wildcard', 'not-equals-ignore-case', 'date-after', 'date-on-or-after', 'date-before'],
  ...['date-on-or-before', 'in-date-range', 'ip-address-in-range', 'ip-address-not-in-range']
])

function unknownOperator(name: string, known: readonly string[], place: PatternPlace): InvalidPattern {
  return new InvalidPattern(
    place,
    `there is no operator "${name}"`,
    `Did you mean "${nearest(name, known)}"? There are ${known.join(', ')}.`
  )
}

/**
 * Reads the array of rules of one field.
 * @throws InvalidPattern for the first rule that AWS would not take
 */
export function readRules(items: PatternJson[], place: PatternPlace, choices: FilterChoices): Rule[] {
  notNone(items, place)
  const strings = items.flatMap(item => (item.kind === 'string' && !addressBytes(item.text) ? [item.text] : []))
  const rules: Rule[] = strings.length > 0 ? [equalsOneOf(strings, STRING)] : []
  for (const [index, item] of items.entries()) {
    const itemPlace = at(place, index)
    if (item.kind === 'object') {
      const [name, operand] = onlyEntry(item, itemPlace)
      const operator = Object.hasOwn(operators, name) ? operators[name] : undefined
      if (!operator) throw unknownOperator(name, Object.keys(operators), itemPlace)
      rules.push(operator(operand, at(itemPlace, name)))
    } else if (item.kind === 'array') {
      throw new InvalidPattern(
        itemPlace,
        'an array cannot stand in an array',
        'A rule is a string, a number, true, false, null or {"operator": …}.'
      )
    } else if (item.kind === 'string') rules.push(...addressRule(item.text))
    else rules.push(...literalRules(item, choices))
  }
  return rules
}

// a string that is an IP address matches every way to write that address
function addressRule(item: string): ValueTest[] {
  const address = addressBytes(item)
  return address ? [isAddressIn(address, address.length * 8)] : []
}

function literalRules(item: { kind: 'number' | 'literal'; text: string }, { equalNumbers }: FilterChoices): ValueTest[] {
  if (item.kind === 'literal') return [equalsOneOf([item.text], LITERAL)]
  const value = comparableNumber(item.text)
  const byValue = equalNumbers === 'value' && !Number.isNaN(value) ? [equalsNumber([value])] : []
  return [equalsOneOf([item.text], NUMBER), ...byValue]
}
