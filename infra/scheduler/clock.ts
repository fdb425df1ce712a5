// What time is it, and when does something fall due? The one place of the scheduler that asks the machine, so that a test can drive time itself.

export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Runs `task` once, `delayMs` from now, unless the returned function is called before. */
  schedule(delayMs: number, task: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, task) {
    const timer = setTimeout(task, delayMs)
    return () => clearTimeout(timer)
  }
}
