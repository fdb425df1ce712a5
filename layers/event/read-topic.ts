// Which records does a topic hold between two offsets of each of its partitions? Read beside the consumers that work on it.
import type { KafkaMessage } from 'kafkajs'
import { PipelineError } from '../errors'
import { kafkaClient, sharedAdmin } from './kafka-client'

/** A read that brings nothing for so long has lost its way. */
const stallMs = 60_000

/** Offsets from `from` up to, but not including, `to`. */
export interface OffsetsWanted {
  partition: number
  from: number
  to: number
}

export interface RecordPiece {
  partition: number
  /** Records inside the wanted offsets, in order; may be empty where the log holds none at these offsets. */
  records: KafkaMessage[]
  /** Every wanted record before this offset was handed over. */
  nextOffset: number
}

/**
 * Hands over the wanted records, one piece after the other; each partition's in order.
 * @param group a consumer group of its own: nothing is committed, and it is removed at the end
 * @param handle says whether to go on; what it throws ends the reading and is thrown
 * @throws PipelineError KAFKA_UNAVAILABLE, TIMED_OUT
 */
export async function readOffsets(
  topic: string,
  wanted: readonly OffsetsWanted[],
  group: string,
  handle: (piece: RecordPiece) => Promise<boolean>
): Promise<void> {
  const open = new Map(wanted.filter(({ from, to }) => from < to).map(range => [range.partition, { ...range }]))
  if (open.size === 0) return
  const consumer = kafkaClient().consumer({ groupId: group, allowAutoTopicCreation: false })
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const watch = () => {
        clearTimeout(timer)
        timer = setTimeout(() => reject(new PipelineError('TIMED_OUT', `${topic}: no record came for ${stallMs / 1000} s`)), stallMs)
      }
      let isOver = false
      const end = (settle: () => void) => {
        isOver = true
        settle()
      }
      const take = async (partition: number, messages: KafkaMessage[], lastOffset: number) => {
        const range = open.get(partition)
        // what was fetched before the seek took effect begins too early, and is taken from where it is wanted
        if (isOver || !range || lastOffset < range.from) return
        const nextOffset = Math.min(lastOffset + 1, range.to)
        const records = messages.filter(({ offset }) => Number(offset) >= range.from && Number(offset) < range.to)
        range.from = nextOffset
        const goesOn = await handle({ partition, records, nextOffset })
        if (nextOffset === range.to) {
          open.delete(partition)
          consumer.pause([{ topic, partitions: [partition] }])
        }
        watch()
        if (!goesOn || open.size === 0) end(resolve)
      }
      const run = async () => {
        watch()
        await consumer.connect()
        await consumer.subscribe({ topic, fromBeginning: true })
        await consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: true,
          eachBatch: ({ batch }) =>
            take(batch.partition, batch.messages, Number(batch.lastOffset())).catch(error => end(() => reject(error)))
        })
        for (const { partition, from } of open.values()) consumer.seek({ topic, partition, offset: String(from) })
      }
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) end(() => reject(payload.error))
      })
      run().catch(error => end(() => reject(error)))
    })
  } catch (cause) {
    if (!/^KafkaJS/.test((cause as Error).name)) throw cause
    throw new PipelineError('KAFKA_UNAVAILABLE', `${topic} cannot be read: ${(cause as Error).message}`, { cause })
  } finally {
    clearTimeout(timer)
    await consumer.disconnect().catch(() => undefined)
    // a group that nobody will join again; where it cannot be removed it ages out
    await (await sharedAdmin()).deleteGroups([group]).catch(() => undefined)
  }
}
