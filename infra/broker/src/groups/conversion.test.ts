// Does a group change its protocol under its members, without two ever reading the same partition?
import { assigning, metadataOf, protocolsOf, sessionTimeoutMs, setUp } from '../../test/mixed-groups'
import { errorName } from '../protocol'
import { encodeAssignment } from './consumer-protocol'
import type { JoinRequest } from './member'

describe('an upgrade', () => {
  it('keeps members, generation and partitions, and an eager member gives half of them up by joining again', async () => {
    const { beat, classic, hear, join, state, sync } = setUp()
    const before = await classic()
    expect([state(), beat('m', 0), state()]).toEqual(['classic Stable', [2, []], 'consumer Reconciling'])
    expect(beat('m', 2)).toEqual([2, undefined])
    expect([hear(before), await sync(before)]).toEqual(['REBALANCE_IN_PROGRESS', 'REBALANCE_IN_PROGRESS'])
    const member = await join({ memberId: before.memberId })
    const nobodyLeads = { errorCode: 0, protocolType: 'consumer', protocolName: 'coop', leader: '', members: [] }
    expect(member).toEqual({ ...nobodyLeads, memberId: before.memberId, generationId: 2 })
    expect([await sync(member), hear(member)]).toEqual([[0, 1], 'NONE'])
    expect([beat('m', 2), state()]).toEqual([[2, [2, 3]], 'consumer Stable'])
  })

  it('waits until a cooperative member has given up what it must', async () => {
    const { beat, classic, hear, join, sync } = setUp()
    const before = await classic()
    beat('m', 0)
    const revoking = await join({ memberId: before.memberId, ...protocolsOf(0, 1, 2, 3) })
    expect([revoking.generationId, await sync(revoking), hear(revoking)]).toEqual([1, [0, 1], 'REBALANCE_IN_PROGRESS'])
    expect(beat('m', 2)).toEqual([2, undefined])
    const member = await join({ memberId: before.memberId, ...protocolsOf(0, 1) })
    expect([member.generationId, await sync(member), hear(member)]).toEqual([2, [0, 1], 'NONE'])
    expect(beat('m', 2)).toEqual([2, [2, 3]])
  })

  it('has members that wait for an answer join again', async () => {
    const { beat, classic, join, state } = setUp()
    await classic()
    const waits = join({ groupInstanceId: 'i' })
    expect(beat('m', 0)).toEqual([2, []])
    expect(errorName((await waits).errorCode)).toBe('REBALANCE_IN_PROGRESS')
    expect(state()).toBe('consumer Reconciling')
  })

  it('in the middle of a rebalance lets nobody have what a member synced last and has not given up', async () => {
    const { beat, classic, hear, join } = setUp()
    const first = await classic()
    const second = join()
    const completing = await join({ memberId: first.memberId, ...protocolsOf(0, 1, 2, 3) })
    expect([(await second).generationId, completing.generationId, beat('m', 0)]).toEqual([2, 2, [3, []]])
    expect(hear(completing)).toBe('REBALANCE_IN_PROGRESS')
  })

  it('of members that never had anything gives the newcomer its share at once', async () => {
    const { beat, join } = setUp()
    await join()
    const [epoch, partitions] = beat('m', 0) as [number, number[]]
    expect([epoch, partitions.length]).toEqual([2, 2])
  })

  it.each<[string, Partial<JoinRequest>, Buffer]>([
    ['of another protocol type', { protocolType: 'connect' }, assigning()],
    ['whose metadata cannot be read', { protocols: [{ name: 'coop', metadata: Buffer.from('x') }] }, assigning()],
    ['whose metadata is cut', { protocols: [{ name: 'coop', metadata: metadataOf([1]).subarray(0, -2) }] }, assigning()],
    ['whose version is negative', { protocols: [{ name: 'coop', metadata: metadataOf([], -1) }] }, assigning()],
    ['whose assignment cannot be read', {}, Buffer.from('x')],
    ['whose assignor has more to say', {}, Buffer.concat([assigning(0).subarray(0, -4), Buffer.from('\0\0\0\x01x')])]
  ])('is refused in a group %s, which stays as it is', async (_, more, assignment) => {
    const { beat, groups, join, state } = setUp()
    const { memberId } = await join(more)
    await groups.sync('g', {
      memberId,
      generationId: 1,
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: [{ memberId, assignment }]
    })
    expect([beat('m', 0), beat('m', 1), state()]).toEqual(['GROUP_ID_NOT_FOUND', 'GROUP_ID_NOT_FOUND', 'classic Stable'])
  })

  it('takes members by the protocol that their group elected, whatever they say with others', async () => {
    const { beat, join, state } = setUp()
    const protocols = [{ name: 'first', metadata: Buffer.alloc(0) }, ...protocolsOf().protocols]
    const { memberId } = await join({ protocols })
    const second = join()
    await join({ memberId, protocols })
    expect([errorName((await second).errorCode), beat('m', 0)]).toEqual(['NONE', [3, [expect.any(Number)]]])
    beat('m', -1)
    expect(state()).toBe('classic PreparingRebalance')
  })

  it('knows partitions that a leader assigned one by one', async () => {
    const { beat, groups, join } = setUp()
    const { memberId } = await join()
    const assigned = [0, 1, 2, 3].map(partition => ({ topic: 't', partitions: [partition] }))
    const assignments = [{ memberId, assignment: encodeAssignment(assigned, metadataOf([])) }]
    await groups.sync('g', { memberId, generationId: 1, groupInstanceId: null, protocolType: null, protocolName: null, assignments })
    expect(beat('m', 0)).toEqual([2, []])
  })

  it('is undone when the newcomer is refused', async () => {
    const { beat, classic, clock, hear, state } = setUp(1)
    const member = await classic()
    const pending = clock.pending
    expect([beat('m', 0), state(), hear(member)]).toEqual(['GROUP_MAX_SIZE_REACHED', 'classic Stable', 'NONE'])
    expect(clock.pending).toBe(pending)
  })
})

describe('a downgrade', () => {
  it('comes when the last member of the new protocol leaves; the others rebalance', async () => {
    const { beat, groups, hear, join, mixed, state, sync } = setUp()
    const before = await mixed()
    expect([beat('m', -1), state()]).toEqual([[-1, undefined], 'classic PreparingRebalance'])
    expect([hear(before), await sync(before), beat('m', 2)]).toEqual([
      'REBALANCE_IN_PROGRESS',
      'REBALANCE_IN_PROGRESS',
      'GROUP_ID_NOT_FOUND'
    ])
    const member = await join({ memberId: before.memberId })
    expect(member).toMatchObject({ errorCode: 0, memberId: before.memberId, generationId: 3, leader: before.memberId })
    const all = { memberId: member.memberId, assignment: assigning(0, 1, 2, 3) }
    expect([await sync(member, [all]), state()]).toEqual([[0, 1, 2, 3], 'classic Stable'])
    expect(errorName(groups.leave('g', member.memberId, null))).toBe('NONE')
  })

  it.each(['is silent', 'is expelled'])('comes when the last member of the new protocol %s', async what => {
    const { clock, groups, hear, mixed, state } = setUp()
    const member = await mixed()
    if (what === 'is expelled') groups.leave('g', 'm', null)
    for (let waited = 0; waited < 45_000 && what === 'is silent'; waited += 5000) {
      expect([hear(member), state()]).toEqual(['NONE', 'consumer Stable'])
      clock.advance(5000)
    }
    expect([state(), hear(member)]).toEqual(['classic PreparingRebalance', 'REBALANCE_IN_PROGRESS'])
  })

  it('keeps the sessions of those who are left', async () => {
    const { beat, clock, mixed, state } = setUp()
    await mixed()
    beat('m', -1)
    clock.advance(sessionTimeoutMs)
    expect([state(), clock.pending]).toEqual(['classic Empty', 0])
  })

  it('does not come of sessions that end together with the last classic one', async () => {
    const { clock, join, mixed, state } = setUp()
    const { memberId } = await mixed()
    await join({ memberId, sessionTimeoutMs: 45_000 })
    clock.advance(45_000)
    expect([state(), clock.pending]).toEqual(['consumer Empty', 0])
  })

  it('does not come while a static member of the new protocol is away', async () => {
    const { beat, mixed, state } = setUp()
    await mixed()
    beat('s', 0, null, { instanceId: 's' })
    beat('m', -1)
    beat('s', -2, null, { instanceId: 's' })
    expect(state()).toMatch(/^consumer/)
  })

  it('and an upgrade can follow each other', async () => {
    const { beat, join, mixed, state, sync } = setUp()
    const { memberId } = await mixed()
    beat('m', -1)
    const alone = await join({ memberId })
    await sync(alone, [{ memberId, assignment: assigning(0, 1, 2, 3) }])
    expect(beat('n', 0)).toEqual([4, []])
    expect(await sync(await join({ memberId }))).toHaveLength(2)
    expect([beat('n', 4), state()]).toEqual([[4, [2, 3]], 'consumer Stable'])
  })
})

describe('a static member', () => {
  const asI = { groupInstanceId: 'i' }
  const beI = { instanceId: 'i' }

  it('that is upgraded keeps its partitions without a rebalance', async () => {
    const { beat, classic, hear, state, topics } = setUp()
    const before = await classic(asI)
    expect([beat('m', 0, null, beI), state()]).toEqual([[1, [0, 1, 2, 3]], 'consumer Stable'])
    expect(hear(before, 'i')).toBe('FENCED_INSTANCE_ID')
    // of a topic that nobody reads
    topics.changes++
    expect(beat('m', 1, null, beI)).toEqual([1, undefined])
  })

  it('that is downgraded keeps its partitions, and the group that it was the last of is a classic one without a rebalance', async () => {
    const { beat, classic, hear, join, state, sync } = setUp()
    const { memberId } = await classic()
    expect(beat('s', 0, null, beI)).toEqual([2, []])
    const other = await join({ memberId })
    expect([await sync(other), beat('s', 2, [], beI)]).toEqual([
      [0, 1],
      [2, [2, 3]]
    ])
    const member = await join(asI)
    expect([member.generationId, state()]).toEqual([2, 'classic Stable'])
    expect([await sync(member, [], 'i'), hear(other)]).toEqual([[2, 3], 'NONE'])
    expect(beat('s', 2, null, beI)).toBe('GROUP_ID_NOT_FOUND')
  })

  it('that is downgraded before all have what they should makes them rebalance', async () => {
    const { beat, hear, join, mixed, state } = setUp()
    const other = await mixed()
    beat('s', 0, null, beI)
    beat('m', -1)
    beat('s', 3, [], beI)
    const member = await join(asI)
    expect([state(), hear(member, 'i'), hear(other)]).toEqual(['classic PreparingRebalance', 'REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION'])
  })

  it('whose process is replaced keeps its place; the old one is fenced', async () => {
    const { beat, groups, hear, join, sync } = setUp()
    beat('m', 0)
    const first = await join(asI)
    const kept = (beat('m', 2) as [number, number[]])[1]
    beat('m', 2, kept)
    const second = await join(asI)
    expect(second).toMatchObject({ errorCode: 0, generationId: first.generationId })
    expect([...kept, ...((await sync(second, [], 'i')) as number[])].sort()).toEqual([0, 1, 2, 3])
    expect([hear(first, 'i'), await sync(first, [], 'i'), errorName((await join({ ...asI, memberId: first.memberId })).errorCode)]).toEqual(
      Array(3).fill('FENCED_INSTANCE_ID')
    )
    expect([groups.leave('g', first.memberId, 'i'), groups.leave('g', '', 'i')].map(errorName)).toEqual(['FENCED_INSTANCE_ID', 'NONE'])
  })
})
