// Who is a member of a group of the classic protocol, and what is it waiting for?
import { randomUUID } from 'node:crypto'

export interface Protocol {
  name: string
  metadata: Buffer
}

export interface JoinRequest {
  memberId: string
  groupInstanceId: string | null
  clientId: string
  clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocolType: string
  protocols: Protocol[]
  /** Whether a member without an id is first told one (JoinGroup 4 and later, KIP-394). */
  requiresMemberId: boolean
  /** Whether a leader can be told that there is nothing to assign (JoinGroup 9 and later). */
  canSkipAssignment: boolean
}

export interface JoinResult {
  errorCode: number
  generationId: number
  protocolType: string | null
  protocolName: string | null
  leader: string
  /** Whether the leader need not assign: a static member came back, and everybody keeps what it has. */
  skipAssignment?: boolean
  memberId: string
  /** Filled for the leader alone, who assigns. */
  members: { memberId: string; groupInstanceId: string | null; metadata: Buffer }[]
}

/** Who somebody says it is. */
export interface MemberClaim {
  memberId: string
  groupInstanceId: string | null
  generationId: number
}

export interface SyncRequest extends MemberClaim {
  protocolType: string | null
  protocolName: string | null
  assignments: { memberId: string; assignment: Buffer }[]
}

export interface SyncResult {
  errorCode: number
  protocolType: string | null
  protocolName: string | null
  assignment: Buffer
}

export interface Member {
  id: string
  instanceId: string | null
  clientId: string
  clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocols: Protocol[]
  assignment: Buffer
  /** Whether it has asked for its assignment in this generation. */
  hasSynced: boolean
  /** When the session ends unless the member is heard of, in epoch milliseconds. A member that waits for an answer is alive. */
  deadline: number
  joining?: (result: JoinResult) => void
  syncing?: (result: SyncResult) => void
}

export const noAssignment = Buffer.alloc(0)

export function failedJoin(errorCode: number, memberId: string): JoinResult {
  return { errorCode, generationId: -1, protocolType: null, protocolName: '', leader: '', memberId, members: [] }
}

export function failedSync(errorCode: number): SyncResult {
  return { errorCode, protocolType: null, protocolName: null, assignment: noAssignment }
}

/** Takes over what a member says of itself when it joins again. */
export function update(member: Member, { clientHost, clientId, protocols, rebalanceTimeoutMs, sessionTimeoutMs }: JoinRequest): void {
  Object.assign(member, { clientHost, clientId, protocols, rebalanceTimeoutMs, sessionTimeoutMs })
}

export function newMemberId({ clientId, groupInstanceId }: JoinRequest): string {
  return `${groupInstanceId || clientId || 'member'}-${randomUUID()}`
}

export function newMember(id: string, request: JoinRequest): Member {
  const { clientId, clientHost, groupInstanceId: instanceId, protocols, rebalanceTimeoutMs, sessionTimeoutMs } = request
  const identity = { id, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols }
  return { ...identity, assignment: noAssignment, hasSynced: false, deadline: 0 }
}

/** Whether two lists of protocols say the same. */
export function sameProtocols(left: Protocol[], right: Protocol[]): boolean {
  return (
    left.length === right.length &&
    left.every((each, index) => each.name === right[index]!.name && each.metadata.equals(right[index]!.metadata))
  )
}

/** The protocol most members prefer among those that all support; undefined when there is none. */
export function electProtocol(members: Member[]): string | undefined {
  const votes = new Map<string, number>()
  for (const { protocols } of members) {
    const choice = protocols.find(({ name }) => members.every(other => other.protocols.some(each => each.name === name)))
    if (choice) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
  }
  return [...votes].sort((left, right) => right[1] - left[1])[0]?.[0]
}
