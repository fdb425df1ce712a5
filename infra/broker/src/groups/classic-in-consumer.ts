// How does a member of the classic protocol take part in a group of the new one, while its group's consumers are upgraded or downgraded?
import { type ErrorName, errorCodes, KafkaError } from '../protocol'
import { isSessionTimeout } from './classic-admission'
import type { ConsumerGroup } from './consumer-group'
import type { ConsumerMember } from './consumer-member'
import { encodeAssignment, readSubscription } from './consumer-protocol'
import { toIds, toNames } from './consumer-subscriptions'
import {
  failedJoin,
  failedSync,
  type JoinRequest,
  type JoinResult,
  type MemberClaim,
  newMemberId,
  type SyncRequest,
  type SyncResult
} from './member'

// It walks to its target like the others (consumer-member.ts), but in steps of a join and a sync: its epoch is its generation, nobody leads, and
// no answer waits for other members.
//
// | request   | at the target | target is newer       | UnrevokedPartitions   | UnreleasedPartitions                                     |
// |-----------|---------------|-----------------------|-----------------------|----------------------------------------------------------|
// | heartbeat | NONE          | REBALANCE_IN_PROGRESS | REBALANCE_IN_PROGRESS | NONE; REBALANCE_IN_PROGRESS once others gave all of it up |
// | join      | answered      | one step, answered    | one step, answered    | one step, answered                                       |
// | sync      | what it has   | REBALANCE_IN_PROGRESS | what it keeps         | what it has                                              |
//
// Told that a rebalance is in progress, it has its rebalance time-out to join, and as long again to sync; otherwise it is gone.
// An eager client joins without what it had, and so gets all that is free at once; a cooperative one keeps what it may, and joins again when
// it has given up the rest. One that the group does not know is let in by whatever id it has.

/** No answer of the classic protocol has room for a message. */
function refusal(name: ErrorName): KafkaError {
  return new KafkaError(name, `A member of the classic protocol is refused with ${name}.`)
}

/** The answer, or the code of the KafkaError thrown instead of one. */
function orElse<T>(act: () => T, failed: (errorCode: number) => T): T {
  try {
    return act()
  } catch (error) {
    if (error instanceof KafkaError) return failed(error.code)
    throw error
  }
}

export function joinConsumerGroup(group: ConsumerGroup, request: JoinRequest): JoinResult {
  return orElse(
    () => join(group, request),
    errorCode => failedJoin(errorCode, '')
  )
}

function join(group: ConsumerGroup, request: JoinRequest): JoinResult {
  const { groupInstanceId, memberId, protocols, rebalanceTimeoutMs, sessionTimeoutMs } = request
  if (!isSessionTimeout(sessionTimeoutMs)) throw refusal('INVALID_SESSION_TIMEOUT')
  if (request.protocolType !== group.protocolType || !isShared(group, request)) throw refusal('INCONSISTENT_GROUP_PROTOCOL')
  if (memberId === '' && request.requiresMemberId && groupInstanceId === null)
    return failedJoin(errorCodes.MEMBER_ID_REQUIRED, newMemberId(request))
  const [{ metadata, name: protocolName }] = protocols as [JoinRequest['protocols'][number]]
  const subscription = readSubscription(metadata)
  if (!subscription) throw refusal('INCONSISTENT_GROUP_PROTOCOL')
  const member = memberOf(group, request)
  member.classic = { protocols, sessionTimeoutMs }
  const said = { subscribedTopicNames: subscription.topics, subscribedTopicRegex: '', rackId: subscription.rackId, serverAssignor: null }
  const { clientHost, clientId } = request
  group.proceed(member, { ...said, clientHost, clientId, rebalanceTimeoutMs }, toIds(subscription.owned, group.options.topics))
  member.rebalanceDeadline = group.options.clock.now() + rebalanceTimeoutMs
  touch(group, member)
  if (group.isAllClassic) group.options.onAllClassic(group, true)
  return {
    errorCode: errorCodes.NONE,
    generationId: member.epoch,
    protocolType: group.protocolType,
    protocolName,
    leader: '',
    memberId: member.id,
    members: []
  }
}

/** Whether all classic members support one of its protocols. Each may name very many. */
function isShared(group: ConsumerGroup, { protocols }: JoinRequest): boolean {
  let shared = new Set(protocols.map(({ name }) => name))
  for (const { classic } of group.members.all()) {
    if (classic) shared = new Set(classic.protocols.map(({ name }) => name).filter(name => shared.has(name)))
  }
  return shared.size > 0
}

function memberOf(group: ConsumerGroup, request: JoinRequest): ConsumerMember {
  const { groupInstanceId, memberId } = request
  const id = memberId || newMemberId(request)
  if (groupInstanceId === null) return group.members.get(id) ?? group.enter(id, null)
  if (memberId !== '') return group.members.claimed(request)
  const known = group.members.ofInstance(groupInstanceId)
  return known ? group.takePlace(known, id) : group.enter(id, groupInstanceId)
}

function touch(group: ConsumerGroup, member: ConsumerMember): void {
  member.sessionDeadline = group.options.clock.now() + member.classic!.sessionTimeoutMs
  group.arm(member)
}

/** The member that a request is of. Throws KafkaError. */
function claimed(group: ConsumerGroup, claim: MemberClaim): ConsumerMember {
  const member = group.members.claimed(claim)
  if (!member.classic) throw refusal('UNKNOWN_MEMBER_ID')
  if (claim.generationId !== member.epoch) throw refusal('ILLEGAL_GENERATION')
  return member
}

/** Has a member join again. Throws KafkaError REBALANCE_IN_PROGRESS. */
function callToJoin(group: ConsumerGroup, member: ConsumerMember): never {
  if (member.rebalanceDeadline === Number.POSITIVE_INFINITY)
    member.rebalanceDeadline = group.options.clock.now() + member.rebalanceTimeoutMs
  group.arm(member)
  throw refusal('REBALANCE_IN_PROGRESS')
}

export function syncWithConsumerGroup(group: ConsumerGroup, request: SyncRequest): SyncResult {
  return orElse(() => sync(group, request), failedSync)
}

function sync(group: ConsumerGroup, request: SyncRequest): SyncResult {
  const member = claimed(group, request)
  const { protocolName, protocolType } = request
  const [{ metadata, name }] = member.classic!.protocols as [JoinRequest['protocols'][number]]
  if ((protocolType ?? group.protocolType) !== group.protocolType || (protocolName ?? name) !== name)
    throw refusal('INCONSISTENT_GROUP_PROTOCOL')
  if (member.epoch < group.assignmentEpoch && member.state !== 'UnrevokedPartitions') callToJoin(group, member)
  member.rebalanceDeadline = Number.POSITIVE_INFINITY
  touch(group, member)
  return {
    errorCode: errorCodes.NONE,
    protocolType,
    protocolName,
    assignment: encodeAssignment(toNames(member.assigned, group.options.topics), metadata)
  }
}

/** NONE, or why the member must do something else. */
export function beatInConsumerGroup(group: ConsumerGroup, claim: MemberClaim): number {
  return orElse(
    () => {
      const member = claimed(group, claim)
      touch(group, member)
      if (mustJoin(group, member)) callToJoin(group, member)
      return errorCodes.NONE
    },
    errorCode => errorCode
  )
}

function mustJoin(group: ConsumerGroup, member: ConsumerMember): boolean {
  if (member.epoch < group.assignmentEpoch || member.state === 'UnrevokedPartitions') return true
  return member.state === 'UnreleasedPartitions' && !awaitsOthers(group, member)
}

/** Whether others have yet to give up something that it should get. */
function awaitsOthers(group: ConsumerGroup, member: ConsumerMember): boolean {
  const isHeld = group.members.holdersBeside(member)
  return [...group.targetOf(member)].some(([topicId, partitions]) =>
    [...partitions].some(partition => !member.assigned.get(topicId)?.has(partition) && isHeld(topicId, partition))
  )
}
