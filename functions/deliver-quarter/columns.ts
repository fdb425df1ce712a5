// What is each column of a source: a number, a time, a text? Decided from what a sample of its values looks like.
import { PipelineError } from '../../layers/errors'
import { type ClockColumn, clockIn, decideClock, isBare, joinedReading } from './clock-column'
import { formatsOf } from './pattern'
import { leading, ofColumn, type Profile, type SourceColumn, sum, TYPE_SHARE } from './profile'
import type { DeliverOptions } from './request'
import { dates, type EpochUnit, type TimeReading, timeRank } from './times'

export type ColumnType = 'integer' | 'double' | 'boolean' | 'date' | 'timestamp' | 'text' | 'typed'

export interface Column {
  name: string
  type: ColumnType
  /** The declared type where `type` is `typed`. */
  declared?: string
  /** Decimal mark of numbers in text, '' where the column has shown none. */
  mark: '' | '.' | ','
}

export interface Columns {
  columns: Column[]
  timeIndex: number
  clock?: ClockColumn
  /** How the time column is read; the day and the time of day with a space between, where they are two columns. */
  time: TimeReading
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
  // yyyyMMddHHmm rather than milliseconds of 1976
  if (isWithin(190_001_010_000, 209_912_312_400)) return undefined
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
  const fitting = (Object.keys(dates) as (keyof typeof dates)[]).filter(key => head[key] > 0 && head[key] >= head.filled * share)
  // what the rest of the file shows decides between day and month first
  const most = Math.max(...fitting.map(key => sum(profiles, profile => profile[key])))
  return fitting
    .filter(key => sum(profiles, profile => profile[key]) === most)
    .map(key => ({ kind: 'pattern', formats: formatsOf(dates[key]) }))
}

function readings(source: SourceColumn, profiles: readonly Profile[], options: DeliverOptions, isNamed: boolean): TimeReading[] {
  const head = leading(profiles)
  if (source.declared !== undefined) {
    if (/^(TIMESTAMP|DATE)/.test(source.declared)) return [{ kind: 'typed', type: source.declared }]
    if (!isNamed || !/^(U?(BIG|INTEGER)|DOUBLE)/.test(source.declared)) return []
    return options.format !== undefined && head?.given ? [{ kind: 'pattern', formats: formatsOf(options.format) }] : epochs(head)
  }
  if (head === undefined || clockIn(source, profiles, false) !== undefined) return []
  if (options.format !== undefined) {
    const given = isBare(source, profiles) ? head.given_dates : head.given
    return given > 0 && (isNamed || given >= head.filled * TYPE_SHARE) ? [{ kind: 'pattern', formats: formatsOf(options.format) }] : []
  }
  const counted = isNamed ? epochs(head) : []
  if (counted.length > 0) return counted
  return textTimes(profiles, isNamed ? Number.MIN_VALUE : TYPE_SHARE)
}

/** A column that may be the time. */
interface Candidate {
  index: number
  rank: number
  /** Whether it is called as times are, or as the option says. */
  isNamed: boolean
  readings: TimeReading[]
}

export function timeCandidates(given: readonly SourceColumn[], profiles: readonly Profile[], options: DeliverOptions): Candidate[] {
  const wanted = options.timeColumn?.toLowerCase()
  return given
    .map((column, index) => {
      const isNamed = wanted === undefined ? timeRank(column.name) !== -1 : column.name.toLowerCase() === wanted
      return { index, rank: timeRank(column.name), isNamed, readings: readings(column, ofColumn(profiles, index), options, isNamed) }
    })
    .filter(candidate => (wanted === undefined || candidate.isNamed) && candidate.readings.length > 0)
}

/** @throws PipelineError SOURCE_UNREADABLE when any of several columns may be the time */
export function ensureOne(source: string, given: readonly SourceColumn[], candidates: readonly Candidate[]): void {
  const indexes = [...new Set(candidates.map(({ index }) => index))].sort((left, right) => left - right)
  if (indexes.length < 2) return
  throw new PipelineError(
    'SOURCE_UNREADABLE',
    `${source}: several columns hold times: ${indexes.map(index => given[index]!.name).join(', ')}`,
    { remedy: 'Name the time column.' }
  )
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
  const of = (index: number) => ofColumn(profiles, index)
  const wanted = options.timeColumn?.toLowerCase()
  if (wanted !== undefined && !names.some(name => name.toLowerCase() === wanted))
    throw new PipelineError('SOURCE_UNREADABLE', `${source}: there is no column ${options.timeColumn}; its columns are ${listed}`, {
      remedy: 'Name one of these columns as the time column.'
    })
  const candidates = timeCandidates(given, profiles, options)
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
  if (named.length === 0) ensureOne(source, given, candidates)
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
