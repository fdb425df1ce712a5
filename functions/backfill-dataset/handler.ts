// A time range of a topic is processed again: which rows were missing, and are they back?
import type { Context } from 'aws-lambda'
import type pg from 'pg'
import { config } from '../../layers/config'
import { type Contract, contractOf } from '../../layers/contract'
import { PipelineError } from '../../layers/errors'
import { lambdaFunction } from '../../layers/event/function'
import { clusterId, ensureTopic, sharedAdmin } from '../../layers/event/kafka-client'
import { connectedTo } from '../../layers/store/connection'
import { poolFor, withTransaction } from '../../layers/store/pool'
import backfillFinish from '../../sql/queries/backfill-finish.sql'
import backfillLock from '../../sql/queries/backfill-lock.sql'
import { type PartitionProgress, planBackfill, readBackfill } from './backfill'
import { readPieces } from './pieces'
import { type BackfillRequest, backfillRequest } from './request'
import { restorer } from './restore'

/** Time that is kept for the last piece and for leaving the consumer group. */
const reserveMs = 15_000

export interface BackfillAnswer {
  id: string
  dataset: string
  topic: string
  finished: boolean
  /** Offsets read so far, and in all. */
  done: number
  total: number
  /** Records inside the range so far: each was restored, was present, or is invalid under the contract as it is. */
  records: number
  restored: number
  present: number
  invalid: number
}

function answerOf(contract: Contract, id: string, partitions: readonly PartitionProgress[]): BackfillAnswer {
  const sum = (of: (progress: PartitionProgress) => number) => partitions.reduce((total, progress) => total + of(progress), 0)
  return {
    id,
    dataset: contract.dataset,
    topic: contract.topic.name,
    finished: partitions.every(({ next, end }) => next >= end),
    done: sum(({ first, next }) => next - first),
    total: sum(({ first, end }) => end - first),
    records: sum(({ records }) => records),
    restored: sum(({ restored }) => restored),
    present: sum(({ present }) => present),
    invalid: sum(({ invalid }) => invalid)
  }
}

async function backfill(contract: Contract, request: BackfillRequest, lock: pg.Client, pool: pg.Pool, context: Context) {
  if (!(await lock.query(backfillLock, [contract.dataset])).rows[0].is_locked)
    throw new PipelineError('BUSY', `${contract.dataset}: another backfill is under way`)
  await ensureTopic(contract)
  const { id, partitions } = await planBackfill(lock, await sharedAdmin(), await clusterId(), contract, request)
  const restore = restorer(contract, request)
  let read = 0
  await readPieces(contract, partitions, request.maxRecords, `sluice-backfill-${id}`, async piece => {
    await withTransaction(pool, client => restore(client, id, piece))
    read += piece.records.length
    return read < request.maxRecords && context.getRemainingTimeInMillis() > reserveMs
  })
  await lock.query(backfillFinish, [id])
  return answerOf(contract, id, (await readBackfill(lock, id)).partitions)
}

export const handler = lambdaFunction('backfill-dataset', backfillRequest, (request, context) => {
  const contract = contractOf(request.dataset)
  if (request.by === 'event-time' && contract.timeColumn === undefined)
    throw new PipelineError('EVENT_INVALID', `${contract.dataset}: its contract has no timeColumn; only record-time is possible`)
  const { databaseUrl, timescaleUrl } = config()
  const url = contract.store === 'timeseries' ? timescaleUrl : databaseUrl
  // the lock lives as long as its connection: a run that is killed leaves none
  return connectedTo(url, lock => {
    lock.on('error', () => {})
    return backfill(contract, request, lock, poolFor(url), context)
  })
})
