// How far is a dataset's source extracted, and who moved its cursor when?
import type pg from 'pg'
import extractionRangeNote from '../../sql/queries/extraction-range-note.sql'
import extractionStateSql from '../../sql/queries/extraction-state.sql'
import extractionStateSave from '../../sql/queries/extraction-state-save.sql'
import type { IncrementalLoad } from '../contract'
import { PipelineError } from '../errors'
import { storeError } from '../store/pool'
import type { Cursor } from './source-sql'

export interface ExtractionState {
  cursor: Cursor
  snapshotXmin: string
  /** Counts the moves; 0 where there was none. */
  version: number
}

/** What one save says about the records since the last. */
export interface Extracted {
  run: string | undefined
  fromWatermark: string | undefined
  records: number
  late: number
  /** ISO 8601. */
  oldestTransactionAt: string
  startedAt: Date
}

type Queryable = Pick<pg.Pool, 'query'>

async function rowsOf<R extends pg.QueryResultRow>(client: Queryable, sql: string, values: unknown[]): Promise<R[]> {
  try {
    return (await client.query<R>(sql, values)).rows
  } catch (error) {
    throw storeError(error)
  }
}

/**
 * @returns undefined before the first run
 * @throws PipelineError SOURCE_CHANGED where the cursor is of another table or column; DATABASE_UNAVAILABLE
 */
export async function loadState(client: Queryable, dataset: string, load: IncrementalLoad): Promise<ExtractionState | undefined> {
  const [row] = await rowsOf(client, extractionStateSql, [dataset])
  if (!row) return undefined
  if (row.source_table !== load.table || row.watermark_column !== load.watermarkColumn || row.key.length !== load.key.length)
    throw new PipelineError(
      'SOURCE_CHANGED',
      `${dataset}: its cursor is of ${row.source_table}.${row.watermark_column}, the contract reads ${load.table}.${load.watermarkColumn}`,
      { remedy: `To begin anew: delete from extraction_state where dataset = '${dataset}'; nothing was sent.` }
    )
  return { cursor: { watermark: row.watermark, key: row.key }, snapshotXmin: row.snapshot_xmin, version: Number(row.version) }
}

/**
 * Moves the cursor and notes it in the history, in one statement: either both are there or none.
 * @param state as it was loaded or last saved
 * @returns the state's new version
 * @throws PipelineError BUSY when somebody else moved it meanwhile; DATABASE_UNAVAILABLE
 */
export async function saveState(
  client: Queryable,
  dataset: string,
  load: IncrementalLoad,
  state: ExtractionState,
  extracted: Extracted
): Promise<number> {
  const { cursor, snapshotXmin, version } = state
  const [row] = await rowsOf<{ version: string }>(client, extractionStateSave, [
    ...[dataset, load.table, load.watermarkColumn, cursor.watermark, cursor.key, snapshotXmin, extracted.records, version],
    ...[extracted.run ?? null, extracted.fromWatermark ?? null, extracted.late, extracted.oldestTransactionAt, extracted.startedAt]
  ])
  if (row) return Number(row.version)
  throw new PipelineError('BUSY', `${dataset}: somebody else moved its cursor meanwhile; what was sent is sent again by the next run`)
}

/** Notes that a range was sent, without moving the cursor. */
export async function noteRange(
  client: Queryable,
  dataset: string,
  { cursor, snapshotXmin }: Pick<ExtractionState, 'cursor' | 'snapshotXmin'>,
  extracted: Extracted
): Promise<void> {
  await rowsOf(client, extractionRangeNote, [
    ...[dataset, extracted.run ?? null, extracted.fromWatermark ?? null, cursor.watermark, cursor.key, extracted.records],
    ...[snapshotXmin, extracted.oldestTransactionAt, extracted.startedAt]
  ])
}
