// How does a test pass an hour at once? A clock that stands still until it is moved.
import type { Clock } from './clock'

/** Given to `startBroker({ clock })`, it decides when sessions, rebalances and transactions time out and when records are too old to keep. */
export class ManualClock implements Clock {
  private time: number
  private tasks: { due: number; task: () => void }[] = []

  /** @param startMs epoch milliseconds that it begins at: by default those of the machine, so that it agrees with the times of producers */
  constructor(startMs = Date.now()) {
    this.time = startMs
  }

  now(): number {
    return this.time
  }

  schedule(delayMs: number, task: () => void): () => void {
    const entry = { due: this.time + delayMs, task }
    this.tasks.push(entry)
    return () => {
      this.tasks = this.tasks.filter(each => each !== entry)
    }
  }

  /** Moves time on by `ms` and runs what falls due in between, in order. */
  advance(ms: number): void {
    const end = this.time + ms
    for (;;) {
      const next = this.tasks.filter(({ due }) => due <= end).sort((left, right) => left.due - right.due)[0]
      if (!next) break
      this.tasks = this.tasks.filter(each => each !== next)
      this.time = Math.max(this.time, next.due)
      next.task()
    }
    this.time = end
  }

  /** How many tasks are still to fall due. */
  get pending(): number {
    return this.tasks.length
  }
}
