// Which minutes does the inside of `cron(…)` name? Six fields as Amazon EventBridge reads them.
// Source: "Cron expressions reference", Amazon EventBridge User Guide. Where it is silent, Quartz decides, whose grammar this is.
import { ExpressionError } from './expression-error'

/** Which days of a month: by number, or found from the calendar. */
export type DayOfMonth =
  | { kind: 'any' }
  | { kind: 'days'; days: ReadonlySet<number> }
  | { kind: 'last' }
  | { kind: 'lastWeekday' }
  | { kind: 'nearestWeekday'; day: number }

/** Which days of a week, 1 (Sunday) to 7 (Saturday); `last` and `nth` once a month. */
export type DayOfWeek =
  | { kind: 'any' }
  | { kind: 'days'; days: ReadonlySet<number> }
  | { kind: 'last'; day: number }
  | { kind: 'nth'; day: number; nth: number }

export interface Cron {
  /** Ascending. */
  minutes: readonly number[]
  /** Ascending. */
  hours: readonly number[]
  dayOfMonth: DayOfMonth
  months: ReadonlySet<number>
  dayOfWeek: DayOfWeek
  years: ReadonlySet<number>
}

interface Field {
  name: string
  least: number
  most: number
  /** Words for values, the first one standing for `least`. */
  words?: readonly string[]
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const

const minutesField: Field = { name: 'minutes', least: 0, most: 59 }
const hoursField: Field = { name: 'hours', least: 0, most: 23 }
const dayOfMonthField: Field = { name: 'day-of-month', least: 1, most: 31 }
const monthField: Field = { name: 'month', least: 1, most: 12, words: MONTHS }
const dayOfWeekField: Field = { name: 'day-of-week', least: 1, most: 7, words: DAYS }
const yearField: Field = { name: 'year', least: 1970, most: 2199 }

const FIELDS = 6
/** No month has a sixth Monday. */
const MOST_WEEKS = 5

function allowed({ least, most, words }: Field): string {
  return words ? `${least} to ${most} or ${words[0]} to ${words.at(-1)}` : `${least} to ${most}`
}

/** One value: a number in range or a word. */
function numberOf(field: Field, text: string, whole: string): number {
  const word = field.words?.indexOf(text.toUpperCase()) ?? -1
  if (word >= 0) return field.least + word
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN
  if (value >= field.least && value <= field.most) return value
  throw new ExpressionError(field.name, whole, text === '' ? `a value is missing; use ${allowed(field)}` : `use ${allowed(field)}`)
}

/** A range may lead over the end, as in `20-2` hours or `FRI-MON`; years cannot. */
function rangeOf(field: Field, from: number, to: number, step: number, whole: string): number[] {
  if (from > to && field === yearField) throw new ExpressionError(field.name, whole, 'a range of years goes from the earlier to the later')
  const size = field.most - field.least + 1
  const last = to >= from ? to : to + size
  const values: number[] = []
  for (let value = from; value <= last; value += step) values.push(((value - field.least) % size) + field.least)
  return values
}

function stepOf(field: Field, text: string, whole: string): number {
  const most = field === yearField ? field.most - field.least : field.most
  const step = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (step >= 1 && step <= most) return step
  throw new ExpressionError(field.name, whole, `the increment after / is a whole number from 1 to ${most}`)
}

/** A list of `*`, values, ranges and increments. */
function valuesOf(field: Field, whole: string): Set<number> {
  const values = new Set<number>()
  for (const item of whole.split(',')) {
    const [range = '', increment, ...more] = item.split('/')
    if (more.length > 0) throw new ExpressionError(field.name, whole, 'one / for each item')
    const step = increment === undefined ? 1 : stepOf(field, increment, whole)
    const ends = range === '*' ? [String(field.least), String(field.most)] : range.split('-')
    if (ends.length > 2) throw new ExpressionError(field.name, whole, 'a range has two ends')
    const from = numberOf(field, ends[0]!, whole)
    // `5/10` starts at 5 and goes on to the end
    const to = ends[1] === undefined ? (increment === undefined ? from : field.most) : numberOf(field, ends[1], whole)
    for (const value of rangeOf(field, from, to, step, whole)) values.add(value)
  }
  return values
}

/** Values without what only a day field takes. */
function plainValues(field: Field, text: string): Set<number> {
  if (text.includes('?')) throw new ExpressionError(field.name, text, 'only day-of-month and day-of-week take ?')
  return valuesOf(field, text)
}

function dayOfMonthOf(text: string): DayOfMonth {
  const field = dayOfMonthField
  const upper = text.toUpperCase()
  if (text === '?') return { kind: 'any' }
  if (upper === 'L') return { kind: 'last' }
  if (upper === 'LW' || upper === 'WL') return { kind: 'lastWeekday' }
  const nearest = /^(\d{1,2})W$/.exec(upper)
  if (nearest) return { kind: 'nearestWeekday', day: numberOf(field, nearest[1]!, text) }
  if (/[LW]/.test(upper)) throw new ExpressionError(field.name, text, 'L, W and LW stand alone: L, LW, or one day and W such as 15W')
  if (text.includes('?')) throw new ExpressionError(field.name, text, '? stands alone')
  if (text.includes('#')) throw new ExpressionError(field.name, text, '# is for day-of-week')
  return { kind: 'days', days: valuesOf(field, text) }
}

function dayOfWeekOf(text: string): DayOfWeek {
  const field = dayOfWeekField
  const upper = text.toUpperCase()
  if (text === '?') return { kind: 'any' }
  // alone it is the last day of the week
  if (upper === 'L') return { kind: 'days', days: new Set([field.most]) }
  const last = /^(\d|[A-Z]{3})L$/.exec(upper)
  if (last) return { kind: 'last', day: numberOf(field, last[1]!, text) }
  if (text.includes('#')) {
    const [day, nth = '', ...more] = text.split('#')
    if (more.length > 0 || text.includes(',')) throw new ExpressionError(field.name, text, 'with # there is one day only, such as 3#2')
    if (!/^\d$/.test(nth) || Number(nth) < 1 || Number(nth) > MOST_WEEKS)
      throw new ExpressionError(field.name, text, `after # comes which of the month, 1 to ${MOST_WEEKS}`)
    return { kind: 'nth', day: numberOf(field, day!, text), nth: Number(nth) }
  }
  if (/(^|[,\d-])L|[\dNEUTI]L/.test(upper)) throw new ExpressionError(field.name, text, 'L stands alone: L, or one day and L such as 6L')
  if (/W$/.test(upper)) throw new ExpressionError(field.name, text, 'W is for day-of-month')
  if (text.includes('?')) throw new ExpressionError(field.name, text, '? stands alone')
  return { kind: 'days', days: valuesOf(field, text) }
}

const ascending = (values: Set<number>) => [...values].sort((a, b) => a - b)

/**
 * Reads the six fields.
 * @param fields what stands between the parentheses
 * @throws ExpressionError naming the field, its text and the rule
 */
export function parseCron(fields: string): Cron {
  const parts = fields.trim().split(/\s+/)
  if (parts.length !== FIELDS || parts[0] === '') {
    const found = fields.trim() === '' ? 0 : parts.length
    throw new ExpressionError(
      'expression',
      `cron(${fields})`,
      `it has ${found} field${found === 1 ? '' : 's'}; six are needed: minutes hours day-of-month month day-of-week year`
    )
  }
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = parts as [string, string, string, string, string, string]
  const cron = {
    minutes: ascending(plainValues(minutesField, minutes)),
    hours: ascending(plainValues(hoursField, hours)),
    dayOfMonth: dayOfMonthOf(dayOfMonth),
    months: plainValues(monthField, month),
    dayOfWeek: dayOfWeekOf(dayOfWeek),
    years: plainValues(yearField, year)
  }
  const anys = [cron.dayOfMonth, cron.dayOfWeek].filter(({ kind }) => kind === 'any').length
  if (anys !== 1)
    throw new ExpressionError(
      'day-of-week',
      dayOfWeek,
      `day-of-month is ${JSON.stringify(dayOfMonth)}; exactly one of day-of-month and day-of-week must be ?`
    )
  return cron
}

/** Days of a month, 1 to 12. */
export function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** 1 (Sunday) to 7 (Saturday). */
function weekday(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1
}

const isWeekend = (day: number) => day === 1 || day === 7

/** The weekday closest to a day, within its month; a month without that day has none. */
function nearestWeekday(year: number, month: number, day: number): number | undefined {
  const days = daysIn(year, month)
  if (day > days) return undefined
  const found = weekday(year, month, day)
  if (found === 7) return day === 1 ? 3 : day - 1
  if (found === 1) return day === days ? day - 2 : day + 1
  return day
}

/** Does the expression run on this day of the calendar? */
export function matchesDay({ dayOfMonth, dayOfWeek, months, years }: Cron, year: number, month: number, day: number): boolean {
  if (!years.has(year) || !months.has(month)) return false
  const days = daysIn(year, month)
  switch (dayOfMonth.kind) {
    case 'days':
      return dayOfMonth.days.has(day)
    case 'last':
      return day === days
    case 'lastWeekday':
      return day > days - 3 && !isWeekend(weekday(year, month, day)) && (day === days || isWeekend(weekday(year, month, day + 1)))
    case 'nearestWeekday':
      return nearestWeekday(year, month, dayOfMonth.day) === day
  }
  switch (dayOfWeek.kind) {
    case 'days':
      return dayOfWeek.days.has(weekday(year, month, day))
    case 'last':
      return weekday(year, month, day) === dayOfWeek.day && day > days - 7
    case 'nth':
      return weekday(year, month, day) === dayOfWeek.day && Math.ceil(day / 7) === dayOfWeek.nth
    case 'any':
      return true
  }
}
