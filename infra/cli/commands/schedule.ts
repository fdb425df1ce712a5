// Which functions run by the clock, how did that go, and how is one run now or switched?
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { parse } from 'yaml'
import { nearest } from '../../../layers/contract/identifiers'
import { PipelineError } from '../../../layers/errors'
import { readSchedules, type Schedule } from '../../../layers/schedule/definition'
import { findRun, lastRuns, type Run, readSettings, recentRuns, requestRun, setEnabled } from '../../../layers/schedule/history'
import { type RunStatus, runStatus, scheduleStatus } from '../../../layers/schedule/status'
import { connectedTo } from '../../../layers/store/connection'
import { externalServers } from '../../local/external'
import { liveState } from '../../local/state'
import { type Context, exitCodes, printJson, usageError } from '../context'
import { ensureUp } from '../detached'
import { paint, table } from '../terminal'

const POLL_MS = 100
/** The scheduler hears of a request at once; when it has not started by then, nothing runs schedules. */
const START_TIMEOUT_MS = 15_000

const say = (sentence: string) => void process.stderr.write(`${sentence}\n`)

function schedulesOf(context: Context): Schedule[] {
  const definition = parse(readFileSync(join(context.place.root, 'serverless.yml'), 'utf8')) as { functions?: Record<string, never> }
  return readSchedules(definition.functions ?? {})
}

/** By its id, or by the name of a function that has only this one. */
function scheduleNamed(context: Context, name: string): Schedule {
  const schedules = schedulesOf(context)
  const found = schedules.find(({ id }) => id === name)
  if (found) return found
  const ofFunction = schedules.filter(schedule => schedule.function === name)
  if (ofFunction.length === 1) return ofFunction[0]!
  const ids = schedules.map(({ id }) => id)
  throw usageError(`there is no schedule '${name}'`, nearest(name, ids), ids)
}

/** Of the running stack, or the one that the environment names; undefined when nothing runs. */
function databaseUrl(context: Context): string | undefined {
  return liveState(context.place)?.endpoints?.database ?? externalServers(process.env).database
}

/** ` 12.3 s` and `2026-11-21 13:40:05Z`, for people. */
const seconds = (ms: number | null) => (ms === null ? '' : `${(ms / 1000).toFixed(1)} s`)
const moment = (iso: string | null) => (iso === null ? '' : `${iso.slice(0, 10)} ${iso.slice(11, 19)}Z`)
const outcomeOf = (outcome: RunStatus['outcome']) =>
  outcome === null ? paint('cyan', 'running') : paint(outcome === 'ok' ? 'green' : outcome === 'skipped' ? 'dim' : 'red', outcome)

/** Works when nothing runs: then from serverless.yml alone. */
export async function list(context: Context): Promise<number> {
  const schedules = schedulesOf(context)
  const url = databaseUrl(context)
  const [settings, runs] =
    url === undefined
      ? [new Map(), new Map()]
      : await connectedTo(url, async client => [await readSettings(client), await lastRuns(client)] as const)
  const found = scheduleStatus(schedules, settings, runs, Date.now())
  if (context.json) {
    printJson({ schedules: found })
    return exitCodes.ok
  }
  const rows = found.map(({ schedule, expression, timezone, enabled, next_run, running_since, last_run }) => [
    schedule,
    timezone === undefined ? expression : `${expression} ${timezone}`,
    enabled ? moment(next_run) || 'never' : 'disabled',
    running_since === null ? moment(last_run?.started_at ?? null) : moment(running_since),
    running_since === null ? seconds(last_run?.duration_ms ?? null) : '',
    running_since === null ? (last_run ? outcomeOf(last_run.outcome) : '') : outcomeOf(null)
  ])
  process.stdout.write(`${table([['schedule', 'expression', 'next run', 'last run', 'took', 'outcome'], ...rows])}\n`)
  if (url === undefined) process.stdout.write('\nNothing runs, so the last runs are not known. Start with `npx sluice start`.\n')
  return exitCodes.ok
}

export interface HistoryOptions {
  json?: boolean
  limit?: number
}

const HISTORY_LIMIT = 20

export async function history(context: Context, options: HistoryOptions, name?: string): Promise<number> {
  const schedule = name === undefined ? undefined : scheduleNamed(context, name)
  const url = databaseUrl(context)
  if (url === undefined)
    throw new PipelineError('DATABASE_UNAVAILABLE', 'the history is in the database, and nothing runs', {
      remedy: 'Start with `npx sluice start`.'
    })
  const runs = await connectedTo(url, client => recentRuns(client, schedule?.id, options.limit ?? HISTORY_LIMIT))
  if (context.json) {
    printJson({
      runs: runs.map(run => ({ schedule: run.schedule, function: run.function, expression: run.expression, ...runStatus(run) }))
    })
    return exitCodes.ok
  }
  const rows = runs.map(run => {
    const { trigger, due_at, started_at, duration_ms, outcome, coalesced, error } = runStatus(run)
    const why = coalesced > 0 ? `${trigger}, for ${coalesced} earlier as well` : trigger
    const how = error === null ? outcomeOf(outcome) : `${outcomeOf(outcome)}: ${error.split('\n')[0]}`
    return [run.schedule, moment(due_at), moment(started_at), seconds(duration_ms), why, how]
  })
  process.stdout.write(`${table([['schedule', 'due', 'started', 'took', 'why', 'outcome'], ...rows])}\n`)
  return exitCodes.ok
}

/** Waits until the run has ended. */
async function untilEnded(client: pg.Client, id: string): Promise<Run> {
  const startBy = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const run = await findRun(client, id)
    if (run?.outcome !== undefined) return run
    if (run?.startedAt === undefined && performance.now() > startBy) {
      const busy = (await lastRuns(client)).get(run?.schedule ?? '')?.running
      if (!busy)
        throw new PipelineError('TIMED_OUT', `nothing took the run up within ${START_TIMEOUT_MS / 1000} s`, {
          remedy: 'Look at `npx sluice status`, and at .sluice/logs/functions.log.'
        })
    }
    await delay(POLL_MS)
  }
}

/** Runs it now, next to its times, and waits for the end; a run of it that goes on is waited for first. */
export async function run(context: Context, name: string): Promise<number> {
  const schedule = scheduleNamed(context, name)
  const { endpoints } = await ensureUp(context.place, say)
  const id = randomUUID()
  const ended = await connectedTo(endpoints.database, async client => {
    const running = (await lastRuns(client)).get(schedule.id)?.running
    if (running) say(`${schedule.id} runs since ${moment(runStatus(running).started_at)}; this run comes after it.`)
    await requestRun(client, { id, schedule: schedule.id, function: schedule.function, expression: schedule.expression })
    return untilEnded(client, id)
  })
  const status = runStatus(ended)
  const isOk = status.outcome === 'ok'
  if (context.json) printJson({ schedule: schedule.id, function: schedule.function, ...status })
  else if (isOk) process.stdout.write(`${schedule.id}: ok after ${seconds(status.duration_ms)}\n`)
  else process.stderr.write(`${schedule.id}: ${status.outcome}: ${status.error}\n`)
  return isOk ? exitCodes.ok : exitCodes.failed
}

/** From now on, for every later start as well, until it is switched back. */
export async function toggle(context: Context, name: string, isEnabled: boolean): Promise<number> {
  const schedule = scheduleNamed(context, name)
  const url = databaseUrl(context) ?? (await ensureUp(context.place, say)).endpoints.database
  await connectedTo(url, client => setEnabled(client, schedule, isEnabled))
  if (context.json) printJson({ schedule: schedule.id, enabled: isEnabled })
  else process.stdout.write(`${schedule.id} is ${isEnabled ? 'enabled' : 'disabled'}.\n`)
  return exitCodes.ok
}
