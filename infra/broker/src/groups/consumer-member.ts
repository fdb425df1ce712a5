// What may a member of the new consumer protocol (KIP-848) read now, on its way to what it should read?
import type { Assignment } from './assignors'
import type { Protocol } from './member'

// A member moves towards its target by heartbeats: first it gives up what it should not have, then it gets what others have given up. In each
// state a heartbeat does what the table says; "reconciles" is the step below it.
//
// | state                | meaning                                               | heartbeat                                                  |
// |----------------------|-------------------------------------------------------|------------------------------------------------------------|
// | Stable               | has all of the target of its epoch                    | of an older epoch than the target: reconciles              |
// | UnrevokedPartitions  | has not yet said that it gave up what it must         | without those among what it owns: reconciles, else waits   |
// | UnreleasedPartitions | others have not yet given up what it should get       | reconciles                                                 |
//
// Reconciling, with the target and what it has:
//
// | must give up | gets now | must wait for | next state           | epoch             |
// |--------------|----------|---------------|----------------------|-------------------|
// | something    | nothing  | –             | UnrevokedPartitions  | as it is          |
// | nothing      | the free | something     | UnreleasedPartitions | that of the target|
// | nothing      | the rest | nothing       | Stable               | that of the target|
export type MemberState = 'Stable' | 'UnrevokedPartitions' | 'UnreleasedPartitions'

export interface ConsumerMember {
  id: string
  instanceId: string | null
  rackId: string | null
  clientId: string
  clientHost: string
  rebalanceTimeoutMs: number
  serverAssignor: string | null
  subscribedTopicNames: readonly string[]
  /** Empty without one. */
  subscribedTopicRegex: string
  /** 0 while it joins, -2 while a static member is away. */
  epoch: number
  previousEpoch: number
  state: MemberState
  assigned: Assignment
  /** What it was told to give up, and has not said that it did. */
  pendingRevocation: Assignment
  /** The epoch in which it was given each of both, by `keyOf` (KIP-1251). */
  since: Map<string, number>
  /** Set while it speaks the classic protocol: what it said when it joined. */
  classic: ClassicForm | undefined
  /** When its session ends unless it is heard of, and when it must have given up, joined or synced; both in epoch milliseconds. */
  sessionDeadline: number
  rebalanceDeadline: number
}

/** What of a request to join the new protocol has no place for. */
export interface ClassicForm {
  sessionTimeoutMs: number
  protocols: Protocol[]
}

/** A partition list as requests carry it. */
export interface TopicPartitions {
  topicId: string
  partitions: number[]
}

/** A member that has nothing yet. */
export function newConsumerMember(id: string, instanceId: string | null): ConsumerMember {
  return {
    id,
    instanceId,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: 0,
    serverAssignor: null,
    subscribedTopicNames: [],
    subscribedTopicRegex: '',
    classic: undefined,
    sessionDeadline: Number.POSITIVE_INFINITY,
    ...nothingAssigned()
  }
}

/** What a member has when it joins, or joins anew. */
export function nothingAssigned() {
  const none = { assigned: new Map() as Assignment, pendingRevocation: new Map() as Assignment, since: new Map<string, number>() }
  return { ...none, epoch: 0, previousEpoch: 0, state: 'Stable' as MemberState, rebalanceDeadline: Number.POSITIVE_INFINITY }
}

/** Epoch by which a static member says that it will come back, and that of a member that leaves. */
export const awayEpoch = -2
export const leaveEpoch = -1

export function has(assignment: Assignment, topicId: string, partition: number): boolean {
  return assignment.get(topicId)?.has(partition) ?? false
}

/** Names a partition. */
export function keyOf(topicId: string, partition: number): string {
  return `${topicId} ${partition}`
}

export function keysOf(assignment: Assignment): string[] {
  return [...assignment].flatMap(([topicId, partitions]) => [...partitions].map(partition => keyOf(topicId, partition)))
}

/** The `since` of a member that was given all of this in one epoch. */
export function givenIn(epoch: number, assignment: Assignment): Map<string, number> {
  return new Map(keysOf(assignment).map(key => [key, epoch]))
}

function without(assignment: Assignment, isTaken: (topicId: string, partition: number) => boolean): Assignment {
  const rest: Assignment = new Map()
  for (const [topicId, partitions] of assignment) {
    const left = [...partitions].filter(partition => !isTaken(topicId, partition))
    if (left.length > 0) rest.set(topicId, new Set(left))
  }
  return rest
}

export function union(left: Assignment, right: Assignment): Assignment {
  const all: Assignment = new Map([...left].map(([topicId, partitions]) => [topicId, new Set(partitions)]))
  for (const [topicId, partitions] of right) all.set(topicId, new Set([...(all.get(topicId) ?? []), ...partitions]))
  return all
}

/** `owned` null says that it did not change since it was last told. */
function owns(owned: readonly TopicPartitions[] | null, assignment: Assignment): boolean {
  return owned === null || owned.some(({ partitions, topicId }) => partitions.some(partition => has(assignment, topicId, partition)))
}

export function isWithin(owned: readonly TopicPartitions[] | null, assignment: Assignment): boolean {
  if (owned === null) return false
  return owned.every(({ partitions, topicId }) => partitions.every(partition => has(assignment, topicId, partition)))
}

export function toTopicPartitions(assignment: Assignment): TopicPartitions[] {
  return [...assignment].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions].sort((left, right) => left - right) }))
}

export interface Target {
  epoch: number
  assignment: Assignment
}

/**
 * One step of a member towards its target, changing the member.
 * @param owned what it says it owns; null when that did not change
 * @param isHeld whether another member has the partition, or has not given it up
 * @returns whether what it may read has changed
 */
export function reconcile(
  member: ConsumerMember,
  target: Target,
  owned: readonly TopicPartitions[] | null,
  isHeld: (topicId: string, partition: number) => boolean
): boolean {
  if (member.state === 'Stable' && member.epoch === target.epoch) return false
  if (member.state === 'UnrevokedPartitions' && owns(owned, member.pendingRevocation)) return false
  const kept = without(member.assigned, (topicId, partition) => !has(target.assignment, topicId, partition))
  const surplus = without(member.assigned, (topicId, partition) => has(target.assignment, topicId, partition))
  const before = member.assigned
  if (surplus.size > 0 && owns(owned, surplus)) {
    moveTo(member, member.epoch)
    Object.assign(member, { state: 'UnrevokedPartitions', assigned: kept, pendingRevocation: surplus })
    return true
  }
  const missing = without(target.assignment, (topicId, partition) => has(kept, topicId, partition))
  const free = without(missing, isHeld)
  const mustWait = without(missing, (topicId, partition) => !isHeld(topicId, partition)).size > 0
  const assigned = union(kept, free)
  const since = givenIn(target.epoch, free)
  for (const key of keysOf(kept)) since.set(key, member.since.get(key)!)
  Object.assign(member, { state: mustWait ? 'UnreleasedPartitions' : 'Stable', assigned, pendingRevocation: new Map(), since })
  moveTo(member, target.epoch)
  return !isSame(before, assigned)
}

function moveTo(member: ConsumerMember, epoch: number): void {
  member.previousEpoch = member.epoch
  member.epoch = epoch
}

function isSame(left: Assignment, right: Assignment): boolean {
  if (left.size !== right.size) return false
  for (const [topicId, partitions] of left) {
    const others = right.get(topicId)
    if (others?.size !== partitions.size || [...partitions].some(partition => !others.has(partition))) return false
  }
  return true
}
