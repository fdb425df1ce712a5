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
  /** Whether it waits for the answer to its first join, by which it learns its id: when that takes too long, it is given up. */
  isNew: boolean
  /**
   * When the session ends unless the member is heard of, in epoch milliseconds. A member that waits for an answer is alive, but for a new one,
   * of which nobody can tell whether its client has hung up.
   */
  deadline: number
  joining?: (result: JoinResult) => void
  syncing?: (result: SyncResult) => void
}

export const noAssignment = Buffer.alloc(0)

export function failedJoin(errorCode: number, memberId: string): JoinResult {
  return { errorCode, generationId: -1, protocolType: null, protocolName: null, leader: '', memberId, members: [] }
}

export function failedSync(errorCode: number): SyncResult {
  return { errorCode, protocolType: null, protocolName: null, assignment: noAssignment }
}

export function newMemberId({ clientId, groupInstanceId }: JoinRequest): string {
  return `${groupInstanceId || clientId || 'member'}-${randomUUID()}`
}

type Introduction = Pick<
  JoinRequest,
  'clientId' | 'clientHost' | 'groupInstanceId' | 'protocols' | 'rebalanceTimeoutMs' | 'sessionTimeoutMs'
>

export function newMember(id: string, introduction: Introduction): Member {
  const { clientId, clientHost, groupInstanceId: instanceId, protocols, rebalanceTimeoutMs, sessionTimeoutMs } = introduction
  const identity = { id, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols }
  return { ...identity, assignment: noAssignment, hasSynced: false, isNew: true, deadline: 0 }
}

/** What a member says with the protocol of its group; while there is none, with the one it prefers. */
export function metadataOf({ protocols }: Pick<Member, 'protocols'>, protocolName: string | undefined): Buffer {
  return (protocols.find(({ name }) => name === protocolName) ?? protocols[0]!).metadata
}

/** Whether its session goes on because it waits for an answer. */
export function isAlive({ isNew, joining, syncing }: Member): boolean {
  return !isNew && (joining !== undefined || syncing !== undefined)
}

/** Whether two lists of protocols say the same. */
export function sameProtocols(left: Protocol[], right: Protocol[]): boolean {
  return (
    left.length === right.length &&
    left.every((each, index) => each.name === right[index]!.name && each.metadata.equals(right[index]!.metadata))
  )
}
