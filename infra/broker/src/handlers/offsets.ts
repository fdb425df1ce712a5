// How are a group's offsets committed and fetched?
import type { TopicPartitions } from '../groups/consumer-member'
import type { OffsetEntry } from '../groups/offset-store'
import { type Apis, errorCodes, KafkaError, type RequestOf, zeroUuid } from '../protocol'
import type { Topic, Topics } from '../topics/topics'
import { type BrokerState, distinct, type Handler, topicOf } from './handler'

const idsFrom = 10
const metadataBytesMax = 4096

type CommitPartition = RequestOf<Apis['offsetCommit']>['topics'][number]['partitions'][number]

/** NONE, or why one partition's offset cannot be committed. */
export function offsetError(topic: Topic | undefined, asked: CommitPartition, usesIds: boolean): number {
  if (!topic) return usesIds ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  if (!topic.partitions[asked.partitionIndex]) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  if (asked.committedOffset < 0) return errorCodes.INVALID_COMMIT_OFFSET_SIZE
  const isTooLarge = Buffer.byteLength(asked.committedMetadata ?? '') > metadataBytesMax
  return isTooLarge ? errorCodes.OFFSET_METADATA_TOO_LARGE : errorCodes.NONE
}

/** Which partitions a member must have to commit these; a topic that is not there is answered for by itself. */
export function partitionsOf(
  asked: readonly { name: string; topicId?: string; partitions: CommitPartition[] }[],
  topics: Topics,
  usesIds: boolean
): TopicPartitions[] {
  return asked.flatMap(({ name, partitions, topicId = zeroUuid }) => {
    const topic = topicOf(topics, name, topicId, usesIds)
    return topic ? [{ topicId: topic.id, partitions: partitions.map(({ partitionIndex }) => partitionIndex) }] : []
  })
}

export const offsetCommit: Handler<'offsetCommit'> = ({ groups, topics }, request, { version }) => {
  const { generationIdOrMemberEpoch: generationId, groupId, groupInstanceId, memberId } = request
  const usesIds = version >= idsFrom
  const asked = partitionsOf(request.topics, topics, usesIds)
  const refused = groups.commitError(groupId, { memberId, groupInstanceId, generationId, version, partitions: asked })
  const entries: OffsetEntry[] = []
  const answers = request.topics.map(({ name, partitions, topicId }) => {
    const topic = topicOf(topics, name, topicId, usesIds)
    const results = partitions.map(asked => {
      const { committedLeaderEpoch, committedMetadata, committedOffset, partitionIndex } = asked
      const errorCode = refused === errorCodes.NONE ? offsetError(topic, asked, usesIds) : refused
      if (errorCode === errorCodes.NONE) {
        entries.push([groupId, topic!.name, partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata])
      }
      return { partitionIndex, errorCode }
    })
    return { name, topicId, partitions: results }
  })
  try {
    groups.commit(entries)
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    for (const { partitions } of answers) for (const each of partitions) if (each.errorCode === errorCodes.NONE) each.errorCode = error.code
  }
  return { topics: answers }
}

/** What is answered while a transaction may yet change an offset, to a client that asks for stable ones (KIP-447). */
const unstable = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: errorCodes.UNSTABLE_OFFSET_COMMIT }

interface AskedTopic {
  name: string
  topicId: string
  partitionIndexes: number[]
}

/** The committed offsets of a group; `asked` null for all that it has committed. An offset of -1 says that there is none. */
function committedOf(
  { groups, topics, transactions }: BrokerState,
  groupId: string,
  asked: AskedTopic[] | null,
  usesIds: boolean,
  isStable: boolean
) {
  const pending = isStable ? transactions.pendingOffsetsOf(groupId) : undefined
  const all = () =>
    [...groups.offsets.topicsOf(groupId)].map(([name, partitions]) => ({
      name,
      topicId: topics.find(name)?.id ?? zeroUuid,
      partitionIndexes: [...partitions.keys()]
    }))
  return (asked ?? all()).map(({ name, partitionIndexes, topicId }) => {
    const topicName = usesIds ? topics.findById(topicId)?.name : name
    const partitions = partitionIndexes.map(partitionIndex => {
      if (pending?.has(`${topicName} ${partitionIndex}`)) return { ...unstable, partitionIndex }
      const found = topicName === undefined ? undefined : groups.offsets.get(groupId, topicName, partitionIndex)
      return {
        partitionIndex,
        committedOffset: found?.offset ?? -1,
        committedLeaderEpoch: found?.leaderEpoch ?? -1,
        metadata: found ? found.metadata : '',
        errorCode: topicName === undefined ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.NONE
      }
    })
    return { name: topicName ?? name, topicId, partitions }
  })
}

export const offsetFetch: Handler<'offsetFetch'> = (state, { groupId, groups, requireStable, topics }, { version }) => {
  const usesIds = version >= idsFrom
  if (version >= 8) {
    // the offsets of all topics are the same whoever asks for them
    const asked = distinct(groups, each => JSON.stringify(each.topics === null ? each.groupId : each))
    return {
      groups: asked.map(asked => {
        const errorCode = state.groups.fetchError(asked.groupId, asked.memberId, asked.memberEpoch)
        const topics = errorCode === errorCodes.NONE ? committedOf(state, asked.groupId, asked.topics, usesIds, requireStable) : []
        return { groupId: asked.groupId, topics, errorCode }
      })
    }
  }
  const asked = topics?.map(each => ({ ...each, topicId: zeroUuid })) ?? null
  return { topics: committedOf(state, groupId, asked, false, requireStable), errorCode: errorCodes.NONE }
}

export const offsetDelete: Handler<'offsetDelete'> = ({ groups, topics: allTopics }, { groupId, topics }) => {
  if (groupId === '') return { errorCode: errorCodes.INVALID_GROUP_ID, topics: [] }
  const group = groups.find(groupId)
  if (!groups.has(groupId)) return { errorCode: errorCodes.GROUP_ID_NOT_FOUND, topics: [] }
  const read = group ? group.topicsRead() : new Set<string>()
  if (!read) return { errorCode: errorCodes.NON_EMPTY_GROUP, topics: [] }
  const entries: OffsetEntry[] = []
  const answers = topics.map(({ name, partitions }) => {
    const results = partitions.map(({ partitionIndex }) => {
      if (!allTopics.find(name)?.partitions[partitionIndex]) return { partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION }
      if (read.has(name)) return { partitionIndex, errorCode: errorCodes.GROUP_SUBSCRIBED_TO_TOPIC }
      if (groups.offsets.get(groupId, name, partitionIndex)) entries.push([groupId, name, partitionIndex, null, -1, null])
      return { partitionIndex, errorCode: errorCodes.NONE }
    })
    return { name, partitions: results }
  })
  groups.commit(entries)
  return { errorCode: errorCodes.NONE, topics: answers }
}
