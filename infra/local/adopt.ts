// Are the services up already, or must somebody start them?
import { setTimeout as delay } from 'node:timers/promises'
import { PipelineError } from '../../layers/errors'
import type { Place } from './place'
import { isAlive, type ProcessIdentity } from './processes'
import { AlreadyRunning, type Stack, startStack } from './stack'
import { type Endpoints, liveState, readState, type SupervisorKind } from './state'

const POLL_MS = 50
const READY_TIMEOUT_MS = 90_000

/**
 * Waits until the stack of another process is ready.
 * @returns undefined when that process ended first
 * @throws PipelineError TIMED_OUT after 90 s
 */
export async function waitUntilReady(place: Place, owner: ProcessIdentity): Promise<Endpoints | undefined> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  while (performance.now() < deadline) {
    const live = liveState(place)
    if (live?.supervisor.readyAt !== undefined && live.supervisor.pid === owner.pid) return live.endpoints as Endpoints
    if (!isAlive(owner)) return undefined
    await delay(POLL_MS)
  }
  throw new PipelineError('TIMED_OUT', `the services that process ${owner.pid} starts were not ready after ${READY_TIMEOUT_MS / 1000} s`)
}

/**
 * The services of this checkout without its functions: those that run, or new ones that belong to the caller.
 * @returns `stack` only when the caller has to stop it
 */
export async function adoptOrStart(
  place: Place,
  kind: SupervisorKind,
  env: NodeJS.ProcessEnv,
  say: (sentence: string) => void
): Promise<{ endpoints: Endpoints; stack?: Stack; functionsRun: boolean }> {
  for (;;) {
    try {
      const stack = await startStack(place, { kind, functions: false, env, say })
      return { endpoints: stack.endpoints, stack, functionsRun: false }
    } catch (error) {
      if (!(error instanceof AlreadyRunning)) throw error
      const endpoints = await waitUntilReady(place, error.owner)
      if (endpoints !== undefined) {
        const functionsRun = readState(place).services?.some(({ name, state }) => name === 'functions' && state === 'running') ?? false
        return { endpoints, functionsRun }
      }
    }
  }
}
