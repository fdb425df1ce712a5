// What does a topic hold? For tests: every record, read by a client of its own.
import type { KafkaMessage } from 'kafkajs'
import { kafkaClient } from '../../layers/event/kafka-client'

let reads = 0

/** Every record of a topic in the order of each partition; none where there is no such topic. */
export async function topicRecords(address: string, topic: string): Promise<(KafkaMessage & { partition: number })[]> {
  const client = kafkaClient([address])
  const admin = client.admin()
  await admin.connect()
  const isThere = (await admin.listTopics()).includes(topic)
  const offsets = isThere ? await admin.fetchTopicOffsets(topic) : []
  const expected = offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
  await admin.disconnect()
  if (expected === 0) return []
  const consumer = client.consumer({ groupId: `test-${topic}-${++reads}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const records: (KafkaMessage & { partition: number })[] = []
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message, partition }) => {
          records.push({ ...message, partition })
          if (records.length === expected) resolve()
        }
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return records
}
