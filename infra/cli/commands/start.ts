// How does everything come up with one command, and what does the user see of it?
import { PipelineError } from '../../../layers/errors'
import { waitUntilReady } from '../../local/adopt'
import { defaultPorts } from '../../local/ports'
import { AlreadyRunning, Interrupted, type Stack, startStack } from '../../local/stack'
import { type Endpoints, readState, updateState } from '../../local/state'
import { type Context, exitCodes, printJson } from '../context'
import { ensureUp, type SupervisorMessage } from '../detached'
import { feed } from '../feed'
import { datasetLine, fetchReport } from '../report'
import { LiveLines, paint, table } from '../terminal'
import { readerUrl } from './status'

export interface StartOptions {
  json?: boolean
  detach?: boolean
  compose?: boolean
  /** false: what flows is only what somebody sends, and the schedules. */
  samples?: boolean
  /** Started by another command: no output, one IPC message, no terminal. */
  supervise?: boolean
}

const LIVE_MS = 1_000
const PLAIN_MS = 10_000
const REPORT_TIMEOUT_MS = 2_000

const say = (sentence: string) => void process.stderr.write(`${sentence}\n`)

/** What runs where; printed once. */
function overview(context: Context, endpoints: Endpoints, headline: string, howToStop: string): string {
  const moved = Object.entries(readState(context.place).ports ?? {}).filter(
    ([name, port]) => port !== defaultPorts[name as keyof typeof defaultPorts]
  )
  const lines = [
    ['dashboard', endpoints.dashboard],
    ['Kafka', endpoints.kafka],
    ['Postgres', `psql '${readerUrl(context, { ...endpoints })}'`],
    ['Lambda', endpoints.lambda],
    ['data, logs', context.place.state],
    ...(moved.length > 0
      ? [['ports', `${moved.map(([name, port]) => `${name} ${port}`).join(', ')} instead of the usual ones, which were taken`]]
      : []),
    ['stop', howToStop]
  ]
  return `${paint('bold', headline)}\n${table(lines.map(([name, value]) => [`  ${name}`, value!]))}\n`
}

/** Shows one line a dataset until the signal: written over on a terminal, elsewhere only when something changed. */
async function showDatasets(http: string, signal: AbortSignal): Promise<void> {
  const isTerminal = process.stdout.isTTY === true
  const live = new LiveLines()
  let last = ''
  while (!signal.aborted) {
    const report = await fetchReport(http, REPORT_TIMEOUT_MS)
    const lines = report?.datasets.map(datasetLine) ?? []
    if (!signal.aborted && lines.length > 0) {
      if (isTerminal) live.show(lines)
      else if (lines.join() !== last) process.stdout.write(`${lines.join('\n')}\n`)
      last = lines.join()
    }
    await wait(isTerminal ? LIVE_MS : PLAIN_MS, signal)
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** The first signal asks for an end in good order, the second ends everything at once. */
function onSignals(end: AbortController, killAll: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (end.signal.aborted) {
        killAll()
        process.exit(exitCodes.interrupted)
      }
      end.abort()
    })
  }
}

const PARENT_MS = 500

/**
 * Ends when `npm start` was ended by a signal: npm hands it to the shell between us, which does not hand it on.
 * Only under npm; a supervisor that was started with `&` outlives its shell.
 */
function endWithNpm(end: AbortController): void {
  if (process.env['npm_lifecycle_event'] !== 'start') return
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && end.abort(), PARENT_MS).unref()
}

async function alreadyRunning(context: Context, error: AlreadyRunning): Promise<number> {
  const endpoints = await waitUntilReady(context.place, error.owner)
  if (endpoints === undefined)
    throw new PipelineError('SERVICE_FAILED', `process ${error.owner.pid} was starting the services and ended`, { remedy: 'Start again.' })
  if (context.json) printJson({ started: false, endpoints })
  else process.stdout.write(overview(context, endpoints, `Runs already under process ${error.owner.pid}.`, 'npx sluice stop'))
  return exitCodes.ok
}

/** Supervises in this process until a signal. */
async function foreground(context: Context, options: StartOptions): Promise<number> {
  const end = new AbortController()
  let stack: Stack | undefined
  onSignals(end, () => stack?.kill())
  endWithNpm(end)
  const tell = (message: SupervisorMessage) => void (process.connected && process.send?.(message))
  // who started us gave up before we were ready
  const orphaned = () => end.abort()
  process.once('disconnect', orphaned)
  try {
    stack = await startStack(context.place, { kind: 'start', functions: true, signal: end.signal, say })
  } catch (error) {
    if (error instanceof Interrupted) return exitCodes.interrupted
    if (error instanceof AlreadyRunning && !options.supervise) return alreadyRunning(context, error)
    const { code = 'SERVICE_FAILED', remedy = '' } = error instanceof PipelineError ? error : {}
    tell({ type: 'failed', code, message: (error as Error).message, remedy })
    throw error
  }
  process.off('disconnect', orphaned)
  const readyMs = Math.round(performance.now())
  tell({ type: 'ready', endpoints: stack.endpoints })
  const supervisor = readState(context.place).supervisor!
  const remember = (more: Record<string, number>) => {
    Object.assign(timings, more)
    if (!end.signal.aborted) updateState(context.place, { supervisor: { ...supervisor, timings } })
  }
  const timings = { ...supervisor.timings }
  remember({ command_to_ready: readyMs })
  const fed =
    options.samples === false
      ? Promise.resolve()
      : feed(context.place, stack, end.signal, say, ms => remember({ command_to_first_row: ms }))
  if (context.json) printJson({ started: true, endpoints: stack.endpoints, ready_ms: readyMs, timings })
  else if (!options.supervise) {
    process.stdout.write(`${overview(context, stack.endpoints, `Sluice is ready after ${(readyMs / 1000).toFixed(1)} s.`, 'Ctrl-C')}\n`)
    void showDatasets(stack.endpoints.http, end.signal)
  }
  if (!end.signal.aborted) await new Promise(resolve => end.signal.addEventListener('abort', resolve))
  const stoppingAt = performance.now()
  await stack.stop()
  await fed
  if (!options.supervise && !context.json)
    process.stdout.write(`\nStopped in ${((performance.now() - stoppingAt) / 1000).toFixed(1)} s. The next start goes on from here.\n`)
  return exitCodes.ok
}

export async function start(context: Context, options: StartOptions): Promise<number> {
  if (options.compose) Object.assign(process.env, await (await import('../compose')).composeUp(context.place.root))
  if (!options.detach) return foreground(context, options)
  const { endpoints, started } = await ensureUp(
    context.place,
    context.json ? () => undefined : say,
    options.samples === false ? ['--no-samples'] : []
  )
  if (context.json) printJson({ started, endpoints })
  else process.stdout.write(overview(context, endpoints, started ? 'Sluice is ready.' : 'Sluice runs already.', 'npx sluice stop'))
  return exitCodes.ok
}
