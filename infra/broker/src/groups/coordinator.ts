// Which groups does this broker coordinate, by which protocol, and who answers for a group that is not there?
import { join } from 'node:path'
import type { Clock } from '../clock'
import { errorCodes, KafkaError } from '../protocol'
import { ClassicGroup } from './classic-group'
import { beatInConsumerGroup, joinConsumerGroup, syncWithConsumerGroup } from './classic-in-consumer'
import { ConsumerGroup } from './consumer-group'
import { type ConsumerHeartbeat, type ConsumerHeartbeatResult, checkHeartbeat } from './consumer-heartbeat'
import { type Commit, commitError, fetchError } from './consumer-offsets'
import type { TopicCatalog } from './consumer-subscriptions'
import { toClassicMembers, toConsumerMembers } from './conversion'
import { GroupTypes } from './group-types'
import { failedJoin, failedSync, type JoinRequest, type JoinResult, type MemberClaim, type SyncRequest, type SyncResult } from './member'
import type { OffsetEntry, OffsetStore } from './offset-store'

export interface CoordinatorOptions {
  offsets: OffsetStore
  clock: Clock
  topics: TopicCatalog
  dataDir: string | undefined
  initialRebalanceDelayMs: number
  groupMembersMax: number
  consumerSessionTimeoutMs: number
  consumerHeartbeatIntervalMs: number
}

/** Who commits which offsets. */
export interface Committer extends MemberClaim, Commit {}

/** Groups, after which those without members and offsets are forgotten; Apache Kafka forgets them after ten minutes. */
const emptyGroupsMax = 1000
/** OffsetCommit version from which a group that is not there is said to be so. */
const notFoundFrom = 9

/**
 * All groups by id. A group takes the protocol of who comes next when it is empty, and changes it under its members as conversion.ts says. It
 * lives on without members as long as it has offsets.
 */
export class GroupCoordinator {
  readonly offsets: OffsetStore
  private readonly groups = new Map<string, ClassicGroup | ConsumerGroup>()
  private readonly types: GroupTypes

  constructor(private readonly options: CoordinatorOptions) {
    this.offsets = options.offsets
    this.types = new GroupTypes(options.dataDir && join(options.dataDir, 'consumer-groups.json'))
    for (const id of this.types.consumerGroups()) this.groups.set(id, this.newConsumerGroup(id))
  }

  find(groupId: string): ClassicGroup | ConsumerGroup | undefined {
    return this.groups.get(groupId)
  }

  private newConsumerGroup(id: string): ConsumerGroup {
    const { clock, consumerHeartbeatIntervalMs, consumerSessionTimeoutMs, groupMembersMax, topics } = this.options
    return new ConsumerGroup(id, {
      clock,
      topics,
      membersMax: groupMembersMax,
      sessionTimeoutMs: consumerSessionTimeoutMs,
      heartbeatIntervalMs: consumerHeartbeatIntervalMs,
      onAllClassic: (group, isReplaced) => this.downgrade(group, isReplaced)
    })
  }

  private newClassicGroup(id: string): ClassicGroup {
    const { clock, groupMembersMax, initialRebalanceDelayMs } = this.options
    return new ClassicGroup(id, clock, initialRebalanceDelayMs, groupMembersMax)
  }

  private downgrade(group: ConsumerGroup, isReplaced: boolean): void {
    const classic = this.newClassicGroup(group.id)
    classic.takeUp(group.epoch, toClassicMembers(group), isReplaced && group.state === 'Stable')
    this.add(classic)
  }

  private add<G extends ClassicGroup | ConsumerGroup>(group: G): G {
    // a group that is replaced while members wait for it goes on under the other protocol
    this.groups.get(group.id)?.close(errorCodes.REBALANCE_IN_PROGRESS)
    this.forgetEmptyGroups()
    this.groups.set(group.id, group)
    this.types.set(group.id, group.type)
    return group
  }

  async join(groupId: string, request: JoinRequest): Promise<JoinResult> {
    const { memberId } = request
    if (groupId === '') return failedJoin(errorCodes.INVALID_GROUP_ID, memberId)
    const group = this.groups.get(groupId)
    if (group?.type === 'classic') return group.join(request)
    if (group && !group.isEmpty) return joinConsumerGroup(group, request)
    if (memberId !== '') return failedJoin(errorCodes.UNKNOWN_MEMBER_ID, memberId)
    return this.add(this.newClassicGroup(groupId)).join(request)
  }

  async sync(groupId: string, request: SyncRequest): Promise<SyncResult> {
    if (groupId === '') return failedSync(errorCodes.INVALID_GROUP_ID)
    const group = this.groups.get(groupId)
    if (group?.type === 'consumer') return syncWithConsumerGroup(group, request)
    return group?.sync(request) ?? failedSync(errorCodes.UNKNOWN_MEMBER_ID)
  }

  heartbeat(groupId: string, claim: MemberClaim): number {
    if (groupId === '') return errorCodes.INVALID_GROUP_ID
    const group = this.groups.get(groupId)
    if (group?.type === 'consumer') return beatInConsumerGroup(group, claim)
    return group?.heartbeat(claim) ?? errorCodes.UNKNOWN_MEMBER_ID
  }

  leave(groupId: string, memberId: string, groupInstanceId: string | null): number {
    if (groupId === '') return errorCodes.INVALID_GROUP_ID
    const group = this.groups.get(groupId)
    if (group?.type === 'consumer') return group.expel(memberId, groupInstanceId)
    return group?.leave(memberId, groupInstanceId) ?? errorCodes.UNKNOWN_MEMBER_ID
  }

  /** A heartbeat of the new consumer protocol. Throws KafkaError. */
  consumerHeartbeat(groupId: string, request: ConsumerHeartbeat, makesOwnId: boolean): ConsumerHeartbeatResult {
    checkHeartbeat(groupId, request, makesOwnId)
    const group = this.groups.get(groupId)
    if (group?.type === 'consumer') return group.heartbeat(request)
    const isThere = group !== undefined && group.state !== 'Empty'
    if (request.memberEpoch !== 0) {
      const message = isThere ? `Group ${groupId} is not a consumer group.` : `Consumer group ${groupId} not found.`
      throw new KafkaError('GROUP_ID_NOT_FOUND', message)
    }
    const { clock, topics } = this.options
    const members = isThere ? toConsumerMembers(group, topics, clock.now()) : []
    const consumer = this.newConsumerGroup(groupId)
    if (isThere) consumer.takeUp(group.generation, members)
    try {
      // one that is refused changes no group
      const result = consumer.heartbeat(request)
      this.add(consumer)
      return result
    } catch (error) {
      consumer.close()
      throw error
    }
  }

  /** NONE, or why the offsets of this member, or with a negative generation of somebody outside the group, may not be committed now. */
  commitError(groupId: string, committer: Committer): number {
    const { generationId, groupInstanceId, isTransactional, memberId, version } = committer
    // offsets of old clients may lie in a group without a name
    if (groupId === '' && isTransactional) return errorCodes.INVALID_GROUP_ID
    const group = this.groups.get(groupId)
    // a transaction from outside the group may commit at any time, as before KIP-447
    const isOutsider = generationId === -1 && memberId === '' && groupInstanceId === null
    if (group?.type === 'consumer' && isTransactional && isOutsider) return errorCodes.NONE
    if (group?.type === 'consumer') return commitError(group.members, memberId, generationId, committer)
    if (group) return group.commitError(committer, isTransactional)
    if (generationId < 0) return errorCodes.NONE
    return version >= notFoundFrom ? errorCodes.GROUP_ID_NOT_FOUND : errorCodes.ILLEGAL_GENERATION
  }

  /** NONE, or why this member may not fetch offsets. Only the new protocol asks who does. */
  fetchError(groupId: string, memberId: string | null, memberEpoch: number): number {
    const group = this.groups.get(groupId)
    return group?.type === 'consumer' ? fetchError(group.members, memberId, memberEpoch) : errorCodes.NONE
  }

  commit(entries: OffsetEntry[]): void {
    this.offsets.commit(entries)
  }

  /** Whether there is a group, be it only by its offsets. */
  has(groupId: string): boolean {
    return this.isListed(this.groups.get(groupId)) || this.offsets.topicsOf(groupId).size > 0
  }

  private isListed(group: ClassicGroup | ConsumerGroup | undefined): boolean {
    if (!group) return false
    return group.type === 'consumer' || !group.isEmpty || group.generation > 0
  }

  /** Ids of all groups, those included that have only offsets. */
  groupIds(): string[] {
    const living = [...this.groups].filter(([, group]) => this.isListed(group)).map(([id]) => id)
    return [...new Set([...living, ...this.offsets.groupIds()])]
  }

  /** Forgets a group and its offsets. */
  delete(groupId: string): number {
    const group = this.groups.get(groupId)
    if (group && group.state !== 'Empty') return errorCodes.NON_EMPTY_GROUP
    const wasKnown = this.has(groupId)
    this.offsets.deleteGroup(groupId)
    this.forget(groupId)
    return wasKnown ? errorCodes.NONE : errorCodes.GROUP_ID_NOT_FOUND
  }

  private forget(groupId: string): void {
    this.groups.get(groupId)?.close()
    this.groups.delete(groupId)
    this.types.set(groupId, undefined)
  }

  // Done when a group is added, so that ids that come and go take no memory without end.
  private forgetEmptyGroups(): void {
    if (this.groups.size < emptyGroupsMax) return
    for (const [id, group] of this.groups) if (group.isEmpty && this.offsets.topicsOf(id).size === 0) this.forget(id)
  }

  close(): void {
    for (const group of this.groups.values()) group.close()
    this.groups.clear()
  }
}
