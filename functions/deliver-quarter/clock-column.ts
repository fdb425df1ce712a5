// Where a column has days only: which other column has the times of day, and how are both read as one time?
import { PipelineError } from '../../layers/errors'
import { formatsOf, hasClock } from './pattern'
import { leading, ofColumn, type Profile, type SourceColumn, TYPE_SHARE } from './profile'
import type { DeliverOptions } from './request'
import { rankIn, type TimeReading } from './times'

/** The column with the times of day, where the time column has days only. */
export interface ClockColumn {
  index: number
  style: ClockStyle
}

/** 18:30:00 or 6:30 pm; 18.30.00; 1830 or 183000; 18 */
type ClockStyle = 'colons' | 'twelve-hour' | 'dots' | 'digits' | 'hours'

/** Names by which a column with times of day goes, the surest first: a `duration` looks the same. */
const clockNames = ['time', 'time_of_day', 'clock', 'hour', 'local_time', 'utc_time', 'time_utc', 'event_time', 'start_time']

/** Days without a time of day. */
export function isBare(source: SourceColumn, profiles: readonly Profile[]): boolean {
  if (source.declared !== undefined && !/INT/.test(source.declared)) return source.declared === 'DATE'
  return profiles.every(({ bare_dates, filled, given_dates }) => Math.max(bare_dates, given_dates) >= filled * TYPE_SHARE)
}

/** Whether a column holds times of day, and how they are written. */
export function clockIn({ declared }: SourceColumn, profiles: readonly Profile[], isHour: boolean): ClockStyle | undefined {
  const head = leading(profiles)
  // 24 is the end of a day to some and means nothing to others
  const isWithinDay = profiles.every(({ least, most }) => (least ?? 0) >= 0 && (most ?? 0) < 24)
  if (isHour && head && isWithinDay && head.integers + head.leading_zeros === head.filled) return 'hours'
  if (declared !== undefined) return /^TIME($| WITH)/.test(declared) ? 'colons' : undefined
  if (head === undefined) return undefined
  const isMostly = (count: number) => count >= head.filled * TYPE_SHARE
  if (isMostly(head.clocks)) return head.twelve_hour_clocks > 0 ? 'twelve-hour' : 'colons'
  if (isMostly(head.dotted_clocks)) return 'dots'
  // 1015 alone may be anything, 0930 beside it says that both are times of day
  return isMostly(head.digit_clocks) && head.leading_zeros > 0 ? 'digits' : undefined
}

/** How a day and a time of day are read, with a space between them. */
export function joinedReading(day: TimeReading, style: ClockStyle): TimeReading {
  if (day.kind === 'pattern') return day
  return style === 'twelve-hour' ? { kind: 'pattern', formats: formatsOf('yyyy-MM-dd') } : { kind: 'iso' }
}

/** The column with the times of day, where the time column has days only and there is one. */
export function decideClock(
  source: string,
  given: readonly SourceColumn[],
  profiles: readonly Profile[],
  { clockColumn, format }: DeliverOptions,
  timeIndex: number
): ClockColumn | undefined {
  const dayName = given[timeIndex]!.name
  if (!isBare(given[timeIndex]!, ofColumn(profiles, timeIndex))) {
    if (clockColumn === undefined) return undefined
    throw new PipelineError('SOURCE_UNREADABLE', `${source}: column ${dayName} holds times of day itself`, {
      remedy: 'Leave the clock column out, or name a time column that holds days only.'
    })
  }
  const found = given.flatMap((column, index) => {
    const { name } = column
    const style = clockIn(column, ofColumn(profiles, index), ['hour', clockColumn?.toLowerCase()].includes(name.toLowerCase()))
    return style ? [{ index, name, rank: rankIn(clockNames, name), style }] : []
  })
  const clock =
    clockColumn === undefined
      ? found.filter(({ rank }) => rank !== -1).sort((left, right) => left.rank - right.rank)[0]
      : found.find(({ name }) => name.toLowerCase() === clockColumn.toLowerCase())
  if (clock === undefined && (clockColumn !== undefined || (format !== undefined && hasClock(format))))
    throw new PipelineError(
      'SOURCE_UNREADABLE',
      clockColumn === undefined
        ? `${source}: column ${dayName} holds days, not times written as ${format}`
        : `${source}: there is no column ${clockColumn} with times of day such as 08:15:00`,
      {
        remedy:
          found.length > 0
            ? `Name the clock column: ${found.map(({ name }) => name).join(', ')}.`
            : 'Leave the option out: every row then has the first instant of its day.'
      }
    )
  return clock && { index: clock.index, style: clock.style }
}
