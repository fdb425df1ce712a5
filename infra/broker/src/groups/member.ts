// Who is a member of a group, and what is it waiting for?

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
}

export interface JoinResult {
  errorCode: number
  generationId: number
  protocolType: string | null
  protocolName: string | null
  leader: string
  memberId: string
  /** Filled for the leader alone, who assigns. */
  members: { memberId: string; groupInstanceId: string | null; metadata: Buffer }[]
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
