// Does the broker answer for groups of both protocols as Kafka does, over a real socket?
import { TestClient } from '../test/client'
import { temporaryFolder } from '../test/folder'
import { type BrokerOptions, ManualClock, startBroker } from './index'
import { type Apis, errorName, type RequestInput, Writer } from './protocol'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function setUp(options: BrokerOptions = {}) {
  const broker = await startBroker({ defaultPartitions: 2, ...options })
  opened.push(broker)
  const client = await TestClient.connect(broker.port)
  opened.push(client)
  const { topics } = await client.call('metadata', { topics: [{ name: 't' }, { name: 'u' }], allowAutoTopicCreation: true })
  return { broker, client, topicId: topics[0]!.topicId }
}

function consumerMetadata(...topics: string[]): Buffer {
  const writer = new Writer()
  writer.int16(1)
  writer.int32(topics.length)
  for (const topic of topics) {
    writer.int16(topic.length)
    writer.text(topic)
  }
  writer.int32(-1)
  writer.int32(0)
  return writer.toBuffer()
}

type JoinInput = Partial<RequestInput<Apis['joinGroup']>>

function join(client: TestClient, more: JoinInput = {}, version = 9) {
  const protocols = [{ name: 'range', metadata: consumerMetadata('t') }]
  const fixed = { groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, memberId: '', protocolType: 'consumer', protocols }
  return client.call('joinGroup', { ...fixed, ...more }, version)
}

/** A classic member alone in its group, with its assignment. */
async function classicMember(client: TestClient, more: JoinInput = {}) {
  const told = await join(client, more)
  const member = told.errorCode === 0 ? told : await join(client, { ...more, memberId: told.memberId })
  const { generationId, memberId } = member
  await client.call('syncGroup', { groupId: 'g', generationId, memberId, groupInstanceId: more.groupInstanceId ?? null, assignments: [] })
  return member
}

type BeatInput = Partial<RequestInput<Apis['consumerGroupHeartbeat']>>

function beat(client: TestClient, memberId: string, memberEpoch: number, more: BeatInput = {}) {
  const first = memberEpoch === 0 ? { rebalanceTimeoutMs: 10_000, subscribedTopicNames: ['t'], topicPartitions: [] } : {}
  return client.call('consumerGroupHeartbeat', { groupId: 'g', memberId, memberEpoch, ...first, ...more })
}

function commit(client: TestClient, topicId: string, more: Partial<RequestInput<Apis['offsetCommit']>> = {}, name = 't', version = 10) {
  const topics = [{ name, topicId, partitions: [{ partitionIndex: 0, committedOffset: 0 }] }]
  const committing = client.call('offsetCommit', { groupId: 'g', topics, ...more }, version)
  return committing.then(answer => errorName(answer.topics[0]!.partitions[0]!.errorCode))
}

async function listed(client: TestClient, filters: RequestInput<Apis['listGroups']> = {}) {
  const { groups } = await client.call('listGroups', filters)
  return groups.map(({ groupId, groupState, groupType }) => `${groupId} ${groupState} ${groupType}`)
}

describe('the classic protocol', () => {
  it.each([5, 6, 7, 8, 9])('a static member joins and is fenced in JoinGroup v%i', async version => {
    const { client, topicId } = await setUp()
    const first = await join(client, { groupInstanceId: 'i' }, version)
    expect(first).toMatchObject({ errorCode: 0, members: [{ groupInstanceId: 'i' }] })
    await client.call('syncGroup', { groupId: 'g', generationId: 1, memberId: first.memberId, groupInstanceId: 'i', assignments: [] })
    const second = await join(client, { groupInstanceId: 'i' }, version)
    expect(second).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: version >= 9 })
    const { memberId } = first
    const old = { groupId: 'g', generationId: 1, memberId, groupInstanceId: 'i' }
    const errors = [
      (await client.call('heartbeat', old)).errorCode,
      (await client.call('syncGroup', { ...old, assignments: [] })).errorCode,
      (await client.call('leaveGroup', { groupId: 'g', members: [{ memberId, groupInstanceId: 'i' }] })).members[0]!.errorCode
    ]
    expect(errors.map(errorName)).toEqual(Array(3).fill('FENCED_INSTANCE_ID'))
    expect(await commit(client, topicId, { memberId, groupInstanceId: 'i', generationIdOrMemberEpoch: 1 })).toBe('FENCED_INSTANCE_ID')
  })

  it('several members leave at once by their instance ids, and each is told what came of it', async () => {
    const { client } = await setUp()
    await classicMember(client, { groupInstanceId: 'i' })
    const members = [{ memberId: '', groupInstanceId: 'i' }, { memberId: '', groupInstanceId: 'j' }, { memberId: 'x' }]
    const left = await client.call('leaveGroup', { groupId: 'g', members })
    expect(left.members.map(({ errorCode }) => errorName(errorCode))).toEqual(['NONE', 'UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID'])
    expect(await listed(client)).toEqual(['g Empty classic'])
  })

  it('a wrong generation may neither beat, sync nor commit', async () => {
    const { client, topicId } = await setUp()
    const { memberId } = await classicMember(client)
    const old = { groupId: 'g', generationId: 7, memberId }
    expect(errorName((await client.call('heartbeat', old)).errorCode)).toBe('ILLEGAL_GENERATION')
    expect(errorName((await client.call('syncGroup', { ...old, assignments: [] })).errorCode)).toBe('ILLEGAL_GENERATION')
    expect(await commit(client, topicId, { memberId, generationIdOrMemberEpoch: 7 })).toBe('ILLEGAL_GENERATION')
    expect(await commit(client, topicId, { memberId, generationIdOrMemberEpoch: 1 })).toBe('NONE')
    expect(await commit(client, topicId)).toBe('UNKNOWN_MEMBER_ID')
  })

  it('a member of a group that is not there may not commit', async () => {
    const { client, topicId } = await setUp()
    const claim = { memberId: 'm', generationIdOrMemberEpoch: 2 }
    expect(await commit(client, topicId, claim)).toBe('GROUP_ID_NOT_FOUND')
    expect(await commit(client, topicId, claim, 't', 8)).toBe('ILLEGAL_GENERATION')
  })

  it('an empty group id is none', async () => {
    const { client } = await setUp()
    const claim = { groupId: '', generationId: 1, memberId: 'm' }
    const errors = [
      (await join(client, { groupId: '' })).errorCode,
      (await client.call('heartbeat', claim)).errorCode,
      (await client.call('syncGroup', { ...claim, assignments: [] })).errorCode,
      (await client.call('leaveGroup', { groupId: '', members: [] })).errorCode
    ]
    expect(errors.map(errorName)).toEqual(Array(4).fill('INVALID_GROUP_ID'))
    expect(errorName((await client.call('offsetDelete', { groupId: '', topics: [] })).errorCode)).toBe('INVALID_GROUP_ID')
  })

  it('offsets may lie in a group without a name, as those of old clients do', async () => {
    const { client, topicId } = await setUp()
    expect(await commit(client, topicId, { groupId: '' })).toBe('NONE')
    const groups = [{ groupId: '', topics: [{ topicId, partitionIndexes: [0] }] }]
    expect((await client.call('offsetFetch', { groups })).groups[0]!.topics[0]!.partitions[0]!.committedOffset).toBe(0)
  })

  it('a group that only told somebody an id is empty, and can be deleted', async () => {
    const { client } = await setUp()
    expect(errorName((await join(client)).errorCode)).toBe('MEMBER_ID_REQUIRED')
    expect((await client.call('deleteGroups', { groupsNames: ['g'] })).results[0]!.errorCode).toBe(0)
  })

  it('groupMembersMax members are all', async () => {
    const { client } = await setUp({ limits: { groupMembersMax: 1 } })
    await classicMember(client)
    expect(errorName((await join(client)).errorCode)).toBe('GROUP_MAX_SIZE_REACHED')
  })
})

describe('the new consumer protocol', () => {
  it('is offered as a feature of the cluster', async () => {
    const { client } = await setUp()
    const { finalizedFeatures, finalizedFeaturesEpoch, supportedFeatures } = await client.call('apiVersions', {})
    expect(finalizedFeaturesEpoch).toBeGreaterThanOrEqual(0)
    expect(finalizedFeatures).toContainEqual({ name: 'group.version', maxVersionLevel: 1, minVersionLevel: 1 })
    expect(supportedFeatures).toContainEqual({ name: 'group.version', minVersion: 0, maxVersion: 1 })
    // Java clients from 3.3 to 3.8 end at a level of 0
    expect((await client.call('apiVersions', {}, 3)).supportedFeatures).toEqual([])
  })

  it('assigns, describes, lists and lets go', async () => {
    const { client, topicId } = await setUp()
    const { assignment, errorCode, memberEpoch } = await beat(client, 'm', 0, { instanceId: 'i', rackId: 'r' })
    expect([errorCode, memberEpoch, assignment!.topicPartitions]).toEqual([0, 2, [{ topicId, partitions: [0, 1] }]])
    expect(await listed(client)).toEqual(['g Stable consumer'])
    expect(await listed(client, { typesFilter: ['Classic'] })).toEqual([])
    const read = { topicPartitions: [{ topicId, topicName: 't', partitions: [0, 1] }] }
    for (const version of [0, 1]) {
      const { groups } = await client.call('consumerGroupDescribe', { groupIds: ['g'] }, version)
      expect(groups[0]).toMatchObject({ errorCode: 0, groupState: 'Stable', groupEpoch: 2, assignmentEpoch: 2, assignorName: 'uniform' })
      expect(groups[0]!.members).toEqual([
        {
          memberId: 'm',
          instanceId: 'i',
          rackId: 'r',
          memberEpoch: 2,
          clientId: 'test',
          clientHost: '/127.0.0.1',
          subscribedTopicNames: ['t'],
          subscribedTopicRegex: '',
          assignment: read,
          targetAssignment: read,
          memberType: version === 0 ? -1 : 1
        }
      ])
    }
    await beat(client, 'm', -1, { instanceId: 'i' })
    expect(await listed(client)).toEqual(['g Empty consumer'])
  })

  it('version 0 gives a member its id', async () => {
    const { client } = await setUp()
    const first = { groupId: 'g', memberId: '', memberEpoch: 0, rebalanceTimeoutMs: 1, subscribedTopicNames: ['t'], topicPartitions: [] }
    expect((await client.call('consumerGroupHeartbeat', first, 0)).memberId).not.toBe('')
    const refused = await client.call('consumerGroupHeartbeat', first, 1)
    expect([errorName(refused.errorCode), refused.errorMessage]).toEqual(['INVALID_REQUEST', "MemberId can't be empty."])
  })

  it('offsets are committed and fetched with the member’s epoch', async () => {
    const { client, topicId } = await setUp()
    await beat(client, 'm', 0)
    expect(await commit(client, topicId, { memberId: 'm', generationIdOrMemberEpoch: 2 })).toBe('NONE')
    expect(await commit(client, topicId, { memberId: 'm', generationIdOrMemberEpoch: 0 })).toBe('STALE_MEMBER_EPOCH')
    expect(await commit(client, topicId, { memberId: 'x', generationIdOrMemberEpoch: 2 })).toBe('UNKNOWN_MEMBER_ID')
    const fetchAs = async (memberId: string | null, memberEpoch: number) => {
      const groups = [{ groupId: 'g', memberId, memberEpoch, topics: [{ topicId, partitionIndexes: [0] }] }]
      const { errorCode, topics } = (await client.call('offsetFetch', { groups })).groups[0]!
      return [errorName(errorCode), topics.length]
    }
    expect(await fetchAs('m', 2)).toEqual(['NONE', 1])
    expect(await fetchAs('m', 3)).toEqual(['STALE_MEMBER_EPOCH', 0])
    expect(await fetchAs('x', 2)).toEqual(['UNKNOWN_MEMBER_ID', 0])
    expect(await fetchAs(null, -1)).toEqual(['NONE', 1])
  })

  it('a silent member is gone when its session ends by the clock', async () => {
    const clock = new ManualClock()
    const { client } = await setUp({ clock, consumerSessionTimeoutMs: 5000 })
    await beat(client, 'm', 0)
    clock.advance(5000)
    expect(errorName((await beat(client, 'm', 2)).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })

  it('a group that is kept over a restart takes its members again from the start', async () => {
    const dataDir = temporaryFolder()
    const before = await setUp({ dataDir })
    await beat(before.client, 'm', 0)
    await commit(before.client, before.topicId, { memberId: 'm', generationIdOrMemberEpoch: 2 })
    await before.broker.close()
    const { client } = await setUp({ dataDir })
    expect(await listed(client)).toEqual(['g Empty consumer'])
    expect(errorName((await beat(client, 'm', 2)).errorCode)).toBe('UNKNOWN_MEMBER_ID')
    expect(await beat(client, 'm', 0)).toMatchObject({ errorCode: 0, memberEpoch: 2 })
    await beat(client, 'm', -1)
    expect((await client.call('deleteGroups', { groupsNames: ['g'] })).results[0]!.errorCode).toBe(0)
    expect(await listed(client)).toEqual([])
  })
})

describe('a group whose consumers change from one protocol to the other', () => {
  const errorOf = async (answer: Promise<{ errorCode: number }>) => errorName((await answer).errorCode)

  it('is described and listed as what it is', async () => {
    const { client } = await setUp()
    const { memberId } = await classicMember(client)
    const { groups: none } = await client.call('consumerGroupDescribe', { groupIds: ['g', 'none', ''] })
    expect(none.map(({ errorCode, errorMessage }) => [errorName(errorCode), errorMessage])).toEqual([
      ['GROUP_ID_NOT_FOUND', 'Group g is not a consumer group.'],
      ['GROUP_ID_NOT_FOUND', 'Group none not found.'],
      ['INVALID_GROUP_ID', null]
    ])
    expect(await beat(client, 'm', 0)).toMatchObject({ errorCode: 0, memberEpoch: 2 })
    expect(await listed(client)).toEqual(['g Reconciling consumer'])
    const { groups: classic } = await client.call('describeGroups', { groups: ['g'] })
    expect(classic[0]).toMatchObject({ groupState: 'Dead', errorMessage: 'Group g is not a classic group.' })
    const typesIn = async (version: number) => {
      const { groups } = await client.call('consumerGroupDescribe', { groupIds: ['g'] }, version)
      return Object.fromEntries(groups[0]!.members.map(member => [member.memberId, member.memberType]))
    }
    expect(await typesIn(0)).toEqual({ [memberId]: -1, m: -1 })
    expect(await typesIn(1)).toEqual({ [memberId]: 0, m: 1 })
    await beat(client, 'm', -1)
    expect(await listed(client)).toEqual(['g PreparingRebalance classic'])
  })

  it('serves a classic member by its requests, and tells it of partitions that it has to give up until it did', async () => {
    const { client, topicId } = await setUp()
    const { memberId } = await classicMember(client)
    await beat(client, 'm', 0)
    expect(await errorOf(client.call('heartbeat', { groupId: 'g', generationId: 1, memberId }))).toBe('REBALANCE_IN_PROGRESS')
    const { generationId, leader, members, protocolName } = await join(client, { memberId })
    expect([generationId, leader, members, protocolName]).toEqual([2, '', [], 'range'])
    const { assignment, errorCode } = await client.call('syncGroup', { groupId: 'g', generationId, memberId, assignments: [] })
    expect(errorCode).toBe(0)
    // version 1, one topic `t`, one partition, no user data
    expect(assignment.toString('hex')).toMatch(/^000100000001000174000000010000000[01]ffffffff$/)
    expect(await errorOf(client.call('heartbeat', { groupId: 'g', generationId, memberId }))).toBe('NONE')
    expect(await commit(client, topicId, { memberId, generationIdOrMemberEpoch: generationId }, 't', 8)).toBe('NONE')
    expect(await errorOf(client.call('deleteGroups', { groupsNames: ['g'] }).then(({ results }) => results[0]!))).toBe('NON_EMPTY_GROUP')
    const left = await client.call('leaveGroup', { groupId: 'g', members: [{ memberId }, { memberId: 'm' }, { memberId: 'x' }] })
    expect(left.members.map(each => errorName(each.errorCode))).toEqual(['NONE', 'NONE', 'UNKNOWN_MEMBER_ID'])
    expect(await listed(client)).toEqual(['g Empty consumer'])
  })

  it('begins anew with the protocol of who comes when it is empty', async () => {
    const { client } = await setUp()
    await beat(client, 'm', 0)
    expect(await errorOf(client.call('heartbeat', { groupId: 'g', generationId: 2, memberId: 'm' }))).toBe('UNKNOWN_MEMBER_ID')
    await client.call('leaveGroup', { groupId: 'g', members: [{ memberId: 'm' }] })
    const { memberId } = await classicMember(client)
    expect(await listed(client)).toEqual(['g Stable classic'])
    await client.call('leaveGroup', { groupId: 'g', members: [{ memberId }] })
    expect(await beat(client, 'm', 0)).toMatchObject({ errorCode: 0, memberEpoch: 2 })
  })

  it('a heartbeat with an epoch to a group that is not there says so', async () => {
    const { client } = await setUp()
    expect(errorName((await beat(client, 'm', 3)).errorCode)).toBe('GROUP_ID_NOT_FOUND')
  })
})

describe('OffsetDelete', () => {
  const remove = async (client: TestClient, names = ['t'], partitionIndex = 0) => {
    const topics = names.map(name => ({ name, partitions: [{ partitionIndex }] }))
    const answer = await client.call('offsetDelete', { groupId: 'g', topics })
    return [answer.errorCode, ...answer.topics.map(({ partitions }) => partitions[0]!.errorCode)].map(errorName)
  }

  it('forgets single offsets of a group without members, and the group with the last', async () => {
    const { client, topicId } = await setUp()
    expect(await remove(client)).toEqual(['GROUP_ID_NOT_FOUND'])
    await commit(client, topicId)
    expect(await remove(client, ['t', 'none'])).toEqual(['NONE', 'NONE', 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect(await listed(client)).toEqual([])
  })

  it.each(['classic', 'consumer'])('leaves those of topics that a %s group reads', async type => {
    const { client, topicId } = await setUp()
    const { topics } = await client.call('metadata', { topics: [{ name: 'u' }] })
    await commit(client, topicId)
    await commit(client, topics[0]!.topicId)
    if (type === 'classic') await classicMember(client)
    else await beat(client, 'm', 0)
    expect(await remove(client, ['t', 'u'])).toEqual(['NONE', 'GROUP_SUBSCRIBED_TO_TOPIC', 'NONE'])
  })

  it('leaves all of a group whose members are no consumers', async () => {
    const { client, topicId } = await setUp()
    await commit(client, topicId)
    await classicMember(client, { protocolType: 'connect', protocols: [{ name: 'p', metadata: Buffer.alloc(0) }] })
    expect(await remove(client)).toEqual(['NON_EMPTY_GROUP'])
  })
})
