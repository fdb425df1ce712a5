// Does a broker fail as a test asks it to, and does nothing else change?
import { batchOf, forOldRecords } from '../../test/batches'
import { TestClient } from '../../test/client'
import { type Broker, type BrokerOptions, FaultError, ManualClock, startBroker } from '../index'
import { apis, encodeRequest, errorName } from '../protocol'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function setUp(options: BrokerOptions = {}) {
  const broker = await startBroker({ ...forOldRecords, ...options })
  opened.push(broker)
  const client = await open(broker)
  const topics = ['t', 'u'].map(name => ({ name, numPartitions: 2, replicationFactor: 1 }))
  const { topics: created } = await client.call('createTopics', { topics })
  return { broker, client, faults: broker.faults, ids: created.map(({ topicId }) => topicId) }
}

async function open(broker: Broker): Promise<TestClient> {
  const client = await TestClient.connect(broker.port)
  opened.push(client)
  return client
}

type Place = [topic: string, partition: number]

const produceRequest = (places: Place[], acks = -1) => ({
  acks,
  timeoutMs: 1000,
  topicData: places.map(([name, index]) => ({ name, partitionData: [{ index, records: batchOf({ values: ['a'] }) }] }))
})

/** Error and offset of each partition. */
async function produce(client: TestClient, ...places: Place[]): Promise<Record<string, string>> {
  const { responses } = await client.call('produce', produceRequest(places), 12)
  const results = responses.flatMap(({ name, partitionResponses }) =>
    partitionResponses.map(({ baseOffset, errorCode, index }) => [`${name}-${index}`, `${errorName(errorCode)} ${baseOffset}`])
  )
  return Object.fromEntries(results)
}

const commitRequest = (groupId: string) => ({
  groupId,
  topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 1 }] }]
})

async function commit(client: TestClient, groupId: string): Promise<string> {
  const { topics } = await client.call('offsetCommit', commitRequest(groupId), 9)
  return errorName(topics[0]!.partitions[0]!.errorCode)
}

describe('fail', () => {
  it('refuses the next requests, as many as it is told to, and appends nothing of them', async () => {
    const { client, faults } = await setUp()
    const fault = faults.fail('produce', { error: 'NOT_LEADER_OR_FOLLOWER', times: 2 })
    const answers = [await produce(client, ['t', 0]), await produce(client, ['t', 0]), await produce(client, ['t', 0])]
    expect(answers.map(each => each['t-0'])).toEqual(['NOT_LEADER_OR_FOLLOWER -1', 'NOT_LEADER_OR_FOLLOWER -1', 'NONE 0'])
    expect(fault.count).toBe(2)
    expect(faults.isActive).toBe(false)
  })

  it('one topic and partition alone: the others are acted on, and are in the same answer', async () => {
    const { client, faults } = await setUp()
    faults.fail('produce', { error: 'CORRUPT_MESSAGE', topic: 't', partition: 1, times: Number.POSITIVE_INFINITY })
    const places: Place[] = [
      ['t', 0],
      ['t', 1],
      ['u', 1]
    ]
    expect(await produce(client, ...places)).toEqual({ 't-0': 'NONE 0', 't-1': 'CORRUPT_MESSAGE -1', 'u-1': 'NONE 0' })
    expect(await produce(client, ['t', 0])).toEqual({ 't-0': 'NONE 1' })
  })

  it('a topic that is named by its id', async () => {
    const { client, faults, ids } = await setUp()
    faults.fail('fetch', { error: 'FENCED_LEADER_EPOCH', topic: 'u', times: 2 })
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }]
    const ask = (maxWaitMs: number, topicIds: string[]) =>
      client.call('fetch', { maxWaitMs, minBytes: 1, topics: topicIds.map(topicId => ({ topicId, partitions })) }, 13)
    // though the other topic has no records to wait for no longer
    const { responses } = await ask(60_000, ids)
    const codes = responses.map(({ partitions, topicId }) => [topicId, errorName(partitions[0]!.errorCode)])
    expect(codes).toEqual([
      [ids[0], 'NONE'],
      [ids[1], 'FENCED_LEADER_EPOCH']
    ])
    expect(errorName((await ask(0, [ids[0]!])).responses[0]!.partitions[0]!.errorCode)).toBe('NONE')
  })

  it('one client, one group', async () => {
    const { client, faults } = await setUp()
    faults.fail('offsetCommit', { error: 'COORDINATOR_LOAD_IN_PROGRESS', clientId: 'other' })
    expect(await commit(client, 'g')).toBe('NONE')
    faults.clear()
    faults.fail('offsetCommit', { error: 'COORDINATOR_LOAD_IN_PROGRESS', clientId: 'test', group: 'h' })
    expect([await commit(client, 'g'), await commit(client, 'h'), await commit(client, 'h')]).toEqual([
      'NONE',
      'COORDINATOR_LOAD_IN_PROGRESS',
      'NONE'
    ])
  })

  it('a topic that metadata refuses is not created, and one that all topics are asked for is refused among them', async () => {
    const { client, faults } = await setUp()
    faults.fail('metadata', { error: 'LEADER_NOT_AVAILABLE', topic: 'new' })
    const asked = await client.call('metadata', { topics: [{ name: 'new' }] })
    expect(asked.brokers).toHaveLength(1)
    expect(errorName(asked.topics[0]!.errorCode)).toBe('LEADER_NOT_AVAILABLE')
    faults.fail('metadata', { error: 'LEADER_NOT_AVAILABLE', topic: 'u' })
    const all = await client.call('metadata', { topics: null })
    expect(all.topics.map(({ errorCode, name }) => `${name} ${errorName(errorCode)}`)).toEqual(['t NONE', 'u LEADER_NOT_AVAILABLE'])
  })

  it('two faults on one request refuse what each of them means', async () => {
    const { client, faults } = await setUp()
    faults.fail('produce', { error: 'CORRUPT_MESSAGE', partition: 0 })
    faults.fail('produce', { error: 'NOT_ENOUGH_REPLICAS', topic: 't' })
    const answer = await produce(client, ['t', 0], ['t', 1], ['u', 1])
    expect(answer).toEqual({ 't-0': 'CORRUPT_MESSAGE -1', 't-1': 'NOT_ENOUGH_REPLICAS -1', 'u-1': 'NONE 0' })
  })

  it('a producer that wants no answer loses its connection', async () => {
    const { client, faults } = await setUp()
    faults.fail('produce', { error: 'NOT_LEADER_OR_FOLLOWER' })
    client.socket.write(encodeRequest(apis.produce, 9, { correlationId: 1 }, produceRequest([['t', 0]], 0)))
    expect(await client.nextFrame()).toBeUndefined()
  })

  it('says how often it happened, and ends when it is restored', async () => {
    const { client, faults } = await setUp()
    const fault = faults.fail('heartbeat', { error: 'REBALANCE_IN_PROGRESS', times: Number.POSITIVE_INFINITY })
    const twice = fault.happened(2)
    const beat = async () => errorName((await client.call('heartbeat', { groupId: 'g', generationId: 1, memberId: 'm' })).errorCode)
    expect([await beat(), await beat()]).toEqual(['REBALANCE_IN_PROGRESS', 'REBALANCE_IN_PROGRESS'])
    await twice
    const never = fault.happened(4)
    fault.restore()
    await expect(never).rejects.toThrow(FaultError)
    await expect(fault.happened(3)).rejects.toThrow("faults.fail('heartbeat'): met 2 of 3 requests, and is for no more.")
    expect(await beat()).toBe('UNKNOWN_MEMBER_ID')
    expect(fault.count).toBe(2)
  })
})

describe('delay', () => {
  it("holds a request back by the broker's clock, and what the client sent behind it", async () => {
    const clock = new ManualClock()
    const { broker, client, faults } = await setUp({ clock })
    const fault = faults.delay('listGroups', 5000)
    const first = client.call('listGroups', {})
    await fault.happened()
    let isAnswered = false
    void first.then(() => {
      isAnswered = true
    })
    await (await open(broker)).call('listGroups', {})
    clock.advance(4999)
    await (await open(broker)).call('listGroups', {})
    expect(isAnswered).toBe(false)
    clock.advance(1)
    expect((await first).errorCode).toBe(0)
  })

  it('a broker that closes does not wait for it', async () => {
    const { broker, client, faults } = await setUp()
    const fault = faults.delay('listGroups', 3_600_000)
    const call = client.call('listGroups', {})
    await fault.happened()
    await Promise.all([broker.close(), expect(call).rejects.toThrow('closed')])
  })
})

describe('drop', () => {
  it.each([
    ['before', 'NONE 0'],
    ['after', 'NONE 1']
  ] as const)('%s the request is acted on', async (when, next) => {
    const { broker, client, faults } = await setUp()
    faults.drop('produce', { when, topic: 't' })
    await expect(produce(client, ['t', 0])).rejects.toThrow('the connection was closed')
    expect(await produce(await open(broker), ['t', 0])).toEqual({ 't-0': next })
  })
})

describe('moveCoordinator', () => {
  it('every client is sent away until it has looked the coordinator up', async () => {
    const { client, faults } = await setUp()
    expect(await commit(client, 'g')).toBe('NONE')
    const fault = faults.moveCoordinator('g')
    expect([await commit(client, 'g'), await commit(client, 'other'), await commit(client, 'g')]).toEqual([
      'NOT_COORDINATOR',
      'NONE',
      'NOT_COORDINATOR'
    ])
    const described = await client.call('describeGroups', { groups: ['g', 'other'] })
    expect(described.groups.map(({ errorCode, groupId }) => `${groupId} ${errorName(errorCode)}`)).toEqual([
      'other NONE',
      'g NOT_COORDINATOR'
    ])
    await client.call('findCoordinator', { coordinatorKeys: ['other'] })
    expect(await commit(client, 'g')).toBe('NOT_COORDINATOR')
    await client.call('findCoordinator', { coordinatorKeys: ['g'] })
    expect(await commit(client, 'g')).toBe('NONE')
    expect(fault.count).toBe(4)
  })
})

it('a look-up that is refused is none: who was sent away has to ask again', async () => {
  const { client, faults } = await setUp()
  faults.moveCoordinator('g')
  faults.fail('findCoordinator', { error: 'COORDINATOR_NOT_AVAILABLE' })
  await client.call('findCoordinator', { coordinatorKeys: ['g'] })
  expect(await commit(client, 'g')).toBe('NOT_COORDINATOR')
  await client.call('findCoordinator', { coordinatorKeys: ['g'] })
  expect(await commit(client, 'g')).toBe('NONE')
})

describe('splitRebalance', () => {
  it('is nothing for a group of the new consumer protocol, and says so', async () => {
    const { client, faults } = await setUp()
    const first = { memberEpoch: 0, rebalanceTimeoutMs: 1000, subscribedTopicNames: ['t'], topicPartitions: [] }
    await client.call('consumerGroupHeartbeat', { groupId: 'g', memberId: 'm', ...first })
    expect(() => faults.splitRebalance('g')).toThrow("faults.splitRebalance('g'): the group speaks the new consumer protocol")
  })

  const join = (client: TestClient, memberId: string) =>
    client.call(
      'joinGroup',
      {
        groupId: 'g',
        sessionTimeoutMs: 60_000,
        rebalanceTimeoutMs: 60_000,
        memberId,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.of(0) }]
      },
      3
    )

  it('the first who joins goes on alone, the other is unknown and makes a second rebalance', async () => {
    const { broker, client, faults } = await setUp({ clock: new ManualClock() })
    expect(() => faults.splitRebalance('g')).toThrow("faults.splitRebalance('g'): the group has 0 members. Let two join before.")
    const other = await open(broker)
    const first = await join(client, '')
    const entering = join(other, '')
    const beat = (each: TestClient, memberId: string, generationId: number) =>
      each.call('heartbeat', { groupId: 'g', generationId, memberId }).then(({ errorCode }) => errorName(errorCode))
    while ((await beat(client, first.memberId, first.generationId)) !== 'REBALANCE_IN_PROGRESS');
    const again = await join(client, first.memberId)
    const second = await entering
    expect([again.generationId, second.generationId, again.members.length]).toEqual([2, 2, 2])

    const fault = faults.splitRebalance('g')
    const alone = await join(client, first.memberId)
    expect([alone.generationId, alone.members.map(({ memberId }) => memberId)]).toEqual([3, [first.memberId]])
    expect(fault.count).toBe(1)
    expect(await beat(other, second.memberId, 2)).toBe('UNKNOWN_MEMBER_ID')
    const returning = join(other, '')
    while ((await beat(client, first.memberId, 3)) !== 'REBALANCE_IN_PROGRESS');
    expect((await join(client, first.memberId)).generationId).toBe(4)
    expect((await returning).generationId).toBe(4)
  })
})

describe('a demand that makes no sense is refused with what was meant', () => {
  // as JavaScript would call it
  // biome-ignore lint/suspicious/noExplicitAny: the point is what the types forbid
  const wrong: [message: string, call: (faults: any) => unknown][] = [
    ["faults.fail('Prodcue'): there is no API 'Prodcue'. Did you mean 'produce'?", faults => faults.fail('Prodcue', { error: 'X' })],
    [
      "there is no error 'NOT_LEADER_FOR_PARTITION'. Did you mean 'NOT_LEADER_OR_FOLLOWER'?",
      faults => faults.fail('produce', { error: 'NOT_LEADER_FOR_PARTITION' })
    ],
    ["says no error. Add { error: 'NOT_LEADER_OR_FOLLOWER' }", faults => faults.fail('produce', {})],
    ["there is no option 'partitions'. Did you mean 'partition'?", faults => faults.drop('produce', { partitions: 1 })],
    ["there is no value of when 'afterwards'. Did you mean 'after'?", faults => faults.drop('produce', { when: 'afterwards' })],
    [
      "faults.fail('produce'): times 0 must be a whole number from 1",
      faults => faults.fail('produce', { error: 'NOT_COORDINATOR', times: 0 })
    ],
    ["faults.delay('fetch'): -1 must be milliseconds from 0.", faults => faults.delay('fetch', -1)],
    [
      'topic is nothing that such a request names. It can be narrowed by clientId, group.',
      faults => faults.fail('joinGroup', { error: 'NOT_COORDINATOR', topic: 't' })
    ]
  ]

  it.each(wrong)('%s', async (message, call) => {
    const { faults } = await setUp()
    expect(() => call(faults)).toThrow(message)
    expect(() => call(faults)).toThrow(FaultError)
    expect(faults.isActive).toBe(false)
  })
})

it('a client that authenticates may be refused, and comes in when it tries again', async () => {
  const broker = await startBroker({ sasl: { users: { ann: 'secret' } } })
  opened.push(broker)
  const fault = broker.faults.fail('saslAuthenticate', { error: 'SASL_AUTHENTICATION_FAILED', message: 'not now' })
  const authenticate = async () => {
    const client = await open(broker)
    await client.call('saslHandshake', { mechanism: 'PLAIN' })
    return { client, answer: await client.call('saslAuthenticate', { authBytes: Buffer.from('\0ann\0secret') }) }
  }
  const refused = await authenticate()
  expect([refused.answer.errorCode, refused.answer.errorMessage]).toEqual([58, 'not now'])
  expect(await refused.client.nextFrame()).toBeUndefined()
  expect(fault.count).toBe(1)
  expect((await authenticate()).answer.errorCode).toBe(0)
})
