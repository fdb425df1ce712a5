// How do records become invocations? One member of the mapping's group: fetch, batch, invoke, commit; the same batch again when it failed.
//
//   joining ──assignment──▶ reading ──group rebalances──▶ joining        (the invocation in flight ends and commits first)
//      ▲                      │
//      └── pause, said once ──┴── broker away, leaders changed, membership lost
//   any ──stop──▶ leaving: no more fetches, the invocation in flight ends within its limit and commits, the member leaves
import { isRetriable, KafkaError } from 'sluice-broker/protocol'
import { aborted, Scope, unlessAborted } from './abort'
import { backoffMs, pause, RECONNECT_BACKOFF } from './client/backoff'
import type { Cluster, Topic } from './client/cluster'
import { fetchInto } from './client/fetcher'
import { GroupMember, type Membership, MembershipLost } from './client/group-member'
import { committedOffsets, startingOffsets } from './client/offsets'
import { deliver } from './delivery'
import type { Destination } from './destination/destination'
import { EventWriter, originOf } from './event/event-writer'
import { compileFilters, type RecordFilter } from './filter'
import type { Mapping } from './mapping/mapping'
import { RecordBuffer } from './record-buffer'
import type { Report } from './report'
import type { Runner } from './runner/runner'

/** The group waits this much longer than the function's timeout for a member that still works. */
const REBALANCE_MARGIN_MS = 5_000
/** The longest that a group waits for a function without a timeout. */
const REBALANCE_MS_MAX = 15 * 60_000

/** How long a stop whose time is over waits for the coordinator. */
const FAREWELL_MS = 2_000

/** A mapping that lets its records wait so long loads its handler with the first of them: until then it costs no thread. */
const PATIENT_WINDOW_MS = 5_000

/** Attempts after which a passing error is said. */
const PASSING_FAILURES = 6

/** A provisioned poller works at so many batches at once, of different partitions. AWS documents "up to 5 concurrent invocations". */
export const CONCURRENCY_PROVISIONED = 5
/** On demand AWS documents none: one at a time, undocumented on AWS. */
export const CONCURRENCY_ON_DEMAND = 1

/** What one of the batches that are under way at the same time needs: a thread, and memory for its events. */
interface Lane {
  runner: Runner
  writers: readonly [EventWriter, EventWriter]
}

export class Poller {
  private readonly member: GroupMember
  private readonly rebalanceMs: number
  private readonly stopping = new AbortController()
  private readonly lanes: readonly Lane[]
  private readonly filter?: RecordFilter
  private running?: Promise<void>
  private retryNow = new AbortController()
  /** The membership of the moment, for the mapping to ask for a rebalance. */
  private membership?: Membership

  /**
   * @param newRunner a runner of the function, which costs nothing before it is used
   * @param partitionsAtStart how many the topic had when the mapping began to look for it; 0 when there was none
   */
  constructor(
    private readonly mapping: Mapping,
    private readonly cluster: Cluster,
    newRunner: () => Runner,
    private readonly report: Report,
    functionTimeoutMs: number,
    private readonly partitionsAtStart: number,
    private readonly destination?: Destination
  ) {
    this.rebalanceMs = Math.min(REBALANCE_MS_MAX, functionTimeoutMs + REBALANCE_MARGIN_MS)
    this.member = new GroupMember(cluster, mapping.group, mapping.topic, this.rebalanceMs)
    const origin = originOf(mapping)
    const writer = () => new EventWriter(origin)
    const concurrency = mapping.provisioned ? CONCURRENCY_PROVISIONED : CONCURRENCY_ON_DEMAND
    this.lanes = Array.from({ length: concurrency }, () => ({ runner: newRunner(), writers: [writer(), writer()] }))
    if (mapping.filterPatterns.length > 0) this.filter = compileFilters(mapping.filterPatterns)
  }

  start(): void {
    if (this.mapping.windowMs < PATIENT_WINDOW_MS) this.lanes[0]!.runner.warmInTurn()
    this.running = this.run()
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping
    for (let failures = 0; !signal.aborted; ) {
      try {
        // after a trouble with a broker the membership may still hold: then nobody else need rebalance
        if (!this.membership || this.membership.ended.aborted) this.membership = await unlessAborted(this.member.join(), signal)
        if (!this.membership) break
        await this.read(this.membership, () => {
          failures = 0
        })
      } catch (error) {
        if (signal.aborted) break
        if (error instanceof MembershipLost) continue
        failures++
        this.sayTrouble(error as Error, failures)
        await pause(backoffMs(failures, RECONNECT_BACKOFF), signal)
      }
    }
    await this.member.leave()
  }

  /** A broker that has just started answers some attempts with errors that pass: those are said only when they stay. */
  private sayTrouble(error: Error, failures: number): void {
    if (error instanceof KafkaError && isRetriable(error.code) && failures < PASSING_FAILURES) this.report.log.debug(error.message)
    else this.report.clusterTrouble(error)
  }

  /** Reads and delivers until the generation ends or the poller stops. */
  private async read(membership: Membership, onProgress: () => void): Promise<void> {
    const scope = new Scope(this.stopping.signal, membership.ended)
    try {
      if (membership.partitions.length > 0) await this.readPartitions(membership, scope, onProgress)
      else {
        onProgress()
        await aborted(scope.signal)
      }
    } finally {
      scope.end()
    }
  }

  private async readPartitions(membership: Membership, scope: Scope, onProgress: () => void): Promise<void> {
    const prepared = await unlessAborted(this.prepare(membership), scope.signal)
    if (!prepared) return
    const { topic, buffer } = prepared
    const { signal } = scope
    let isReached = false
    const fetching = fetchInto(
      buffer,
      {
        cluster: this.cluster,
        topic,
        partitions: membership.partitions,
        startingPosition: this.mapping.startingPosition,
        onHighWatermark: (partition, offset) => this.report.partitionEnd(partition, offset),
        onReset: (partition, from, to) => this.report.warning(`offset ${from} of partition ${partition} is gone, going on at ${to}`),
        onAnswer: () => {
          // an answer that cannot be used is none: only now the pauses begin anew
          if (isReached) return
          isReached = true
          this.report.allRecovered('the broker is reached again')
          onProgress()
        },
        onDamage: (partition, error) => this.report.damaged(partition, error),
        onRead: partition => this.report.readable(partition)
      },
      signal
    )
    // a partition has one batch under way at a time
    const lanes = this.lanes.slice(0, membership.partitions.length)
    const delivering = lanes.map(({ runner, writers }) =>
      deliver({
        buffer,
        writers,
        takesAhead: lanes.length === 1,
        mapping: this.mapping,
        runner,
        report: this.report,
        destination: this.destination,
        commit: offsets => this.commit(membership, offsets),
        retryNow: () => this.retryNow.signal,
        signal
      })
    )
    // when one of them fails the others end too, a delivery with its invocation and commit
    const settled = await Promise.allSettled([...delivering, fetching].map(each => each.finally(scope.end)))
    for (const each of settled) if (each.status === 'rejected') throw each.reason
  }

  private async prepare(membership: Membership): Promise<{ topic: Topic; buffer: RecordBuffer }> {
    const topic = await this.cluster.topic(this.mapping.topic)
    if (!topic) throw new Error(`topic ${this.mapping.topic} does not exist any more`)
    const offsets = await this.positions(topic, membership)
    return { topic, buffer: new RecordBuffer(topic.name, offsets, this.filter, records => this.report.filtered(records)) }
  }

  /** The committed offsets, or those of the starting position, which then are committed: a restart must not choose them anew. */
  private async positions(topic: Topic, membership: Membership): Promise<Map<number, number>> {
    const { mapping, cluster } = this
    const offsets = await committedOffsets(cluster, mapping.group, topic.name, membership.partitions)
    if (offsets.size > 0) this.report.startingPositionIgnored()
    const fresh = membership.partitions.filter(partition => !offsets.has(partition))
    if (fresh.length > 0) {
      // a partition that came since then has nothing that a starting position could mean to leave out
      const added = fresh.filter(partition => partition >= this.partitionsAtStart)
      const others = fresh.filter(partition => partition < this.partitionsAtStart)
      const started = new Map([
        ...(await startingOffsets(cluster, topic, others, mapping.startingPosition)),
        ...(await startingOffsets(cluster, topic, added, { at: 'TRIM_HORIZON' }))
      ])
      await this.member.commit(membership, started)
      for (const [partition, offset] of started) offsets.set(partition, offset)
    }
    this.report.committed(offsets)
    return offsets
  }

  /** Commits, again and again while the coordinator is away; its own session tells when that is in vain. */
  private async commit(membership: Membership, offsets: ReadonlyMap<number, number>): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        await this.member.commit(membership, offsets)
        this.report.committed(offsets)
        return
      } catch (error) {
        if (error instanceof MembershipLost || this.stopping.signal.aborted) throw error
        this.sayTrouble(error as Error, failures)
        await pause(backoffMs(failures, RECONNECT_BACKOFF), this.stopping.signal)
      }
    }
  }

  /** Makes the group share out its partitions again, if this member leads it. Returns whether it does. */
  rebalance(): boolean {
    if (!this.membership?.isLeader) return false
    this.membership.end(false)
    return true
  }

  /** Takes the function's new code; a batch that waits for its next attempt gets it now, if it is code. */
  async reload(isCode: boolean): Promise<void> {
    await Promise.all(this.lanes.map(({ runner }) => runner.reload()))
    if (!isCode) return
    this.retryNow.abort()
    this.retryNow = new AbortController()
  }

  /**
   * Stops fetching, gives the invocation in flight `limitMs` to end and commit, and leaves the group.
   * @param limitMs at most this long, and never much longer than the function's timeout
   * @param hurry aborted when there is no more time
   */
  async stop(limitMs: number, hurry: AbortSignal): Promise<void> {
    this.stopping.abort()
    const ended = new AbortController()
    const waiting = new Scope(ended.signal, hurry)
    const late = pause(Math.min(limitMs, this.rebalanceMs), waiting.signal).then(async () => {
      waiting.end()
      if (ended.signal.aborted) return
      await this.stopRunners()
      // what was resolved is committed and the group left, if the coordinator answers
      await pause(FAREWELL_MS, ended.signal)
      this.cluster.close()
    })
    await this.running
    ended.abort()
    await late
    await this.stopRunners()
    this.cluster.close()
  }

  private async stopRunners(): Promise<void> {
    await Promise.all(this.lanes.map(({ runner }) => runner.stop()))
  }
}
