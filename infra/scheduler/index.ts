// How does a running service get its scheduler? From its definition, with the database and the Lambda endpoint of the environment.
import type { Schedule } from '../../layers/schedule/definition'
import { systemClock } from './clock'
import type { Origin } from './event'
import { httpInvoke } from './invoke'
import { Journal } from './journal'
import { type ScheduledFunction, Scheduler } from './scheduler'

export type { ScheduledFunction }

export interface SchedulerOptions {
  schedules: readonly Schedule[]
  functions: Record<string, ScheduledFunction>
  origin: Origin
  databaseUrl: string
  lambdaEndpoint: string
  /** One sentence for the log: a run failed, the database is away. */
  say(sentence: string): void
}

/** Starts the scheduler; connects to the database in the background. */
export function startScheduler(options: SchedulerOptions): { stop(): Promise<void> } {
  const { databaseUrl, lambdaEndpoint, schedules, say } = options
  const journal = new Journal(databaseUrl, systemClock, say)
  const scheduler = new Scheduler(schedules, { ...options, clock: systemClock, invoke: httpInvoke(lambdaEndpoint), journal })
  scheduler.start()
  return scheduler
}
