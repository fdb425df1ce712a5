// Do members of the new consumer protocol come to what they are assigned, without two ever reading the same partition?
import { ManualClock } from '../manual-clock'
import { errorName, KafkaError } from '../protocol'
import type { Topic } from '../topics/topics'
import { ConsumerGroup } from './consumer-group'
import { type ConsumerHeartbeat, type ConsumerHeartbeatResult, checkHeartbeat } from './consumer-heartbeat'
import type { TopicPartitions } from './consumer-member'

const sessionTimeoutMs = 45_000
const rebalanceTimeoutMs = 60_000

class Catalog {
  changes = 0
  /** How often somebody asked for all topics, to look for those that match. */
  looks = 0
  private topics: Topic[] = []

  set(name: string, partitions: number): void {
    this.topics = this.topics.filter(topic => topic.name !== name)
    if (partitions > 0) this.topics.push({ name, id: `id-${name}`, partitions: Array(partitions) } as never)
    this.changes++
  }

  find(name: string): Topic | undefined {
    return this.topics.find(topic => topic.name === name)
  }

  findById(id: string): Topic | undefined {
    return this.topics.find(topic => topic.id === id)
  }

  all(): Topic[] {
    this.looks++
    return this.topics
  }
}

function setUp(membersMax = 10) {
  const clock = new ManualClock()
  const topics = new Catalog()
  topics.set('t', 4)
  const group = new ConsumerGroup('g', { clock, topics, membersMax, sessionTimeoutMs, heartbeatIntervalMs: 1000, onAllClassic: () => {} })
  const beat = (memberId: string, memberEpoch: number, more: Partial<ConsumerHeartbeat> = {}): ConsumerHeartbeatResult => {
    const request: ConsumerHeartbeat = {
      memberId,
      memberEpoch,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: null,
      clientId: 'c',
      clientHost: '127.0.0.1',
      ...more
    }
    checkHeartbeat('g', request, true)
    return group.heartbeat(request)
  }
  const join = (memberId: string, more: Partial<ConsumerHeartbeat> = {}) =>
    beat(memberId, 0, { rebalanceTimeoutMs, subscribedTopicNames: ['t'], topicPartitions: [], ...more })
  return { beat, clock, group, join, topics }
}

const partitionsOf = ({ assignment }: ConsumerHeartbeatResult) => assignment?.topicPartitions.flatMap(({ partitions }) => partitions)
const owning = (...partitions: number[]): { topicPartitions: TopicPartitions[] } => ({
  topicPartitions: partitions.length > 0 ? [{ topicId: 'id-t', partitions }] : []
})

function errorOf(act: () => unknown): string {
  try {
    act()
    return 'NONE'
  } catch (error) {
    if (error instanceof KafkaError) return error.errorName
    throw error
  }
}

/** Two members that each read two partitions. */
function pair() {
  const given = setUp()
  const { beat, join } = given
  join('a')
  join('b')
  const { assignment } = beat('a', 2)
  const kept = assignment!.topicPartitions[0]!.partitions
  beat('a', 2, owning(...kept))
  const freed = partitionsOf(beat('b', 3))!
  return { ...given, kept, freed }
}

it('the first member gets all partitions at once', () => {
  const { group, join } = setUp()
  expect(group.state).toBe('Empty')
  const joined = join('a')
  expect(joined).toMatchObject({ memberId: 'a', memberEpoch: 2, heartbeatIntervalMs: 1000 })
  expect(partitionsOf(joined)).toEqual([0, 1, 2, 3])
  expect(group).toMatchObject({ state: 'Stable', epoch: 2, assignmentEpoch: 2, assignorName: 'uniform' })
})

it('a member that must give up more when it has given up what it was told to is told so in the same epoch', () => {
  const { beat, join } = setUp()
  join('a')
  join('b')
  const first = partitionsOf(beat('a', 2))!
  join('c')
  const then = beat('a', 2, owning(...first))
  expect([then.memberEpoch, first.length, partitionsOf(then)!.length]).toEqual([2, 2, 1])
  expect(beat('a', 2, owning(...partitionsOf(then)!)).memberEpoch).toBe(4)
})

it('a heartbeat in which nothing changed is answered without an assignment, a full one with', () => {
  const { beat, join } = setUp()
  join('a')
  expect(beat('a', 2).assignment).toBeNull()
  const full = beat('a', 2, { rebalanceTimeoutMs, subscribedTopicNames: ['t'], ...owning(0, 1, 2, 3) })
  expect(partitionsOf(full)).toEqual([0, 1, 2, 3])
})

it('a second member gets its partitions only once the first has given them up', () => {
  const { beat, group, join } = setUp()
  join('a')
  expect(join('b')).toMatchObject({ memberEpoch: 3, assignment: { topicPartitions: [] } })
  const revoking = beat('a', 2)
  expect(revoking.memberEpoch).toBe(2)
  const kept = partitionsOf(revoking)!
  expect(kept).toHaveLength(2)
  expect(group.state).toBe('Reconciling')
  expect(beat('b', 3).assignment).toBeNull()
  expect(beat('a', 2, owning(0, 1, 2, 3))).toMatchObject({ memberEpoch: 2, assignment: null })
  expect(beat('b', 3).assignment).toBeNull()
  expect(beat('a', 2, owning(...kept)).memberEpoch).toBe(3)
  const given = partitionsOf(beat('b', 3))!
  expect([...kept, ...given].sort()).toEqual([0, 1, 2, 3])
  expect(group.state).toBe('Stable')
})

it('a member that leaves frees its partitions at once', () => {
  const { beat, group } = pair()
  expect(beat('b', -1)).toMatchObject({ memberId: 'b', memberEpoch: -1, assignment: null })
  expect(group.state).toBe('Assigning')
  expect(partitionsOf(beat('a', 3))).toEqual([0, 1, 2, 3])
  expect(errorOf(() => beat('b', 3))).toBe('UNKNOWN_MEMBER_ID')
})

it('a silent member is gone when its session ends, to the millisecond', () => {
  const { beat, clock, group } = pair()
  clock.advance(sessionTimeoutMs - 1)
  expect(group.members.size).toBe(2)
  beat('a', 3)
  clock.advance(1)
  expect(group.members.all().map(({ id }) => id)).toEqual(['a'])
  clock.advance(sessionTimeoutMs)
  expect([group.state, clock.pending]).toEqual(['Empty', 0])
})

it('a member that does not give up what it must within its rebalance time-out is gone', () => {
  const { beat, clock, group, join } = setUp()
  join('a')
  join('b')
  beat('a', 2)
  for (let waited = 0; waited < rebalanceTimeoutMs; waited += 10_000) {
    beat('a', 2, owning(0, 1, 2, 3))
    beat('b', 3)
    clock.advance(10_000)
  }
  expect(group.members.all().map(({ id }) => id)).toEqual(['b'])
  expect(partitionsOf(beat('b', 3))).toEqual([0, 1, 2, 3])
})

it('epochs that are not the member’s are fenced, but the one before it is taken when the answer got lost', () => {
  const { beat, kept } = pair()
  expect(errorOf(() => beat('a', 4))).toBe('FENCED_MEMBER_EPOCH')
  expect(errorOf(() => beat('a', 2, owning(0, 1, 2, 3)))).toBe('FENCED_MEMBER_EPOCH')
  expect(beat('a', 2, owning(...kept)).memberEpoch).toBe(3)
  expect(errorOf(() => beat('x', 3))).toBe('UNKNOWN_MEMBER_ID')
})

it('a member that was fenced begins anew under its id', () => {
  const { beat, group, join } = pair()
  expect(partitionsOf(join('a'))).toHaveLength(2)
  expect(group.members.size).toBe(2)
  expect(beat('a', 3).assignment).toBeNull()
})

it.each([
  ['grows', 6, 6],
  ['goes', 0, 0]
])('when a topic %s, its readers are told', (_, partitions, expected) => {
  const { beat, join, topics } = setUp()
  join('a')
  topics.set('t', partitions)
  const told = beat('a', 2)
  const done = told.memberEpoch === 3 ? told : beat('a', 2, owning())
  expect([done.memberEpoch, partitionsOf(told)!.length]).toEqual([3, expected])
})

it('a topic that comes later is read from then on', () => {
  const { beat, join, topics } = setUp()
  expect(partitionsOf(join('a', { subscribedTopicNames: ['u'] }))).toEqual([])
  topics.set('u', 2)
  expect(partitionsOf(beat('a', 2))).toEqual([0, 1])
})

describe('a subscription by regular expression', () => {
  const matching = (subscribedTopicRegex: string) => ({ subscribedTopicNames: null, subscribedTopicRegex })

  it('reads the topics whose whole name matches, also those that come later', () => {
    const { beat, join, topics } = setUp()
    topics.set('tt', 1)
    expect(partitionsOf(join('a', matching('t')))).toEqual([0, 1, 2, 3])
    expect(partitionsOf(beat('a', 2, matching('t+')))).toHaveLength(5)
    topics.set('ttt', 1)
    expect(partitionsOf(beat('a', 3))).toHaveLength(6)
    expect(partitionsOf(beat('a', 4, { ...matching('(?i)T'), topicPartitions: null }))).toHaveLength(4)
  })

  it('is looked for once when many members share it', () => {
    const { join, topics } = setUp(30)
    const looks = Array.from({ length: 30 }, (_, index) => {
      const before = topics.looks
      join(`m${index}`, matching('t.*'))
      return topics.looks - before
    })
    expect(looks).toEqual(Array(30).fill(looks[0]))
  })

  it('may escape any punctuation', () => {
    const { join, topics } = setUp()
    topics.set('a-b_c.d', 2)
    expect(partitionsOf(join('a', matching('a\\-b\\_c\\.[d\\-]')))).toEqual([0, 1])
  })

  it.each([
    ['is none', '('],
    ['names no class', '\\p{None}'],
    ['is too long', 'a'.repeat(1001)],
    ['would take years', '(a+)+']
  ])('that %s is refused, and its member is not let in', (_, expression) => {
    const { group, join, topics } = setUp()
    topics.set(`${'a'.repeat(60)}-`, 1)
    expect(errorOf(() => join('a', matching(expression)))).toBe('INVALID_REGULAR_EXPRESSION')
    expect(group.isEmpty).toBe(true)
  })
})

it('the assignor is the one members ask for', () => {
  const { group, join } = setUp()
  join('a', { serverAssignor: 'range' })
  expect(group.assignorName).toBe('range')
  expect(errorOf(() => join('b', { serverAssignor: 'sticky' }))).toBe('UNSUPPORTED_ASSIGNOR')
})

it('a full group takes nobody new', () => {
  const { join } = setUp(1)
  join('a')
  expect(errorOf(() => join('b'))).toBe('GROUP_MAX_SIZE_REACHED')
})

describe('a static member', () => {
  const asI = { instanceId: 'i' }

  it('that is away keeps what it has, and its successor takes it over without a rebalance', () => {
    const { beat, group, join } = setUp()
    join('a', asI)
    expect(beat('a', -2, asI)).toMatchObject({ memberId: 'a', memberEpoch: -2 })
    const back = join('z', asI)
    expect([back.memberEpoch, partitionsOf(back)]).toEqual([2, [0, 1, 2, 3]])
    expect(group.members.all().map(({ id }) => id)).toEqual(['z'])
    expect(errorOf(() => beat('a', 2, asI))).toBe('FENCED_INSTANCE_ID')
  })

  it('that is away comes back under its own id to what it has, but not while it is there', () => {
    const { beat, join } = setUp()
    join('a', asI)
    expect(errorOf(() => join('a', asI))).toBe('UNRELEASED_INSTANCE_ID')
    beat('a', -2, asI)
    const back = join('a', asI)
    expect([back.memberEpoch, partitionsOf(back)]).toEqual([2, [0, 1, 2, 3]])
  })

  it('and any other is expelled by its id or its instance id', () => {
    const { group, join } = setUp()
    join('a', asI)
    join('b')
    expect([group.expel('x', null), group.expel('', 'j'), group.expel('b', 'i')].map(errorName)).toEqual([
      'UNKNOWN_MEMBER_ID',
      'UNKNOWN_MEMBER_ID',
      'FENCED_INSTANCE_ID'
    ])
    expect([group.expel('', 'i'), group.expel('b', null)]).toEqual([0, 0])
    expect(group.isEmpty).toBe(true)
  })

  it('that does not come back is gone when its session ends', () => {
    const { beat, clock, group, join } = setUp()
    join('a', asI)
    beat('a', -2, asI)
    clock.advance(sessionTimeoutMs)
    expect(group.isEmpty).toBe(true)
  })

  it('that is there is not replaced, and one that is unknown may not speak', () => {
    const { beat, join } = setUp()
    join('a', asI)
    expect(errorOf(() => join('b', asI))).toBe('UNRELEASED_INSTANCE_ID')
    expect(errorOf(() => beat('a', 2, { instanceId: 'j' }))).toBe('UNKNOWN_MEMBER_ID')
  })

  it('that leaves for good frees its partitions', () => {
    const { beat, group, join } = setUp()
    join('a', asI)
    beat('a', -1, asI)
    expect(group.isEmpty).toBe(true)
  })
})

it.each<[string, Partial<ConsumerHeartbeat>]>([
  ['no member id', { memberId: '' }],
  ['no rebalance time-out', { rebalanceTimeoutMs: -1 }],
  ['partitions when joining', owning(0)],
  ['no subscription', { subscribedTopicNames: null }],
  ['an unknown epoch', { memberEpoch: -3 }],
  ['an empty instance id', { instanceId: '' }],
  ['being away without an instance id', { memberEpoch: -2 }]
])('%s is an invalid heartbeat', (_, more) => {
  const { join } = setUp()
  expect(errorOf(() => join('a', more))).toBe('INVALID_REQUEST')
})

it('however members come, go and lag, no partition has two readers, and all are read in the end', () => {
  // a walk through heartbeats in a fixed but irregular order
  const { beat, group, join } = setUp()
  const epochs = new Map<string, number>()
  const owned = new Map<string, number[]>()
  /** What it owns, and what it was told to give up and has not said that it did. */
  const reading = new Map<string, number[]>()
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed % below
  }
  const settle = (id: string) => {
    const before = owned.get(id)!
    reading.set(id, before)
    const { assignment, memberEpoch } = beat(id, epochs.get(id)!, owning(...before))
    epochs.set(id, memberEpoch)
    if (assignment) {
      const now = assignment.topicPartitions.flatMap(({ partitions }) => partitions)
      owned.set(id, now)
      reading.set(id, [...new Set([...before, ...now])])
    }
    const all = [...reading.values()].flat()
    expect(new Set(all).size).toBe(all.length)
  }
  for (let round = 0; round < 500; round++) {
    const id = `m${random(6)}`
    if (!epochs.has(id)) {
      const joined = join(id)
      epochs.set(id, joined.memberEpoch)
      owned.set(id, partitionsOf(joined)!)
      reading.set(id, partitionsOf(joined)!)
    } else if (random(5) === 0) {
      beat(id, -1)
      epochs.delete(id)
      owned.delete(id)
      reading.delete(id)
    } else {
      settle(id)
    }
  }
  join('last')
  epochs.set('last', group.epoch)
  owned.set('last', [])
  for (let round = 0; round < 4; round++) for (const id of epochs.keys()) settle(id)
  expect([...owned.values()].flat().sort()).toEqual([0, 1, 2, 3])
  expect(group.state).toBe('Stable')
})
