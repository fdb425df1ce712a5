// A batch of Kafka messages arrives: where in the lake is it kept as it came?

import { config } from '../../layers/config'
import { type Contract, contractOfTopic } from '../../layers/contract'
import { PipelineError } from '../../layers/errors'
import { lambdaFunction } from '../../layers/event/function'
import { clusterId } from '../../layers/event/kafka-client'
import { kafkaEvent, partitionsOf } from '../../layers/event/kafka-event'
import { openLake } from '../../layers/lake'
import { codecFor } from '../../layers/lake/compression'
import { advanceOffsets, claimOffsets, type OffsetRange, rangeOf } from '../../layers/store/batch'
import { LANDING } from '../../layers/store/counts'
import { poolFor, withTransaction } from '../../layers/store/pool'
import { type Landed, type Landing, landRecords } from './land'

/** The name under which offsets are kept of what somebody began to write. */
const ATTEMPT = 'land-bronze-attempt'

const landings = new Map<string, Promise<Landing>>()

async function landingOf(contract: Contract): Promise<Landing> {
  if (!contract.landing)
    throw new PipelineError('CONTRACT_INVALID', `${contract.file}: landing is missing, but the topic ${contract.topic.name} is to land`, {
      remedy: 'Add the customProperty landing, or take the topic from the events of land-bronze in serverless.yml.'
    })
  const { compression } = contract.landing
  return { dataset: contract.dataset, compression, codec: await codecFor(compression, `${contract.file}: landing.compression`) }
}

function landingOfTopic(topic: string): Promise<Landing> {
  let landing = landings.get(topic)
  if (!landing) landings.set(topic, (landing = landingOf(contractOfTopic(topic))))
  return landing
}

/**
 * Notes, and commits, how far this attempt may write, so that after its death the next one knows whether to look for what it left.
 * @returns for `topic-partition` how far an earlier attempt may have written
 */
async function noteAttempt(
  pool: ReturnType<typeof poolFor>,
  clusterId: string,
  ranges: readonly OffsetRange[]
): Promise<Map<string, number>> {
  return withTransaction(pool, async client => {
    const consumer = { name: ATTEMPT, clusterId }
    const attempted = await claimOffsets(client, consumer, ranges)
    await advanceOffsets(client, consumer, ranges)
    return attempted
  })
}

let last: Promise<unknown> = Promise.resolve()

/** Runs one piece of work after the other: each needs both connections of the pool. On AWS an environment has one event at a time anyway. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work)
  last = done.catch(() => undefined)
  return done
}

/** The results, once all have ended: what is still being written must not go on after its offsets were given up. */
async function settled<T>(work: Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work)
  const failed = results.find(result => result.status === 'rejected')
  if (failed) throw failed.reason
  return results.map(result => (result as PromiseFulfilledResult<T>).value)
}

export interface LandedCounts {
  records: number
  objects: number
}

/**
 * | what dies, and when                  | what the next delivery finds                        | what it does                                  |
 * |--------------------------------------|-----------------------------------------------------|-----------------------------------------------|
 * | before the attempt is noted          | nothing                                             | lands the batch                               |
 * | before the object is there           | an attempt beyond the landed offset                 | looks for its object, finds none, lands       |
 * | before the landed offset is there    | the same, and an object that starts at its first    | checks it, counts it as landed, lands the rest |
 * | after that                           | the landed offset                                   | skips what is before it                       |
 */
export const handler = lambdaFunction(LANDING, kafkaEvent, async event => {
  const partitions = partitionsOf(event)
  const landingsOfPartitions = await Promise.all(partitions.map(({ topic }) => landingOfTopic(topic)))
  const { databaseUrl, lakeUrl } = config()
  const lake = openLake(lakeUrl)
  const consumer = { name: LANDING, clusterId: await clusterId() }
  const pool = poolFor(databaseUrl)
  const ranges = partitions.map(rangeOf)
  const landed = await inTurn(() =>
    withTransaction(pool, async client => {
      const claimed = await claimOffsets(client, consumer, ranges)
      const attempted = await noteAttempt(pool, consumer.clusterId, ranges)
      const results = await settled(
        partitions.map(async ({ topic, partition, records }, index): Promise<Landed> => {
          const next = claimed.get(`${topic}-${partition}`)!
          const fresh = records.filter(record => record.offset >= next)
          if (fresh.length === 0) return { records: 0, objects: 0, nextOffset: next }
          return landRecords(lake, landingsOfPartitions[index]!, fresh, attempted.get(`${topic}-${partition}`)!)
        })
      )
      await advanceOffsets(
        client,
        consumer,
        ranges.map((range, index) => ({ ...range, nextOffset: results[index]!.nextOffset }))
      )
      return results
    })
  )
  const counts: Record<string, LandedCounts> = {}
  for (const [index, { records, objects }] of landed.entries()) {
    const total = (counts[landingsOfPartitions[index]!.dataset] ??= { records: 0, objects: 0 })
    total.records += records
    total.objects += objects
  }
  return counts
})
