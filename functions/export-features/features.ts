// Which features and which label has each reading, and to which split does it belong?
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { literal } from '../../layers/lake/duckdb'
import featuresSql from '../../sql/features/features.sql'
import type { Extract } from './extract'
import type { ExportRequest } from './request'

export const splits = ['train', 'valid', 'test'] as const
export type Split = (typeof splits)[number]

export interface SplitFacts {
  split: Split | 'gap'
  rows: number
  positives: number
  /** ISO 8601; null for a split without rows. */
  from: string | null
  to: string | null
}

export interface Features {
  schema: { name: string; type: string }[]
  splits: SplitFacts[]
  validFrom: number
  testFrom: number
  /** Paths by name: train.parquet, train.csv, … */
  files: Record<string, string>
}

/** Where validation and testing begin when nobody says so, as shares of the time. */
const SHARES = [0.6, 0.8] as const
const FACT_COLUMNS = {
  time: 'timestamptz',
  device_id: 'varchar',
  device_type: 'varchar',
  location_id: 'varchar',
  value: 'double',
  battery_level: 'double',
  stuck_seconds: 'integer',
  gap_seconds: 'integer'
}
const FAULT_COLUMNS = { device_id: 'varchar', fault_from: 'timestamptz', fault_to: 'timestamptz', kind: 'varchar' }

const readCsv = (file: string, columns: Record<string, string>) =>
  `read_csv(${literal(file)}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {${Object.entries(
    columns
  )
    .map(([name, type]) => `'${name}': '${type}'`)
    .join(', ')}})`

export function splitTimes({ splitAt }: ExportRequest, { from, to }: Pick<Extract, 'from' | 'to'>): [number, number] {
  if (splitAt) return [Date.parse(splitAt[0]), Date.parse(splitAt[1])]
  const [valid, test] = SHARES.map(share => from + Math.round((to - from) * share))
  return [valid!, test!]
}

/**
 * Makes the table features and writes each split as Parquet and as CSV.
 * @param connection to a database of its own
 */
export async function makeFeatures(
  connection: DuckDBConnection,
  folder: string,
  extract: Extract,
  request: ExportRequest
): Promise<Features> {
  const [validFrom, testFrom] = splitTimes(request, extract)
  await connection.run('set preserve_insertion_order = true')
  await connection.run(`create or replace view facts as select * from ${readCsv(extract.factsFile, FACT_COLUMNS)}`)
  await connection.run(`create or replace temp table faults as select * from ${readCsv(extract.faultsFile, FAULT_COLUMNS)}`)
  const instant = (ms: number) => `timestamptz ${literal(new Date(ms).toISOString())}`
  await connection.run(`set variable valid_from = ${instant(validFrom)}`)
  await connection.run(`set variable test_from = ${instant(testFrom)}`)
  await connection.run(`set variable gap = interval '${request.gapMinutes} minutes'`)
  await connection.run(`set variable horizon = interval '${request.horizon} minutes'`)
  await connection.run(featuresSql)
  const files: Record<string, string> = {}
  for (const split of splits)
    for (const [ending, format] of [
      ['parquet', 'format parquet'],
      ['csv', 'format csv, header']
    ] as const) {
      const name = `${split}.${ending}`
      files[name] = join(folder, name)
      await connection.run(
        `copy (select * exclude (split) from features where split = '${split}' order by device_id, time) to ${literal(files[name])} (${format})`
      )
    }
  const described = (await connection.runAndReadAll('describe select * exclude (split) from features')).getRowObjectsJson()
  const iso = (column: string) => `strftime(${column}(time)::timestamp, '%Y-%m-%dT%H:%M:%S.%fZ')`
  const counted = (
    await connection.runAndReadAll(
      `select split, count(*) as n, count_if(label) as positives, ${iso('min')} as first, ${iso('max')} as last from features group by split`
    )
  ).getRowObjectsJson()
  return {
    schema: described.map(row => ({ name: String(row['column_name']), type: String(row['column_type']) })),
    splits: [...splits, 'gap' as const].map(split => {
      const row = counted.find(candidate => candidate['split'] === split)
      const text = (value: unknown) => (value == null ? null : String(value))
      return {
        split,
        rows: Number(row?.['n'] ?? 0),
        positives: Number(row?.['positives'] ?? 0),
        from: text(row?.['first']),
        to: text(row?.['last'])
      }
    }),
    validFrom,
    testFrom,
    files
  }
}
