// When does a command that runs on and on end?

/**
 * A signal that is aborted by Ctrl-C, by SIGTERM, or after some time; the process goes on, so that the command can end in good order.
 * @param afterMs milliseconds; undefined waits for a signal of the user
 * @returns `release` gives Ctrl-C its usual meaning back
 */
export function untilInterrupted(afterMs?: number): { signal: AbortSignal; release(): void } {
  const end = new AbortController()
  const abort = () => end.abort()
  const timer = afterMs === undefined ? undefined : setTimeout(abort, afterMs)
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.once(name, abort)
  return {
    signal: end.signal,
    release() {
      clearTimeout(timer)
      for (const name of names) process.off(name, abort)
    }
  }
}
