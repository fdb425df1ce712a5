// When is a log looked after: when does retention let go, and compaction write anew?
import type { Clock } from '../clock'

/** What is looked after; a promise when it takes a while. */
export interface Cleanable {
  cleanUp(): Promise<void> | undefined
}

/** Looks after all logs, one after the other, every `intervalMs` of the clock. */
export class Housekeeper {
  private cancel: () => void
  private isClosed = false

  constructor(
    private readonly logs: () => Iterable<Cleanable>,
    private readonly clock: Clock,
    private readonly intervalMs: number
  ) {
    this.cancel = this.next()
  }

  private next(): () => void {
    return this.clock.schedule(this.intervalMs, () => void this.run())
  }

  private async run(): Promise<void> {
    for (const log of this.logs()) {
      if (this.isClosed) return
      const cleaning = log.cleanUp()
      if (cleaning) await cleaning
    }
    if (!this.isClosed) this.cancel = this.next()
  }

  /** Ends the rounds. What a log is still at ends with the log. */
  close(): void {
    this.isClosed = true
    this.cancel()
  }
}
