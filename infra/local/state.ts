// What of this checkout is running, where, and who looks after it?
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { writeAtomically } from './atomic-file'
import type { Place } from './place'
import type { Ports } from './ports'
import { identityOf, isAlive, type ProcessIdentity } from './processes'

/** Who started the services: `sluice start`, `serverless offline`, or one `serverless invoke local`. */
export type SupervisorKind = 'start' | 'offline' | 'invoke'

export interface Supervisor extends ProcessIdentity {
  kind: SupervisorKind
  /** ISO 8601; set once every service answers. */
  readyAt?: string
  /** Milliseconds from the start of the supervisor until each step was done. */
  timings?: Record<string, number>
}

export interface ServiceState {
  name: 'postgres' | 'kafka' | 'functions'
  state: 'starting' | 'running' | 'stopped' | 'external' | 'failed'
  port?: number
  process?: ProcessIdentity
  restarts?: number
}

/** Where clients connect. The database URL is that of `sluice_app`; the superuser's password is nowhere but in secrets.json. */
export interface Endpoints {
  kafka: string
  database: string
  timescale: string
  mysql: string
  lake: string
  http: string
  lambda: string
  dashboard: string
  /** What the Kafka mappings say of themselves. */
  mappings: string
}

export interface State {
  supervisor?: Supervisor
  ports?: Partial<Ports>
  endpoints?: Partial<Endpoints>
  services?: ServiceState[]
  /** Sample data that the first start has sent. */
  fed?: string[]
  /** Hash of the contracts that were last checked against the standard's schema. */
  contractsChecked?: string
  /** A data directory outside of the checkout, where Postgres as root cannot reach the checkout. */
  postgresFolder?: string
}

/** An absent file is an empty state; so is one that is not JSON, which only an editor can have written. */
export function readState(place: Place): State {
  try {
    return JSON.parse(readFileSync(place.stateFile, 'utf8')) as State
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return {}
    throw error
  }
}

export function updateState(place: Place, change: Partial<State>): State {
  const next = { ...readState(place), ...change }
  mkdirSync(place.state, { recursive: true })
  writeAtomically(place.stateFile, `${JSON.stringify(next, null, 2)}\n`, { mode: 0o600, durable: false })
  return next
}

/** The state when its supervisor lives, else undefined. */
export function liveState(place: Place): (State & { supervisor: Supervisor }) | undefined {
  const state = readState(place)
  return state.supervisor !== undefined && isAlive(state.supervisor) ? { ...state, supervisor: state.supervisor } : undefined
}

function lockOwner(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}

/**
 * Makes this process the only one that starts services here. The lock is a hard link to a complete file, so that nobody reads half of it;
 * a dead owner's lock is renamed away first, which only one of several rivals can do.
 * @returns how to give it back, or the living owner
 */
export function takeLock(place: Place): { release(): void } | { owner: ProcessIdentity } {
  mkdirSync(place.state, { recursive: true })
  const mine = `${place.lockFile}.${process.pid}`
  const stale = `${mine}.stale`
  writeFileSync(mine, JSON.stringify(identityOf(process.pid)))
  try {
    for (;;) {
      try {
        linkSync(mine, place.lockFile)
        return { release: () => rmSync(place.lockFile, { force: true }) }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const owner = lockOwner(place.lockFile)
      if (owner !== undefined && isAlive(owner)) return { owner }
      try {
        renameSync(place.lockFile, stale)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        continue
      }
      // between reading and renaming a rival may have put a living lock there: give it back
      const renamed = lockOwner(stale)
      if (renamed !== undefined && isAlive(renamed)) {
        linkSync(stale, place.lockFile)
        return { owner: renamed }
      }
    }
  } finally {
    rmSync(mine, { force: true })
    rmSync(stale, { force: true })
  }
}
