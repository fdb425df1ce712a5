// What does a mapping tell its user? Log lines that name it, states said once, and counters.
import type { Mapping } from './mapping/mapping'

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

export class Report {
  private readonly said = new Map<string, string>()
  private readonly ends = new Map<number, number>()
  private readonly taken = new Map<number, number>()
  private readonly counts = { records: 0, invocations: 0, failures: 0, oversized: 0, discarded: 0, filtered: 0 }

  constructor(
    readonly mapping: Mapping,
    readonly log: Log
  ) {}

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
    this.warning(text)
  }

  recovered(kind: string, text: string): void {
    if (this.said.delete(kind)) this.notice(text)
  }

  /** Ends every trouble. */
  allRecovered(text: string): void {
    if (this.said.size > 0) this.notice(text)
    this.said.clear()
  }

  invoked(succeeded: boolean, records: number): void {
    this.counts.invocations++
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
    for (const [partition, offset] of offsets) this.taken.set(partition, offset)
  }

  counters(): Counters {
    let lag = 0
    for (const [partition, end] of this.ends) lag += Math.max(0, end - (this.taken.get(partition) ?? end))
    return { ...this.counts, lag }
  }
}
