// How do consumers join, keep and leave a group?
import { errorCodes, KafkaError } from '../protocol'
import type { Handler } from './handler'

/** JoinGroup version from which a member without an id is told one first (KIP-394). */
const memberIdRequiredFrom = 4
/** JoinGroup version from which a leader can be told to assign nothing (KIP-814). */
const skipAssignmentFrom = 9
/** JoinGroup version from which there may be no protocol in an answer; before, its name is then empty. */
const noProtocolFrom = 7
/** ConsumerGroupHeartbeat version from which a member chooses its own id (KIP-1082). */
const ownIdRequiredFrom = 1

export const joinGroup: Handler<'joinGroup'> = async ({ groups }, request, { clientHost, clientId, version }) => {
  const { groupId, groupInstanceId, memberId, protocolType, sessionTimeoutMs } = request
  const joined = await groups.join(groupId, {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs < 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
    protocolType,
    // copied: a member outlives the frame it came in
    protocols: request.protocols.map(({ metadata, name }) => ({ name, metadata: Buffer.from(metadata) })),
    requiresMemberId: version >= memberIdRequiredFrom,
    canSkipAssignment: version >= skipAssignmentFrom
  })
  return version < noProtocolFrom ? { ...joined, protocolName: joined.protocolName ?? '' } : joined
}

export const syncGroup: Handler<'syncGroup'> = ({ groups }, request) => groups.sync(request.groupId, request)

export const heartbeat: Handler<'heartbeat'> = ({ groups }, request) => ({ errorCode: groups.heartbeat(request.groupId, request) })

export const leaveGroup: Handler<'leaveGroup'> = ({ groups }, { groupId, memberId, members }, { version }) => {
  if (groupId === '') return { errorCode: errorCodes.INVALID_GROUP_ID, members: [] }
  if (version < 3) return { errorCode: groups.leave(groupId, memberId, null) }
  return {
    errorCode: errorCodes.NONE,
    members: members.map(each => ({ ...each, errorCode: groups.leave(groupId, each.memberId, each.groupInstanceId) }))
  }
}

export const consumerGroupHeartbeat: Handler<'consumerGroupHeartbeat'> = ({ groups }, request, { clientHost, clientId, version }) => {
  try {
    const result = groups.consumerHeartbeat(request.groupId, { ...request, clientHost, clientId }, version >= ownIdRequiredFrom)
    return { errorCode: errorCodes.NONE, ...result }
  } catch (error) {
    if (error instanceof KafkaError) return { errorCode: error.code, errorMessage: error.reason }
    throw error
  }
}
