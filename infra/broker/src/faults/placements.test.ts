// Can every API be made to fail in every version, with the error where a client looks for it?
import { TestClient } from '../../test/client'
import { processorMsOf } from '../../test/processor-time'
import { type Broker, startBroker } from '../index'
import { type AnyApi, type ApiName, apis, errorCodes } from '../protocol'
import { placements } from './placements'

const topicId = '01234567-89ab-cdef-0123-456789abcdef'
const producer = { transactionalId: 'x', producerId: 1, producerEpoch: 0 }
const listed = { topics: [{ name: 't', topicId, partitions: [0] }] }
const numbered = (fields: object) => ({ topics: [{ name: 't', topicId, partitions: [{ partitionIndex: 0, ...fields }] }] })
const resources = { resources: [{ resourceType: 2, resourceName: 't', configs: [] }] }
const commit = { groupId: 'g', ...numbered({ committedOffset: 0 }) }

/** A request of every API that asks for one thing, in all its versions. */
const requests: Record<ApiName, object> & Record<string, object> = {
  produce: { acks: -1, timeoutMs: 1, topicData: [{ name: 't', topicId, partitionData: [{ index: 0, records: null }] }] },
  fetch: {
    maxWaitMs: 60_000,
    minBytes: 1,
    topics: [{ topic: 't', topicId, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }] }]
  },
  listOffsets: numbered({ timestamp: -1 }),
  metadata: { topics: [{ name: 't' }] },
  offsetCommit: commit,
  offsetFetch: {
    groupId: 'g',
    topics: [{ name: 't', partitionIndexes: [0] }],
    groups: [{ groupId: 'g', topics: [{ name: 't', topicId, partitionIndexes: [0] }] }]
  },
  findCoordinator: { key: 'g', keyType: 0, coordinatorKeys: ['g'] },
  joinGroup: { groupId: 'g', sessionTimeoutMs: 1, memberId: '', protocolType: 'consumer', protocols: [] },
  heartbeat: { groupId: 'g', generationId: 1, memberId: 'm' },
  leaveGroup: { groupId: 'g', memberId: 'm', members: [] },
  syncGroup: { groupId: 'g', generationId: 1, memberId: 'm', assignments: [] },
  describeGroups: { groups: ['g'] },
  listGroups: {},
  saslHandshake: { mechanism: 'PLAIN' },
  apiVersions: {},
  createTopics: { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }] },
  deleteTopics: { topics: [{ name: 't' }], topicNames: ['t'] },
  deleteRecords: numbered({ offset: 0 }),
  initProducerId: { transactionalId: 'x' },
  offsetForLeaderEpoch: { topics: [{ topic: 't', partitions: [{ partition: 0, leaderEpoch: 0 }] }] },
  addPartitionsToTxn: { ...producer, ...listed, transactions: [{ ...producer, ...listed }] },
  addOffsetsToTxn: { ...producer, groupId: 'g' },
  endTxn: { ...producer, committed: true },
  writeTxnMarkers: {
    markers: [{ producerId: 1, producerEpoch: 0, transactionResult: true, topics: [{ name: 't', partitionIndexes: [0] }] }]
  },
  txnOffsetCommit: { ...producer, ...commit },
  describeConfigs: resources,
  alterConfigs: resources,
  describeLogDirs: { topics: null },
  saslAuthenticate: { authBytes: Buffer.of(0) },
  createPartitions: { topics: [{ name: 't', count: 2 }] },
  deleteGroups: { groupsNames: ['g'] },
  incrementalAlterConfigs: resources,
  offsetDelete: { groupId: 'g', ...numbered({}) },
  describeCluster: {},
  describeProducers: { topics: [{ name: 't', partitionIndexes: [0] }] },
  describeTransactions: { transactionalIds: ['x'] },
  listTransactions: {},
  consumerGroupHeartbeat: { groupId: 'g', memberId: 'm', memberEpoch: 0 },
  consumerGroupDescribe: { groupIds: ['g'] },
  listConfigResources: {},
  describeTopicPartitions: { topics: [{ name: 't' }] }
}

/** All error codes of an answer, at any depth, but for zeros. */
function errorsIn(answer: unknown): number[] {
  if (typeof answer !== 'object' || answer === null || Buffer.isBuffer(answer)) return []
  return Object.entries(answer).flatMap(([field, value]) => (/errorcode$/i.test(field) ? (value ? [value] : []) : errorsIn(value)))
}

const calls = (Object.keys(apis) as ApiName[]).flatMap(name => {
  const { max, min }: AnyApi = apis[name]
  return Array.from({ length: max - min + 1 }, (_, index): [ApiName, number] => [name, min + index])
})

let broker: Broker
beforeAll(async () => {
  broker = await startBroker()
})
afterAll(() => broker.close())

it.each(calls)('%s v%i', async (name, version) => {
  const client = await TestClient.connect(broker.port)
  const fault = broker.faults.fail(name, { error: 'POLICY_VIOLATION', message: 'as a test wants' })
  const answer = await client.call(name, requests[name] as never, version)
  expect(errorsIn(answer)).toEqual([errorCodes.POLICY_VIOLATION])
  expect(fault.count).toBe(1)
  client.close()
})

it('very long lists are split in one pass', async () => {
  const partitions = Array.from({ length: 200_000 }, (_, partitionIndex) => ({ partitionIndex }))
  const meant = {
    topic: () => true,
    partition: (index: unknown) => Number(index) % 2 === 0,
    group: () => true,
    transactionalId: () => true
  }
  const refused = { errorCode: 1, errorMessage: null, version: 9 }
  const cost = await processorMsOf(() => {
    const { join, rest } = placements.offsetCommit.split({ groupId: 'g', topics: [{ name: 't', partitions }] }, refused, meant)!
    const { topics } = join(rest) as { topics: { partitions: unknown[] }[] }
    expect(topics.map(each => each.partitions.length)).toEqual([200_000])
  })
  expect(cost).toBeLessThan(5000)
})
