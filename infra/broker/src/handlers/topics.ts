// How are topics created, grown and deleted?
import { errorCodes, KafkaError, zeroUuid } from '../protocol'
import { topicConfigs } from '../topics/topic-configs'
import type { Topic } from '../topics/topics'
import { describeConfig } from './configs'
import { type BrokerState, countOf, type Handler, nodeId } from './handler'

const replicationFactor = 1

interface Outcome {
  errorCode: number
  errorMessage: string | null
}

/** Runs `act`; a KafkaError becomes the code and message to answer with. */
function attempt(act: () => void): Outcome {
  try {
    act()
    return { errorCode: errorCodes.NONE, errorMessage: null }
  } catch (error) {
    if (error instanceof KafkaError) return { errorCode: error.code, errorMessage: error.reason }
    throw error
  }
}

/** Runs `act` with one write to disk for all of it; when that is refused, so is whatever `act` took for done. */
function attemptTogether<A extends Outcome>({ topics }: BrokerState, act: () => A[]): A[] {
  let answers: A[] = []
  const outcome = attempt(() => {
    topics.together(() => {
      answers = act()
    })
  })
  const isRefused = outcome.errorCode !== errorCodes.NONE
  return answers.map(answer => (isRefused && answer.errorCode === errorCodes.NONE ? { ...answer, ...outcome } : answer))
}

interface NewTopic {
  name: string
  numPartitions: number
  replicationFactor: number
  assignments: { partitionIndex: number; brokerIds: number[] }[]
  configs: { name: string; value: string | null }[]
}

/** The elements that name a topic which no other names, and an answer for each topic that is named twice. */
function withoutDuplicates<T extends { name: string | null }>(asked: readonly T[]) {
  const times = countOf(asked.map(({ name }) => name ?? ''))
  const once = asked.filter(({ name }) => name === null || times.get(name) === 1)
  const named = [...times].filter(([name, count]) => name !== '' && count > 1).map(([name]) => name)
  return { once, refused: named.map(name => ({ name, errorCode: errorCodes.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' })) }
}

function checkReplicas(assignments: readonly { brokerIds: number[] }[]): void {
  const isOurs = assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === nodeId)
  if (!isOurs) throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `the only broker here is ${nodeId}`)
}

/** The number of partitions that a manual assignment makes. Throws KafkaError when it makes no sense. */
function assignedPartitions({ assignments, numPartitions, replicationFactor: replicas }: NewTopic): number {
  const both = replicas !== -1 ? 'replication factor' : numPartitions !== -1 ? 'numPartitions' : undefined
  if (both !== undefined)
    throw new KafkaError('INVALID_REQUEST', `A manual partition assignment was specified, but ${both} was not set to -1.`)
  const indexes = new Set<number>()
  for (const { partitionIndex } of assignments) {
    if (indexes.has(partitionIndex)) {
      const reason = `Found multiple manual partition assignments for partition ${partitionIndex}`
      throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', reason)
    }
    indexes.add(partitionIndex)
  }
  checkReplicas(assignments)
  for (let index = 0; index < indexes.size; index++) {
    if (!indexes.has(index))
      throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', 'partitions should be a consecutive 0-based integer sequence')
  }
  return indexes.size
}

/** The number of partitions asked for. Throws KafkaError when replicas are asked for that one broker cannot hold. */
function partitionsOf(asked: NewTopic, defaultPartitions: number): number {
  if (asked.assignments.length > 0) return assignedPartitions(asked)
  if (asked.replicationFactor > replicationFactor || asked.replicationFactor === 0) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `Unable to replicate the partition ${asked.replicationFactor} time(s): there is one broker.`
    )
  }
  return asked.numPartitions === -1 ? defaultPartitions : asked.numPartitions
}

export const createTopics: Handler<'createTopics'> = (state, { topics, validateOnly }) => {
  const { once, refused } = withoutDuplicates(topics)
  const create = (asked: NewTopic) => {
    const { name } = asked
    let topicId = zeroUuid
    let numPartitions = -1
    const configs = Object.fromEntries(asked.configs.map(each => [each.name, each.value ?? '']))
    const nulls = asked.configs.flatMap(each => (each.value === null ? [each.name] : []))
    const outcome = attempt(() => {
      if (nulls.length > 0) throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${nulls.join(',')}`)
      numPartitions = partitionsOf(asked, state.defaultPartitions)
      if (validateOnly) state.topics.checkNew(name, numPartitions, configs)
      else topicId = state.topics.create(name, numPartitions, configs).id
    })
    return { name, topicId, numPartitions, configs, ...outcome }
  }
  const answers = attemptTogether(state, () => once.map(create)).map(
    ({ configs, errorCode, errorMessage, name, numPartitions, topicId }) => {
      if (errorCode !== errorCodes.NONE) return { name, errorCode, errorMessage }
      const described = Object.keys(topicConfigs).map(each => ({
        readOnly: false,
        isSensitive: false,
        ...describeConfig(state, each, configs)
      }))
      return { name, topicId, errorCode, errorMessage, numPartitions, replicationFactor, configs: described }
    }
  )
  return { topics: [...answers, ...refused] }
}

export const createPartitions: Handler<'createPartitions'> = (state, { topics, validateOnly }) => {
  const { once, refused } = withoutDuplicates(topics)
  const grow = ({ assignments, count, name }: (typeof once)[number]) => ({
    name,
    ...attempt(() => {
      const topic = state.topics.find(name)
      if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`)
      state.topics.checkGrowth(topic, count)
      const added = count - topic.partitions.length
      if (assignments && assignments.length !== added) {
        const reason = `Attempted to add ${added} additional partition(s), but only ${assignments.length} assignment(s) were specified.`
        throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', reason)
      }
      checkReplicas(assignments ?? [])
      if (!validateOnly) state.topics.grow(topic, count)
    })
  })
  return { results: [...attemptTogether(state, () => once.map(grow)), ...refused] }
}

function remove(state: BrokerState, topic: Topic): void {
  state.topics.delete(topic, () => {
    state.groups.offsets.deleteTopic(topic.name)
    state.transactions.forgetTopic(topic.name)
  })
}

const neither = 'Neither topic name nor id were specified.'
const both = 'You may not specify both topic name and topic id.'

export const deleteTopics: Handler<'deleteTopics'> = (state, { topicNames, topics }) => {
  const named = [...topics, ...topicNames.map(name => ({ name, topicId: zeroUuid }))]
  const { once, refused } = withoutDuplicates(named)
  const removeOne = ({ name, topicId }: (typeof once)[number]) => {
    const isNamedById = topicId !== zeroUuid
    if ((name === null) !== isNamedById)
      return { name, topicId, errorCode: errorCodes.INVALID_REQUEST, errorMessage: isNamedById ? both : neither }
    const topic = name === null ? state.topics.findById(topicId) : state.topics.find(name)
    if (!topic) {
      const errorCode = name === null ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION
      return { name, topicId, errorCode, errorMessage: 'This server does not host this topic.' }
    }
    return { name: topic.name, topicId: topic.id, ...attempt(() => remove(state, topic)) }
  }
  const responses = attemptTogether(state, () => once.map(removeOne))
  return { responses: [...responses, ...refused.map(each => ({ ...each, topicId: zeroUuid }))] }
}
