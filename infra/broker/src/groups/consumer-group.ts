// How do the members of a group of the new consumer protocol (KIP-848) come to what the broker assigns them?
import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock'
import { errorCodes, KafkaError } from '../protocol'
import { type Assignment, assignors, preferredAssignor } from './assignors'
import { type ConsumerHeartbeat, type ConsumerHeartbeatResult, isFull, isLeaving } from './consumer-heartbeat'
import {
  awayEpoch,
  type ConsumerMember,
  isWithin,
  newConsumerMember,
  nothingAssigned,
  reconcile,
  toTopicPartitions
} from './consumer-member'
import { hasSamePartitions, resolve, type Subscriptions, type TopicCatalog } from './consumer-subscriptions'
import { DeadlineTimer } from './deadline-timer'
import { namesMatching } from './topic-expression'

// A group has an epoch, which rises when what must be assigned changes, and a target made for an epoch: what each member should have. Members
// walk to the target one by one (consumer-member.ts); there is no moment at which all stop.
//
// | event                                              | group epoch         | member                                           |
// |----------------------------------------------------|---------------------|--------------------------------------------------|
// | heartbeat, epoch 0, new                            | rises               | enters                                           |
// | heartbeat, epoch 0, known                          |                     | begins anew with nothing                         |
// | heartbeat, epoch 0, static member that is away     |                     | new id takes place, target and partitions        |
// | heartbeat, epoch 0, static member that is there    |                     | UNRELEASED_INSTANCE_ID                           |
// | heartbeat, its epoch, or the one before it         | rises if it changed | one step                                         |
// |   (the answer got lost; owns no more than it has)  | its subscription    |                                                  |
// | heartbeat, any other epoch                         |                     | FENCED_MEMBER_EPOCH                              |
// | heartbeat, unknown member or instance              |                     | UNKNOWN_MEMBER_ID                                |
// | heartbeat, instance id of another member           |                     | FENCED_INSTANCE_ID                               |
// | heartbeat, epoch -2, static                        |                     | is away; keeps all until its session ends        |
// | heartbeat, epoch -1; session or rebalance time-out | rises               | is gone, its partitions free                     |
// | a subscribed topic comes, grows or goes            | rises               |                                                  |
// | commit or fetch of offsets, its epoch              |                     | NONE; another epoch STALE_MEMBER_EPOCH           |
//
// Group states: Empty without members; Assigning while the target is older than the epoch, until the next heartbeat; Reconciling while a member
// is not at the target; else Stable.
export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

export interface ConsumerGroupOptions {
  clock: Clock
  topics: TopicCatalog
  membersMax: number
  sessionTimeoutMs: number
  heartbeatIntervalMs: number
}

/** In which request offsets are committed. */
export interface CommitForm {
  version: number
  isTransactional?: boolean
}

/** OffsetCommit version from which it speaks of member epochs. */
const epochsFrom = 9

const nothing: Subscriptions = { topicsOf: new Map(), partitions: new Map() }

export class ConsumerGroup {
  readonly type = 'consumer'
  readonly protocolType = 'consumer'
  epoch = 0
  assignmentEpoch = 0
  assignorName = preferredAssignor([])
  private readonly membersById = new Map<string, ConsumerMember>()
  private readonly membersByInstance = new Map<string, ConsumerMember>()
  private target = new Map<string, Assignment>()
  private subscriptions = nothing
  /** The catalog's count of changes that `subscriptions` knows. */
  private knownChanges = -1
  private readonly timer: DeadlineTimer

  constructor(
    readonly id: string,
    private readonly options: ConsumerGroupOptions
  ) {
    this.timer = new DeadlineTimer(
      options.clock,
      () => this.nextDeadline(),
      () => this.expire()
    )
  }

  get isEmpty(): boolean {
    return this.membersById.size === 0
  }

  get members(): ConsumerMember[] {
    return [...this.membersById.values()]
  }

  get state(): ConsumerGroupState {
    if (this.isEmpty) return 'Empty'
    if (this.epoch > this.assignmentEpoch) return 'Assigning'
    const isThere = (member: ConsumerMember) => member.state === 'Stable' && member.epoch === this.assignmentEpoch
    return this.members.every(isThere) ? 'Stable' : 'Reconciling'
  }

  targetOf(member: ConsumerMember): Assignment {
    return this.target.get(member.id) ?? new Map()
  }

  /** Takes a heartbeat that `checkHeartbeat` let through. Throws KafkaError. */
  heartbeat(request: ConsumerHeartbeat): ConsumerHeartbeatResult {
    if (isLeaving(request)) return this.leave(request)
    const member = this.memberOf(request)
    if (this.takeOver(member, request)) this.epoch++
    this.followTopics()
    if (this.epoch > this.assignmentEpoch) this.assign()
    const hasChanged = this.step(member, request)
    const { clock, heartbeatIntervalMs, sessionTimeoutMs } = this.options
    member.sessionDeadline = clock.now() + sessionTimeoutMs
    this.timer.armBy(Math.min(member.sessionDeadline, member.revocationDeadline))
    return {
      memberId: member.id,
      memberEpoch: member.epoch,
      heartbeatIntervalMs,
      assignment: hasChanged || isFull(request) ? { topicPartitions: toTopicPartitions(member.assigned) } : null
    }
  }

  private ofInstance(instanceId: string): ConsumerMember | undefined {
    return this.membersByInstance.get(instanceId)
  }

  /** The member that a heartbeat is of, which it may be the first of. */
  private memberOf(request: ConsumerHeartbeat): ConsumerMember {
    if (request.memberEpoch === 0) return this.memberThatJoins(request)
    const member = this.knownMember(request)
    const { memberEpoch, topicPartitions } = request
    const isRepeated = memberEpoch === member.previousEpoch && isWithin(topicPartitions, member.assigned)
    if (memberEpoch === member.epoch || (memberEpoch < member.epoch && isRepeated)) return member
    const relation = memberEpoch > member.epoch ? 'greater' : 'smaller'
    throw new KafkaError(
      'FENCED_MEMBER_EPOCH',
      `The consumer group member has a ${relation} member epoch (${memberEpoch}) than the one known by the group coordinator (${member.epoch}). The member must abandon all its partitions and rejoin.`
    )
  }

  private knownMember({ instanceId, memberId }: ConsumerHeartbeat): ConsumerMember {
    const member = instanceId === null ? this.membersById.get(memberId) : this.ofInstance(instanceId)
    if (!member) {
      const message =
        instanceId === null ? `Member ${memberId} is not a member of group ${this.id}.` : `Instance id ${instanceId} is unknown.`
      throw new KafkaError('UNKNOWN_MEMBER_ID', message)
    }
    if (member.id === memberId) return member
    throw new KafkaError(
      'FENCED_INSTANCE_ID',
      `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.id}.`
    )
  }

  private memberThatJoins({ instanceId, memberId }: ConsumerHeartbeat): ConsumerMember {
    const id = memberId || randomUUID()
    const known = instanceId === null ? this.membersById.get(id) : this.ofInstance(instanceId)
    if (!known) {
      if (this.membersById.size >= this.options.membersMax)
        throw new KafkaError(
          'GROUP_MAX_SIZE_REACHED',
          `The consumer group has reached its maximum capacity of ${this.options.membersMax} members.`
        )
      this.forgetMember(this.membersById.get(id))
      const member = newConsumerMember(id, instanceId)
      this.membersById.set(id, member)
      if (instanceId !== null) this.membersByInstance.set(instanceId, member)
      return member
    }
    if (instanceId === null) return Object.assign(known, nothingAssigned())
    if (known.epoch !== awayEpoch) {
      const message = `Static member ${id} with instance id ${instanceId} cannot join the group because the instance id is owned by ${known.id} member.`
      throw new KafkaError('UNRELEASED_INSTANCE_ID', message)
    }
    const target = this.targetOf(known)
    this.membersById.delete(known.id)
    this.target.delete(known.id)
    this.membersById.set(id, known)
    this.target.set(id, target)
    return Object.assign(known, { id, epoch: 0, previousEpoch: 0, state: 'Stable' })
  }

  /** Takes over what a member says of itself; whether what must be assigned has changed by it. Throws KafkaError. */
  private takeOver(member: ConsumerMember, request: ConsumerHeartbeat): boolean {
    const { clientHost, clientId, rackId, rebalanceTimeoutMs, serverAssignor, subscribedTopicNames, subscribedTopicRegex } = request
    const isNew = !this.target.has(member.id)
    if (subscribedTopicRegex) this.checkExpression(subscribedTopicRegex, member, isNew)
    const names = subscribedTopicNames ? [...new Set(subscribedTopicNames)].sort() : member.subscribedTopicNames
    const expression = subscribedTopicRegex ?? member.subscribedTopicRegex
    const hasChanged = names.join() !== member.subscribedTopicNames.join() || expression !== member.subscribedTopicRegex
    Object.assign(member, { clientHost, clientId, subscribedTopicNames: names, subscribedTopicRegex: expression })
    if (rackId !== null) member.rackId = rackId
    if (rebalanceTimeoutMs !== -1) member.rebalanceTimeoutMs = rebalanceTimeoutMs
    if (serverAssignor !== null) member.serverAssignor = serverAssignor
    if (hasChanged || isNew) this.knownChanges = -1
    return hasChanged || isNew
  }

  private checkExpression(pattern: string, member: ConsumerMember, isNew: boolean): void {
    try {
      const names = this.options.topics.all().map(({ name }) => name)
      namesMatching(pattern, names)
    } catch (error) {
      if (isNew) this.forgetMember(member)
      throw error
    }
  }

  private followTopics(): void {
    const { topics } = this.options
    if (topics.changes === this.knownChanges) return
    this.knownChanges = topics.changes
    const found = resolve(this.membersById.values(), topics)
    if (!hasSamePartitions(found, this.subscriptions) && this.epoch === this.assignmentEpoch) this.epoch++
    this.subscriptions = found
  }

  private assign(): void {
    this.assignorName = preferredAssignor(this.members.map(({ serverAssignor }) => serverAssignor))
    const subscribers = this.members.map(member => ({
      id: member.id,
      instanceId: member.instanceId,
      topics: this.subscriptions.topicsOf.get(member.id) ?? new Set<string>(),
      previous: this.targetOf(member)
    }))
    this.target = assignors[this.assignorName]!(subscribers, this.subscriptions.partitions)
    this.assignmentEpoch = this.epoch
  }

  private step(member: ConsumerMember, { topicPartitions }: ConsumerHeartbeat): boolean {
    const { epoch, state } = member
    const held = state === 'Stable' && epoch === this.assignmentEpoch ? new Set() : this.heldByOthers(member)
    const target = { epoch: this.assignmentEpoch, assignment: this.targetOf(member) }
    const hasChanged = reconcile(member, target, topicPartitions, (topicId, partition) => held.has(`${topicId} ${partition}`))
    if (member.state !== 'UnrevokedPartitions') member.revocationDeadline = Number.POSITIVE_INFINITY
    else if (state !== member.state || epoch !== member.epoch)
      member.revocationDeadline = this.options.clock.now() + member.rebalanceTimeoutMs
    return hasChanged
  }

  private heldByOthers(member: ConsumerMember): Set<string> {
    const held = new Set<string>()
    for (const other of this.membersById.values()) {
      if (other === member) continue
      for (const assignment of [other.assigned, other.pendingRevocation]) {
        for (const [topicId, partitions] of assignment) for (const partition of partitions) held.add(`${topicId} ${partition}`)
      }
    }
    return held
  }

  private leave(request: ConsumerHeartbeat): ConsumerHeartbeatResult {
    const member = this.knownMember(request)
    if (request.memberEpoch === awayEpoch) {
      Object.assign(member, { epoch: awayEpoch, pendingRevocation: new Map(), revocationDeadline: Number.POSITIVE_INFINITY })
    } else {
      this.remove(member)
    }
    return { memberId: member.id, memberEpoch: request.memberEpoch, heartbeatIntervalMs: 0, assignment: null }
  }

  /** Removes a member as LeaveGroup asks, which is how an administrator does: by its id, or by its instance id and if given its id. */
  expel(memberId: string, instanceId: string | null): number {
    const member = instanceId === null ? this.membersById.get(memberId) : this.ofInstance(instanceId)
    if (!member) return errorCodes.UNKNOWN_MEMBER_ID
    if (instanceId !== null && memberId !== '' && memberId !== member.id) return errorCodes.FENCED_INSTANCE_ID
    this.remove(member)
    return errorCodes.NONE
  }

  private forgetMember(member: ConsumerMember | undefined): void {
    if (!member) return
    this.membersById.delete(member.id)
    if (member.instanceId !== null) this.membersByInstance.delete(member.instanceId)
  }

  private remove(member: ConsumerMember): void {
    this.forgetMember(member)
    this.target.delete(member.id)
    this.knownChanges = -1
    this.epoch++
  }

  /** NONE, or why a member, or with epoch -1 somebody outside the group, may not commit offsets now. */
  commitError(memberId: string, memberEpoch: number, { isTransactional = false, version }: CommitForm): number {
    if (memberEpoch < 0 && this.isEmpty) return errorCodes.NONE
    const refused = this.epochError(memberId, memberEpoch)
    if (refused === errorCodes.UNKNOWN_MEMBER_ID) return refused
    // an older version knows generations only, as a transaction does
    if (!isTransactional && version < epochsFrom) return errorCodes.UNSUPPORTED_VERSION
    return isTransactional && refused === errorCodes.STALE_MEMBER_EPOCH ? errorCodes.ILLEGAL_GENERATION : refused
  }

  /** The same for fetching offsets, which everybody outside the group may. */
  fetchError(memberId: string | null, memberEpoch: number): number {
    return memberId === null && memberEpoch < 0 ? errorCodes.NONE : this.epochError(memberId ?? '', memberEpoch)
  }

  private epochError(memberId: string, memberEpoch: number): number {
    const member = this.membersById.get(memberId)
    if (!member) return errorCodes.UNKNOWN_MEMBER_ID
    return member.epoch === memberEpoch ? errorCodes.NONE : errorCodes.STALE_MEMBER_EPOCH
  }

  /** Names of the topics that members read. */
  topicsRead(): ReadonlySet<string> {
    const { partitions } = resolve(this.membersById.values(), this.options.topics)
    const read = this.options.topics.all().filter(({ id }) => partitions.has(id))
    return new Set(read.map(({ name }) => name))
  }

  private nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { revocationDeadline, sessionDeadline } of this.membersById.values())
      next = Math.min(next, revocationDeadline, sessionDeadline)
    return next
  }

  private expire(): void {
    const now = this.options.clock.now()
    for (const member of this.members) if (Math.min(member.revocationDeadline, member.sessionDeadline) <= now) this.remove(member)
  }

  /** Stops the timer. */
  close(): void {
    this.timer.stop()
  }
}
