// Which facts and faults does an export take, and up to which records of the topic? One snapshot of the warehouse, streamed to files.
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { VALIDATION } from '../../layers/store/counts'
import { poolFor, withTransaction } from '../../layers/store/pool'
import factsExport from '../../sql/features/facts-export.sql'
import factsRange from '../../sql/features/facts-range.sql'
import faultsExport from '../../sql/features/faults-export.sql'
import offsetsConsumed from '../../sql/features/offsets-consumed.sql'
import rangeSet from '../../sql/features/range-set.sql'
import type { ExportRequest } from './request'

export interface Offset {
  cluster_id: string
  partition: number
  next_offset: number
}

export interface Extract {
  factsFile: string
  faultsFile: string
  rows: number
  /** Epoch milliseconds of the first instant, and of the first one after the last fact. */
  from: number
  to: number
  /** Every record before these was stored when the facts were read; of those that the warehouse had not enriched yet, there is none here. */
  offsets: Offset[]
}

const copyOut = (client: pg.ClientBase, statement: string, file: string) =>
  pipeline(client.query(copyTo(statement)), createWriteStream(file))

const setRange = (client: pg.ClientBase, from: number, to: number, horizon: number) =>
  client.query(rangeSet, [new Date(from).toISOString(), new Date(to).toISOString(), String(horizon)])

/**
 * Writes facts.csv and faults.csv into a folder; nothing of them is held in memory.
 * @param urls the databases of the warehouse and of the maintenance log
 * @returns undefined when there is no fact in the range
 * @throws PipelineError DATABASE_UNAVAILABLE
 */
export async function extractFacts(
  urls: { databaseUrl: string; timescaleUrl: string },
  topic: string,
  request: ExportRequest,
  folder: string
): Promise<Extract | undefined> {
  const factsFile = join(folder, 'facts.csv')
  const faultsFile = join(folder, 'faults.csv')
  const taken = await withTransaction(poolFor(urls.timescaleUrl), async client => {
    await client.query('set transaction isolation level repeatable read, read only')
    const range = (await client.query(factsRange, [request.from ?? null, request.to ?? null])).rows[0]
    if (range.first_time === null) return undefined
    const from = request.from === undefined ? range.first_time.getTime() : Date.parse(request.from)
    // Postgres has microseconds, Date has not: the last fact is within its millisecond
    const to = request.to === undefined ? range.last_time.getTime() + 1 : Date.parse(request.to)
    await setRange(client, from, to, request.horizon)
    await copyOut(client, factsExport, factsFile)
    const offsets = (await client.query(offsetsConsumed, [topic, VALIDATION])).rows.map(row => ({
      ...row,
      next_offset: Number(row.next_offset)
    }))
    return { from, to, rows: Number(range.row_count), offsets }
  })
  if (taken === undefined) return undefined
  await withTransaction(poolFor(urls.databaseUrl), async client => {
    await setRange(client, taken.from, taken.to, request.horizon)
    await copyOut(client, faultsExport, faultsFile)
  })
  return { ...taken, factsFile, faultsFile }
}
