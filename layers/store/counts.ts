// What became of the records, of one run or of a whole dataset?
import type pg from 'pg'
import countsByDatasetSql from '../../sql/queries/counts-by-dataset.sql'
import countsOfRunSql from '../../sql/queries/counts-of-run.sql'
import offsetsList from '../../sql/queries/offsets-list.sql'

export interface RecordCounts {
  valid: number
  quarantined: number
  duplicate: number
  /** Reason code → records that have it; a record with two reasons counts under both. */
  reasons: Record<string, number>
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
  const result = await client.query<CountRow>(countsOfRunSql, [runId])
  return result.rows.reduce(add, none())
}

/** The counts of every dataset that this database holds, of the records that came from one cluster. */
export async function countsByDataset(client: Pick<pg.Pool, 'query'>, clusterId: string): Promise<Map<string, RecordCounts>> {
  const result = await client.query<CountRow & { dataset: string }>(countsByDatasetSql, [clusterId])
  const counts = new Map<string, RecordCounts>()
  for (const row of result.rows) counts.set(row.dataset, add(counts.get(row.dataset) ?? none(), row))
  return counts
}

/** For `topic-partition` the offset up to which it is worked off. */
export async function consumedOffsets(client: Pick<pg.Pool, 'query'>, consumer: string, clusterId: string): Promise<Map<string, number>> {
  const result = await client.query<{ topic: string; partition: number; next_offset: string }>(offsetsList, [consumer, clusterId])
  return new Map(result.rows.map(row => [`${row.topic}-${row.partition}`, Number(row.next_offset)]))
}
