// What does a heartbeat of the new consumer protocol (KIP-848) say, and when is it none?
import { KafkaError } from '../protocol'
import { checkAssignor } from './assignors'
import { awayEpoch, leaveEpoch, type TopicPartitions } from './consumer-member'

/** Null, and -1 for the time-out, say: as in the last heartbeat. */
export interface ConsumerHeartbeat {
  memberId: string
  /** 0 to join, -1 to leave, -2 to be away for a while as a static member, else that of the last answer. */
  memberEpoch: number
  instanceId: string | null
  rackId: string | null
  rebalanceTimeoutMs: number
  subscribedTopicNames: readonly string[] | null
  subscribedTopicRegex: string | null
  serverAssignor: string | null
  /** What it owns. */
  topicPartitions: readonly TopicPartitions[] | null
  clientId: string
  clientHost: string
}

export interface ConsumerHeartbeatResult {
  memberId: string
  memberEpoch: number
  heartbeatIntervalMs: number
  /** Null says: as in the last answer. */
  assignment: { topicPartitions: TopicPartitions[] } | null
}

function demand(isGiven: boolean, message: string): void {
  if (!isGiven) throw new KafkaError('INVALID_REQUEST', message)
}

/**
 * Throws KafkaError INVALID_REQUEST or UNSUPPORTED_ASSIGNOR.
 * @param makesOwnId whether the version demands that members choose their id (1 and later, KIP-1082)
 */
export function checkHeartbeat(groupId: string, request: ConsumerHeartbeat, makesOwnId: boolean): void {
  const { instanceId, memberEpoch, memberId, rackId, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, topicPartitions } =
    request
  demand(groupId !== '', "GroupId can't be empty.")
  demand(instanceId !== '', "InstanceId can't be empty.")
  demand(rackId !== '', "RackId can't be empty.")
  demand(memberEpoch >= awayEpoch, 'MemberEpoch is invalid.')
  demand(memberId !== '' || (memberEpoch === 0 && !makesOwnId), "MemberId can't be empty.")
  if (memberEpoch === 0) {
    demand(rebalanceTimeoutMs !== -1, 'RebalanceTimeoutMs must be provided in first request.')
    demand(topicPartitions?.length === 0, 'TopicPartitions must be empty when (re-)joining.')
    const hasSubscription = subscribedTopicNames !== null || subscribedTopicRegex !== null
    demand(hasSubscription, 'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.')
  }
  if (memberEpoch === awayEpoch) demand(instanceId !== null, "InstanceId can't be null.")
  checkAssignor(request.serverAssignor)
}

export function isLeaving({ memberEpoch }: ConsumerHeartbeat): boolean {
  return memberEpoch === leaveEpoch || memberEpoch === awayEpoch
}

/** Whether a member says everything anew, as after an answer that got lost; it is then told everything. */
export function isFull(request: ConsumerHeartbeat): boolean {
  const { memberEpoch, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, topicPartitions } = request
  const hasSubscription = subscribedTopicNames !== null || subscribedTopicRegex !== null
  return memberEpoch === 0 || (rebalanceTimeoutMs !== -1 && hasSubscription && topicPartitions !== null)
}
