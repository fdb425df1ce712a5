// Which conditions must a record fulfil to match a pattern? Flattens the pattern into alternatives, each a list of conditions on fields.
import { nearest } from '../mapping/configuration-error'
import type { FilterChoices } from './choices'
import { at, InvalidPattern, type PatternPlace } from './invalid-pattern'
import { ABSENT, RESERVED_IN_OR, readRules } from './operators'
import { type PatternJson, parsePatternJson, patternText } from './pattern-json'
import type { ValueTest } from './value-tests'

/** The longest pattern that AWS takes, in characters (API model of Lambda: Filter.Pattern). */
export const PATTERN_LENGTH_MAX = 4096
/** EventBridge refuses a pattern whose `$or`s have more combinations. */
export const COMBINATIONS_MAX = 1000

/** Properties of a record that a pattern may name. */
export const FILTERABLE = ['value', 'topic', 'partition', 'offset', 'timestamp', 'timestampType'] as const
/** Properties of a record that AWS does not filter by. */
const NOT_FILTERABLE = ['key', 'headers']

/** One field with its rules: a value of it must match one, or it may be without values where that is among the rules. */
export interface Condition {
  /** Names from the record on, joined by dots: `value.order.id`. */
  path: string
  tests: ValueTest[]
  mayBeAbsent: boolean
}

/** Conditions by path that must all hold. */
export type Alternative = ReadonlyMap<string, Condition>

/**
 * Reads one pattern. It matches a record when one of its alternatives does.
 * @param index which of the mapping's patterns it is, for messages
 * @throws InvalidPattern when AWS would not make the mapping
 */
export function readPattern(pattern: string, index: number, choices: FilterChoices): Alternative[] {
  const place = { index, path: '' }
  if (pattern.length > PATTERN_LENGTH_MAX)
    throw new InvalidPattern(
      place,
      `it has ${pattern.length} characters, more than ${PATTERN_LENGTH_MAX}`,
      'Split it into several patterns: any of them may match.'
    )
  const json = parse(pattern, place)
  if (json.kind !== 'object') throw new InvalidPattern(place, `${patternText(json)} is not an object`, 'Write {"value": {"field": ["…"]}}.')
  return readObject(json, { path: '', place, isInOr: false, choices }, [new Map()])
}

function parse(pattern: string, place: PatternPlace): PatternJson {
  try {
    return parsePatternJson(pattern)
  } catch (error) {
    throw new InvalidPattern(place, `it is no JSON (${(error as Error).message})`, 'Write it as JSON (RFC 8259).')
  }
}

interface Reading {
  path: string
  place: PatternPlace
  isInOr: boolean
  choices: FilterChoices
}

type JsonObject = PatternJson & { kind: 'object' }

function readObject(json: JsonObject, reading: Reading, before: Alternative[]): Alternative[] {
  const { path, place, isInOr } = reading
  if (json.entries.length === 0) throw new InvalidPattern(place, 'empty objects are not allowed', 'Name a field with its rules.')
  let alternatives = before
  for (const [key, value] of json.entries) {
    const keyPlace = at(place, key)
    if (key === '$or') {
      alternatives = readOr(value, { ...reading, place: keyPlace, isInOr: true }, alternatives)
      continue
    }
    if (isInOr && RESERVED_IN_OR.has(key))
      throw new InvalidPattern(
        keyPlace,
        `"${key}" is an operator and no field name inside $or`,
        'Name the field first: {"field": [{"operator": …}]}.'
      )
    const inner = { ...reading, path: path === '' ? key : `${path}.${key}`, place: keyPlace }
    if (value.kind === 'object') alternatives = readObject(value, inner, alternatives)
    else alternatives = withCondition(alternatives, readField(value, inner), keyPlace)
  }
  return alternatives
}

/** Every alternative so far with each branch of the `$or`. */
function readOr(json: PatternJson, reading: Reading, before: Alternative[]): Alternative[] {
  const { place } = reading
  const remedy = 'Write "$or": [{"a": […]}, {"b": […]}].'
  if (json.kind !== 'array') throw new InvalidPattern(place, '$or must be an array', remedy)
  if (json.items.length < 2) throw new InvalidPattern(place, `$or must have at least 2 objects, not ${json.items.length}`, remedy)
  const alternatives = json.items.flatMap((branch, index) => {
    const branchPlace = at(place, index)
    if (branch.kind !== 'object') throw new InvalidPattern(branchPlace, `${patternText(branch)} is not an object`, remedy)
    return readObject(branch, { ...reading, place: branchPlace }, before)
  })
  if (alternatives.length > COMBINATIONS_MAX)
    throw new InvalidPattern(place, `the $ors have more than ${COMBINATIONS_MAX} combinations`, 'Split the pattern into several.')
  return alternatives
}

function readField(json: PatternJson, { path, place, choices }: Reading): Condition {
  checkProperty(path, place)
  if (json.kind !== 'array')
    throw new InvalidPattern(
      place,
      `${patternText(json)} must be an object or an array`,
      `Write [${patternText(json)}]: rules stand in an array.`
    )
  const rules = readRules(json.items, place, choices)
  return { path, tests: rules.filter(rule => rule !== ABSENT), mayBeAbsent: rules.includes(ABSENT) }
}

function checkProperty(path: string, place: PatternPlace): void {
  const property = path.split('.', 1)[0]!
  if (NOT_FILTERABLE.includes(property))
    throw new InvalidPattern(
      place,
      `AWS cannot filter Kafka records by ${property}`,
      `Filter by ${FILTERABLE.join(', ')}, or look at it in the handler.`
    )
  if (!FILTERABLE.some(known => known === property))
    throw new InvalidPattern(
      place,
      `a record has no property "${property}"`,
      `Did you mean "${nearest(property, FILTERABLE)}"? The fields of a message stand under "value".`
    )
  if (property !== path && property !== 'value') throw new InvalidPattern(place, `${property} has no fields`, `Write "${property}": […].`)
}

function withCondition(alternatives: Alternative[], condition: Condition, place: PatternPlace): Alternative[] {
  return alternatives.map(alternative => {
    if (alternative.has(condition.path))
      throw new InvalidPattern(
        place,
        `path ${condition.path} is there more than once`,
        'Put its rules into one array: any of them may match.'
      )
    return new Map([...alternative, [condition.path, condition]])
  })
}
