// Are topics created, grown and deleted as Apache Kafka does, and is nothing half done when the disk refuses?
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { TestClient } from '../../test/client'
import { temporaryFolder } from '../../test/folder'
import { type BrokerOptions, startBroker } from '../index'
import { type Apis, errorName, type RequestInput, zeroUuid } from '../protocol'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function setUp(options: BrokerOptions = {}) {
  const broker = await startBroker(options)
  opened.push(broker)
  const client = await TestClient.connect(broker.port)
  opened.push(client)
  type Topic = RequestInput<Apis['createTopics']>['topics'][number]
  const create = async (...topics: Partial<Topic>[]) => {
    const asked = topics.map(each => ({ name: 'a.b', numPartitions: 1, replicationFactor: 1, ...each }))
    const answer = await client.call('createTopics', { topics: asked })
    return answer.topics.map(({ errorCode, errorMessage, name }) => `${name} ${errorName(errorCode)} ${errorMessage}`)
  }
  type Growth = RequestInput<Apis['createPartitions']>['topics'][number]
  const grow = async (...topics: Growth[]) => {
    const { results } = await client.call('createPartitions', { topics })
    return results.map(({ errorCode, errorMessage }) => `${errorName(errorCode)} ${errorMessage}`)
  }
  const remove = async (...topics: { name: string | null; topicId?: string }[]) => {
    const { responses } = await client.call('deleteTopics', { topics })
    return responses.map(({ errorCode, errorMessage, name }) => `${name} ${errorName(errorCode)} ${errorMessage}`)
  }
  return { broker, client, create, grow, remove }
}

it('a name that metrics could not tell from another is refused while that one is there', async () => {
  const { create, remove } = await setUp()
  await create({ name: 'a.b' })
  expect(await create({ name: 'a_b' })).toEqual(["a_b INVALID_TOPIC_EXCEPTION Topic 'a_b' collides with existing topic: a.b"])
  await remove({ name: 'a.b' })
  expect(await create({ name: 'a_b' })).toEqual(['a_b NONE null'])
})

it('a topic that is named twice is neither created, grown nor deleted, and answered once', async () => {
  const { create, grow, remove } = await setUp()
  expect(await create({ name: 'x' }, { name: 't' }, { name: 'x' })).toEqual(['t NONE null', 'x INVALID_REQUEST Duplicate topic name.'])
  expect(await grow({ name: 't', count: 2 }, { name: 't', count: 3 })).toEqual(['INVALID_REQUEST Duplicate topic name.'])
  expect(await remove({ name: 't' }, { name: 't' })).toEqual(['t INVALID_REQUEST Duplicate topic name.'])
  expect(await remove({ name: 't' })).toEqual(['t NONE null'])
})

it('a topic to delete is named by its name or by its id', async () => {
  const { client, remove } = await setUp()
  const { topics } = await client.call('createTopics', { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }] })
  const { topicId } = topics[0]!
  expect(await remove({ name: 't', topicId }, { name: null, topicId: zeroUuid })).toEqual([
    't INVALID_REQUEST You may not specify both topic name and topic id.',
    'null INVALID_REQUEST Neither topic name nor id were specified.'
  ])
  expect(await remove({ name: null, topicId })).toEqual(['t NONE null'])
})

it.each([
  [
    { replicationFactor: -1, numPartitions: 2 },
    [0],
    'INVALID_REQUEST A manual partition assignment was specified, but numPartitions was not'
  ],
  [{ replicationFactor: 1, numPartitions: -1 }, [0], 'INVALID_REQUEST A manual partition assignment was specified, but replication factor'],
  [{ replicationFactor: -1, numPartitions: -1 }, [1], 'INVALID_REPLICA_ASSIGNMENT partitions should be a consecutive 0-based integer'],
  [{ replicationFactor: -1, numPartitions: -1 }, [0, 0], 'INVALID_REPLICA_ASSIGNMENT Found multiple manual partition assignments for'],
  [{ replicationFactor: -1, numPartitions: -1 }, [1, 0], 'NONE null']
])('an assignment with %o of partitions %j: %s', async (more, indexes, outcome) => {
  const { create } = await setUp()
  const assignments = indexes.map(partitionIndex => ({ partitionIndex, brokerIds: [0] }))
  expect((await create({ ...more, assignments }))[0]).toContain(`a.b ${outcome}`)
})

it('a topic grows by as many partitions as are assigned, and not to what it has', async () => {
  const { create, grow } = await setUp()
  await create({ name: 't', numPartitions: 2 })
  expect(await grow({ name: 't', count: 2 })).toEqual(['INVALID_PARTITIONS Topic already has 2 partition(s).'])
  expect(await grow({ name: 't', count: 1 })).toEqual([
    'INVALID_PARTITIONS The topic t currently has 2 partition(s); 1 would not be an increase.'
  ])
  const assignments = [{ brokerIds: [0] }]
  expect(await grow({ name: 't', count: 4, assignments })).toEqual([
    'INVALID_REPLICA_ASSIGNMENT Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.'
  ])
  expect(await grow({ name: 't', count: 3, assignments: [{ brokerIds: [7] }] })).toEqual([
    'INVALID_REPLICA_ASSIGNMENT the only broker here is 0'
  ])
  expect(await grow({ name: 't', count: 3, assignments })).toEqual(['NONE null'])
})

it('a topic may grow to all the partitions that there may be', async () => {
  const { create, grow } = await setUp({ limits: { partitionsMax: 6 } })
  await create({ name: 't', numPartitions: 4 })
  expect(await grow({ name: 't', count: 6 })).toEqual(['NONE null'])
  expect(await grow({ name: 't', count: 7 })).toEqual([expect.stringContaining('POLICY_VIOLATION')])
})

it('a thousand topics are created and deleted by one request', async () => {
  const dataDir = temporaryFolder()
  const { create, remove } = await setUp({ dataDir })
  const topics = Array.from({ length: 1000 }, (_, index) => ({ name: `t${index}` }))
  expect(new Set((await create(...topics)).map(answer => answer.split(' ')[1]))).toEqual(new Set(['NONE']))
  expect(JSON.parse(readFileSync(join(dataDir, 'topics.json'), 'utf8')).topics).toHaveLength(1000)
  await remove(...topics)
  expect(JSON.parse(readFileSync(join(dataDir, 'topics.json'), 'utf8')).topics).toEqual([])
})

it('when the disk refuses, no topic comes, grows or goes', async () => {
  const dataDir = temporaryFolder()
  const { client, create, grow, remove } = await setUp({ dataDir })
  await create({ name: 't' })
  // nothing can be written over a folder
  const inTheWay = join(dataDir, 'topics.json.new')
  mkdirSync(inTheWay)
  const storage = expect.stringContaining('KAFKA_STORAGE_ERROR')
  expect(await create({ name: 'u' }, { name: 't' }, { name: 'v' })).toEqual([
    storage,
    "t TOPIC_ALREADY_EXISTS Topic 't' already exists.",
    storage
  ])
  expect([await grow({ name: 't', count: 2 }), await remove({ name: 't' })]).toEqual([[storage], [storage]])
  const refused = await client.call('createTopics', { topics: [{ name: 'w', numPartitions: 1, replicationFactor: 1 }] })
  expect(refused.topics).toMatchObject([{ name: 'w', topicId: zeroUuid, numPartitions: -1 }])
  rmdirSync(inTheWay)
  const { topics } = await client.call('metadata', { topics: null })
  expect(topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([['t', 1]])
  expect(await remove({ name: 't' })).toEqual(['t NONE null'])
})
