// Under which epoch may a member of a consumer group commit and fetch offsets (KIP-848, KIP-1251)?
import { errorCodes } from '../protocol'
import { type ConsumerMember, has, keyOf, type TopicPartitions } from './consumer-member'
import type { ConsumerMembers } from './consumer-members'

// What is committed late must not overwrite what the next reader of the partition has committed, and what is sent just before the answer that
// brings the next epoch is still good.
//
// | epoch in the request | commit                                                            | fetch   |
// |----------------------|-------------------------------------------------------------------|---------|
// | the member's         | NONE                                                              | NONE    |
// | an older one         | NONE if it was given all of the partitions in that epoch or       | refused |
// |                      | before, and has not said since that it gave one up; else refused  |         |
// | a newer one          | refused                                                           | refused |
//
// Refused is STALE_MEMBER_EPOCH, or ILLEGAL_GENERATION to a classic member and in a transaction, which know no epochs of members.

/** What is committed, in which request. */
export interface Commit {
  version: number
  isTransactional?: boolean
  partitions: readonly TopicPartitions[]
}

/** OffsetCommit version from which it speaks of member epochs. */
const epochsFrom = 9

/** NONE, or why a member, or with epoch -1 somebody outside the group, may not commit these offsets now. */
export function commitError(members: ConsumerMembers, memberId: string, memberEpoch: number, commit: Commit): number {
  const { isTransactional = false, partitions, version } = commit
  if (memberEpoch < 0 && members.size === 0) return errorCodes.NONE
  const member = members.get(memberId)
  if (!member) return errorCodes.UNKNOWN_MEMBER_ID
  if (!isTransactional && version < epochsFrom && !member.classic) return errorCodes.UNSUPPORTED_VERSION
  if (memberEpoch < member.epoch && hasHadSince(member, memberEpoch, partitions)) return errorCodes.NONE
  const refused = epochError(member, memberEpoch)
  return isTransactional && refused === errorCodes.STALE_MEMBER_EPOCH ? errorCodes.ILLEGAL_GENERATION : refused
}

/** NONE, or why a member may not fetch offsets now; everybody outside the group may. */
export function fetchError(members: ConsumerMembers, memberId: string | null, memberEpoch: number): number {
  if (memberId === null && memberEpoch < 0) return errorCodes.NONE
  const member = members.get(memberId ?? '')
  return member ? epochError(member, memberEpoch) : errorCodes.UNKNOWN_MEMBER_ID
}

function epochError({ classic, epoch }: ConsumerMember, memberEpoch: number): number {
  if (epoch === memberEpoch) return errorCodes.NONE
  return classic ? errorCodes.ILLEGAL_GENERATION : errorCodes.STALE_MEMBER_EPOCH
}

function hasHadSince({ assigned, pendingRevocation, since }: ConsumerMember, epoch: number, asked: readonly TopicPartitions[]): boolean {
  return asked.every(({ partitions, topicId }) =>
    partitions.every(partition => {
      const isHeld = has(assigned, topicId, partition) || has(pendingRevocation, topicId, partition)
      return isHeld && since.get(keyOf(topicId, partition))! <= epoch
    })
  )
}
