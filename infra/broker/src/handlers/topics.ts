// How are topics created, grown and deleted?
import { errorCodes, KafkaError, zeroUuid } from '../protocol'
import { topicConfigs } from '../topics/topic-configs'
import type { Topic } from '../topics/topics'
import { describeConfig } from './configs'
import { type BrokerState, type Handler, nodeId } from './handler'

const replicationFactor = 1

/** Runs `act`; a KafkaError becomes the code and message to answer with. */
function attempt(act: () => void): { errorCode: number; errorMessage: string | null } {
  try {
    act()
    return { errorCode: errorCodes.NONE, errorMessage: null }
  } catch (error) {
    if (error instanceof KafkaError) return { errorCode: error.code, errorMessage: error.reason }
    throw error
  }
}

interface NewTopic {
  name: string
  numPartitions: number
  replicationFactor: number
  assignments: { partitionIndex: number; brokerIds: number[] }[]
  configs: { name: string; value: string | null }[]
}

/** The number of partitions asked for. Throws KafkaError when replicas are asked for that one broker cannot hold. */
function partitionsOf(asked: NewTopic, defaultPartitions: number): number {
  if (asked.assignments.length > 0) {
    const isOurs = asked.assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === nodeId)
    if (!isOurs) throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `the only broker here is ${nodeId}`)
    return asked.assignments.length
  }
  if (asked.replicationFactor > replicationFactor || asked.replicationFactor === 0) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `Unable to replicate the partition ${asked.replicationFactor} time(s): there is one broker.`
    )
  }
  return asked.numPartitions === -1 ? defaultPartitions : asked.numPartitions
}

export const createTopics: Handler<'createTopics'> = (state, { topics, validateOnly }) => {
  const names = topics.map(({ name }) => name)
  return {
    topics: topics.map(asked => {
      const { name } = asked
      let topic: Topic | undefined
      let partitions = -1
      const configs = Object.fromEntries(asked.configs.map(each => [each.name, each.value ?? '']))
      const nulls = asked.configs.flatMap(each => (each.value === null ? [each.name] : []))
      const outcome = attempt(() => {
        if (nulls.length > 0) throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${nulls.join(',')}`)
        if (names.indexOf(name) !== names.lastIndexOf(name)) throw new KafkaError('INVALID_REQUEST', `topic ${name} is asked for twice`)
        partitions = partitionsOf(asked, state.defaultPartitions)
        if (validateOnly) state.topics.checkNew(name, partitions, configs)
        else topic = state.topics.create(name, partitions, configs)
      })
      if (outcome.errorCode !== errorCodes.NONE) return { name, ...outcome }
      const described = Object.keys(topicConfigs).map(each => ({
        readOnly: false,
        isSensitive: false,
        ...describeConfig(state, each, configs)
      }))
      return { name, topicId: topic?.id ?? zeroUuid, ...outcome, numPartitions: partitions, replicationFactor, configs: described }
    })
  }
}

export const createPartitions: Handler<'createPartitions'> = (state, { topics, validateOnly }) => ({
  results: topics.map(({ count, name }) => ({
    name,
    ...attempt(() => {
      const topic = state.topics.find(name)
      if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`)
      if (validateOnly) state.topics.checkGrowth(topic, count)
      else state.topics.grow(topic, count)
    })
  }))
})

function remove(state: BrokerState, topic: Topic): void {
  state.topics.delete(topic)
  state.groups.offsets.deleteTopic(topic.name)
  state.transactions.forgetTopic(topic.name)
}

export const deleteTopics: Handler<'deleteTopics'> = (state, { topicNames, topics }) => {
  const asked = [...topics, ...topicNames.map(name => ({ name, topicId: zeroUuid }))]
  return {
    responses: asked.map(({ name, topicId }) => {
      const topic = name === null ? state.topics.findById(topicId) : state.topics.find(name)
      if (!topic) {
        const errorCode = name === null ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION
        return { name, topicId, errorCode, errorMessage: 'This server does not host this topic.' }
      }
      return { name: topic.name, topicId: topic.id, ...attempt(() => remove(state, topic)) }
    })
  }
}
