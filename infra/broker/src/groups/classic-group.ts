// How do the members of one group of the classic protocol agree on a generation and who reads what?
import type { Clock } from '../clock'
import { defaultLimits } from '../limits'
import { errorCodes } from '../protocol'
import { joinError } from './classic-admission'
import { Members } from './classic-members'
import { topicsReadBy } from './consumer-protocol'
import { DeadlineTimer } from './deadline-timer'
import {
  failedJoin,
  failedSync,
  type JoinRequest,
  type JoinResult,
  type Member,
  type MemberClaim,
  metadataOf,
  newMember,
  newMemberId,
  noAssignment,
  type SyncRequest,
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
// | join, static member back  | –                   | new id, waits           | new id, → Preparing       | new id, same elected      |
// | without a member id       |                     |                         |                           | protocol: answered, else P|
// | all have joined           | –                   | → Completing (answers)  | –                         | –                         |
// | rebalance time-out        | –                   | drops who did not join, | drops who did not sync,   | drops who did not sync,   |
// |                           |                     | → Completing or Empty   | → Preparing               | → Preparing               |
// | sync, leader              | UNKNOWN_MEMBER_ID   | REBALANCE_IN_PROGRESS   | → Stable (answers all)    | answered                  |
// | sync, other member        | UNKNOWN_MEMBER_ID   | REBALANCE_IN_PROGRESS   | waits                     | answered                  |
// | heartbeat                 | UNKNOWN_MEMBER_ID   | REBALANCE_IN_PROGRESS   | NONE                      | NONE                      |
// | leave, session time-out   | –                   | may complete the join   | → Preparing               | → Preparing               |
// | commit of a member        | UNKNOWN_MEMBER_ID   | NONE                    | REBALANCE_IN_PROGRESS     | NONE                      |
// | commit without membership | NONE                | UNKNOWN_MEMBER_ID       | UNKNOWN_MEMBER_ID         | UNKNOWN_MEMBER_ID         |
//
// A rebalance in which nobody is left ends in Empty. A wrong generation is ILLEGAL_GENERATION in every state, a member id that was replaced
// under its instance id FENCED_INSTANCE_ID. A static member that does not join in time keeps its place for another session; it does not lead.
// Cooperative clients need nothing of this: they rejoin with what they own in their metadata.
export type ClassicState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

/** How long a new member waits for its first join; then it is taken for one that has hung up, as in Apache Kafka. */
const newMemberJoinMs = 300_000

export class ClassicGroup {
  readonly type = 'classic'
  state: ClassicState = 'Empty'
  generation = 0
  protocolType = ''
  protocolName: string | undefined
  readonly members = new Members()
  private leader = ''
  /** Ids told to members that have not yet joined with them, and until when they count. */
  private readonly promised = new Map<string, number>()
  /** When the join or the sync phase ends for those who are late. */
  private phaseDeadline: number | undefined
  /** While an empty group waits for members to come together: whether one has come since the wait began, and how much longer it may be. */
  private gathering: { hasGrown: boolean; leftMs: number } | undefined
  /** Set while a rebalance is to end with the first member who joins; called when it has. */
  private onSplit: (() => void) | undefined
  private readonly timer: DeadlineTimer

  constructor(
    readonly id: string,
    private readonly clock: Clock,
    private readonly initialRebalanceDelayMs: number,
    private readonly membersMax = defaultLimits.groupMembersMax
  ) {
    this.timer = new DeadlineTimer(
      clock,
      () => this.nextDeadline(),
      () => this.expire()
    )
  }

  get isEmpty(): boolean {
    return this.state === 'Empty' && this.promised.size === 0
  }

  join(request: JoinRequest): Promise<JoinResult> {
    const { groupInstanceId, memberId } = request
    const returning = memberId === '' ? this.members.ofInstance(groupInstanceId) : undefined
    const isPromised = this.promised.has(memberId)
    const refused = joinError(request, returning, this, { isPromised, hasRoom: this.members.size + this.promised.size < this.membersMax })
    if (refused !== undefined) return Promise.resolve(failedJoin(refused, memberId))
    if (memberId === '' && request.requiresMemberId && groupInstanceId === null) {
      const promised = newMemberId(request)
      this.promised.set(promised, this.clock.now() + request.sessionTimeoutMs)
      this.timer.arm()
      return Promise.resolve(failedJoin(errorCodes.MEMBER_ID_REQUIRED, promised))
    }
    const member = this.members.get(memberId)
    const joined = returning
      ? this.comeBack(returning, request)
      : member
        ? this.rejoin(member, request)
        : this.enter(memberId || newMemberId(request), request)
    this.timer.arm()
    return joined
  }

  private enter(id: string, request: JoinRequest): Promise<JoinResult> {
    this.promised.delete(id)
    const member = newMember(id, request)
    if (this.members.size === 0) this.protocolType = request.protocolType
    this.members.add(member)
    member.deadline = this.clock.now() + newMemberJoinMs
    if (this.gathering) this.gathering.hasGrown = true
    return this.awaitJoin(member)
  }

  private rejoin(member: Member, request: JoinRequest): Promise<JoinResult> {
    const isUnchanged = sameProtocols(member.protocols, request.protocols)
    this.members.update(member, request)
    const isRepeated = this.state === 'CompletingRebalance' || (this.state === 'Stable' && member.id !== this.leader)
    if (!isUnchanged || !isRepeated) return this.awaitJoin(member)
    this.touch(member)
    return Promise.resolve(this.joined(member))
  }

  /** A static member whose process was replaced: it keeps its place, and in a stable group its assignment. */
  private comeBack(member: Member, request: JoinRequest): Promise<JoinResult> {
    const oldId = member.id
    this.members.rename(member, newMemberId(request))
    const led = this.leader === oldId
    if (led) this.leader = member.id
    this.members.update(member, request)
    this.touch(member)
    if (this.state !== 'Stable' || this.members.electProtocol() !== this.protocolName) return this.awaitJoin(member)
    const joined = this.joined(member)
    if (!led) return Promise.resolve(joined)
    // one that cannot be told to skip the assignment must not take itself for the leader, who would assign
    return Promise.resolve(request.canSkipAssignment ? { ...joined, skipAssignment: true } : { ...joined, leader: oldId, members: [] })
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
    const delayMs = this.state === 'Empty' ? this.initialRebalanceDelayMs : 0
    this.gathering = delayMs > 0 ? { hasGrown: false, leftMs: this.rebalanceTimeoutMs() - delayMs } : undefined
    for (const member of this.members.all()) this.answerSync(member, failedSync(errorCodes.REBALANCE_IN_PROGRESS))
    this.state = 'PreparingRebalance'
    this.phaseDeadline = this.clock.now() + (delayMs || this.rebalanceTimeoutMs())
    this.completeJoinIfAllAreThere()
  }

  private rebalanceTimeoutMs(): number {
    return Math.max(0, ...this.members.all().map(member => member.rebalanceTimeoutMs))
  }

  private completeJoinIfAllAreThere(): void {
    const members = this.members.all()
    const areThere = this.onSplit ? members.some(member => member.joining) : members.every(member => member.joining)
    if (!this.gathering && this.promised.size === 0 && areThere) this.completeJoin()
  }

  private completeJoin(): void {
    this.gathering = undefined
    for (const member of this.members.all()) if (!member.joining && member.instanceId === null) this.members.remove(member)
    const members = this.members.all()
    const joining = members.filter(member => member.joining)
    if (members.length > 0 && joining.length === 0) {
      // only static members are left, none of which has come: their sessions decide
      this.phaseDeadline = this.clock.now() + this.rebalanceTimeoutMs()
      return
    }
    this.generation++
    this.onSplit?.()
    this.onSplit = undefined
    if (members.length === 0) {
      this.state = 'Empty'
      this.protocolName = undefined
      this.leader = ''
      this.phaseDeadline = undefined
      return
    }
    this.protocolName = this.members.electProtocol()
    if (!this.members.get(this.leader)?.joining) this.leader = joining[0]!.id
    this.state = 'CompletingRebalance'
    this.phaseDeadline = this.clock.now() + this.rebalanceTimeoutMs()
    for (const member of members) {
      member.hasSynced = false
      this.touch(member)
    }
    for (const member of joining) {
      const answer = member.joining!
      member.joining = undefined
      answer(this.joined(member))
    }
  }

  private joined(member: Member): JoinResult {
    const isLeader = member.id === this.leader
    return {
      errorCode: errorCodes.NONE,
      generationId: this.generation,
      protocolType: this.protocolType,
      protocolName: this.protocolName ?? null,
      leader: this.leader,
      memberId: member.id,
      members: isLeader
        ? this.members
            .all()
            .map(each => ({ memberId: each.id, groupInstanceId: each.instanceId, metadata: metadataOf(each, this.protocolName) }))
        : []
    }
  }

  /** Begins a rebalance that ends with the first member who joins: the others are dropped, as though their time were over. */
  splitRebalance(onSplit: () => void): void {
    this.onSplit = onSplit
    if (this.state !== 'PreparingRebalance') this.prepareRebalance()
    this.timer.arm()
  }

  cancelSplit(): void {
    this.onSplit = undefined
  }

  sync(request: SyncRequest): Promise<SyncResult> {
    const { assignments, memberId, protocolName, protocolType } = request
    const refused = this.memberError(request)
    if (refused !== errorCodes.NONE) return Promise.resolve(failedSync(refused))
    const isOther = (protocolType ?? this.protocolType) !== this.protocolType || (protocolName ?? this.protocolName) !== this.protocolName
    if (isOther) return Promise.resolve(failedSync(errorCodes.INCONSISTENT_GROUP_PROTOCOL))
    if (this.state === 'PreparingRebalance') return Promise.resolve(failedSync(errorCodes.REBALANCE_IN_PROGRESS))
    const member = this.members.get(memberId)!
    member.hasSynced = true
    this.touch(member)
    if (this.state === 'Stable') {
      this.endPhaseIfAllHaveSynced()
      return Promise.resolve(this.synced(member))
    }
    this.answerSync(member, failedSync(errorCodes.UNKNOWN_MEMBER_ID))
    const result = new Promise<SyncResult>(resolve => {
      member.syncing = resolve
    })
    if (memberId === this.leader) this.assign(assignments)
    this.timer.arm()
    return result
  }

  private assign(assignments: SyncRequest['assignments']): void {
    // copied: the request's bytes are part of a larger frame that would be kept with them
    const given = new Map(assignments.map(({ assignment, memberId }) => [memberId, assignment]))
    for (const member of this.members.all()) member.assignment = Buffer.from(given.get(member.id) ?? noAssignment)
    this.state = 'Stable'
    this.endPhaseIfAllHaveSynced()
    for (const member of this.members.all()) this.answerSync(member, this.synced(member))
  }

  private endPhaseIfAllHaveSynced(): void {
    if (this.members.all().every(({ hasSynced }) => hasSynced)) this.phaseDeadline = undefined
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

  private memberError({ generationId, groupInstanceId, memberId }: MemberClaim): number {
    const refused = this.members.refusal(memberId, groupInstanceId)
    if (refused !== undefined) return refused
    return generationId === this.generation ? errorCodes.NONE : errorCodes.ILLEGAL_GENERATION
  }

  heartbeat(claim: MemberClaim): number {
    const refused = this.memberError(claim)
    if (refused !== errorCodes.NONE) return refused
    this.touch(this.members.get(claim.memberId)!)
    return this.state === 'PreparingRebalance' ? errorCodes.REBALANCE_IN_PROGRESS : errorCodes.NONE
  }

  /** Removes a member, or without a member id the static member of an instance id. */
  leave(memberId: string, groupInstanceId: string | null): number {
    if (!this.promised.delete(memberId)) {
      const member = memberId === '' ? this.members.ofInstance(groupInstanceId) : this.members.get(memberId)
      const refused = this.members.refusal(member?.id ?? memberId, groupInstanceId)
      if (refused !== undefined || !member) return refused ?? errorCodes.UNKNOWN_MEMBER_ID
      this.members.remove(member)
    }
    this.afterLoss()
    return errorCodes.NONE
  }

  /**
   * NONE, or why offsets may not be committed now. With generation -1 and no member id somebody outside the group asks; a transaction may
   * do so even while the group has members, as before KIP-447.
   */
  commitError(claim: MemberClaim, isTransactional = false): number {
    const { generationId, groupInstanceId, memberId } = claim
    if (generationId < 0 && this.state === 'Empty') return errorCodes.NONE
    if (generationId >= 0 || memberId !== '' || groupInstanceId !== null) {
      const refused = this.memberError(claim)
      if (refused !== errorCodes.NONE) return refused
      this.touch(this.members.get(memberId)!)
    } else if (!isTransactional) {
      return errorCodes.UNKNOWN_MEMBER_ID
    }
    return this.state === 'CompletingRebalance' && !isTransactional ? errorCodes.REBALANCE_IN_PROGRESS : errorCodes.NONE
  }

  /** Which topics members read, by name; undefined when they are no consumers. */
  topicsRead(): Pick<ReadonlySet<string>, 'has'> | undefined {
    if (this.members.size > 0 && this.protocolType !== 'consumer') return undefined
    return topicsReadBy(this.members.all().map(member => metadataOf(member, this.protocolName)))
  }

  private afterLoss(): void {
    if (this.state === 'PreparingRebalance') this.completeJoinIfAllAreThere()
    else if (this.state !== 'Empty') this.prepareRebalance()
    this.timer.arm()
  }

  private touch(member: Member): void {
    member.isNew = false
    member.deadline = this.clock.now() + member.sessionTimeoutMs
    this.timer.armBy(member.deadline)
  }

  private nextDeadline(): number {
    let next = Math.min(this.phaseDeadline ?? Number.POSITIVE_INFINITY, this.members.nextDeadline())
    for (const deadline of this.promised.values()) next = Math.min(next, deadline)
    return next
  }

  private expire(): void {
    const now = this.clock.now()
    for (const [memberId, deadline] of this.promised) if (deadline <= now) this.promised.delete(memberId)
    // nobody rebalances for one who never came, but a join may have waited for it alone
    if (this.state === 'PreparingRebalance') this.completeJoinIfAllAreThere()
    let hasLost = false
    if (this.phaseDeadline !== undefined && this.phaseDeadline <= now) {
      this.phaseDeadline = undefined
      if (this.state === 'PreparingRebalance') {
        if (!this.gathersOn(now)) this.completeJoin()
        return
      }
      for (const member of this.members.all()) if (!member.hasSynced) this.members.remove(member)
      hasLost = true
    }
    for (const member of this.members.silentSince(now)) {
      this.members.remove(member)
      hasLost = true
    }
    if (hasLost) this.afterLoss()
  }

  /** Waits for more members to come together as long as new ones come, but not longer than they would wait. */
  private gathersOn(now: number): boolean {
    if (!this.gathering?.hasGrown || this.gathering.leftMs <= 0) return false
    const delayMs = Math.min(this.initialRebalanceDelayMs, this.gathering.leftMs)
    this.gathering = { hasGrown: false, leftMs: this.gathering.leftMs - delayMs }
    this.phaseDeadline = now + delayMs
    return true
  }

  /** Goes on for a consumer group, all of whose members speak the classic protocol. They rebalance unless all have what they should. */
  takeUp(generation: number, members: readonly Member[], areSettled: boolean): void {
    Object.assign(this, { generation, protocolType: 'consumer', state: 'Stable', leader: members[0]!.id })
    for (const member of members) {
      this.members.add(member)
      this.touch(member)
    }
    this.protocolName = this.members.electProtocol()
    if (!areSettled) this.prepareRebalance()
    this.timer.arm()
  }

  /** Answers all who wait, with `errorCode`, and stops the timer. */
  close(errorCode: number = errorCodes.UNKNOWN_MEMBER_ID): void {
    for (const member of this.members.all()) this.members.remove(member, errorCode)
    this.promised.clear()
    this.timer.stop()
  }
}
