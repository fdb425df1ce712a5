// What ran, how did it end, and what was switched by hand? The scheduler's tables in DATABASE_URL.
import type pg from 'pg'
import countsSql from '../../sql/queries/schedule-counts.sql'
import enabledSet from '../../sql/queries/schedule-enabled-set.sql'
import requestsList from '../../sql/queries/schedule-requests-list.sql'
import runFind from '../../sql/queries/schedule-run-find.sql'
import runRequest from '../../sql/queries/schedule-run-request.sql'
import runWrite from '../../sql/queries/schedule-run-write.sql'
import runsInterrupt from '../../sql/queries/schedule-runs-interrupt.sql'
import runsLast from '../../sql/queries/schedule-runs-last.sql'
import runsList from '../../sql/queries/schedule-runs-list.sql'
import runsPrune from '../../sql/queries/schedule-runs-prune.sql'
import settingsList from '../../sql/queries/schedule-settings-list.sql'
import settingsWrite from '../../sql/queries/schedule-settings-write.sql'

/** What the tables' writers notify each other through. */
export const SCHEDULE_CHANNEL = 'sluice_schedules'
/** Runs of a schedule that are kept: eight hours of one that runs each minute, decades of a quarterly one. */
export const RUNS_KEPT = 500
/** An error is for reading, not for keeping a stack of megabytes. */
const MAX_ERROR_LENGTH = 2_000

export const outcomes = ['ok', 'failed', 'timed_out', 'interrupted', 'skipped'] as const
export type Outcome = (typeof outcomes)[number]
/** Why it ran: it fell due, it made up for a due time that was missed, or somebody asked for it. */
export type Trigger = 'schedule' | 'catch-up' | 'manual'

/** Times are epoch milliseconds. */
export interface Run {
  id: string
  schedule: string
  function: string
  expression: string
  trigger: Trigger
  /** When it fell due; of a manual run when it was asked for. */
  dueAt: number
  /** Earlier due times that it stands for as well. */
  coalesced: number
  /** Undefined: asked for and not started. */
  startedAt?: number
  endedAt?: number
  durationMs?: number
  /** Undefined: not ended. */
  outcome?: Outcome
  error?: string
  requestId?: string
}

export interface Setting {
  /** What was switched by hand; undefined: as serverless.yml says. */
  isEnabled?: boolean
  /** The expression of the last start. */
  expression?: string
  /** Every due time up to here has had its run, and was not interrupted in it; undefined while it was disabled. */
  dueUntil?: number
}

type Client = Pick<pg.Pool, 'query'>

interface Row {
  run_id: string
  schedule_id: string
  function_name: string
  expression: string
  trigger: Trigger
  due_at: Date
  coalesced_count: number
  started_at: Date | null
  ended_at: Date | null
  duration_ms: number | null
  outcome: Outcome | null
  error: string | null
  request_id: string | null
}

const runOf = (row: Row): Run => ({
  id: row.run_id,
  schedule: row.schedule_id,
  function: row.function_name,
  expression: row.expression,
  trigger: row.trigger,
  dueAt: row.due_at.getTime(),
  coalesced: row.coalesced_count,
  startedAt: row.started_at?.getTime(),
  endedAt: row.ended_at?.getTime(),
  durationMs: row.duration_ms ?? undefined,
  outcome: row.outcome ?? undefined,
  error: row.error ?? undefined,
  requestId: row.request_id ?? undefined
})

const date = (ms: number | undefined) => (ms === undefined ? null : new Date(ms))

/** Writes how far a run is; one that has ended in the table stays as it is there. Ended ones beyond the last 500 of a schedule go. */
export async function writeRun(client: Client, run: Run): Promise<void> {
  const { id, schedule, function: name, expression, trigger, dueAt, coalesced, startedAt, endedAt, durationMs, outcome, error } = run
  await client.query(runWrite, [
    ...[id, schedule, name, expression, trigger, date(dueAt), coalesced, date(startedAt), date(endedAt)],
    ...[durationMs ?? null, outcome ?? null, error?.slice(0, MAX_ERROR_LENGTH) ?? null, run.requestId ?? null]
  ])
  if (outcome !== undefined) await client.query(runsPrune, [schedule, RUNS_KEPT])
}

/**
 * Marks what a process that was killed left going on; `dueUntil` goes back to before what had fallen due.
 * @param goingOn ids of the caller's own runs
 */
export async function interruptRuns(client: Client, goingOn: readonly string[]): Promise<void> {
  await client.query(runsInterrupt, [goingOn])
}

/** The last runs, newest first, of one schedule or of all. */
export async function recentRuns(client: Client, schedule: string | undefined, limit: number): Promise<Run[]> {
  return (await client.query<Row>(runsList, [schedule ?? null, limit])).rows.map(runOf)
}

export async function findRun(client: Client, id: string): Promise<Run | undefined> {
  const [row] = (await client.query<Row>(runFind, [id])).rows
  return row && runOf(row)
}

/** Of each schedule the run that ended last and the one that is going on. */
export async function lastRuns(client: Client): Promise<Map<string, { last?: Run; running?: Run }>> {
  const found = new Map<string, { last?: Run; running?: Run }>()
  for (const run of (await client.query<Row>(runsLast)).rows.map(runOf))
    found.set(run.schedule, { ...found.get(run.schedule), [run.outcome === undefined ? 'running' : 'last']: run })
  return found
}

/** Asks the scheduler for a run of a schedule now. */
export async function requestRun(client: Client, run: Pick<Run, 'id' | 'schedule' | 'function' | 'expression'>): Promise<void> {
  await client.query(runRequest, [run.id, run.schedule, run.function, run.expression])
}

/** What was asked for and has not started, oldest first. */
export async function openRequests(client: Client): Promise<(Run & { ageMs: number })[]> {
  return (await client.query<Row & { age_ms: number }>(requestsList)).rows.map(row => ({ ...runOf(row), ageMs: row.age_ms }))
}

export async function readSettings(client: Client): Promise<Map<string, Setting>> {
  const { rows } = await client.query<{
    schedule_id: string
    is_enabled: boolean | null
    expression: string | null
    due_until: Date | null
  }>(settingsList)
  return new Map(
    rows.map(row => [
      row.schedule_id,
      { isEnabled: row.is_enabled ?? undefined, expression: row.expression ?? undefined, dueUntil: row.due_until?.getTime() }
    ])
  )
}

/** Notes expression and `dueUntil` of schedules; what was switched by hand stays. */
export async function writeSettings(
  client: Client,
  settings: readonly { schedule: string; expression: string; dueUntil?: number }[]
): Promise<void> {
  await client.query(settingsWrite, [
    settings.map(({ schedule }) => schedule),
    settings.map(({ expression }) => expression),
    settings.map(({ dueUntil }) => date(dueUntil))
  ])
}

/**
 * Switches a schedule on or off, for the scheduler that runs and for every later start.
 * @param schedule its id and what serverless.yml says; when both say the same, serverless.yml has the word again
 */
export async function setEnabled(client: Client, schedule: { id: string; enabled: boolean }, isEnabled: boolean): Promise<void> {
  await client.query(enabledSet, [schedule.id, schedule.enabled === isEnabled ? null : isEnabled, isEnabled])
}

export async function runCounts(client: Client): Promise<{ schedule: string; outcome: Outcome; count: number }[]> {
  const { rows } = await client.query<{ schedule_id: string; outcome: Outcome; run_count: string }>(countsSql)
  return rows.map(row => ({ schedule: row.schedule_id, outcome: row.outcome, count: Number(row.run_count) }))
}
