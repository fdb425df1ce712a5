// How is a map of settings read? By a table of keys: each has a rule that takes a value in its right type, or refuses it with a remedy.
import { ConfigurationError, HIDDEN, nearest } from './configuration-error'
import { Unresolved } from './references'

export type Settings = Record<string, unknown>

/** A value by itself: `take` gives it in the type it is used in, undefined refuses it. */
interface ValueRule {
  take: (value: unknown) => unknown
  remedy: string
  /** Refused values are not shown. */
  isSecret?: boolean
  /** What cannot be computed is handed on, if it is of these kinds. */
  takesUnresolved?: ReadonlyArray<Unresolved['kind']>
}
/** A map: its own table, or one rule for every key. */
interface MapRule {
  keys: Rules | ((key: string) => Rule)
  remedy: string
  isEmptyRefused?: boolean
  /** Keys and values below are not shown. */
  isSecret?: boolean
}
interface ListRule {
  items: Rule
  least: number
  most: number
  remedy: string
}
/** A key that exists, but not for this event or not here: why, and what to do. */
interface RefusedRule {
  refusal: string
}
/** What only the deployment needs: anything is taken. */
interface DeployOnlyRule {
  isDeployOnly: true
}

export type Rule = ValueRule | MapRule | ListRule | RefusedRule | DeployOnlyRule
export type Rules = Readonly<Record<string, Rule>>

export const isMap = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Unresolved)

/** A whole number. Text is taken as osls and CloudFormation take it, for it may come from an environment variable. */
export function integer(least: number, most: number, unit: string): Rule {
  return numberRule(
    value => Number.isInteger(value) && value >= least && value <= most,
    `Set a whole number of ${unit} from ${least} to ${most}.`
  )
}

export function numberRule(isTaken: (value: number) => boolean, remedy: string): Rule {
  const take = (value: unknown) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    return typeof number === 'number' && isTaken(number) ? number : undefined
  }
  return { take, remedy }
}

export const flag: Rule = {
  take: value => (typeof value === 'boolean' ? value : value === 'true' ? true : value === 'false' ? false : undefined),
  remedy: 'Set true or false.'
}

export function text(pattern: RegExp, remedy: string, isSecret = false): Rule {
  return { take: value => (typeof value === 'string' && pattern.test(value) ? value : undefined), remedy, isSecret }
}

export function oneOf(words: readonly string[]): Rule {
  const listed = words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
  return { take: value => (words.includes(value as string) ? value : undefined), remedy: `Set ${listed}.` }
}

export const deployOnly: Rule = { isDeployOnly: true }

/** Which values errors show: all, those of known keys (an unknown one may be a misspelt secret), or none. */
export type Shown = 'all' | 'known' | 'none'

/**
 * Reads a map by its table. Absent and null values are left out.
 * @param path where the map stands in serverless.yml
 * @throws ConfigurationError for the first unknown key or refused value
 */
export function readSettings(settings: Settings, rules: Rules, path: string, shown: Shown = 'all'): Settings {
  const read: Settings = {}
  for (const [key, value] of Object.entries(settings)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined
    if (!rule) throw new ConfigurationError({ path, key }, shown === 'all' ? value : HIDDEN, unknownKey(key, rules))
    if (value !== undefined && value !== null) read[key] = readValue(value, rule, { path, key }, shown)
  }
  return read
}

function unknownKey(key: string, rules: Rules): string {
  const known = Object.keys(rules).filter(name => !('refusal' in rules[name]!))
  return `There is no such key; did you mean ${nearest(key, known)}? Known are ${known.join(', ')}.`
}

function readValue(value: unknown, rule: Rule, place: { path: string; key: string }, shown: Shown): unknown {
  if ('isDeployOnly' in rule) return value
  const within: Shown = 'isSecret' in rule && rule.isSecret === true ? 'none' : shown
  const refuse = (remedy: string) => new ConfigurationError(place, within === 'none' ? HIDDEN : value, remedy)
  if ('refusal' in rule) throw refuse(rule.refusal)
  if (value instanceof Unresolved) {
    if ('takesUnresolved' in rule && rule.takesUnresolved?.includes(value.kind)) return value
    throw refuse(value.remedy)
  }
  const path = `${place.path}.${place.key}`
  if ('keys' in rule) {
    if (!isMap(value) || (rule.isEmptyRefused && Object.keys(value).length === 0)) throw refuse(rule.remedy)
    const { keys } = rule
    const table = typeof keys === 'function' ? Object.fromEntries(Object.keys(value).map(key => [key, keys(key)])) : keys
    return readSettings(value, table, path, within)
  }
  if ('items' in rule) {
    // osls makes a list of a single value, so that an environment variable may stand for it
    const items = typeof value === 'string' ? [value] : value
    if (!Array.isArray(items) || items.length < rule.least || items.length > rule.most) throw refuse(rule.remedy)
    return items.map((item, index) => readValue(item, rule.items, { path: place.path, key: `${place.key}[${index}]` }, within))
  }
  const taken = rule.take(value)
  if (taken === undefined) throw refuse(rule.remedy)
  return taken
}
