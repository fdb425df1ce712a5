// Which columns do the windows of a summary have, and how fine must the log of changed times be?
import { MAX_IDENTIFIER_LENGTH, nearest } from './identifiers'
import type { Column, Contract, Summary } from './types'

/** Windows and buckets are counted from here: epoch milliseconds, and as Postgres reads it. */
export const WINDOW_ORIGIN_MS = Date.UTC(2000, 0, 1)
export const WINDOW_ORIGIN = '2000-01-01 00:00:00+00'

/** The warehouse keeps hours. */
const WAREHOUSE_MINUTES = 60

const AGGREGATES = ['avg', 'min', 'max'] as const

/** The view that says which windows of a summary are final. */
export const finalityView = (summary: Summary): string => `v_${summary.table}`

/** A column of a summary that is computed: `temperature_avg`, from the measure's column. */
export interface SummaryMeasure {
  name: string
  aggregate: (typeof AGGREGATES)[number]
  of: Column
  /** An average is an exact `numeric`, least and greatest are of the measure's own type. */
  type: string
}

const columnNamed = (columns: readonly Column[], name: string) => columns.find(column => column.name === name)!

/** The computed columns of a summary, in table order. */
export function summaryMeasures(columns: readonly Column[], summary: Summary): SummaryMeasure[] {
  return summary.measures.flatMap(measure => {
    const of = columnNamed(columns, measure)
    return AGGREGATES.map(aggregate => ({
      name: `${measure}_${aggregate}`,
      aggregate,
      of,
      type: aggregate === 'avg' ? 'numeric' : of.type
    }))
  })
}

/** The columns of `summary.by`, in that order. */
export function summaryGroups(columns: readonly Column[], summary: Summary): Column[] {
  return summary.by.map(name => columnNamed(columns, name))
}

const NUMBERS = /^(integer|bigint|double precision|numeric.*)$/

/** What stops the summaries of a contract from becoming tables; columns that are not there are somebody else's finding. */
export function summaryProblems(summaries: readonly Summary[], columns: readonly Column[]): string[] {
  return summaries.flatMap(summary => {
    const known = summary.measures.flatMap(name => columns.find(column => column.name === name) ?? [])
    const numbers = columns.filter(column => NUMBERS.test(column.type)).map(column => column.name)
    const nullable = summaryGroups(columns, summary).filter(column => column?.nullable)
    const long = known.find(({ name }) => `${name}_avg`.length > MAX_IDENTIFIER_LENGTH)
    return [
      ...(finalityView(summary).length > MAX_IDENTIFIER_LENGTH ? [`${summary.table}: leave two characters for the view's v_`] : []),
      ...known
        .filter(({ name }) => !numbers.includes(name))
        .map(({ name }) => `${summary.table}: ${name} is no number; use ${nearest(name, numbers) ?? numbers.join(', ')}`),
      ...nullable.map(({ name }) => `${summary.table}: ${name} may be missing, so that it cannot stand in a key; make it required: true`),
      ...(long ? [`${summary.table}: ${long.name}_avg has more than ${MAX_IDENTIFIER_LENGTH} characters; shorten the column's name`] : []),
      ...repeated([...summary.by, ...summary.measures]).map(name => `${summary.table}: ${name} is there twice; keep one`)
    ]
  })
}

const repeated = (names: readonly string[]) => names.filter((name, index) => names.indexOf(name) !== index)

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))

/**
 * Minutes of one bucket of the log of changed times: every window of the dataset is whole buckets.
 * @returns undefined where nothing is computed from the dataset's times
 */
export function bucketMinutes({ summaries, warehouse }: Pick<Contract, 'summaries' | 'warehouse'>): number | undefined {
  const lengths = [...summaries.flatMap(summary => summary.minutes), ...(warehouse ? [WAREHOUSE_MINUTES] : [])]
  return lengths.length === 0 ? undefined : lengths.reduce(greatestCommonDivisor)
}

/** The names under which changed times of a dataset are noted. */
export function invalidationLogs({ dataset, summaries, warehouse }: Pick<Contract, 'dataset' | 'summaries' | 'warehouse'>): string[] {
  return [...(summaries.length > 0 ? [dataset] : []), ...(warehouse ? [warehouseLog(dataset)] : [])]
}

/** The name under which changed times are noted for the warehouse. */
export const warehouseLog = (dataset: string): string => `${dataset}:warehouse`
