// Which SQL turns the texts of a source into typed values, and tells the rows that have one that is none?
import { quoteIdentifier } from '../../layers/contract/identifiers'
import { literal } from '../../layers/lake/duckdb'
import type { Column, Columns, TimeReading } from './columns'

/** The square of a larger number is none, and with it no standard deviation. */
export const MAX_NUMBER = '1e150'
/** Counts the rejected rows while the others are written. */
export const REJECTED = 'rejected_rows'
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

function timeValue(raw: string, time: TimeReading, zone: string): string {
  const inZone = (wall: string) => (zone === 'UTC' ? `(${wall})::timestamptz` : `instant_in_zone(${wall}, ${literal(zone)})`)
  switch (time.kind) {
    case 'iso':
      return `iso_instant(${raw}, ${literal(zone)})`
    case 'pattern':
      return inZone(`try_strptime(trim(${raw}), [${time.formats.map(literal).join(', ')}])`)
    case 'epoch': {
      const factor = { s: 1_000_000, ms: 1_000, us: 1 }[time.unit]
      return `make_timestamp(try(try_cast(${raw} as bigint) * ${factor}))::timestamptz`
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
          ? `try_strptime(trim(${raw}), [${time.formats.map(literal).join(', ')}]) is not null`
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
  /** For every row of the source its list of problems, each with `column`, `value` and `reason`; null for a row that has none. */
  bad: string
}

/**
 * @param relation the source with columns c0, c1, …
 */
export function projectionOf({ columns, timeIndex, time }: Columns, zone: string, relation: string): Projection {
  const indexes = columns.map((_, index) => index)
  const all = (of: (column: Column, index: number) => string) => indexes.map(index => of(columns[index]!, index)).join(',\n')
  const quick = (from: string) =>
    `select ${all((column, index) => `c${index}, ${index === timeIndex ? timeValue(`c${index}`, time, zone) : quickValue(column, `c${index}`, zone)} as q${index}`)} from ${from}`
  const valued = (from: string) =>
    `select ${all((column, index) => `c${index}, ${index === timeIndex ? `q${index}` : slowValue(column, index, `c${index}`, `q${index}`)} as v${index}`)} from (${quick(from)})`
  const conditions = indexes.map(index => badCondition(columns[index]!, `c${index}`, `v${index}`, index === timeIndex))
  const suspect = indexes.flatMap(index => suspectCondition(columns[index]!, `v${index}`, index === timeIndex) ?? []).join(' or ')
  const problems = all(
    (column, index) =>
      `case when ${conditions[index]} then {'column': ${literal(column.name)}, 'value': c${index}::varchar, 'reason': ${reason(column, `c${index}`, `v${index}`, index === timeIndex, time, zone)}} end`
  )
  return {
    good: `select ${all((column, index) => `v${index} as ${quoteIdentifier(column.name)}`)} from (${valued(relation)})
      where case when ${suspect} then case when ${conditions.join(' or ')} then nextval('${REJECTED}') is null else true end else true end`,
    bad: `select case when ${suspect} then case when ${conditions.join(' or ')} then list_filter([${problems}], lambda problem: problem is not null) end end as problems
      from (${valued(relation)})`
  }
}
