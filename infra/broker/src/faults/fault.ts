// How does a test follow a fault that it asked for?
import { FaultError } from './rules'

/** A fault that a test asked for. */
export interface Fault {
  /** How many requests it has met. */
  readonly count: number
  /** Resolves once it has met `times` requests, 1 by default. Rejects with FaultError when it is restored before. */
  happened(times?: number): Promise<void>
  /** Ends it; what it has done stays done. */
  restore(): void
}

interface Waiter {
  times: number
  resolve: () => void
  reject: (error: Error) => void
}

/** Counts what a fault meets, until it has met all it is for. */
export class RunningFault implements Fault {
  count = 0
  isOver = false
  private waiters: Waiter[] = []

  constructor(
    /** The call that asked for it, for messages. */
    private readonly call: string,
    private readonly times: number,
    private readonly onOver: () => void
  ) {}

  happened(times = 1): Promise<void> {
    if (this.count >= times) return Promise.resolve()
    if (this.isOver || times > this.times) return Promise.reject(this.missed(times))
    return new Promise((resolve, reject) => this.waiters.push({ times, resolve, reject }))
  }

  private missed(times: number): FaultError {
    return new FaultError(`${this.call}: met ${this.count} of ${times} requests, and is for ${this.isOver ? 'no more' : this.times}.`)
  }

  /** Notes one request. */
  meet(): void {
    this.count++
    for (const { resolve, times } of this.waiters) if (times <= this.count) resolve()
    this.waiters = this.waiters.filter(({ times }) => times > this.count)
    if (this.count >= this.times) this.restore()
  }

  restore(): void {
    if (this.isOver) return
    this.isOver = true
    this.onOver()
    for (const { reject, times } of this.waiters.splice(0)) reject(this.missed(times))
  }
}
