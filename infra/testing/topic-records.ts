// What does a topic hold? For tests: every record, read by a client of its own.
import type { KafkaMessage } from 'kafkajs'
import { kafkaClient } from '../../layers/event/kafka-client'

let reads = 0

export type TopicRecord = KafkaMessage & { partition: number }

/** For each partition the offset of its next record; empty where there is no such topic. */
export async function topicEnds(address: string, topic: string): Promise<Map<number, number>> {
  const admin = kafkaClient([address]).admin()
  await admin.connect()
  try {
    const isThere = (await admin.listTopics()).includes(topic)
    const offsets = isThere ? await admin.fetchTopicOffsets(topic) : []
    return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]))
  } finally {
    await admin.disconnect()
  }
}

/** Every record of a topic from the given offsets on, in the order of each partition. */
export async function topicRecords(address: string, topic: string, since: ReadonlyMap<number, number> = new Map()): Promise<TopicRecord[]> {
  const missing = new Set<number>()
  const ends = await topicEnds(address, topic)
  for (const [partition, end] of ends) if (end > (since.get(partition) ?? 0)) missing.add(partition)
  const records: TopicRecord[] = []
  if (missing.size === 0) return records
  const consumer = kafkaClient([address]).consumer({ groupId: `test-${topic}-${++reads}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message, partition }) => {
          const offset = Number(message.offset)
          if (offset >= (since.get(partition) ?? 0)) records.push({ ...message, partition })
          if (offset + 1 === ends.get(partition)) missing.delete(partition)
          if (missing.size === 0) resolve()
        }
      })
      .catch(reject)
    for (const [partition, offset] of since) consumer.seek({ topic, partition, offset: String(offset) })
  })
  await consumer.disconnect()
  return records
}
