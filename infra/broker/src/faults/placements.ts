// Where does each API say what went wrong? One line per API, for all its versions.
import type { ApiName } from '../protocol'
import { about, elements, type Meant, type Message, type Placement, partitions, type Refused, sinceVersion, whole } from './placement'

const noBytes = Buffer.alloc(0)
const noCoordinator = { nodeId: -1, host: '', port: -1 }
const noProducer = { producerId: -1, producerEpoch: -1 }
const topicResource = 2

const resources = (to: string) =>
  elements({
    from: 'resources',
    to,
    subject: 'topic',
    nameOf: each => (each.resourceType === topicResource ? each.resourceName : undefined),
    blank: { configs: [] }
  })
const groupNames = (from: string, to: string, blank: Message = {}) =>
  elements({ from, to, subject: 'group', named: groupId => ({ groupId }), nameOf: each => each.groupId, blank })
const topicNames = (from: string, to: string, blank: Message = {}) => elements({ from, to, subject: 'topic', blank })

/** Partitions in the layout that most APIs share. */
const partitionsOfTopics = (blank: Message = {}) =>
  partitions({ topics: ['topics', 'topics'], partitions: ['partitions', 'partitions'], index: ['partitionIndex', 'partitionIndex'], blank })

/** The brokers are always told; only topics are refused. All topics may be asked for by naming none. */
const metadata: Placement = {
  subjects: ['topic'],
  split(request, { errorCode, version }: Refused, meant: Meant) {
    const asked = request.topics as Message[] | null
    const isAll = asked === null || (version === 0 && asked.length === 0)
    const isMeant = ({ name, topicId }: Message) => meant.topic(name ?? undefined, topicId)
    if (!isAll && !asked.some(isMeant)) return undefined
    const others = isAll ? [] : asked.filter(each => !isMeant(each))
    const rest = others.length > 0 ? { ...request, topics: others } : { ...request, allowAutoTopicCreation: false }
    const refuse = (topic: Message) => ({ ...topic, errorCode, partitions: [] })
    return {
      rest,
      join(answer) {
        const answered = (answer?.topics ?? []) as Message[]
        if (isAll) return { ...answer, topics: answered.map(each => (isMeant(each) ? refuse(each) : each)) }
        return { ...answer, topics: [...answered.filter(each => !isMeant(each)), ...asked.filter(isMeant).map(refuse)] }
      }
    }
  }
}

/** Partitions of topics of markers: the error stands in each of them. */
const writeTxnMarkers: Placement = {
  subjects: [],
  split: (request, { errorCode }) => ({
    rest: undefined,
    join: () => ({
      markers: (request.markers as Message[]).map(({ producerId, topics }) => ({
        producerId,
        topics: (topics as Message[]).map(({ name, partitionIndexes }) => ({
          name,
          partitions: (partitionIndexes as number[]).map(partitionIndex => ({ partitionIndex, errorCode }))
        }))
      }))
    })
  })
}

const blankGroup = { groupState: '', protocolType: '', members: [] }

/** A placement for every API; the compiler refuses a gap. */
export const placements: Record<ApiName, Placement> & Record<string, Placement> = {
  produce: about(
    'transactionalId',
    partitions({
      topics: ['topicData', 'responses'],
      partitions: ['partitionData', 'partitionResponses'],
      index: ['index', 'index'],
      blank: { baseOffset: -1 }
    }),
    null
  ),
  fetch: partitions({
    topics: ['topics', 'responses'],
    partitions: ['partitions', 'partitions'],
    index: ['partition', 'partitionIndex'],
    blank: { highWatermark: -1, lastStableOffset: -1, records: noBytes },
    // an error is told at once
    restWith: { maxWaitMs: 0 }
  }),
  listOffsets: partitionsOfTopics(),
  metadata,
  offsetCommit: about('group', partitionsOfTopics()),
  offsetFetch: sinceVersion(
    8,
    sinceVersion(
      2,
      about(
        'group',
        partitions({
          topics: ['topics', 'topics'],
          partitions: ['partitionIndexes', 'partitions'],
          index: [undefined, 'partitionIndex'],
          blank: { committedOffset: -1, metadata: '' }
        })
      ),
      about('group', whole({ topics: [] }))
    ),
    groupNames('groups', 'groups', { topics: [] })
  ),
  findCoordinator: sinceVersion(
    4,
    whole(noCoordinator),
    elements({ from: 'coordinatorKeys', to: 'coordinators', named: key => ({ key }), blank: noCoordinator })
  ),
  joinGroup: about('group', whole({ protocolName: '', leader: '', memberId: '', members: [] })),
  heartbeat: about('group', whole()),
  leaveGroup: about('group', whole()),
  syncGroup: about('group', whole({ assignment: noBytes })),
  describeGroups: groupNames('groups', 'groups', blankGroup),
  listGroups: whole({ groups: [] }),
  saslHandshake: whole({ mechanisms: [] }),
  apiVersions: whole({ apiKeys: [] }),
  createTopics: topicNames('topics', 'topics', { configs: null, numPartitions: -1, replicationFactor: -1 }),
  deleteTopics: sinceVersion(6, topicNames('topicNames', 'responses'), topicNames('topics', 'responses')),
  deleteRecords: partitionsOfTopics({ lowWatermark: -1 }),
  initProducerId: about('transactionalId', whole(noProducer)),
  offsetForLeaderEpoch: partitions({
    topics: ['topics', 'topics'],
    partitions: ['partitions', 'partitions'],
    index: ['partition', 'partition']
  }),
  addPartitionsToTxn: sinceVersion(
    4,
    about(
      'transactionalId',
      partitions({
        topics: ['topics', 'resultsByTopic'],
        partitions: ['partitions', 'resultsByPartition'],
        index: [undefined, 'partitionIndex'],
        code: 'partitionErrorCode'
      })
    ),
    // what brokers send each other: its one error code stands for all it asks
    { ...whole(), subjects: ['transactionalId', 'topic', 'partition'] }
  ),
  addOffsetsToTxn: about('transactionalId', whole()),
  endTxn: about('transactionalId', whole()),
  writeTxnMarkers,
  txnOffsetCommit: about('transactionalId', about('group', partitionsOfTopics()), 'group'),
  describeConfigs: resources('results'),
  alterConfigs: resources('responses'),
  describeLogDirs: sinceVersion(
    3,
    {
      subjects: [],
      split: (_, { errorCode }) => ({ rest: undefined, join: () => ({ results: [{ errorCode, logDir: '', topics: [] }] }) })
    },
    whole({ results: [] })
  ),
  saslAuthenticate: whole({ authBytes: noBytes }),
  createPartitions: topicNames('topics', 'results'),
  deleteGroups: groupNames('groupsNames', 'results'),
  incrementalAlterConfigs: resources('responses'),
  offsetDelete: about('group', partitionsOfTopics()),
  describeCluster: whole({ clusterId: '', controllerId: -1, brokers: [] }),
  describeProducers: partitions({
    topics: ['topics', 'topics'],
    partitions: ['partitionIndexes', 'partitions'],
    index: [undefined, 'partitionIndex'],
    blank: { activeProducers: [] }
  }),
  describeTransactions: elements({
    from: 'transactionalIds',
    to: 'transactionStates',
    subject: 'transactionalId',
    named: transactionalId => ({ transactionalId })
  }),
  listTransactions: whole({ transactionStates: [] }),
  consumerGroupHeartbeat: about('group', whole({ memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null })),
  consumerGroupDescribe: groupNames('groupIds', 'groups', {
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: []
  }),
  listConfigResources: whole({ configResources: [] }),
  describeTopicPartitions: topicNames('topics', 'topics', { partitions: [] })
}
