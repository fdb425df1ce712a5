// How does a poller stay a member of its consumer group? Kafka's classic group protocol.
//
// joining --JoinGroup, SyncGroup--> member --heartbeat says REBALANCE_IN_PROGRESS--> rebalancing --poller joins again--> joining
//    ^                                |
//    +------- membership lost --------+  UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID, or no answer for a session timeout
import { errorCodes, errorName, KafkaError } from 'sluice-broker/protocol'
import { ASSIGNOR, assignRange, decodeAssignment, encodeSubscription, type Subscriber, subscribedTopics } from './assignor'
import { pause } from './backoff'
import type { Cluster } from './cluster'

/** The coordinator gives the partitions of a silent member to others after this; Kafka's lower bound by default. */
export const SESSION_MS = 6_000
/** Three heartbeats fit into a session, as Kafka recommends. */
export const HEARTBEAT_MS = 1_500

/** A stop waits no longer than this for the coordinator. */
const LEAVE_MS_MAX = 1_500

const lostCodes: ReadonlySet<number> = new Set([errorCodes.UNKNOWN_MEMBER_ID, errorCodes.ILLEGAL_GENERATION, errorCodes.FENCED_INSTANCE_ID])

/** This member no longer owns its partitions: what it has not committed belongs to another. */
export class MembershipLost extends Error {
  override name = 'MembershipLost'
}

/** One generation of a group, seen by one member. */
export class Membership {
  private readonly ending = new AbortController()
  /** Aborted when the group rebalances or the membership is lost: finish what is in flight and join again. */
  readonly ended = this.ending.signal
  isLost = false

  constructor(
    readonly generationId: number,
    readonly memberId: string,
    readonly isLeader: boolean,
    readonly partitions: readonly number[]
  ) {}

  end(isLost: boolean): void {
    this.isLost ||= isLost
    this.ending.abort()
  }
}

export class GroupMember {
  private memberId = ''
  private membership?: Membership
  private beating = new AbortController()

  /** @param rebalanceMs how long the group waits for this member to finish its invocation when it rebalances */
  constructor(
    private readonly cluster: Cluster,
    private readonly group: string,
    private readonly topic: string,
    private readonly rebalanceMs: number
  ) {}

  /**
   * Joins the group's next generation and starts to heartbeat.
   * @throws ConnectionError or KafkaError when the coordinator cannot be reached or refuses; try again after a pause
   */
  async join(): Promise<Membership> {
    this.beating.abort()
    this.membership?.end(false)
    for (;;) {
      const coordinator = await this.cluster.coordinator(this.group, 'control')
      const joined = await coordinator.request(
        'joinGroup',
        {
          groupId: this.group,
          sessionTimeoutMs: SESSION_MS,
          rebalanceTimeoutMs: this.rebalanceMs,
          memberId: this.memberId,
          protocolType: 'consumer',
          protocols: [{ name: ASSIGNOR, metadata: encodeSubscription(this.topic) }]
        },
        this.rebalanceMs
      )
      if (joined.errorCode === errorCodes.MEMBER_ID_REQUIRED) this.memberId = joined.memberId
      else if (joined.errorCode === errorCodes.UNKNOWN_MEMBER_ID) this.memberId = ''
      else if (joined.errorCode !== 0) throw new KafkaError(errorName(joined.errorCode), `joining group ${this.group}`)
      else {
        this.memberId = joined.memberId
        const isLeader = joined.leader === joined.memberId
        const assignments = isLeader ? assignRange(joined.members, await this.partitionsOf(joined.members)) : []
        const synced = await coordinator.request('syncGroup', {
          groupId: this.group,
          generationId: joined.generationId,
          memberId: this.memberId,
          protocolType: 'consumer',
          protocolName: ASSIGNOR,
          assignments
        })
        if (synced.errorCode === 0) return this.begin(joined.generationId, isLeader, decodeAssignment(synced.assignment, this.topic))
        if (synced.errorCode === errorCodes.UNKNOWN_MEMBER_ID) this.memberId = ''
        else if (synced.errorCode !== errorCodes.REBALANCE_IN_PROGRESS && synced.errorCode !== errorCodes.ILLEGAL_GENERATION) {
          throw new KafkaError(errorName(synced.errorCode), `syncing group ${this.group}`)
        }
      }
    }
  }

  // Members of one mapping read one topic; a group shared with other mappings or consumers may have more.
  private async partitionsOf(members: readonly Subscriber[]): Promise<(topic: string) => number[]> {
    const partitions = new Map<string, number[]>()
    for (const name of new Set(members.flatMap(subscribedTopics))) {
      const topic = await this.cluster.topic(name)
      partitions.set(name, [...(topic?.leaders.keys() ?? [])])
    }
    return name => partitions.get(name) ?? []
  }

  private begin(generationId: number, isLeader: boolean, partitions: number[]): Membership {
    const membership = new Membership(generationId, this.memberId, isLeader, partitions)
    this.membership = membership
    this.beating = new AbortController()
    void this.heartbeat(membership)
    return membership
  }

  /**
   * Runs beside the invocations, whatever they take. Goes on while the group rebalances, as it waits for this member's invocation to
   * end, until the member joins anew or leaves.
   */
  private async heartbeat(membership: Membership): Promise<void> {
    const { signal } = this.beating
    const body = { groupId: this.group, generationId: membership.generationId, memberId: membership.memberId }
    for (let lastAnswer = Date.now(); ; ) {
      await pause(HEARTBEAT_MS, signal)
      if (signal.aborted) return
      try {
        const coordinator = await this.cluster.coordinator(this.group, 'control')
        const { errorCode } = await coordinator.request('heartbeat', body)
        if (signal.aborted) return
        if (lostCodes.has(errorCode)) return this.lose(membership, errorCode)
        if (errorCode === errorCodes.REBALANCE_IN_PROGRESS) membership.end(false)
        if (errorCode === 0 || errorCode === errorCodes.REBALANCE_IN_PROGRESS) lastAnswer = Date.now()
      } catch {
        // no answer: what counts is for how long there has been none
      }
      if (Date.now() - lastAnswer > SESSION_MS) return this.lose(membership, errorCodes.REQUEST_TIMED_OUT)
    }
  }

  private lose(membership: Membership, code: number): void {
    if (code === errorCodes.UNKNOWN_MEMBER_ID) this.memberId = ''
    membership.end(true)
  }

  /**
   * Commits next offsets by partition, only within the generation they were read in.
   * @throws MembershipLost when the partitions may belong to another member by now
   */
  async commit(membership: Membership, offsets: ReadonlyMap<number, number>): Promise<void> {
    if (membership.isLost || this.membership !== membership) throw new MembershipLost('the group went on without this member')
    const coordinator = await this.cluster.coordinator(this.group, 'control')
    const { topics } = await coordinator.request('offsetCommit', {
      groupId: this.group,
      generationIdOrMemberEpoch: membership.generationId,
      memberId: membership.memberId,
      topics: [
        { name: this.topic, partitions: [...offsets].map(([partitionIndex, committedOffset]) => ({ partitionIndex, committedOffset })) }
      ]
    })
    const failed = topics.flatMap(({ partitions }) => partitions).find(({ errorCode }) => errorCode !== 0)
    if (!failed) return
    if (lostCodes.has(failed.errorCode) || failed.errorCode === errorCodes.REBALANCE_IN_PROGRESS) {
      this.lose(membership, failed.errorCode)
      throw new MembershipLost(errorName(failed.errorCode))
    }
    throw new KafkaError(errorName(failed.errorCode), `committing offset of ${this.topic}-${failed.partitionIndex}`)
  }

  /** Leaves the group, so that the others take over at once. Never rejects: an unreachable coordinator forgets the member by itself. */
  async leave(): Promise<void> {
    const limit = new AbortController()
    await Promise.race([this.sayLeave(), pause(LEAVE_MS_MAX, limit.signal)])
    limit.abort()
  }

  private async sayLeave(): Promise<void> {
    this.beating.abort()
    this.membership?.end(true)
    this.membership = undefined
    if (this.memberId === '') return
    const memberId = this.memberId
    this.memberId = ''
    try {
      // on a connection of its own: an answer to JoinGroup may still be owed on the other, and brokers answer in order
      const coordinator = await this.cluster.coordinator(this.group, 'leave')
      await coordinator.request('leaveGroup', { groupId: this.group, memberId, members: [{ memberId }] })
    } catch {
      // its session ends without it
    }
  }
}
