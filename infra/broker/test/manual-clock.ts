// How does a test pass an hour at once? A clock that stands still until it is moved.
import type { Clock } from '../src/clock'

export class ManualClock implements Clock {
  private time = 1_000_000
  private tasks: { due: number; task: () => void }[] = []

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

  /** Moves time on, running what falls due in between, in order. */
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

  get pending(): number {
    return this.tasks.length
  }
}
