// How long is a failed attempt waited out? Exponentially, with a cap, and never past an abort.

export interface BackoffLimits {
  firstMs: number
  mostMs: number
}

/** Between attempts to reach a broker, a coordinator or a leader. */
export const RECONNECT_BACKOFF: BackoffLimits = { firstMs: 100, mostMs: 3000 }

/** Between attempts of a failing batch, unless the service sets its own: undocumented on AWS. These suit someone who is about to fix the handler. */
export const RETRY_BACKOFF: BackoffLimits = { firstMs: 250, mostMs: 10_000 }

/** The wait before attempt `failures + 1`: doubles from the first to the most. */
export function backoffMs(failures: number, { firstMs, mostMs }: BackoffLimits): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(30, failures - 1))
}

/** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
