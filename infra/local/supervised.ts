// What happens when a service ends that should not have ended?
import { setTimeout as delay } from 'node:timers/promises'
import type { ProcessIdentity } from './processes'

/** A service that takes connections. */
export interface RunningService {
  port: number
  process: ProcessIdentity
  /** Resolves when the process has ended, for whatever reason; says how. */
  ended: Promise<string>
  /** Ends it in good order, within the time that its file names. */
  stop(): Promise<void>
  /** Ends it now, as a power cut would. */
  kill(): void
}

/** Restarts in a row before a service counts as failed; one that ran this long starts a new row. */
const RESTART_LIMIT = 5
const STEADY_MS = 60_000
const BACKOFF_MS = 100
const BACKOFF_LIMIT_MS = 5_000

export type ServiceEvent =
  | { type: 'running'; service: RunningService; restarts: number }
  | { type: 'ended'; how: string; restartInMs: number }
  | { type: 'failed'; how: string }

export interface Supervised<S extends RunningService> {
  current(): S | undefined
  stop(): Promise<void>
  kill(): void
}

/**
 * | state    | event              | next                                   |
 * |----------|--------------------|----------------------------------------|
 * | running  | process ends       | waiting (back-off), says so            |
 * | waiting  | time is over       | running, or waiting again, at most 5 × |
 * | any      | stop(), kill()     | stopped                                |
 *
 * Starts a service and keeps it running. The first start is the caller's to handle: it rejects when that fails.
 * @param start starts it once and resolves when it takes connections
 */
export async function supervise<S extends RunningService>(
  start: () => Promise<S>,
  onEvent: (event: ServiceEvent) => void
): Promise<Supervised<S>> {
  const stopping = new AbortController()
  let restarts = 0
  let startedAt = performance.now()
  let current: S | undefined = await start()
  let starting: Promise<void> | undefined
  onEvent({ type: 'running', service: current, restarts })

  const again = async (how: string): Promise<void> => {
    current = undefined
    if (performance.now() - startedAt > STEADY_MS) restarts = 0
    while (!stopping.signal.aborted) {
      if (++restarts > RESTART_LIMIT) return onEvent({ type: 'failed', how })
      const restartInMs = Math.min(BACKOFF_MS * 2 ** (restarts - 1), BACKOFF_LIMIT_MS)
      onEvent({ type: 'ended', how, restartInMs })
      await delay(restartInMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      try {
        current = await start()
        startedAt = performance.now()
        watch(current)
        return onEvent({ type: 'running', service: current, restarts })
      } catch (error) {
        how = (error as Error).message
      }
    }
  }
  const watch = (service: S) => {
    void service.ended.then(how => {
      if (!stopping.signal.aborted) starting = again(how)
    })
  }
  watch(current)

  return {
    current: () => current,
    async stop() {
      stopping.abort()
      await starting
      await current?.stop()
    },
    kill() {
      stopping.abort()
      current?.kill()
    }
  }
}
