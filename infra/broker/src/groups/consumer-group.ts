// How do the members of a group of the new consumer protocol (KIP-848) come to what the broker assigns them?
import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock'
import { errorCodes, KafkaError } from '../protocol'
import { type Assignment, assignors, preferredAssignor } from './assignors'
import { type ConsumerHeartbeat, type ConsumerHeartbeatResult, isFull, isLeaving } from './consumer-heartbeat'
import {
  awayEpoch,
  type ConsumerMember,
  givenIn,
  isWithin,
  newConsumerMember,
  nothingAssigned,
  reconcile,
  type TopicPartitions,
  toTopicPartitions
} from './consumer-member'
import { ConsumerMembers } from './consumer-members'
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
// | heartbeat, epoch 0, static member that is away, or |                     | new id takes place, target and partitions        |
// |   speaks the classic protocol                      |                     |                                                  |
// | heartbeat, epoch 0, static member that is there    |                     | UNRELEASED_INSTANCE_ID                           |
// | heartbeat, its epoch, or the one before it         | rises if it changed | one step                                         |
// |   (the answer got lost; owns no more than it has)  | its subscription    |                                                  |
// | heartbeat, any other epoch                         |                     | FENCED_MEMBER_EPOCH                              |
// | heartbeat, unknown member or instance              |                     | UNKNOWN_MEMBER_ID                                |
// | heartbeat, instance id of another member           |                     | FENCED_INSTANCE_ID                               |
// | heartbeat, epoch -2, static                        |                     | is away; keeps all until its session ends        |
// | heartbeat, epoch -1; session or rebalance time-out | rises               | is gone, its partitions free                     |
// |   and all others speak the classic protocol        |                     | the group becomes a classic one (conversion.ts)  |
// | join, sync and heartbeat of the classic protocol   | rises as above      | classic-in-consumer.ts                           |
// | a subscribed topic comes, grows or goes            | rises               |                                                  |
// | commit or fetch of offsets                         |                     | consumer-offsets.ts                              |
//
// The epoch begins at 1, so that the first target is made for 2. Group states: Empty without members; Assigning while the target is older than
// the epoch, until the next heartbeat; Reconciling while a member is not at the target; else Stable.
export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

export interface ConsumerGroupOptions {
  clock: Clock
  topics: TopicCatalog
  membersMax: number
  sessionTimeoutMs: number
  heartbeatIntervalMs: number
  /** Called when the last member of the new protocol is gone and others, of the classic one, are left; whether one of them took its place. */
  onAllClassic: (group: ConsumerGroup, isReplaced: boolean) => void
}

/** What a member says of itself, by either protocol. Null, and -1 for the time-out, say: as before. */
export type SelfDescription = Omit<ConsumerHeartbeat, 'memberId' | 'memberEpoch' | 'instanceId' | 'topicPartitions'>

const nothing: Subscriptions = { topicsOf: new Map(), partitions: new Map() }

export class ConsumerGroup {
  readonly type = 'consumer'
  readonly protocolType = 'consumer'
  epoch = 1
  assignmentEpoch = 0
  assignorName = preferredAssignor([])
  readonly members: ConsumerMembers
  private target = new Map<string, Assignment>()
  private subscriptions = nothing
  /** The catalog's count of changes that `subscriptions` knows. */
  private knownChanges = -1
  private readonly timer: DeadlineTimer

  constructor(
    readonly id: string,
    readonly options: ConsumerGroupOptions
  ) {
    this.members = new ConsumerMembers(id)
    this.timer = new DeadlineTimer(
      options.clock,
      () => this.nextDeadline(),
      () => this.expire()
    )
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  get state(): ConsumerGroupState {
    if (this.isEmpty) return 'Empty'
    if (this.epoch > this.assignmentEpoch) return 'Assigning'
    return this.members.all().every(member => this.isSettled(member)) ? 'Stable' : 'Reconciling'
  }

  /** Whether nobody speaks the new protocol; it becomes a classic group then. */
  get isAllClassic(): boolean {
    return this.members.all().every(({ classic }) => classic)
  }

  private isSettled({ epoch, state }: ConsumerMember): boolean {
    return state === 'Stable' && epoch === this.assignmentEpoch
  }

  targetOf(member: ConsumerMember): Assignment {
    return this.target.get(member.id) ?? new Map()
  }

  /** Takes a heartbeat that `checkHeartbeat` let through. Throws KafkaError. */
  heartbeat(request: ConsumerHeartbeat): ConsumerHeartbeatResult {
    if (isLeaving(request)) return this.leave(request)
    const member = this.memberOf(request)
    member.classic = undefined
    const hasChanged = this.proceed(member, request, request.topicPartitions)
    const { clock, heartbeatIntervalMs, sessionTimeoutMs } = this.options
    member.sessionDeadline = clock.now() + sessionTimeoutMs
    this.arm(member)
    return {
      memberId: member.id,
      memberEpoch: member.epoch,
      heartbeatIntervalMs,
      assignment: hasChanged || isFull(request) ? { topicPartitions: toTopicPartitions(member.assigned) } : null
    }
  }

  /**
   * Takes over what a member says of itself, and lets it go one step towards its target. Throws KafkaError.
   * @param owned what it says it owns; null when that did not change
   * @returns whether what it may read has changed
   */
  proceed(member: ConsumerMember, said: SelfDescription, owned: readonly TopicPartitions[] | null): boolean {
    if (this.takeOver(member, said)) this.epoch++
    this.followTopics()
    if (this.epoch > this.assignmentEpoch) this.assign()
    return this.step(member, owned)
  }

  /** Sees to a member's deadlines. */
  arm({ rebalanceDeadline, sessionDeadline }: ConsumerMember): void {
    this.timer.armBy(Math.min(sessionDeadline, rebalanceDeadline))
  }

  /** The member that a heartbeat is of, which it may be the first of. */
  private memberOf(request: ConsumerHeartbeat): ConsumerMember {
    if (request.memberEpoch === 0) return this.memberThatJoins(request)
    const member = this.members.claimed({ ...request, groupInstanceId: request.instanceId })
    const { memberEpoch, topicPartitions } = request
    const isRepeated = memberEpoch === member.previousEpoch && isWithin(topicPartitions, member.assigned)
    if (memberEpoch === member.epoch || (memberEpoch < member.epoch && isRepeated)) return member
    const relation = memberEpoch > member.epoch ? 'greater' : 'smaller'
    throw new KafkaError(
      'FENCED_MEMBER_EPOCH',
      `The consumer group member has a ${relation} member epoch (${memberEpoch}) than the one known by the group coordinator (${member.epoch}). The member must abandon all its partitions and rejoin.`
    )
  }

  private memberThatJoins({ instanceId, memberId }: ConsumerHeartbeat): ConsumerMember {
    const id = memberId || randomUUID()
    const known = instanceId === null ? this.members.get(id) : this.members.ofInstance(instanceId)
    if (!known) return this.enter(id, instanceId)
    if (instanceId === null) return Object.assign(known, nothingAssigned())
    if (known.epoch !== awayEpoch && !known.classic) {
      const message = `Static member ${id} with instance id ${instanceId} cannot join the group because the instance id is owned by ${known.id} member.`
      throw new KafkaError('UNRELEASED_INSTANCE_ID', message)
    }
    return this.takePlace(known, id)
  }

  /** Lets in a member that is not there yet. Throws KafkaError. */
  enter(id: string, instanceId: string | null): ConsumerMember {
    const { membersMax } = this.options
    if (this.members.size >= membersMax)
      throw new KafkaError('GROUP_MAX_SIZE_REACHED', `The consumer group has reached its maximum capacity of ${membersMax} members.`)
    const namesake = this.members.get(id)
    if (namesake) this.members.remove(namesake)
    const member = newConsumerMember(id, instanceId)
    this.members.add(member)
    return member
  }

  /** Gives a static member's place, target and partitions to another member id. */
  takePlace(member: ConsumerMember, id: string): ConsumerMember {
    const target = this.targetOf(member)
    this.members.remove(member)
    this.target.delete(member.id)
    Object.assign(member, { id, epoch: 0, previousEpoch: 0, state: 'Stable' })
    this.members.add(member)
    this.target.set(id, target)
    return member
  }

  /** Goes on for a classic group: with its generation as epoch, and what its members were assigned as their target. */
  takeUp(generation: number, members: readonly ConsumerMember[]): void {
    this.epoch = generation
    this.assignmentEpoch = generation
    for (const member of members) {
      this.members.add(member)
      this.target.set(member.id, member.assigned)
    }
    this.subscriptions = resolve(members, this.options.topics)
    this.knownChanges = this.options.topics.changes
    this.timer.arm()
  }

  /** Takes over what a member says of itself; whether what must be assigned has changed by it. Throws KafkaError. */
  private takeOver(member: ConsumerMember, said: SelfDescription): boolean {
    const { clientHost, clientId, rackId, rebalanceTimeoutMs, serverAssignor, subscribedTopicNames, subscribedTopicRegex } = said
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
      if (isNew) this.members.remove(member)
      throw error
    }
  }

  private followTopics(): void {
    const { topics } = this.options
    if (topics.changes === this.knownChanges) return
    this.knownChanges = topics.changes
    const found = resolve(this.members.all(), topics)
    if (!hasSamePartitions(found, this.subscriptions) && this.epoch === this.assignmentEpoch) this.epoch++
    this.subscriptions = found
  }

  private assign(): void {
    this.assignorName = preferredAssignor(this.members.all().map(({ serverAssignor }) => serverAssignor))
    const subscribers = this.members.all().map(member => ({
      id: member.id,
      instanceId: member.instanceId,
      topics: this.subscriptions.topicsOf.get(member.id) ?? new Set<string>(),
      previous: this.targetOf(member)
    }))
    this.target = assignors[this.assignorName]!(subscribers, this.subscriptions.partitions)
    this.assignmentEpoch = this.epoch
  }

  private step(member: ConsumerMember, owned: readonly TopicPartitions[] | null): boolean {
    const { epoch, state } = member
    const isHeld = this.isSettled(member) ? () => false : this.members.holdersBeside(member)
    const hasChanged = reconcile(member, { epoch: this.assignmentEpoch, assignment: this.targetOf(member) }, owned, isHeld)
    if (member.state !== 'UnrevokedPartitions') member.rebalanceDeadline = Number.POSITIVE_INFINITY
    else if (state !== member.state || epoch !== member.epoch)
      member.rebalanceDeadline = this.options.clock.now() + member.rebalanceTimeoutMs
    return hasChanged
  }

  private leave(request: ConsumerHeartbeat): ConsumerHeartbeatResult {
    const member = this.members.claimed({ ...request, groupInstanceId: request.instanceId })
    if (request.memberEpoch === awayEpoch) {
      // whoever takes its place has had its partitions since ever
      const since = givenIn(0, member.assigned)
      Object.assign(member, { epoch: awayEpoch, pendingRevocation: new Map(), since, rebalanceDeadline: Number.POSITIVE_INFINITY })
    } else {
      this.remove(member)
    }
    return { memberId: member.id, memberEpoch: request.memberEpoch, heartbeatIntervalMs: 0, assignment: null }
  }

  /** Removes a member as LeaveGroup asks, which is how an administrator does: by its id, or by its instance id and if given its id. */
  expel(memberId: string, instanceId: string | null): number {
    const member = instanceId === null ? this.members.get(memberId) : this.members.ofInstance(instanceId)
    if (!member) return errorCodes.UNKNOWN_MEMBER_ID
    if (instanceId !== null && memberId !== '' && memberId !== member.id) return errorCodes.FENCED_INSTANCE_ID
    this.remove(member)
    return errorCodes.NONE
  }

  private remove(member: ConsumerMember): void {
    this.members.remove(member)
    this.target.delete(member.id)
    this.knownChanges = -1
    if (!this.isEmpty && this.isAllClassic) this.options.onAllClassic(this, false)
    else this.epoch++
  }

  /** Names of the topics that members read. */
  topicsRead(): ReadonlySet<string> {
    const { partitions } = resolve(this.members.all(), this.options.topics)
    const read = this.options.topics.all().filter(({ id }) => partitions.has(id))
    return new Set(read.map(({ name }) => name))
  }

  private nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { rebalanceDeadline, sessionDeadline } of this.members.all()) next = Math.min(next, rebalanceDeadline, sessionDeadline)
    return next
  }

  private expire(): void {
    const now = this.options.clock.now()
    for (const member of this.members.all()) {
      // a group that became a classic one on the way has no members any more
      if (Math.min(member.rebalanceDeadline, member.sessionDeadline) <= now && this.members.get(member.id)) this.remove(member)
    }
  }

  /** Forgets the members and stops the timer. */
  close(): void {
    this.members.clear()
    this.timer.stop()
  }
}
