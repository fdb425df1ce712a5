// Which SQL turns the texts of a source into typed values, and tells the rows that have one that is none?
import { quoteIdentifier } from '../../layers/contract/identifiers'
import { literal } from '../../layers/lake/duckdb'
import type { ClockColumn } from './clock-column'
import type { Column, Columns } from './columns'
import { hasOffset } from './pattern'
import type { TimeReading } from './times'

/** The square of a larger number is none, and with it no standard deviation. */
export const MAX_NUMBER = '1e150'
/** Counts, while the other rows are written, those that are rejected for a column, and for none before it. */
export const rejectedSequence = (index: number): string => `rejected_${index}`
/** Counts the numbers of an integer column that no 64-bit integer holds. */
export const widerSequence = (index: number): string => `wider_${index}`

const floats = /^(FLOAT|DOUBLE)$/
const numbers = /^(FLOAT|DOUBLE|DECIMAL.*|U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT))$/

export const isNumeric = ({ type, declared }: Column): boolean =>
  type === 'integer' || type === 'double' || (type === 'typed' && numbers.test(declared!))

/** The type of a column in what is delivered. */
export function sqlType({ type, declared }: Column): string {
  const types = {
    integer: 'BIGINT',
    double: 'DOUBLE',
    boolean: 'BOOLEAN',
    date: 'DATE',
    timestamp: 'TIMESTAMP WITH TIME ZONE',
    text: 'VARCHAR'
  }
  return type === 'typed' ? declared! : types[type]
}

/** The day and the time of day as one text; null where one is missing. */
export function joinedTime(index: number, clock: ClockColumn): string {
  const written = `nullif(trim(c${clock.index}::varchar), '')`
  const text = {
    colons: written,
    'twelve-hour': `replace(${written}, '.', '')`,
    dots: `replace(${written}, '.', ':')`,
    digits: `regexp_replace(regexp_replace(${written}, '^(\\d\\d)(\\d\\d)$', '\\1:\\2'), '^(\\d\\d)(\\d\\d)(\\d\\d)$', '\\1:\\2:\\3')`,
    hours: `${written} || ':00'`
  }[clock.style]
  return `(trim(c${index}::varchar) || ' ' || ${text})`
}

function readByFormats(raw: string, formats: readonly string[]): string {
  const text = `trim(${raw}::varchar)`
  const read = `try_strptime(${text}, [${formats.map(literal).join(', ')}])`
  // without marks between them DuckDB takes fewer digits, too: 2024111 is no day
  const days = /^(%[Ymd]){3}(%[HMS])*/.exec(formats[0]!)?.[0]
  return days === undefined ? read : `case when regexp_matches(${text}, '^\\d{${days.length + 2}}') then ${read} end`
}

function timeValue(raw: string, time: TimeReading, zone: string): string {
  const inZone = (wall: string) => (zone === 'UTC' ? `utc_instant(${wall})` : `instant_in_zone(${wall}, ${literal(zone)})`)
  switch (time.kind) {
    case 'iso':
      return `iso_instant(${raw}, ${literal(zone)})`
    case 'pattern': {
      const read = readByFormats(raw, time.formats)
      return time.formats.some(hasOffset) ? `utc_instant(${read})` : inZone(read)
    }
    case 'epoch': {
      if (time.unit === 'ns') return `make_timestamptz(try_cast(${raw} as bigint) // 1000)`
      const factor = { s: 1_000_000, ms: 1_000, us: 1 }[time.unit]
      // a fraction has microseconds at most: rounded, not cut
      return time.isFractional
        ? `make_timestamptz(try_cast(round(try_cast(${raw} as double) * ${factor}) as bigint))`
        : `make_timestamptz(try(try_cast(${raw} as bigint) * ${factor}))`
    }
    case 'typed':
      return /TIME ZONE$/.test(time.type) ? raw : inZone(`${raw}::timestamp`)
  }
}

/** The value by the way that fits nearly every row; null where it does not fit this one. */
function quickValue(column: Column, raw: string, zone: string): string {
  switch (column.type) {
    case 'integer':
      return column.mark === ',' ? `case when not contains(${raw}, ',') then plain_integer(${raw}) end` : `plain_integer(${raw})`
    case 'double':
      return column.mark === ',' ? `number_of(${raw}, ',')` : `plain_number(${raw})`
    case 'boolean':
      return `case when lower(trim(${raw})) in ('true', 'false') then try_cast(trim(${raw}) as boolean) end`
    case 'date':
      return `case when length(trim(${raw})) = 10 then try_cast(trim(${raw}) as date) end`
    case 'timestamp':
      return `iso_instant(${raw}, ${literal(zone)})`
    case 'text':
      return `trimmed_text(${raw})`
    case 'typed':
      return raw
  }
}

/** The value where the quick way found none. */
function slowValue(column: Column, index: number, raw: string, quick: string): string {
  const number = `number_of(${raw}, ${literal(column.mark)})`
  if (column.type === 'double' && column.mark !== ',')
    return `case when ${quick} is null and ${raw} is not null then ${number} else ${quick} end`
  if (column.type !== 'integer') return quick
  return `case
    when ${quick} is not null or ${raw} is null then ${quick}
    when not isfinite(${number}) then null
    when ${number} = trunc(${number}) and abs(${number}) < 9007199254740992 then ${number}::bigint
    when ${number} is not null and nextval('${widerSequence(index)}') is null then null
  end`
}

/** Whether a value of the source is none of its column's type. */
function badCondition(column: Column, raw: string, value: string, isTime: boolean): string {
  if (isTime) return `not coalesce(is_time_in_range(${value}), false)`
  if (column.type === 'typed') return floats.test(column.declared!) ? `coalesce(not abs(${value}) < ${MAX_NUMBER}, false)` : 'false'
  if (column.type === 'text') return 'false'
  const fits = column.type === 'double' ? `abs(${value}) < ${MAX_NUMBER}` : `${value} is not null`
  return `case when ${raw} is null then false when ${fits} then false else trim(${raw}) <> '' end`
}

/** True for every bad value, and for few others: plain comparisons, which cost much less than `badCondition`. NaN is above every number. */
function suspectCondition(column: Column, value: string, isTime: boolean): string | undefined {
  if (isTime) return `${value} is null or not is_time_in_range(${value})`
  if (column.type === 'typed') return floats.test(column.declared!) ? `abs(${value}) >= ${MAX_NUMBER}` : undefined
  if (column.type === 'text') return undefined
  return column.type === 'double' ? `${value} is null or abs(${value}) >= ${MAX_NUMBER}` : `${value} is null`
}

function reason(column: Column, raw: string, value: string, isTime: boolean, time: TimeReading, zone: string): string {
  if (isTime) {
    const isBlank = time.kind === 'typed' ? `${raw} is null` : `coalesce(trim(${raw}::varchar), '') = ''`
    const isSkipped =
      zone === 'UTC' || time.kind === 'epoch'
        ? 'false'
        : time.kind === 'pattern'
          ? `${readByFormats(raw, time.formats)} is not null`
          : `try_cast(trim(${raw}::varchar) as timestamp) is not null`
    return `case when ${isBlank} then 'time_missing' when ${value} is not null then 'time_out_of_range' when ${isSkipped} then 'time_skipped_by_zone' else 'not_a_time' end`
  }
  if (isNumeric(column)) {
    const number = column.type === 'typed' ? raw : `number_of(${raw}, ${literal(column.mark)})`
    const isAmbiguous = column.type === 'typed' ? 'false' : `is_ambiguous_number(trim(${raw}), ${literal(column.mark)})`
    return `case when ${isAmbiguous} then 'ambiguous_number' when ${number} is null then 'not_a_number' when not isfinite(${number}) then 'not_finite' else 'number_out_of_range' end`
  }
  return literal(`not_a_${column.type}`)
}

export interface Projection {
  /** The typed columns of the rows that have no problem. */
  good: string
  /** For every row of the source its texts where one of the given columns has a problem, else null. */
  suspects(columns: readonly number[]): string
  /** `row`, `column`, `value`, `reason`: every problem of the rows of a relation with `row`, c0, c1, … */
  problems(relation: string): string
}

/** @param relation the source with columns c0, c1, … */
export function projectionOf({ columns, timeIndex, clock, time }: Columns, zone: string, relation: string): Projection {
  const everyIndex = columns.map((_, index) => index)
  const isTime = (index: number) => index === timeIndex
  const rawOf = (index: number) => (isTime(index) && clock ? joinedTime(index, clock) : `c${index}`)
  const quickOf = (index: number) => (isTime(index) ? timeValue(rawOf(index), time, zone) : quickValue(columns[index]!, `c${index}`, zone))
  const bestOf = (index: number) => (isTime(index) ? `q${index}` : slowValue(columns[index]!, index, `c${index}`, `q${index}`))
  const isBad = (index: number) => badCondition(columns[index]!, `c${index}`, `v${index}`, isTime(index))
  const isSuspect = (indexes: readonly number[]) =>
    indexes.flatMap(index => suspectCondition(columns[index]!, `v${index}`, isTime(index)) ?? []).join(' or ')
  const raw = everyIndex.map(index => `c${index}`).join(', ')
  /** The values of some columns beside all texts. */
  const valued = (indexes: readonly number[], from: string, extra = '') =>
    `select ${extra}${raw}, ${indexes.map(index => `${bestOf(index)} as v${index}`).join(', ')}
     from (select ${extra}${raw}, ${indexes.map(index => `${quickOf(index)} as q${index}`).join(', ')} from ${from})`
  const problem = (index: number) =>
    `case when ${isBad(index)} then {'column': ${literal(columns[index]!.name)}, 'value': ${rawOf(index)}::varchar,
      'reason': ${reason(columns[index]!, rawOf(index), `v${index}`, isTime(index), time, zone)}} end`
  return {
    good: `select ${everyIndex.map(index => `v${index} as ${quoteIdentifier(columns[index]!.name)}`).join(', ')}
      from (${valued(everyIndex, relation)})
      where case when ${isSuspect(everyIndex)}
        then case ${everyIndex.map(index => `when ${isBad(index)} then nextval('${rejectedSequence(index)}') is null`).join(' ')} else true end
        else true end`,
    suspects: indexes =>
      `select case when ${isSuspect(indexes)} then {${everyIndex.map(index => `c${index}: c${index}`).join(', ')}} end as texts
       from (${valued(indexes, relation)})`,
    problems: from =>
      `select row, problem.column as "column", problem.value as value, problem.reason as reason
       from (
         select row, unnest(list_filter([${everyIndex.map(problem).join(', ')}], lambda problem: problem is not null)) as problem
         from (${valued(everyIndex, from, 'row, ')}))`
  }
}
