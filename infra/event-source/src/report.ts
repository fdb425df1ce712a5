// What does a mapping tell its user? Log lines that name it, states said once, and counters.
import { AccessRefused, ConnectionError } from './client/connection-error'
import type { Mapping } from './mapping/mapping'
import { ignoredStartingPosition } from './mapping/warnings'

/** The log writers that osls hands to plugins. */
export interface Log {
  error: (text: string) => void
  warning: (text: string) => void
  notice: (text: string) => void
  info: (text: string) => void
  debug: (text: string) => void
}

export interface Counters {
  /** Records of batches that the function took. */
  records: number
  invocations: number
  /** Invocations that failed. */
  failures: number
  /** Records too large for any event, which were given up. */
  oversized: number
  /** Records that were given up, sent to the destination where there is one. */
  discarded: number
  /** Records that matched no filter. */
  filtered: number
  /** Records between the committed offsets and the ends of the partitions. */
  lag: number
}

/** The kind of trouble that an on-failure destination makes. */
export const DESTINATION_TROUBLE = 'destination'

/** What the kinds of trouble begin with that a partition's records make. */
const DAMAGE_TROUBLE = 'damage'
/** Those are no matter of reaching the cluster. */
const isOfCluster = (kind: string) => kind !== DESTINATION_TROUBLE && !kind.startsWith(DAMAGE_TROUBLE)

/** What AWS calls the states of a mapping. */
export type MappingState = 'Creating' | 'Enabled' | 'Disabled' | 'Deleting'

export class Report {
  state: MappingState
  /** As AWS words it: nothing yet, well, or the last problem. */
  lastProcessingResult = 'No records processed'
  private readonly said = new Map<string, string>()
  private readonly ends = new Map<number, number>()
  private readonly begins = new Map<number, number>()
  private readonly taken = new Map<number, number>()
  private isStartingPositionSaid = false
  private readonly counts = { records: 0, invocations: 0, failures: 0, oversized: 0, discarded: 0, filtered: 0 }

  constructor(
    readonly mapping: Mapping,
    readonly log: Log
  ) {
    this.state = mapping.enabled ? 'Creating' : 'Disabled'
  }

  private get name(): string {
    return `Kafka event source ${this.mapping.functionKey} (topic ${this.mapping.topic})`
  }

  notice(text: string): void {
    this.log.notice(`${this.name}: ${text}`)
  }

  warning(text: string): void {
    this.log.warning(`${this.name}: ${text}`)
  }

  error(text: string): void {
    this.log.error(`${this.name}: ${text}`)
  }

  /** Says a lasting trouble once, however often it is met, until `recovered` ends it. */
  trouble(kind: string, text: string): void {
    if (this.said.has(kind)) return
    this.said.set(kind, text)
    this.lastProcessingResult = `PROBLEM: ${text}`
    this.warning(text)
  }

  /**
   * Says once that the cluster is away or refuses this mapping, or what else went wrong with it.
   * @param kind of what else
   */
  clusterTrouble(error: Error, kind = error.message): void {
    if (error instanceof AccessRefused) this.trouble('refused', `the broker refuses this mapping, trying again: ${error.message}`)
    else if (error instanceof ConnectionError) this.trouble('unreachable', `the broker cannot be reached, trying again: ${error.message}`)
    else this.trouble(kind, `trying again: ${error.message}`)
  }

  recovered(kind: string, text: string): void {
    if (this.said.delete(kind)) this.notice(text)
  }

  /** Ends every trouble with the cluster; that of a destination or of damaged records is another matter. */
  allRecovered(text: string): void {
    const ended = [...this.said.keys()].filter(isOfCluster)
    for (const kind of ended) this.said.delete(kind)
    if (ended.length > 0) this.notice(text)
    this.state = 'Enabled'
  }

  /** The next batch of a partition cannot be read; `error` says where and why. */
  damaged(partition: number, { message }: Error): void {
    this.trouble(`${DAMAGE_TROUBLE} ${partition}`, `${message}. Partition ${partition} waits there, nothing is passed over; trying again`)
  }

  readable(partition: number): void {
    this.recovered(`${DAMAGE_TROUBLE} ${partition}`, `partition ${partition} can be read again`)
  }

  invoked(succeeded: boolean, records: number): void {
    this.counts.invocations++
    this.lastProcessingResult = succeeded ? 'OK' : 'PROBLEM: Function call failed'
    if (succeeded) this.counts.records += records
    else this.counts.failures++
  }

  oversized(records: number): void {
    this.counts.oversized += records
  }

  discarded(records: number): void {
    this.counts.discarded += records
  }

  filtered(records: number): void {
    this.counts.filtered += records
  }

  partitionEnd(partition: number, offset: number): void {
    this.ends.set(partition, offset)
  }

  committed(offsets: ReadonlyMap<number, number>): void {
    for (const [partition, offset] of offsets) {
      if (!this.begins.has(partition)) this.begins.set(partition, offset)
      this.taken.set(partition, offset)
    }
  }

  /** Says once that the group's offsets win over the starting position that was set. */
  startingPositionIgnored(): void {
    const text = this.isStartingPositionSaid ? undefined : ignoredStartingPosition(this.mapping)
    this.isStartingPositionSaid = true
    if (text) this.warning(text)
  }

  /** Records that wait, and those that were worked off since the start, in whatever way. */
  load(): { lag: number; progress: number } {
    let [lag, progress] = [0, 0]
    for (const [partition, end] of this.ends) lag += Math.max(0, end - (this.taken.get(partition) ?? end))
    for (const [partition, taken] of this.taken) progress += taken - this.begins.get(partition)!
    return { lag, progress }
  }

  counters(): Counters {
    return { ...this.counts, lag: this.load().lag }
  }
}
