// When does a schedule expression fall due next? `rate(…)` and `cron(…)` as Amazon EventBridge reads them.
import { type Cron, daysIn, matchesDay, parseCron } from './cron'
import { ExpressionError } from './expression-error'
import { wallClockOf } from './wall-clock'

export type Expression = { kind: 'rate'; everyMs: number } | { kind: 'cron'; cron: Cron }

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const UNIT_MS: Record<string, number> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS }
/** The largest instant of ECMAScript. */
const MAX_TIME = 8.64e15
const LAST_YEAR = 2199

function parseRate(inside: string): Expression {
  const [value = '', unit = '', ...more] = inside.trim().split(/\s+/)
  const whole = `rate(${inside})`
  if (more.length > 0 || unit === '')
    throw new ExpressionError('expression', whole, 'a rate is a value and a unit, such as rate(5 minutes)')
  if (!/^\d+$/.test(value) || Number(value) < 1) throw new ExpressionError('value', value, 'use a positive whole number')
  const singular = unit.replace(/s$/, '')
  const unitMs = Object.hasOwn(UNIT_MS, singular) ? UNIT_MS[singular] : undefined
  if (unitMs === undefined) throw new ExpressionError('unit', unit, 'use minute, minutes, hour, hours, day or days')
  const right = Number(value) === 1 ? singular : `${singular}s`
  if (unit !== right) throw new ExpressionError('unit', unit, `with ${value} it is ${right}`)
  const everyMs = Number(value) * unitMs
  if (everyMs > MAX_TIME) throw new ExpressionError('value', value, 'it is more than any calendar holds')
  return { kind: 'rate', everyMs }
}

/**
 * Reads an expression.
 * @throws ExpressionError naming the field, its text and the rule
 */
export function parseExpression(text: string): Expression {
  const match = /^(rate|cron)\((.*)\)$/.exec(text)
  if (!match) throw new ExpressionError('expression', text, 'use rate(value unit) or cron(six fields)')
  return match[1] === 'rate' ? parseRate(match[2]!) : { kind: 'cron', cron: parseCron(match[2]!) }
}

function nextOfCron(cron: Cron, after: number, zone: string | undefined): number | undefined {
  const clock = wallClockOf(zone)
  const start = Math.floor(clock.shown(after) / MINUTE_MS) * MINUTE_MS
  for (let day = Math.floor(start / DAY_MS) * DAY_MS; ; ) {
    const date = new Date(day)
    const year = date.getUTCFullYear()
    const month = date.getUTCMonth() + 1
    if (year > LAST_YEAR) return undefined
    if (!cron.years.has(year)) {
      day = Date.UTC(year + 1, 0, 1)
      continue
    }
    if (!cron.months.has(month)) {
      day += (daysIn(year, month) - date.getUTCDate() + 1) * DAY_MS
      continue
    }
    if (matchesDay(cron, year, month, date.getUTCDate())) {
      for (const hour of cron.hours) {
        if (day + (hour + 1) * HOUR_MS <= start) continue
        for (const minute of cron.minutes) {
          const shown = day + hour * HOUR_MS + minute * MINUTE_MS
          if (shown < start) continue
          const instant = clock.instant(shown)
          if (instant !== undefined && instant > after) return instant
        }
      }
    }
    day += DAY_MS
  }
}

/**
 * The first time after an instant at which the expression falls due.
 * A rate counts from the epoch: `rate(5 minutes)` falls due at :00, :05 and so on (on AWS it counts from when the rule was made).
 * A cron expression follows the clock of its zone: a minute that the clock skips does not come, one that it shows twice comes once, the first
 * time ("Schedule types", Amazon EventBridge Scheduler User Guide: daylight saving time).
 * @param after epoch milliseconds
 * @param zone IANA name; UTC when left out
 * @returns epoch milliseconds, or undefined when it never comes again (AWS knows no year after 2199)
 */
export function nextRun(expression: Expression, after: number, zone?: string): number | undefined {
  if (expression.kind === 'cron') return nextOfCron(expression.cron, after, zone)
  const next = (Math.floor(after / expression.everyMs) + 1) * expression.everyMs
  return next > MAX_TIME ? undefined : next
}

/** A run that was missed is made up for when its expression falls due rarely: every cron expression, and rates of an hour and more. */
export function isCaughtUp(expression: Expression): boolean {
  return expression.kind === 'cron' || expression.everyMs >= HOUR_MS
}
