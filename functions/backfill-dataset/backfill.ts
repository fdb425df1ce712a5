// Which offsets does a backfill have to read, and how far is it?
import { randomBytes } from 'node:crypto'
import type { Admin } from 'kafkajs'
import type pg from 'pg'
import type { Contract } from '../../layers/contract'
import { PipelineError } from '../../layers/errors'
import backfillCreate from '../../sql/queries/backfill-create.sql'
import backfillRead from '../../sql/queries/backfill-read.sql'
import backfillUnfinished from '../../sql/queries/backfill-unfinished.sql'
import { isNewestFirst } from './pieces'
import type { BackfillRequest } from './request'

/** Producers' clocks differ and their batches cross: records of the range are looked for up to this long after its end. */
const crossingMs = 60 * 60_000

export interface PartitionProgress {
  partition: number
  first: number
  next: number
  end: number
  records: number
  restored: number
  present: number
  invalid: number
}

export interface Backfill {
  id: string
  partitions: PartitionProgress[]
}

interface Range {
  first: number
  end: number
}

/** For each partition the offsets that may hold records of the range. */
async function offsetsOf(admin: Admin, contract: Contract, { from, to, by }: BackfillRequest): Promise<Map<number, Range>> {
  const topic = contract.topic.name
  const ends = await admin.fetchTopicOffsets(topic)
  const whole = new Map(ends.map(({ partition, low, high }) => [partition, { first: Number(low), end: Number(high) }]))
  // the time column may hold any time, whenever the record was written
  if (by === 'event-time') return whole
  for (const { partition, offset } of await admin.fetchTopicOffsetsByTimestamp(topic, from)) whole.get(partition)!.first = Number(offset)
  // where a later record takes an earlier one's place, the newest one of a key may lie anywhere after the range
  if (isNewestFirst(contract)) return whole
  for (const { partition, offset } of await admin.fetchTopicOffsetsByTimestamp(topic, to + crossingMs))
    whole.get(partition)!.end = Math.max(Number(offset), whole.get(partition)!.first)
  return whole
}

function checkedPartitions(contract: Contract, wanted: readonly number[] | undefined, there: readonly number[]): number[] {
  const unknown = wanted?.find(partition => !there.includes(partition))
  if (unknown !== undefined)
    throw new PipelineError('EVENT_INVALID', `partition ${unknown} is not there: ${contract.topic.name} has ${there.join(', ')}`)
  return [...new Set(wanted ?? there)].sort((a, b) => a - b)
}

/** @throws PipelineError SERVICE_FAILED where there is no such backfill */
export async function readBackfill(client: Pick<pg.Pool, 'query'>, id: string): Promise<Backfill> {
  const { rows } = await client.query(backfillRead, [id])
  if (rows.length === 0) throw new PipelineError('EVENT_INVALID', `there is no backfill ${id}`)
  return {
    id,
    partitions: rows.map(row => ({
      partition: row.partition,
      first: Number(row.first_offset),
      next: Number(row.next_offset),
      end: Number(row.end_offset),
      records: Number(row.record_count),
      restored: Number(row.restored_count),
      present: Number(row.present_count),
      invalid: Number(row.invalid_count)
    }))
  }
}

/**
 * The backfill of a request: the one that was begun with the same parameters and not finished, or a new one.
 * @param client holds the dataset's lock
 * @throws PipelineError EVENT_INVALID for a partition that the topic does not have
 */
export async function planBackfill(
  client: Pick<pg.Pool, 'query'>,
  admin: Admin,
  cluster: string,
  contract: Contract,
  request: BackfillRequest
): Promise<Backfill> {
  const topic = contract.topic.name
  const ranges = await offsetsOf(admin, contract, request)
  const partitions = checkedPartitions(
    contract,
    request.partitions,
    [...ranges.keys()].sort((a, b) => a - b)
  )
  const range = [request.by, new Date(request.from), new Date(request.to), partitions]
  const [begun] = (await client.query(backfillUnfinished, [contract.dataset, cluster, topic, ...range])).rows
  if (begun) return readBackfill(client, begun.id)
  const id = randomBytes(6).toString('base64url')
  const of = partitions.map(partition => ranges.get(partition)!)
  await client.query(backfillCreate, [
    ...[id, contract.dataset, cluster, topic, ...range, contract.version],
    ...[of.map(({ first }) => first), of.map(({ end }) => end)]
  ])
  return readBackfill(client, id)
}
