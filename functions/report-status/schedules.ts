// Which functions run by the clock, when next, and how did the last run end?
import { parse } from 'yaml'
import { readSchedules, type Schedule, type ScheduledFunctions } from '../../layers/schedule/definition'
import { lastRuns, readSettings, runCounts } from '../../layers/schedule/history'
import { type ScheduleStatus, scheduleStatus } from '../../layers/schedule/status'
import { poolFor } from '../../layers/store/pool'

/** The schedules of a service definition, in its order. */
export function schedulesOf(serverlessYml: string): Schedule[] {
  const { functions = {} } = (parse(serverlessYml) ?? {}) as { functions?: ScheduledFunctions }
  return readSchedules(functions)
}

export interface ScheduleReport {
  schedules: ScheduleStatus[]
  /** Runs that ever ended. */
  counts: { schedule: string; outcome: string; count: number }[]
}

/**
 * @param schedules of the service definition
 * @param databaseUrl where the scheduler keeps its history
 */
export async function readScheduleReport(schedules: readonly Schedule[], databaseUrl: string): Promise<ScheduleReport> {
  const pool = poolFor(databaseUrl)
  const settings = await readSettings(pool)
  const runs = await lastRuns(pool)
  return { schedules: scheduleStatus(schedules, settings, runs, Date.now()), counts: await runCounts(pool) }
}
