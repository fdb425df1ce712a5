// What can be told about each schedule?
import type { Schedule } from './definition'
import { nextRun } from './expression'
import type { Outcome, Run, Setting, Trigger } from './history'

/** A run, as programs read it: ISO 8601, names of the table. */
export interface RunStatus {
  run_id: string
  trigger: Trigger
  due_at: string
  started_at: string | null
  ended_at: string | null
  duration_ms: number | null
  /** Null while it goes on. */
  outcome: Outcome | null
  error: string | null
  /** Earlier due times that it stands for as well. */
  coalesced: number
}

export interface ScheduleStatus {
  schedule: string
  function: string
  expression: string
  timezone?: string
  description?: string
  input?: unknown
  enabled: boolean
  /** Null when it is disabled or never comes again. */
  next_run: string | null
  /** Since when a run goes on. */
  running_since: string | null
  /** The run that ended last; null when none has, or nobody can be asked. */
  last_run: RunStatus | null
}

const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString())

export function runStatus(run: Run): RunStatus {
  const { id, trigger, dueAt, startedAt, endedAt, durationMs = null, outcome = null, error = null, coalesced } = run
  return {
    run_id: id,
    trigger,
    due_at: new Date(dueAt).toISOString(),
    started_at: iso(startedAt),
    ended_at: iso(endedAt),
    duration_ms: durationMs,
    outcome,
    error,
    coalesced
  }
}

/**
 * Each schedule with its next and its last run; pure.
 * @param settings what was switched by hand
 * @param runs of each schedule the last run that ended and the one that goes on
 * @param now epoch milliseconds
 */
export function scheduleStatus(
  schedules: readonly Schedule[],
  settings: ReadonlyMap<string, Setting>,
  runs: ReadonlyMap<string, { last?: Run; running?: Run }>,
  now: number
): ScheduleStatus[] {
  return schedules.map(({ id, function: name, expression, timezone, description, input, enabled: asWritten, parsed }) => {
    const enabled = settings.get(id)?.isEnabled ?? asWritten
    const { last, running } = runs.get(id) ?? {}
    return {
      schedule: id,
      function: name,
      expression,
      ...(timezone === undefined ? {} : { timezone }),
      ...(description === undefined ? {} : { description }),
      ...(input === undefined ? {} : { input }),
      enabled,
      next_run: enabled && parsed ? iso(nextRun(parsed, now, timezone)) : null,
      running_since: iso(running?.startedAt),
      last_run: last ? runStatus(last) : null
    }
  })
}
