// May somebody join a group of the classic protocol, and if not, why?
import { errorCodes } from '../protocol'
import type { Members } from './classic-members'
import type { JoinRequest, Member } from './member'

/** Bounds of a session time-out; Apache Kafka's lower bound of 6 s would make tests wait. */
const sessionTimeoutMsMin = 1
const sessionTimeoutMsMax = 1_800_000

export function isSessionTimeout(ms: number): boolean {
  return ms >= sessionTimeoutMsMin && ms <= sessionTimeoutMsMax
}

/**
 * Why a request to join is refused; undefined when it is not.
 * @param returning the static member whose place the request takes, if any
 */
export function joinError(
  { groupInstanceId, memberId, protocols, protocolType, sessionTimeoutMs }: JoinRequest,
  returning: Member | undefined,
  group: { members: Members; protocolType: string },
  { hasRoom, isPromised }: { hasRoom: boolean; isPromised: boolean }
): number | undefined {
  if (!isSessionTimeout(sessionTimeoutMs)) return errorCodes.INVALID_SESSION_TIMEOUT
  if (protocolType === '' || protocols.length === 0) return errorCodes.INCONSISTENT_GROUP_PROTOCOL
  const { members } = group
  const isShared = protocols.some(({ name }) => members.allSupport(name))
  if (memberId === '' && !returning && !hasRoom) return errorCodes.GROUP_MAX_SIZE_REACHED
  if (members.size > 0 && !(protocolType === group.protocolType && isShared)) return errorCodes.INCONSISTENT_GROUP_PROTOCOL
  return memberId === '' || isPromised ? undefined : members.refusal(memberId, groupInstanceId)
}
