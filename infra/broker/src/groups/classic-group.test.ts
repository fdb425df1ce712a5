// Do the members of a group end in one generation, whatever order they come, go and fall silent in?
import { processorMsOf } from '../../test/processor-time'
import { ManualClock } from '../manual-clock'
import { errorName } from '../protocol'
import { ClassicGroup } from './classic-group'
import type { JoinRequest, JoinResult } from './member'

const sessionTimeoutMs = 10_000
const rebalanceTimeoutMs = 60_000

const claimOf = ({ generationId, memberId }: JoinResult, groupInstanceId: string | null = null) => ({
  generationId,
  memberId,
  groupInstanceId
})
const outsider = { generationId: -1, memberId: '', groupInstanceId: null }

function setUp(initialRebalanceDelayMs = 0, membersMax = 1000) {
  const clock = new ManualClock()
  const group = new ClassicGroup('g', clock, initialRebalanceDelayMs, membersMax)
  const join = (memberId = '', more: Partial<JoinRequest> = {}) =>
    group.join({
      memberId,
      groupInstanceId: null,
      clientId: 'c',
      clientHost: '127.0.0.1',
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from('topics') }],
      requiresMemberId: false,
      canSkipAssignment: true,
      ...more
    })
  const sync = (member: JoinResult, assignments: [string, string][] = []) =>
    group.sync({
      ...claimOf(member),
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: assignments.map(([memberId, text]) => ({ memberId, assignment: Buffer.from(text) }))
    })
  const beat = ({ generationId, memberId }: JoinResult) => errorName(group.heartbeat({ generationId, memberId, groupInstanceId: null }))
  return { clock, group, join, sync, beat }
}

/** Two members in one stable generation. */
async function pair() {
  const given = setUp()
  const alone = await given.join()
  const secondJoins = given.join()
  const [first, second] = await Promise.all([given.join(alone.memberId), secondJoins])
  const synced = given.sync(second)
  await given.sync(first, [
    [first.memberId, 'one'],
    [second.memberId, 'two']
  ])
  return { ...given, first, second, assignment: (await synced).assignment.toString() }
}

it('the first member leads generation 1 and is told all members', async () => {
  const { group, join, sync } = setUp()
  const member = await join()
  expect(member).toMatchObject({ errorCode: 0, generationId: 1, leader: member.memberId, protocolName: 'range' })
  expect(member.members.map(({ memberId }) => memberId)).toEqual([member.memberId])
  expect(group.state).toBe('CompletingRebalance')
  expect((await sync(member, [[member.memberId, 'all']])).assignment.toString()).toBe('all')
  expect(group.state).toBe('Stable')
})

it('a second member makes the first rejoin; each gets what the leader assigned', async () => {
  const { assignment, first, group, second } = await pair()
  expect(first.generationId).toBe(2)
  expect(second).toMatchObject({ generationId: 2, leader: first.memberId, members: [] })
  expect(assignment).toBe('two')
  expect(group.state).toBe('Stable')
})

it('while members rejoin, a heartbeat says so', async () => {
  const { beat, first, group, join } = await pair()
  void join()
  expect(group.state).toBe('PreparingRebalance')
  expect(beat(first)).toBe('REBALANCE_IN_PROGRESS')
})

it('a member that is killed is gone after its session time-out, and the others rebalance', async () => {
  const { beat, clock, first, group, join, second } = await pair()
  clock.advance(sessionTimeoutMs - 1)
  expect(beat(first)).toBe('NONE')
  clock.advance(2)
  expect(beat(second)).toBe('UNKNOWN_MEMBER_ID')
  expect(beat(first)).toBe('REBALANCE_IN_PROGRESS')
  expect(await join(first.memberId)).toMatchObject({ errorCode: 0, generationId: 3 })
  expect(group.members.size).toBe(1)
})

it('a group whose members all vanished is empty and takes a new one', async () => {
  const { clock, group, join } = await pair()
  clock.advance(rebalanceTimeoutMs + sessionTimeoutMs + 1)
  expect(group.state).toBe('Empty')
  expect(clock.pending).toBe(0)
  expect((await join()).generationId).toBeGreaterThan(2)
})

it('a member that leaves is gone at once', async () => {
  const { beat, first, group, second } = await pair()
  expect(group.leave(second.memberId, null)).toBe(0)
  expect(beat(first)).toBe('REBALANCE_IN_PROGRESS')
  expect(beat(second)).toBe('UNKNOWN_MEMBER_ID')
  expect(errorName(group.leave(second.memberId, null))).toBe('UNKNOWN_MEMBER_ID')
})

it('a member that does not rejoin within the rebalance time-out is dropped', async () => {
  const { beat, clock, first, group, join, second } = await pair()
  const rejoining = join(first.memberId)
  for (let waited = 0; waited <= rebalanceTimeoutMs; waited += sessionTimeoutMs - 1) {
    beat(second)
    clock.advance(sessionTimeoutMs - 1)
  }
  expect((await rejoining).generationId).toBe(3)
  expect(group.members.all().map(({ id }) => id)).toEqual([first.memberId])
})

it('when the leader does not assign in time, the others rebalance without it', async () => {
  const { beat, clock, group, join, sync } = setUp()
  const alone = await join()
  const joining = join()
  const [leader, follower] = await Promise.all([join(alone.memberId), joining])
  const waiting = sync(follower)
  for (let waited = 0; waited <= rebalanceTimeoutMs; waited += sessionTimeoutMs - 1) {
    beat(leader)
    clock.advance(sessionTimeoutMs - 1)
  }
  expect(errorName((await waiting).errorCode)).toBe('REBALANCE_IN_PROGRESS')
  expect(beat(leader)).toBe('UNKNOWN_MEMBER_ID')
  expect((await join(follower.memberId)).leader).toBe(follower.memberId)
  expect(group.members.size).toBe(1)
})

it('an old generation may neither sync, beat nor commit', async () => {
  const { beat, first, group, sync } = await pair()
  const old = { ...first, generationId: 1 }
  expect(beat(old)).toBe('ILLEGAL_GENERATION')
  expect(errorName((await sync(old)).errorCode)).toBe('ILLEGAL_GENERATION')
  expect(errorName(group.commitError(claimOf(old)))).toBe('ILLEGAL_GENERATION')
  expect(group.commitError(claimOf(first))).toBe(0)
})

it('someone outside the group may commit only while it has no members', async () => {
  const { group } = await pair()
  expect(errorName(group.commitError(outsider))).toBe('UNKNOWN_MEMBER_ID')
  expect(setUp().group.commitError(outsider)).toBe(0)
})

it('a member without an id is told one and joins with it, or loses it', async () => {
  const { clock, join } = setUp()
  const told = await join('', { requiresMemberId: true })
  expect(errorName(told.errorCode)).toBe('MEMBER_ID_REQUIRED')
  expect(await join(told.memberId, { requiresMemberId: true })).toMatchObject({ errorCode: 0, memberId: told.memberId })
  const lost = await join('', { requiresMemberId: true })
  clock.advance(sessionTimeoutMs + 1)
  expect(errorName((await join(lost.memberId)).errorCode)).toBe('UNKNOWN_MEMBER_ID')
})

it('the protocol is one that all members support, and most prefer', async () => {
  const { join } = setUp()
  const protocols = (...names: string[]) => ({ protocols: names.map(name => ({ name, metadata: Buffer.alloc(0) })) })
  const first = await join('', protocols('sticky', 'range'))
  const joining = join('', protocols('range', 'round-robin'))
  expect((await join(first.memberId, protocols('sticky', 'range'))).protocolName).toBe('range')
  expect((await joining).protocolName).toBe('range')
  expect(errorName((await join('', protocols('other'))).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
  expect(errorName((await join('', { protocolType: 'connect' })).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
})

it('a member that alone supports what it now asks for is refused, though it be the only one', async () => {
  const { join } = setUp()
  const member = await join()
  const protocols = [{ name: 'sticky', metadata: Buffer.alloc(0) }]
  expect(errorName((await join(member.memberId, { protocols })).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
  expect(errorName((await join('nobody', { protocols })).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
  expect((await join(member.memberId)).errorCode).toBe(0)
})

it('very many protocols of two members are compared soon', async () => {
  const { join } = setUp()
  const protocols = (from: number) =>
    Array.from({ length: 50_000 }, (_, index) => ({ name: `p${from + index}`, metadata: Buffer.alloc(0) }))
  const cost = await processorMsOf(async () => {
    await join('', { protocols: protocols(0) })
    expect(errorName((await join('', { protocols: protocols(50_000) })).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
  })
  expect(cost).toBeLessThan(5000)
})

it('an empty group waits the initial rebalance delay for members to come together, and again while new ones come', async () => {
  const { clock, group, join } = setUp(3000)
  const joining = [join(), join()]
  clock.advance(3000)
  expect(group.state).toBe('PreparingRebalance')
  clock.advance(3000)
  const [first, second] = await Promise.all(joining)
  expect([first!.generationId, second!.generationId]).toEqual([1, 1])
})

it('who comes alone waits the initial rebalance delay once, and nobody longer than the rebalance time-out', async () => {
  const { clock, group, join } = setUp(3000)
  const alone = join()
  clock.advance(3000)
  expect((await alone).generationId).toBe(1)
  const busy = setUp(3000)
  for (let waited = 0; waited < rebalanceTimeoutMs; waited += 1000) {
    expect(busy.group.state).toBe(waited === 0 ? 'Empty' : 'PreparingRebalance')
    void busy.join()
    busy.clock.advance(1000)
  }
  expect(busy.group.state).toBe('CompletingRebalance')
  expect(group.members.size).toBe(1)
})

it('one who was told an id and never came makes nobody rebalance', async () => {
  const { beat, clock, first, group, join, second } = await pair()
  await join('', { requiresMemberId: true, sessionTimeoutMs: 10 })
  clock.advance(11)
  expect([group.state, beat(first), beat(second)]).toEqual(['Stable', 'NONE', 'NONE'])
})

it('a join that waits only for one who was told an id goes on when that one does not come', async () => {
  const { clock, first, group, join, second } = await pair()
  await join('', { requiresMemberId: true, sessionTimeoutMs: 10 })
  const rejoining = [join(first.memberId), join(second.memberId)]
  expect(group.state).toBe('PreparingRebalance')
  clock.advance(11)
  expect((await Promise.all(rejoining)).map(({ generationId }) => generationId)).toEqual([3, 3])
})

it('a new member whose join is not answered for five minutes is given up, its client may have hung up', async () => {
  const { beat, clock, first, group, join, second } = await pair()
  await join(second.memberId, { rebalanceTimeoutMs: 900_000 })
  const newcomer = join()
  for (let waited = 0; waited < 300_000; waited += 5000) {
    expect([beat(first), beat(second), group.members.size]).toEqual(['REBALANCE_IN_PROGRESS', 'REBALANCE_IN_PROGRESS', 3])
    clock.advance(5000)
  }
  expect(errorName((await newcomer).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  expect(group.members.size).toBe(2)
})

it('a closed group answers all who wait and leaves no timer', async () => {
  const { clock, first, group, join } = await pair()
  const waiting = join(first.memberId)
  group.close()
  expect(errorName((await waiting).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  expect(clock.pending).toBe(0)
})

it('who has joined but never asks for its assignment is dropped after the rebalance time-out, also while the others read', async () => {
  const { beat, clock, group, join, sync } = setUp()
  const alone = await join()
  const joining = join()
  const [leader, silent] = await Promise.all([join(alone.memberId), joining])
  await sync(leader, [[leader.memberId, 'all']])
  for (let waited = 0; waited < rebalanceTimeoutMs - sessionTimeoutMs; waited += sessionTimeoutMs - 1) {
    clock.advance(sessionTimeoutMs - 1)
    expect([beat(leader), beat(silent)]).toEqual(['NONE', 'NONE'])
  }
  clock.advance(10)
  expect(beat(silent)).toBe('UNKNOWN_MEMBER_ID')
  expect(group.members.size).toBe(1)
})

it('a full group takes nobody new, but its own members again', async () => {
  const { join } = setUp(0, 1)
  const first = await join()
  expect(errorName((await join()).errorCode)).toBe('GROUP_MAX_SIZE_REACHED')
  expect((await join(first.memberId)).errorCode).toBe(0)
})

describe('a static member', () => {
  const asStatic = (groupInstanceId: string, more: Partial<JoinRequest> = {}) => ({ groupInstanceId, requiresMemberId: true, ...more })

  /** A dynamic member and a static one in one stable generation, the static one leading if told. */
  async function staticPair(staticLeads = false) {
    const given = setUp()
    const optionsOf = (isStatic: boolean) => (isStatic ? asStatic('i') : {})
    const alone = await given.join('', optionsOf(staticLeads))
    const joining = given.join('', optionsOf(!staticLeads))
    const [leader, follower] = await Promise.all([given.join(alone.memberId, optionsOf(staticLeads)), joining])
    await given.sync(leader, [
      [leader.memberId, 'leads'],
      [follower.memberId, 'follows']
    ])
    await given.sync(follower)
    const [stays, dynamic] = staticLeads ? [leader, follower] : [follower, leader]
    return { ...given, stays, dynamic }
  }

  it('needs no member id to join, and is named to the leader', async () => {
    const { join } = setUp()
    const member = await join('', asStatic('i'))
    expect(member).toMatchObject({ errorCode: 0, generationId: 1, members: [{ memberId: member.memberId, groupInstanceId: 'i' }] })
    expect(member.memberId).toMatch(/^i-/)
  })

  it('comes back without a rebalance to what it had, and its old self is fenced', async () => {
    const { beat, dynamic, group, join, stays, sync } = await staticPair()
    const back = await join('', asStatic('i'))
    expect(back).toMatchObject({ errorCode: 0, generationId: 2, leader: dynamic.memberId })
    expect(back.memberId).not.toBe(stays.memberId)
    expect([group.state, beat(dynamic)]).toEqual(['Stable', 'NONE'])
    expect((await sync(back)).assignment.toString()).toBe('follows')
    const old = claimOf(stays, 'i')
    const errors = [
      group.heartbeat(old),
      group.commitError(old),
      group.leave(stays.memberId, 'i'),
      (await join(stays.memberId, asStatic('i'))).errorCode
    ]
    expect(errors.map(errorName)).toEqual(Array(4).fill('FENCED_INSTANCE_ID'))
    expect(group.heartbeat(claimOf(back, 'i'))).toBe(0)
  })

  it.each([
    [true, { skipAssignment: true }],
    [false, { members: [] }]
  ])('that led comes back as the leader that has nothing to assign (told so: %s)', async (canSkipAssignment, expected) => {
    const { group, join, stays, sync } = await staticPair(true)
    const back = await join('', asStatic('i', { canSkipAssignment }))
    expect(back).toMatchObject({ errorCode: 0, generationId: 2, ...expected })
    expect(back.leader).toBe(canSkipAssignment ? back.memberId : stays.memberId)
    expect((await sync(back)).assignment.toString()).toBe('leads')
    expect(group.state).toBe('Stable')
  })

  it('that comes back and changes which protocol is elected makes the others rejoin', async () => {
    const { beat, join, sync } = setUp()
    const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
    const both = [{ name: 'sticky', metadata: Buffer.alloc(0) }, ...protocols]
    const first = await join('', { protocols: both })
    const joining = join('', asStatic('i', { protocols }))
    const [leader, stays] = await Promise.all([join(first.memberId, { protocols: both }), joining])
    await sync(leader, [])
    await sync(stays)
    void join('', asStatic('i', { protocols: both }))
    expect(beat(leader)).toBe('REBALANCE_IN_PROGRESS')
  })

  it('that comes back in the middle of a rebalance takes part in it', async () => {
    const { dynamic, group, join, stays } = await staticPair()
    const rejoining = join(dynamic.memberId)
    const waiting = join(stays.memberId, asStatic('i', { protocols: [{ name: 'range', metadata: Buffer.from('other') }] }))
    await Promise.all([rejoining, waiting])
    expect(group.state).toBe('CompletingRebalance')
    const back = join('', asStatic('i'))
    expect(group.state).toBe('PreparingRebalance')
    const again = await join(dynamic.memberId)
    expect([again.generationId, (await back).generationId]).toEqual([4, 4])
  })

  it('that is late for a rebalance keeps its place until its session ends', async () => {
    const { clock, dynamic, group, join } = await staticPair()
    const short = join(dynamic.memberId, { rebalanceTimeoutMs: 5 })
    expect(group.state).toBe('PreparingRebalance')
    const members = () => group.members.all().map(({ instanceId }) => instanceId)
    expect(members()).toEqual([null, 'i'])
    clock.advance(sessionTimeoutMs + 1)
    expect(members()).toEqual([null])
    expect((await short).generationId).toBe(3)
  })

  it('that was late has another session to come back in', async () => {
    const { clock, dynamic, group, join, stays } = await staticPair()
    const rebalanceTimeoutMs = sessionTimeoutMs - 1
    await join(stays.memberId, asStatic('i', { rebalanceTimeoutMs }))
    const rejoining = join(dynamic.memberId, { rebalanceTimeoutMs })
    clock.advance(rebalanceTimeoutMs)
    expect((await rejoining).generationId).toBe(3)
    clock.advance(2)
    expect(group.members.all().map(({ instanceId }) => instanceId)).toEqual([null, 'i'])
  })

  it('is removed by its instance id alone, several at once', async () => {
    const { group, join } = setUp()
    const first = await join('', asStatic('a'))
    const second = join('', asStatic('b'))
    await Promise.all([join(first.memberId, asStatic('a')), second])
    expect(errorName(group.leave('', 'c'))).toBe('UNKNOWN_MEMBER_ID')
    expect([group.leave('', 'a'), group.leave('', 'b')]).toEqual([0, 0])
    expect(group.state).toBe('Empty')
  })
})
