// Which partitions do topics have, in pages of a size that the client chooses?
import { leaderEpoch } from '../log/partition-log'
import { errorCodes, KafkaError } from '../protocol'
import { checkTopicName, type Topic, type Topics } from '../topics/topics'
import { topicOperations } from './authorized-operations'
import { type Handler, nodeId } from './handler'

/** Partitions of one page, whatever the client asks: Kafka's max.request.partition.size.limit. */
const pagePartitionsMax = 2000

function partitionsOf(topic: Topic, from: number, count: number) {
  return topic.partitions.slice(from, from + count).map((_, index) => ({
    errorCode: errorCodes.NONE,
    partitionIndex: from + index,
    leaderId: nodeId,
    leaderEpoch,
    replicaNodes: [nodeId],
    isrNodes: [nodeId],
    eligibleLeaderReplicas: [],
    lastKnownElr: []
  }))
}

/** Why there is no topic of this name. */
export function unknownCode(name: string): number {
  try {
    checkTopicName(name)
    return errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
}

interface Place {
  topicName: string
  partitionIndex: number
}

/** The topics of one page, and where the next one begins. */
function page(topics: Topics, names: string[], cursor: Place | null, limit: number) {
  const described = []
  let left = limit
  for (const name of names) {
    if (left === 0) return { topics: described, nextCursor: { topicName: name, partitionIndex: 0 } }
    const topic = topics.find(name)
    if (!topic) {
      described.push({ errorCode: unknownCode(name), name, partitions: [], topicAuthorizedOperations: topicOperations })
      continue
    }
    const from = cursor?.topicName === name ? cursor.partitionIndex : 0
    const partitions = partitionsOf(topic, from, left)
    left -= partitions.length
    described.push({ errorCode: errorCodes.NONE, name, topicId: topic.id, partitions, topicAuthorizedOperations: topicOperations })
    const next = from + partitions.length
    if (next < topic.partitions.length) return { topics: described, nextCursor: { topicName: name, partitionIndex: next } }
  }
  return { topics: described, nextCursor: null }
}

export const describeTopicPartitions: Handler<'describeTopicPartitions'> = (state, { cursor, responsePartitionLimit, topics }) => {
  const isAll = topics.length === 0
  const asked = isAll ? state.topics.all().map(({ name }) => name) : [...new Set(topics.map(({ name }) => name))]
  const names = asked.filter(name => cursor === null || name >= cursor.topicName).sort()
  if (cursor && (cursor.partitionIndex < 0 || (!isAll && !names.includes(cursor.topicName)))) {
    // the response has no code of its own: Kafka says it for every topic that was asked for
    return { topics: topics.map(({ name }) => ({ errorCode: errorCodes.INVALID_REQUEST, name, partitions: [] })) }
  }
  return page(state.topics, names, cursor, Math.max(1, Math.min(responsePartitionLimit, pagePartitionsMax)))
}
