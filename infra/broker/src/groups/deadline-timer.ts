// When does the next of a group's deadlines pass? One timer for all of them.
import type { Clock } from '../clock'

/** Calls `expire` when the earliest deadline has passed. Whoever sets one calls `arm` or `armBy`; early is harmless. */
export class DeadlineTimer {
  private timer: { due: number; cancel: () => void } | undefined

  constructor(
    private readonly clock: Clock,
    /** The earliest deadline in epoch milliseconds, infinite when there is none. */
    private readonly next: () => number,
    private readonly expire: () => void
  ) {}

  /** Sees to the earliest deadline. */
  arm(): void {
    this.armBy(this.next())
  }

  // Heartbeats only move deadlines back, so a timer that fires early costs less than one reset on each of them.
  /** Sees to one deadline, which may be the earliest. */
  armBy(due: number): void {
    if (this.timer && this.timer.due <= due) return
    this.stop()
    if (due === Number.POSITIVE_INFINITY) return
    const cancel = this.clock.schedule(Math.max(0, due - this.clock.now()), () => {
      this.timer = undefined
      this.expire()
      this.arm()
    })
    this.timer = { due, cancel }
  }

  stop(): void {
    this.timer?.cancel()
    this.timer = undefined
  }
}
