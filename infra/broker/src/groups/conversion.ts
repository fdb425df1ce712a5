// How does a group with members change its protocol (KIP-848): what does each member have afterwards?
import { KafkaError } from '../protocol'
import type { Assignment } from './assignors'
import type { ClassicGroup } from './classic-group'
import type { ConsumerGroup } from './consumer-group'
import { type ConsumerMember, givenIn, newConsumerMember } from './consumer-member'
import { encodeAssignment, readAssignment, readSubscription } from './consumer-protocol'
import { type TopicCatalog, toIds, toNames } from './consumer-subscriptions'
import { type Member, metadataOf, newMember } from './member'

// | becomes        | when                                                  | epoch or generation | members                                       |
// |----------------|-------------------------------------------------------|---------------------|-----------------------------------------------|
// | consumer group | a member of the new protocol joins consumers of the   | the generation      | stable with what they synced last; who waits  |
// |                | classic one                                           |                     | for an answer is told to join again           |
// | classic group  | only members of the classic protocol are left         | the group epoch     | stable with their target; they rebalance,     |
// |                |                                                       |                     | unless all had it                             |

/** What the members of a classic group are in the consumer group that takes it up. Throws KafkaError when it cannot. */
export function toConsumerMembers(group: ClassicGroup, topics: TopicCatalog, now: number): ConsumerMember[] {
  const cannot = (reason: string) =>
    new KafkaError('GROUP_ID_NOT_FOUND', `Cannot upgrade classic group ${group.id} to consumer group because ${reason}.`)
  if (group.protocolType !== 'consumer') throw cannot('the group does not use the consumer embedded protocol')
  return group.members.all().map(member => {
    const { clientHost, clientId, id, instanceId, protocols, rebalanceTimeoutMs, sessionTimeoutMs } = member
    const subscription = readSubscription(metadataOf(member, group.protocolName))
    const assignment = readAssignment(member.assignment)
    if (!subscription || !assignment) throw cannot('the embedded consumer protocol is malformed')
    if (assignment.userData?.length) throw cannot('userData from a custom assignor would be lost')
    const assigned: Assignment = new Map()
    for (const { partitions, topicId } of toIds(assignment.assigned, topics)) {
      assigned.set(topicId, new Set([...(assigned.get(topicId) ?? []), ...partitions]))
    }
    const identity = { clientHost, clientId, rackId: subscription.rackId, rebalanceTimeoutMs }
    const { generation: epoch } = group
    const place = { assigned, since: givenIn(epoch, assigned), epoch, previousEpoch: epoch, sessionDeadline: now + sessionTimeoutMs }
    const reads = { subscribedTopicNames: [...new Set(subscription.topics)].sort() }
    return { ...newConsumerMember(id, instanceId), ...identity, ...reads, ...place, classic: { protocols, sessionTimeoutMs } }
  })
}

/** What the members of a consumer group, all of which speak the classic protocol, are in the classic group that takes it up. */
export function toClassicMembers(group: ConsumerGroup): Member[] {
  return group.members.all().map(member => {
    const { clientHost, clientId, id, instanceId, rebalanceTimeoutMs } = member
    const { protocols, sessionTimeoutMs } = member.classic!
    const assignment = encodeAssignment(toNames(group.targetOf(member), group.options.topics), protocols[0]!.metadata)
    const identity = { clientHost, clientId, groupInstanceId: instanceId, protocols, rebalanceTimeoutMs, sessionTimeoutMs }
    return { ...newMember(id, identity), assignment, hasSynced: true }
  })
}
