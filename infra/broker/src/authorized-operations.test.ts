// Is a client that asks told what it may do, as Apache Kafka 4.3 without an authorizer tells it? The sets were read from it.
import { TestClient } from '../test/client'
import { type Broker, startBroker } from './index'

const unknown = -2147483648
const ofTopics = 3576
const ofGroups = 3400
const ofCluster = 8096

let broker: Broker
let client: TestClient

beforeAll(async () => {
  broker = await startBroker()
  client = await TestClient.connect(broker.port)
  await client.call('createTopics', { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }] })
  const join = { groupId: 'g', memberId: 'm', memberEpoch: 0, rebalanceTimeoutMs: 10_000, subscribedTopicNames: ['t'], topicPartitions: [] }
  await client.call('consumerGroupHeartbeat', join)
})
afterAll(async () => {
  client.close()
  await broker.close()
})

const topics = [{ name: 't' }, { name: 'none' }, { name: 'a/b' }]

test.each([8, 10, 11, 13])('metadata of version %i', async version => {
  const onCluster = version < 11
  const ask = (isAsked: boolean) => {
    const include = { includeTopicAuthorizedOperations: isAsked, ...(onCluster && { includeClusterAuthorizedOperations: isAsked }) }
    return client.call('metadata', { topics, allowAutoTopicCreation: false, ...include }, version)
  }
  const told = await ask(true)
  expect(told.clusterAuthorizedOperations).toBe(onCluster ? ofCluster : unknown)
  expect(told.topics.map(({ topicAuthorizedOperations }) => topicAuthorizedOperations)).toEqual([ofTopics, ofTopics, ofTopics])
  const untold = await ask(false)
  expect(untold.clusterAuthorizedOperations).toBe(unknown)
  expect(untold.topics.map(({ topicAuthorizedOperations }) => topicAuthorizedOperations)).toEqual([unknown, unknown, unknown])
})

test('metadata of a topic whose id is unknown', async () => {
  const asked = [{ name: null, topicId: '11111111-1111-1111-1111-111111111111' }]
  const told = await client.call('metadata', { topics: asked, includeTopicAuthorizedOperations: true })
  expect(told.topics[0]!.topicAuthorizedOperations).toBe(unknown)
})

test('pages of partitions tell without being asked', async () => {
  const told = await client.call('describeTopicPartitions', { topics, responsePartitionLimit: 10, cursor: null })
  expect(told.topics.map(({ topicAuthorizedOperations }) => topicAuthorizedOperations)).toEqual([ofTopics, ofTopics, ofTopics])
})

test.each([true, false])('groups, asked for: %s', async includeAuthorizedOperations => {
  const expected = includeAuthorizedOperations ? ofGroups : unknown
  const dead = await client.call('describeGroups', { groups: ['none'], includeAuthorizedOperations }, 5)
  expect(dead.groups[0]!.authorizedOperations).toBe(expected)
  const missing = await client.call('describeGroups', { groups: ['none'], includeAuthorizedOperations }, 6)
  expect(missing.groups[0]!.authorizedOperations).toBe(unknown)
  const { groups } = await client.call('consumerGroupDescribe', { groupIds: ['g', 'none'], includeAuthorizedOperations })
  expect(groups.map(({ authorizedOperations }) => authorizedOperations)).toEqual([expected, unknown])
})

test.each([true, false])('the cluster, asked for: %s', async includeClusterAuthorizedOperations => {
  const told = await client.call('describeCluster', { endpointType: 1, includeClusterAuthorizedOperations })
  expect(told.clusterAuthorizedOperations).toBe(includeClusterAuthorizedOperations ? ofCluster : unknown)
})

test('a name that no topic can have is refused as such, though none is to be created', async () => {
  const told = await client.call('metadata', { topics, allowAutoTopicCreation: false })
  expect(told.topics.map(({ errorCode }) => errorCode)).toEqual([0, 3, 17])
})
