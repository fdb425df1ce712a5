// What are count, minimum, maximum, average, sum and standard deviation of every number, an hour and a day?
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier } from '../../layers/contract/identifiers'
import { literal } from '../../layers/lake/duckdb'
import type { Column, Columns } from './columns'
import { isNumeric } from './projection'
import { PARQUET } from './silver'

/** A sum of 64-bit integers does not fit into one, and Parquet has no wider integer. */
const sumType = ({ type, declared }: Column) => (type === 'integer' || /INT/.test(declared ?? '') ? '::decimal(38, 0)' : '')

const ROW_COUNT = 'row_count'

/** `temperature_avg`; a number that is called `row` may not take the name of the count of rows. */
function nameOf(column: string, suffix: string): string {
  const name = `${column}_${suffix}`
  return name.toLowerCase() === ROW_COUNT ? `${name}_2` : name
}

/** A sum of decimals has at most 38 digits: of wider ones than this, ten thousand million of them might not fit. */
const MAX_EXACT_DIGITS = 28
const isWide = ({ declared }: Column) => Number(/^DECIMAL\((\d+)/.exec(declared ?? '')?.[1] ?? 0) > MAX_EXACT_DIGITS

const measuresOf = ({ columns }: Columns) =>
  columns.filter(isNumeric).map(column => ({
    value: quoteIdentifier(column.name),
    summed: `${quoteIdentifier(column.name)}${isWide(column) ? '::double' : ''}`,
    of: (suffix: string) => quoteIdentifier(nameOf(column.name, suffix)),
    sumType: sumType(column)
  }))

async function copied(connection: DuckDBConnection, select: string, file: string): Promise<number> {
  const result = await connection.runAndReadAll(`copy (${select}) to ${literal(file)} (${PARQUET})`)
  return Number(result.getRowsJson()[0]![0])
}

/** @returns rows written: hours that have a row */
export function writeHours(connection: DuckDBConnection, columns: Columns, data: string, file: string): Promise<number> {
  const time = quoteIdentifier(columns.columns[columns.timeIndex]!.name)
  const measures = measuresOf(columns).map(
    ({ value, summed, of, sumType }) => `, count(${value}) as ${of('count')}, min(${value}) as ${of('min')}, max(${value}) as ${of('max')},
      avg(${summed}) as ${of('avg')}, sum(${summed})${sumType} as ${of('sum')}, stddev_samp(${value}) as ${of('stddev')}`
  )
  // by position: a column of the source may be called as the group is
  return copied(
    connection,
    `select hour_start(bucket) as hour_start, * exclude (bucket)
     from (select hour_number(${time}) as bucket, count(*) as ${ROW_COUNT}${measures.join('')} from read_parquet(${literal(data)}) group by 1)
     order by hour_start`,
    file
  )
}

/**
 * Days from their hours, which are few: sums of squares around a mean add up when the distances of the means are added (Chan, Golub and
 * LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979).
 * @returns rows written: days that have a row
 */
export function writeDays(connection: DuckDBConnection, columns: Columns, hours: string, file: string): Promise<number> {
  const measures = measuresOf(columns)
  const means = measures.map(({ of }) => `, sum(${of('sum')})::double / nullif(sum(${of('count')}), 0)::double as ${of('mean')}`)
  const days = measures.map(
    ({
      of,
      sumType
    }) => `, sum(${of('count')})::bigint as ${of('count')}, min(${of('min')}) as ${of('min')}, max(${of('max')}) as ${of('max')},
      any_value(${of('mean')}) as ${of('avg')}, sum(${of('sum')})${sumType} as ${of('sum')},
      case when sum(${of('count')}) > 1 then sqrt(
        (sum((${of('count')} - 1) * coalesce(${of('stddev')}, 0) ** 2) + sum(${of('count')} * (${of('avg')} - ${of('mean')}) ** 2))
        / (sum(${of('count')}) - 1)) end as ${of('stddev')}`
  )
  return copied(
    connection,
    `with hours as (select *, day_number(hour_start) as day from read_parquet(${literal(hours)})),
       means as (select day${means.join('')} from hours group by day)
     select day_start(day) as day_start, sum(${ROW_COUNT})::bigint as ${ROW_COUNT}${days.join('')}
     from hours join means using (day) group by day order by day_start`,
    file
  )
}
