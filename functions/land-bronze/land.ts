// How do a partition's records get into the lake once, whatever an earlier attempt left there?
import { PipelineError } from '../../layers/errors'
import type { KafkaEventRecord } from '../../layers/event/kafka-event'
import type { Lake } from '../../layers/lake'
import { type BronzeName, bronzeEnd, bronzeKey, bronzePrefix } from '../../layers/lake/bronze'
import { type Codec, type Compression, codecFor } from '../../layers/lake/compression'
import { bronzeLines } from './lines'

/** What is known once of each dataset. */
export interface Landing {
  dataset: string
  compression: Compression
  codec: Codec
}

export interface Landed {
  /** Records that are in the lake now and were not noted as such before. */
  records: number
  /** Objects that were written. */
  objects: number
  /** The offset to go on from. */
  nextOffset: number
}

/** An object that is found or met takes at least one record off the batch; more rounds than this mean that somebody else writes and removes. */
const MAX_ROUNDS = 100

type Start = Omit<BronzeName, 'lastOffset'>

const startAt = (dataset: string, { topic, partition, offset, timestamp }: KafkaEventRecord): Start => ({
  dataset,
  topic,
  partition,
  firstOffset: offset,
  timestamp
})

interface Found {
  key: string
  lastOffset: number
  compression: Compression
}

/** The longest object that starts at this record. */
async function objectFrom(lake: Lake, start: Start): Promise<Found | undefined> {
  let longest: Found | undefined
  for await (const { key } of lake.list(bronzePrefix(start))) {
    const end = bronzeEnd(start, key)
    if (end && (!longest || end.lastOffset > longest.lastOffset)) longest = { key, ...end }
  }
  return longest
}

/**
 * Makes sure that an object holds the very records of the batch, as far as both go: names repeat when a topic is made again or the lake is
 * shared with another cluster, and then neither's records may stand for the other's.
 * @throws PipelineError LAKE_CONFLICT
 */
async function checkContent(lake: Lake, found: Found, records: readonly KafkaEventRecord[]): Promise<void> {
  const bytes = await lake.get(found.key)
  const codec = await codecFor(found.compression, `lake ${lake.url}: the ending of ${found.key}`)
  const lines = bytes && (await codec.decompress(bytes)).toString('utf8')
  const expected = bronzeLines(records.filter(record => record.offset <= found.lastOffset))
  const goesOn = found.lastOffset > records.at(-1)!.offset
  if (goesOn ? !lines?.startsWith(expected) : lines !== expected)
    throw new PipelineError(
      'LAKE_CONFLICT',
      `lake ${lake.url}: ${found.key} does not hold the records that the topic has at these offsets`,
      {
        remedy: `Move it out of the lake, or the whole dataset where that is another cluster's; then its records land from the topic. Nothing was overwritten.`
      }
    )
}

/**
 * Puts the records of one partition into the lake: one object, less what objects of an attempt hold that ended before its offsets were noted.
 * @param records in the order of their offsets, without those that are noted as landed
 * @param attempted the offset up to which earlier attempts may have written
 * @throws PipelineError LAKE_UNAVAILABLE, or LAKE_CONFLICT where an object has a record's name but not its content
 */
export async function landRecords(lake: Lake, landing: Landing, records: readonly KafkaEventRecord[], attempted: number): Promise<Landed> {
  const landed: Landed = { records: 0, objects: 0, nextOffset: records.at(-1)!.offset + 1 }
  let rest = records
  let mayBeThere = records[0]!.offset < attempted
  for (let round = 1; rest.length > 0; round++) {
    if (round > MAX_ROUNDS)
      throw new PipelineError('LAKE_UNAVAILABLE', `lake ${lake.url}: ${bronzePrefix(startAt(landing.dataset, rest[0]!))}… comes and goes`)
    const start = startAt(landing.dataset, rest[0]!)
    const found = mayBeThere ? await objectFrom(lake, start) : undefined
    if (found) {
      await checkContent(lake, found, rest)
      const after = rest.filter(record => record.offset > found.lastOffset)
      landed.records += rest.length - after.length
      landed.nextOffset = Math.max(landed.nextOffset, found.lastOffset + 1)
      rest = after
      continue
    }
    const bytes = await landing.codec.compress(Buffer.from(bronzeLines(rest), 'utf8'))
    const key = bronzeKey({ ...start, lastOffset: rest.at(-1)!.offset }, landing.compression)
    if (await lake.put(key, bytes, { ifAbsent: true })) {
      landed.records += rest.length
      landed.objects++
      return landed
    }
    // somebody else's: it is looked at like one of an earlier attempt
    mayBeThere = true
  }
  return landed
}
