// What is each column of a source: a number, a time, a text? Decided from what a sample of its values looks like.
import { PipelineError } from '../../layers/errors'
import type { DeliverOptions } from './request'

/** What profile.sql says about the values of a column in one part of the file. */
export interface Profile {
  column_no: number
  part: 'head' | 'spread'
  filled: number
  integers: number
  leading_zeros: number
  numbers: number
  not_finite: number
  grouped: number
  ambiguous: number
  comma_marks: number
  point_marks: number
  booleans: number
  dates: number
  iso_times: number
  day_slash: number
  month_slash: number
  day_dot: number
  day_dash: number
  month_dash: number
  bare_dates: number
  clocks: number
  dotted_clocks: number
  twelve_hour_clocks: number
  given: number
  given_dates: number
  least: number | null
  most: number | null
  ambiguous_example: string | null
  example: string | null
}

type EpochUnit = 's' | 'ms' | 'us' | 'ns'

/** How the values of the time column are read. */
export type TimeReading =
  | { kind: 'iso' }
  | { kind: 'pattern'; pattern: string; formats: string[] }
  | { kind: 'epoch'; unit: EpochUnit; isFractional: boolean }
  | { kind: 'typed'; type: string }

export type ColumnType = 'integer' | 'double' | 'boolean' | 'date' | 'timestamp' | 'text' | 'typed'

export interface SourceColumn {
  name: string
  /** The type that the file itself declares; undefined for text, whose type is decided here. */
  declared?: string
}

export interface Column {
  name: string
  type: ColumnType
  /** The declared type where `type` is `typed`. */
  declared?: string
  /** Decimal mark of numbers in text, '' where the column has shown none. */
  mark: '' | '.' | ','
}

/** The column with the times of day, where the time column has days only. */
export interface ClockColumn {
  index: number
  style: ClockStyle
}

/** 18:30:00 or 6:30 pm; 18.30.00; 18 */
type ClockStyle = 'colons' | 'twelve-hour' | 'dots' | 'hours'

export interface Columns {
  columns: Column[]
  timeIndex: number
  clock?: ClockColumn
  /** How the time column is read; the day and the time of day with a space between, where they are two columns. */
  time: TimeReading
}

/** A column is what this share of its first values is; values further on that are not are rejected. */
const TYPE_SHARE = 0.9

/** Patterns tried for times that are not ISO 8601, by their name in profile.sql. */
const dates = {
  day_slash: ['dd/MM/yyyy', '%d/%m/%Y'],
  month_slash: ['MM/dd/yyyy', '%m/%d/%Y'],
  day_dot: ['dd.MM.yyyy', '%d.%m.%Y'],
  day_dash: ['dd-MM-yyyy', '%d-%m-%Y'],
  month_dash: ['MM-dd-yyyy', '%m-%d-%Y']
} as const
const clocks = [' %H:%M:%S.%f', ' %H:%M:%S', ' %H:%M', '', ' %I:%M:%S %p', ' %I:%M %p']

export const timeFormats: Record<keyof typeof dates, string[]> = Object.fromEntries(
  Object.entries(dates).map(([key, [, date]]) => [key, clocks.map(clock => `${date}${clock}`)])
) as Record<keyof typeof dates, string[]>

/** Names by which a time column goes, the surest first. */
const timeNames = ['time', 'timestamp', 'ts', 'datetime', 'date_time', 'event_time', 'date', 'created_at', 'recorded_at', 'measured_at']

/** Names by which a column with times of day goes, the surest first: a `duration` looks the same. */
const clockNames = ['time', 'time_of_day', 'clock', 'hour', 'local_time', 'utc_time', 'time_utc', 'event_time', 'start_time']

const rankIn = (list: readonly string[], name: string) => list.indexOf(name.toLowerCase().replace(/[\s-]+/g, '_'))

/** Position among the names by which time columns go; -1 for another. */
export const timeRank = (name: string): number => rankIn(timeNames, name)

const strptime: Record<string, string> = { yyyy: '%Y', MM: '%m', dd: '%d', HH: '%H', mm: '%M', ss: '%S' }

/** DuckDB's format for a pattern such as `dd.MM.yyyy HH:mm`. */
export const formatOf = (pattern: string): string => pattern.replaceAll('%', '%%').replace(/[A-Za-z]+/g, token => strptime[token] ?? token)

/** The part of a pattern that says how days are written: of `dd/MM/yyyy HH:mm` `dd/MM/yyyy`. */
export const datePartOf = (pattern: string): string => pattern.replace(/[^A-Za-z]*\b(HH|mm|ss)\b.*$/, '')

const sum = (profiles: readonly Profile[], of: (profile: Profile) => number) => profiles.reduce((total, profile) => total + of(profile), 0)

/** The first values say what a column is; where there are none, those of the rest do. */
function leading(profiles: readonly Profile[]): Profile | undefined {
  return profiles.find(({ part, filled }) => part === 'head' && filled > 0) ?? profiles.find(({ filled }) => filled > 0)
}

function markOf(name: string, profiles: readonly Profile[], { decimal }: DeliverOptions, source: string): Column['mark'] {
  if (decimal !== undefined) return decimal
  const commas = sum(profiles, profile => profile.comma_marks)
  const points = sum(profiles, profile => profile.point_marks)
  if (commas > 0 && points === 0) return ','
  if (points > 0 && commas === 0) return '.'
  const example = profiles.find(({ ambiguous_example: found }) => found !== null)?.ambiguous_example
  if (example != null)
    throw new PipelineError('SOURCE_UNREADABLE', `${source}: column ${name}: ${example} can mean two numbers`, {
      remedy: "Say what the decimal mark is: '.' or ','."
    })
  return ''
}

function textColumn(name: string, profiles: readonly Profile[], options: DeliverOptions, source: string): Column {
  const head = leading(profiles)
  const column = (type: ColumnType, mark: Column['mark'] = ''): Column => ({ name, type, mark })
  if (head === undefined || sum(profiles, profile => profile.leading_zeros) > 0) return column('text')
  const isMostly = (count: number) => count >= head.filled * TYPE_SHARE
  const numbers = head.numbers + head.grouped
  if (numbers > 0 && isMostly(numbers + head.not_finite)) {
    const isWhole = profiles.every(profile => profile.numbers === profile.integers && profile.grouped === 0)
    return column(isWhole ? 'integer' : 'double', markOf(name, profiles, options, source))
  }
  if (head.booleans === head.filled) return column('boolean')
  if (head.dates === head.filled) return column('date')
  if (head.iso_times === head.filled) return column('timestamp')
  return column('text')
}

function epochUnit({ least, most }: Profile): EpochUnit | undefined {
  const isWithin = (from: number, to: number) => least !== null && most !== null && least >= from && most < to
  return isWithin(1e8, 1e10) ? 's' : isWithin(1e11, 1e13) ? 'ms' : isWithin(1e14, 1e16) ? 'us' : isWithin(1e17, 1e19) ? 'ns' : undefined
}

/** Numbers of a column that is called as times are, counted since 1970; with a fraction seconds only, as Python's `time.time()` gives them. */
function epochs(head: Profile | undefined): TimeReading[] {
  if (head === undefined || head.numbers < head.filled * TYPE_SHARE) return []
  const unit = epochUnit(head)
  const isFractional = head.integers < head.numbers
  return unit === undefined || (isFractional && unit !== 's') ? [] : [{ kind: 'epoch', unit, isFractional }]
}

/** The one way in which the values of a text column can be times; several where they can be read both ways. */
function textTimes(profiles: readonly Profile[], share: number): TimeReading[] {
  const head = leading(profiles)
  if (head === undefined) return []
  if (head.iso_times > 0 && head.iso_times >= head.filled * share) return [{ kind: 'iso' }]
  const fitting = (Object.keys(timeFormats) as (keyof typeof dates)[]).filter(key => head[key] > 0 && head[key] >= head.filled * share)
  // what the rest of the file shows decides between day and month first
  const most = Math.max(...fitting.map(key => sum(profiles, profile => profile[key])))
  return fitting
    .filter(key => sum(profiles, profile => profile[key]) === most)
    .map(key => ({ kind: 'pattern', pattern: dates[key][0], formats: timeFormats[key] }))
}

/** Days without a time of day. */
function isBare(source: SourceColumn, profiles: readonly Profile[]): boolean {
  if (source.declared !== undefined) return source.declared === 'DATE'
  return profiles.every(({ filled, bare_dates }) => bare_dates >= filled * TYPE_SHARE)
}

/** Whether a column holds times of day, and how they are written. */
function clockIn({ declared }: SourceColumn, profiles: readonly Profile[], isHour: boolean): ClockStyle | undefined {
  const head = leading(profiles)
  // 24 is the end of a day to some and means nothing to others
  const isWithinDay = profiles.every(({ least, most }) => (least ?? 0) >= 0 && (most ?? 0) < 24)
  if (isHour && head && isWithinDay && head.integers + head.leading_zeros === head.filled) return 'hours'
  if (declared !== undefined) return /^TIME($| WITH)/.test(declared) ? 'colons' : undefined
  if (head === undefined) return undefined
  const isMostly = (count: number) => count >= head.filled * TYPE_SHARE
  if (isMostly(head.clocks)) return head.twelve_hour_clocks > 0 ? 'twelve-hour' : 'colons'
  return isMostly(head.dotted_clocks) ? 'dots' : undefined
}

function readings(source: SourceColumn, profiles: readonly Profile[], options: DeliverOptions, isNamed: boolean): TimeReading[] {
  if (source.declared !== undefined) {
    if (/^(TIMESTAMP|DATE)/.test(source.declared)) return [{ kind: 'typed', type: source.declared }]
    return isNamed && /^(U?(BIG|INTEGER)|DOUBLE)/.test(source.declared) ? epochs(leading(profiles)) : []
  }
  const head = leading(profiles)
  if (head === undefined || clockIn(source, profiles, false) !== undefined) return []
  if (options.format !== undefined) {
    const given = isBare(source, profiles) ? head.given_dates : head.given
    return given > 0 && (isNamed || given >= head.filled * TYPE_SHARE)
      ? [{ kind: 'pattern', pattern: options.format, formats: [formatOf(options.format)] }]
      : []
  }
  const counted = isNamed ? epochs(head) : []
  if (counted.length > 0) return counted
  return textTimes(profiles, isNamed ? Number.MIN_VALUE : TYPE_SHARE)
}

/** How a day and a time of day are read, with a space between them. */
function joinedReading(day: TimeReading, style: ClockStyle): TimeReading {
  if (day.kind === 'pattern') return day
  return style === 'twelve-hour'
    ? { kind: 'pattern', pattern: 'yyyy-MM-dd', formats: clocks.map(clock => `%Y-%m-%d${clock}`) }
    : { kind: 'iso' }
}

/** The column with the times of day, where the time column has days only and there is one. */
function decideClock(
  source: string,
  given: readonly SourceColumn[],
  profiles: readonly Profile[],
  { clockColumn, format }: DeliverOptions,
  timeIndex: number
): ClockColumn | undefined {
  const of = (index: number) => profiles.filter(profile => profile.column_no === index)
  const dayName = given[timeIndex]!.name
  const isDay = isBare(given[timeIndex]!, of(timeIndex))
  if (!isDay && clockColumn !== undefined)
    throw new PipelineError('SOURCE_UNREADABLE', `${source}: column ${dayName} holds times of day itself`, {
      remedy: 'Leave the clock column out, or name a time column that holds days only.'
    })
  if (!isDay) return undefined
  const found = given.flatMap((column, index) => {
    const { name } = column
    const style = clockIn(column, of(index), ['hour', clockColumn?.toLowerCase()].includes(name.toLowerCase()))
    return style ? [{ index, name, rank: rankIn(clockNames, name), style }] : []
  })
  const clock =
    clockColumn === undefined
      ? found.filter(({ rank }) => rank !== -1).sort((left, right) => left.rank - right.rank)[0]
      : found.find(({ name }) => name.toLowerCase() === clockColumn.toLowerCase())
  if (clock === undefined && (clockColumn !== undefined || format !== undefined))
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

/**
 * Decides what every column is, and which of them is the time.
 * @param source name of the file, for errors
 * @throws PipelineError SOURCE_UNREADABLE naming the columns that there are, the value that can mean two things, or the option that says which
 */
export function decideColumns(
  source: string,
  given: readonly SourceColumn[],
  profiles: readonly Profile[],
  options: DeliverOptions
): Columns {
  const names = given.map(({ name }) => name)
  const listed = names.join(', ')
  const of = (index: number) => profiles.filter(profile => profile.column_no === index)
  const wanted = options.timeColumn?.toLowerCase()
  if (wanted !== undefined && !names.some(name => name.toLowerCase() === wanted))
    throw new PipelineError('SOURCE_UNREADABLE', `${source}: there is no column ${options.timeColumn}; its columns are ${listed}`, {
      remedy: 'Name one of these columns as the time column.'
    })
  const candidates = given
    .map((column, index) => {
      const isNamed = wanted === undefined ? timeRank(column.name) !== -1 : column.name.toLowerCase() === wanted
      return { index, rank: timeRank(column.name), isNamed, readings: readings(column, of(index), options, isNamed) }
    })
    .filter(candidate => (wanted === undefined || candidate.isNamed) && candidate.readings.length > 0)
  const named = candidates.filter(candidate => candidate.isNamed).sort((left, right) => left.rank - right.rank)
  const time = named[0] ?? candidates[0]
  if (time === undefined) {
    const called =
      wanted === undefined
        ? names.filter(name => timeRank(name) !== -1).sort((left, right) => timeRank(left) - timeRank(right))[0]
        : options.timeColumn!
    const example = profiles.find(
      profile => names[profile.column_no]?.toLowerCase() === called?.toLowerCase() && profile.example !== null
    )?.example
    throw new PipelineError(
      'SOURCE_UNREADABLE',
      called === undefined
        ? `${source}: no column holds times; its columns are ${listed}`
        : `${source}: column ${called} holds no times such as 2024-01-31T08:15:00Z, but ${example ?? 'nothing that is looked at'}${wanted === undefined ? `; its columns are ${listed}` : ''}`,
      { remedy: 'Name the time column, or say how its times are written, such as `dd.MM.yyyy HH:mm`.' }
    )
  }
  if (named.length === 0 && candidates.length > 1)
    throw new PipelineError(
      'SOURCE_UNREADABLE',
      `${source}: several columns hold times: ${candidates.map(({ index }) => names[index]).join(', ')}`,
      { remedy: 'Name the time column.' }
    )
  if (time.readings.length > 1)
    throw new PipelineError(
      'SOURCE_UNREADABLE',
      `${source}: column ${names[time.index]}: ${of(time.index)[0]?.example} can be day or month first in every row that was looked at`,
      { remedy: 'Say how times are written: `dd/MM/yyyy HH:mm` or `MM/dd/yyyy HH:mm`.' }
    )
  const clock = decideClock(source, given, profiles, options, time.index)
  const columns = given.map((column, index): Column => {
    if (index === time.index) return { name: column.name, type: 'timestamp', mark: '' }
    if (column.declared !== undefined) return { name: column.name, type: 'typed', declared: column.declared, mark: '' }
    return textColumn(column.name, of(index), options, source)
  })
  const [reading] = time.readings as [TimeReading]
  if (clock === undefined) return { columns, timeIndex: time.index, time: reading }
  return { columns, timeIndex: time.index, clock, time: joinedReading(reading, clock.style) }
}
