// Which topics and partitions are there, and where? Creates topics that a client asks for by name, when it may.
import { leaderEpoch } from '../log/partition-log'
import { errorCodes, KafkaError, zeroUuid } from '../protocol'
import type { Topic } from '../topics/topics'
import { clusterOperations, topicOperations } from './authorized-operations'
import { type BrokerState, distinct, type Handler, nodeId } from './handler'
import { unknownCode } from './topic-partitions'

function describe(topic: Topic) {
  const partitions = topic.partitions.map((_, partitionIndex) => ({
    errorCode: errorCodes.NONE,
    partitionIndex,
    leaderId: nodeId,
    leaderEpoch,
    replicaNodes: [nodeId],
    isrNodes: [nodeId]
  }))
  return { errorCode: errorCodes.NONE, name: topic.name, topicId: topic.id, partitions }
}

function missing(name: string | null, topicId: string, errorCode: number) {
  return { errorCode, name, topicId, partitions: [] }
}

function byName(state: BrokerState, name: string, mayCreate: boolean) {
  const topic = state.topics.find(name)
  if (topic) return describe(topic)
  try {
    if (mayCreate) return describe(state.topics.create(name, state.defaultPartitions))
    return missing(name, zeroUuid, unknownCode(name))
  } catch (error) {
    if (error instanceof KafkaError) return missing(name, zeroUuid, error.code)
    throw error
  }
}

/** A topic that is known by an unknown id only has no operations. */
function withOperations<T extends { errorCode: number }>(topic: T) {
  return topic.errorCode === errorCodes.UNKNOWN_TOPIC_ID ? topic : { ...topic, topicAuthorizedOperations: topicOperations }
}

export const metadata: Handler<'metadata'> = (state, request, { version }) => {
  const { host, port, topics } = state
  const { includeClusterAuthorizedOperations, includeTopicAuthorizedOperations } = request
  // an empty list means all topics in version 0, none later
  const isAll = request.topics === null || (version === 0 && request.topics.length === 0)
  const mayCreate = state.autoCreateTopics && request.allowAutoTopicCreation
  const described = isAll
    ? topics.all().map(describe)
    : distinct(request.topics!, ({ name, topicId }) => name ?? ` ${topicId}`).map(({ name, topicId }) => {
        if (name !== null) return byName(state, name, mayCreate)
        const topic = topics.findById(topicId)
        // before version 12 a topic without a name cannot be written
        return topic ? describe(topic) : missing(version < 12 ? '' : null, topicId, errorCodes.UNKNOWN_TOPIC_ID)
      })
  const cluster = { brokers: [{ nodeId, host, port }], clusterId: topics.clusterId, controllerId: nodeId }
  return {
    ...cluster,
    ...(includeClusterAuthorizedOperations && { clusterAuthorizedOperations: clusterOperations }),
    topics: includeTopicAuthorizedOperations ? described.map(withOperations) : described
  }
}
