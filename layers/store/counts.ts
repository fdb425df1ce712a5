// What became of the records, of one run or of a whole dataset?
import type pg from 'pg'
import countsByDatasetSql from '../../sql/queries/counts-by-dataset.sql'
import countsOfRunSql from '../../sql/queries/counts-of-run.sql'
import offsetsList from '../../sql/queries/offsets-list.sql'
import { storeError } from './pool'

/** The name under which `validate-message` notes how far it is. */
export const VALIDATION = 'validate-message'
/** The name under which `land-bronze` notes how far it is. */
export const LANDING = 'land-bronze'

export interface RecordCounts {
  valid: number
  quarantined: number
  duplicate: number
  /** Reason code → records that have it; a record with two reasons counts under both. */
  reasons: Record<string, number>
}

/** Rows of a query; a server that is away is an error that says so. */
async function rowsOf<R extends pg.QueryResultRow>(client: Pick<pg.Pool, 'query'>, sql: string, values: unknown[]): Promise<R[]> {
  try {
    return (await client.query<R>(sql, values)).rows
  } catch (error) {
    throw storeError(error)
  }
}

interface CountRow {
  disposition: 'valid' | 'quarantined' | 'duplicate' | 'reason'
  reason: string
  record_count: string
}

const none = (): RecordCounts => ({ valid: 0, quarantined: 0, duplicate: 0, reasons: {} })

function add(counts: RecordCounts, row: CountRow): RecordCounts {
  if (row.disposition === 'reason') counts.reasons[row.reason] = Number(row.record_count)
  else counts[row.disposition] = Number(row.record_count)
  return counts
}

/** The counts of one run; all zero before its first batch is stored. */
export async function countsOfRun(client: Pick<pg.Pool, 'query'>, runId: string): Promise<RecordCounts> {
  return (await rowsOf<CountRow>(client, countsOfRunSql, [runId])).reduce(add, none())
}

/** The counts of every dataset that this database holds, of the records that came from one cluster. */
export async function countsByDataset(client: Pick<pg.Pool, 'query'>, clusterId: string): Promise<Map<string, RecordCounts>> {
  const rows = await rowsOf<CountRow & { dataset: string }>(client, countsByDatasetSql, [clusterId])
  const counts = new Map<string, RecordCounts>()
  for (const row of rows) counts.set(row.dataset, add(counts.get(row.dataset) ?? none(), row))
  return counts
}

/** For `topic-partition` the offset up to which it is worked off. */
export async function consumedOffsets(client: Pick<pg.Pool, 'query'>, consumer: string, clusterId: string): Promise<Map<string, number>> {
  const rows = await rowsOf<{ topic: string; partition: number; next_offset: string }>(client, offsetsList, [consumer, clusterId])
  return new Map(rows.map(row => [`${row.topic}-${row.partition}`, Number(row.next_offset)]))
}
