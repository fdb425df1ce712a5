// How do consumers join, keep and leave a group?
import { errorCodes } from '../protocol'
import type { Handler } from './handler'

/** JoinGroup version from which a member without an id is told one first (KIP-394). */
const memberIdRequiredFrom = 4

export const joinGroup: Handler<'joinGroup'> = async ({ groups }, request, { clientHost, clientId, version }) => {
  const { groupId, groupInstanceId, memberId, protocolType, sessionTimeoutMs } = request
  return groups.join(groupId, {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    sessionTimeoutMs,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs < 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs,
    protocolType,
    // copied: a member outlives the frame it came in
    protocols: request.protocols.map(({ metadata, name }) => ({ name, metadata: Buffer.from(metadata) })),
    requiresMemberId: version >= memberIdRequiredFrom
  })
}

export const syncGroup: Handler<'syncGroup'> = ({ groups }, request) => {
  const { assignments, generationId, groupId, memberId, protocolName, protocolType } = request
  return groups.sync(groupId, memberId, generationId, { type: protocolType, name: protocolName }, assignments)
}

export const heartbeat: Handler<'heartbeat'> = ({ groups }, { generationId, groupId, memberId }) => ({
  errorCode: groups.heartbeat(groupId, memberId, generationId)
})

export const leaveGroup: Handler<'leaveGroup'> = ({ groups }, { groupId, memberId, members }, { version }) => {
  if (version < 3) return { errorCode: groups.leave(groupId, memberId) }
  return {
    errorCode: errorCodes.NONE,
    members: members.map(each => ({ ...each, errorCode: groups.leave(groupId, each.memberId) }))
  }
}
