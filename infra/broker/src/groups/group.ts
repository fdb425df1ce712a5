// How do the members of one consumer group agree on a generation and who reads what?
import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock'
import { defaultLimits } from '../limits'
import { errorCodes } from '../protocol'
import {
  electProtocol,
  failedJoin,
  failedSync,
  type JoinRequest,
  type JoinResult,
  type Member,
  noAssignment,
  type SyncResult,
  sameProtocols
} from './member'

// The classic group protocol, as in Apache Kafka's group coordinator. A state and an event give an action and the next state:
//
// | event                     | Empty               | PreparingRebalance      | CompletingRebalance       | Stable                    |
// |---------------------------|---------------------|-------------------------|---------------------------|---------------------------|
// | join, new member          | → Preparing         | waits                   | → Preparing               | → Preparing               |
// | join, leader              | –                   | waits                   | same protocols: answered, | → Preparing               |
// | join, other member        | –                   | waits                   | else → Preparing          | same: answered, else → P. |
// | all have joined           | –                   | → Completing (answers)  | –                         | –                         |
// | rebalance time-out        | –                   | drops who did not join, | drops who did not sync,   | –                         |
// |                           |                     | → Completing or Empty   | → Preparing               |                           |
// | sync, leader              | UNKNOWN_MEMBER_ID   | REBALANCE_IN_PROGRESS   | → Stable (answers all)    | answered                  |
// | sync, other member        | UNKNOWN_MEMBER_ID   | REBALANCE_IN_PROGRESS   | waits                     | answered                  |
// | heartbeat                 | UNKNOWN_MEMBER_ID   | REBALANCE_IN_PROGRESS   | NONE                      | NONE                      |
// | leave, session time-out   | –                   | may complete the join   | → Preparing               | → Preparing               |
// | commit of a member        | UNKNOWN_MEMBER_ID   | NONE                    | REBALANCE_IN_PROGRESS     | NONE                      |
// | commit without membership | NONE                | UNKNOWN_MEMBER_ID       | UNKNOWN_MEMBER_ID         | UNKNOWN_MEMBER_ID         |
//
// A rebalance in which nobody is left ends in Empty. A wrong generation is ILLEGAL_GENERATION in every state.
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

/** Bounds of a session time-out; Apache Kafka's lower bound of 6 s would make tests wait. */
const sessionTimeoutMsMin = 1
const sessionTimeoutMsMax = 1_800_000

export class Group {
  state: GroupState = 'Empty'
  generation = 0
  protocolType = ''
  protocolName: string | undefined
  readonly members = new Map<string, Member>()
  private leader = ''
  /** Ids told to members that have not yet joined with them, and until when they count. */
  private readonly promised = new Map<string, number>()
  /** When the join or the sync phase ends for those who are late. */
  private phaseDeadline: number | undefined
  /** Whether an empty group still waits for members to come together. */
  private isGathering = false
  /** Set while a rebalance is to end with the first member who joins; called when it has. */
  private onSplit: (() => void) | undefined
  private timer: { due: number; cancel: () => void } | undefined

  constructor(
    readonly id: string,
    private readonly clock: Clock,
    private readonly initialRebalanceDelayMs: number,
    private readonly membersMax = defaultLimits.groupMembersMax
  ) {}

  get isEmpty(): boolean {
    return this.state === 'Empty' && this.promised.size === 0
  }

  join(request: JoinRequest): Promise<JoinResult> {
    const { memberId } = request
    const refused = this.joinError(request)
    if (refused !== undefined) return Promise.resolve(failedJoin(refused, memberId))
    if (memberId === '' && request.requiresMemberId && request.groupInstanceId === null) {
      const promised = newMemberId(request)
      this.promised.set(promised, this.clock.now() + request.sessionTimeoutMs)
      this.arm()
      return Promise.resolve(failedJoin(errorCodes.MEMBER_ID_REQUIRED, promised))
    }
    const member = this.members.get(memberId)
    const joined = member ? this.rejoin(member, request) : this.enter(memberId || newMemberId(request), request)
    this.arm()
    return joined
  }

  private joinError(request: JoinRequest): number | undefined {
    const { memberId, protocols, protocolType, sessionTimeoutMs } = request
    if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax) return errorCodes.INVALID_SESSION_TIMEOUT
    if (protocolType === '' || protocols.length === 0) return errorCodes.INCONSISTENT_GROUP_PROTOCOL
    const isKnown = this.members.has(memberId) || this.promised.has(memberId)
    if (memberId !== '' && !isKnown) return errorCodes.UNKNOWN_MEMBER_ID
    if (!isKnown && this.members.size + this.promised.size >= this.membersMax) return errorCodes.GROUP_MAX_SIZE_REACHED
    const others = [...this.members.values()].filter(({ id }) => id !== memberId)
    if (others.length === 0) return undefined
    const isShared = protocols.some(({ name }) => others.every(other => other.protocols.some(each => each.name === name)))
    return protocolType === this.protocolType && isShared ? undefined : errorCodes.INCONSISTENT_GROUP_PROTOCOL
  }

  private enter(id: string, request: JoinRequest): Promise<JoinResult> {
    this.promised.delete(id)
    const { clientId, clientHost, groupInstanceId, protocols, rebalanceTimeoutMs, sessionTimeoutMs } = request
    const member: Member = {
      id,
      instanceId: groupInstanceId,
      clientId,
      clientHost,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocols,
      assignment: noAssignment,
      deadline: 0
    }
    if (this.members.size === 0) this.protocolType = request.protocolType
    this.members.set(id, member)
    return this.awaitJoin(member)
  }

  private rejoin(member: Member, request: JoinRequest): Promise<JoinResult> {
    const isUnchanged = sameProtocols(member.protocols, request.protocols)
    const { protocols, rebalanceTimeoutMs, sessionTimeoutMs } = request
    Object.assign(member, { protocols, rebalanceTimeoutMs, sessionTimeoutMs })
    const isRepeated = this.state === 'CompletingRebalance' || (this.state === 'Stable' && member.id !== this.leader)
    if (!isUnchanged || !isRepeated) return this.awaitJoin(member)
    this.touch(member)
    return Promise.resolve(this.joined(member))
  }

  private awaitJoin(member: Member): Promise<JoinResult> {
    // a member that asks twice, on two connections, is answered on the second
    member.joining?.(failedJoin(errorCodes.UNKNOWN_MEMBER_ID, member.id))
    const result = new Promise<JoinResult>(resolve => {
      member.joining = resolve
    })
    if (this.state === 'PreparingRebalance') this.completeJoinIfAllAreThere()
    else this.prepareRebalance()
    return result
  }

  private prepareRebalance(): void {
    this.isGathering = this.state === 'Empty' && this.initialRebalanceDelayMs > 0
    for (const member of this.members.values()) this.answerSync(member, failedSync(errorCodes.REBALANCE_IN_PROGRESS))
    this.state = 'PreparingRebalance'
    const timeouts = [...this.members.values()].map(member => member.rebalanceTimeoutMs)
    const delayMs = this.isGathering ? this.initialRebalanceDelayMs : Math.max(0, ...timeouts)
    this.phaseDeadline = this.clock.now() + delayMs
    this.completeJoinIfAllAreThere()
  }

  private completeJoinIfAllAreThere(): void {
    const members = [...this.members.values()]
    const areThere = this.onSplit ? members.some(member => member.joining) : members.every(member => member.joining)
    if (!this.isGathering && this.promised.size === 0 && areThere) this.completeJoin()
  }

  private completeJoin(): void {
    this.isGathering = false
    for (const member of [...this.members.values()]) if (!member.joining) this.members.delete(member.id)
    this.generation++
    this.onSplit?.()
    this.onSplit = undefined
    const members = [...this.members.values()]
    if (members.length === 0) {
      this.state = 'Empty'
      this.protocolName = undefined
      this.leader = ''
      this.phaseDeadline = undefined
      return
    }
    this.protocolName = electProtocol(members)
    if (!this.members.has(this.leader)) this.leader = members[0]!.id
    this.state = 'CompletingRebalance'
    this.phaseDeadline = this.clock.now() + Math.max(...members.map(member => member.rebalanceTimeoutMs))
    for (const member of members) {
      member.assignment = noAssignment
      const answer = member.joining!
      member.joining = undefined
      this.touch(member)
      answer(this.joined(member))
    }
  }

  private joined(member: Member): JoinResult {
    const metadataOf = (each: Member) => each.protocols.find(({ name }) => name === this.protocolName)!.metadata
    const isLeader = member.id === this.leader
    return {
      errorCode: errorCodes.NONE,
      generationId: this.generation,
      protocolType: this.protocolType,
      protocolName: this.protocolName ?? null,
      leader: this.leader,
      memberId: member.id,
      members: isLeader
        ? [...this.members.values()].map(each => ({ memberId: each.id, groupInstanceId: each.instanceId, metadata: metadataOf(each) }))
        : []
    }
  }

  /** Begins a rebalance that ends with the first member who joins: the others are dropped, as though their time were over. */
  splitRebalance(onSplit: () => void): void {
    this.onSplit = onSplit
    if (this.state !== 'PreparingRebalance') this.prepareRebalance()
    this.arm()
  }

  cancelSplit(): void {
    this.onSplit = undefined
  }

  sync(
    memberId: string,
    generationId: number,
    protocol: { type: string | null; name: string | null },
    assignments: { memberId: string; assignment: Buffer }[]
  ): Promise<SyncResult> {
    const member = this.members.get(memberId)
    const refused = this.memberError(member, generationId)
    if (refused !== undefined || !member) return Promise.resolve(failedSync(refused ?? errorCodes.UNKNOWN_MEMBER_ID))
    const isOther = (protocol.type ?? this.protocolType) !== this.protocolType || (protocol.name ?? this.protocolName) !== this.protocolName
    if (isOther) return Promise.resolve(failedSync(errorCodes.INCONSISTENT_GROUP_PROTOCOL))
    if (this.state === 'PreparingRebalance') return Promise.resolve(failedSync(errorCodes.REBALANCE_IN_PROGRESS))
    this.touch(member)
    if (this.state === 'Stable') return Promise.resolve(this.synced(member))
    this.answerSync(member, failedSync(errorCodes.UNKNOWN_MEMBER_ID))
    const result = new Promise<SyncResult>(resolve => {
      member.syncing = resolve
    })
    if (memberId === this.leader) this.assign(assignments)
    this.arm()
    return result
  }

  private assign(assignments: { memberId: string; assignment: Buffer }[]): void {
    // copied: the request's bytes are part of a larger frame that would be kept with them
    for (const { memberId, assignment } of assignments) {
      const member = this.members.get(memberId)
      if (member) member.assignment = Buffer.from(assignment)
    }
    this.state = 'Stable'
    this.phaseDeadline = undefined
    for (const member of this.members.values()) this.answerSync(member, this.synced(member))
  }

  private answerSync(member: Member, result: SyncResult): void {
    const answer = member.syncing
    if (!answer) return
    member.syncing = undefined
    this.touch(member)
    answer(result)
  }

  private synced(member: Member): SyncResult {
    const { protocolName = null, protocolType } = this
    return { errorCode: errorCodes.NONE, protocolType, protocolName, assignment: member.assignment }
  }

  private memberError(member: Member | undefined, generationId: number): number | undefined {
    if (!member) return errorCodes.UNKNOWN_MEMBER_ID
    return generationId === this.generation ? undefined : errorCodes.ILLEGAL_GENERATION
  }

  heartbeat(memberId: string, generationId: number): number {
    const member = this.members.get(memberId)
    const refused = this.memberError(member, generationId)
    if (refused !== undefined) return refused
    this.touch(member!)
    return this.state === 'PreparingRebalance' ? errorCodes.REBALANCE_IN_PROGRESS : errorCodes.NONE
  }

  leave(memberId: string): number {
    if (this.promised.delete(memberId)) {
      this.afterLoss()
      return errorCodes.NONE
    }
    if (!this.members.has(memberId)) return errorCodes.UNKNOWN_MEMBER_ID
    this.remove(memberId)
    this.afterLoss()
    return errorCodes.NONE
  }

  /** Whether a member, or with generation -1 someone outside the group, may commit offsets now. */
  commitError(memberId: string, generationId: number): number {
    if (generationId < 0 && memberId === '') return this.state === 'Empty' ? errorCodes.NONE : errorCodes.UNKNOWN_MEMBER_ID
    const member = this.members.get(memberId)
    const refused = this.memberError(member, generationId)
    if (refused !== undefined) return refused
    this.touch(member!)
    return this.state === 'CompletingRebalance' ? errorCodes.REBALANCE_IN_PROGRESS : errorCodes.NONE
  }

  private remove(memberId: string): void {
    const member = this.members.get(memberId)!
    this.members.delete(memberId)
    member.joining?.(failedJoin(errorCodes.UNKNOWN_MEMBER_ID, memberId))
    member.syncing?.(failedSync(errorCodes.UNKNOWN_MEMBER_ID))
  }

  private afterLoss(): void {
    if (this.state === 'PreparingRebalance') this.completeJoinIfAllAreThere()
    else if (this.state !== 'Empty') this.prepareRebalance()
    this.arm()
  }

  private touch(member: Member): void {
    member.deadline = this.clock.now() + member.sessionTimeoutMs
    this.arm()
  }

  private nextDeadline(): number {
    let next = this.phaseDeadline ?? Number.POSITIVE_INFINITY
    for (const deadline of this.promised.values()) next = Math.min(next, deadline)
    for (const member of this.members.values()) if (!member.joining && !member.syncing) next = Math.min(next, member.deadline)
    return next
  }

  // Heartbeats only move deadlines back, so a timer that fires early costs less than one reset on each of them.
  private arm(): void {
    const due = this.nextDeadline()
    if (this.timer && this.timer.due <= due) return
    this.timer?.cancel()
    this.timer = undefined
    if (due === Number.POSITIVE_INFINITY) return
    const cancel = this.clock.schedule(Math.max(0, due - this.clock.now()), () => {
      this.timer = undefined
      this.expire()
      this.arm()
    })
    this.timer = { due, cancel }
  }

  private expire(): void {
    const now = this.clock.now()
    let hasLost = false
    for (const [memberId, deadline] of this.promised) if (deadline <= now) hasLost = this.promised.delete(memberId)
    if (this.phaseDeadline !== undefined && this.phaseDeadline <= now) {
      this.phaseDeadline = undefined
      if (this.state === 'PreparingRebalance') {
        this.completeJoin()
        return
      }
      for (const member of [...this.members.values()]) if (!member.syncing) this.members.delete(member.id)
      hasLost = true
    }
    for (const member of [...this.members.values()]) {
      if (member.joining || member.syncing || member.deadline > now) continue
      this.remove(member.id)
      hasLost = true
    }
    if (hasLost) this.afterLoss()
  }

  /** Answers all who wait and stops the timer. */
  close(): void {
    for (const memberId of [...this.members.keys()]) this.remove(memberId)
    this.promised.clear()
    this.timer?.cancel()
    this.timer = undefined
  }
}

function newMemberId({ clientId }: JoinRequest): string {
  return `${clientId || 'member'}-${randomUUID()}`
}
