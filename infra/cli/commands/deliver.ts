// What of the files in data/ was delivered, and where is it? Runs in a process of its own: a large file must not take memory from the stack.
import { fork } from 'node:child_process'
import { basename, join, resolve } from 'node:path'
import { type ErrorCode, PipelineError, remedies } from '../../../layers/errors'
import { liveState } from '../../local/state'
import { type Context, exitCodes, printJson } from '../context'
import { Progress, paint, table } from '../terminal'

export interface DeliverOptions {
  json?: boolean
  folder?: string
  name?: string
  quarter?: string
  timeColumn?: string
  clockColumn?: string
  zone?: string
  format?: string
  decimal?: string
  encoding?: string
  missing?: string[]
  closeDays?: number
  open?: boolean
  again?: boolean
}

/** The part of deliver-quarter's answer that is shown. */
interface Delivered {
  file: string
  status: 'delivered' | 'unchanged' | 'open' | 'no_rows' | 'refused'
  name?: string
  quarter?: string
  version?: number | null
  key?: string | null
  rows?: Record<'source' | 'delivered' | 'rejected' | 'duplicates' | 'other_quarters', number> | null
  message?: string
}

type Message =
  | { type: 'step'; step: string }
  | { type: 'done'; results: Delivered[]; seconds: number; peakRssMb: number }
  | { type: 'failed'; code?: string; message: string; remedy?: string }

type Done = Extract<Message, { type: 'done' }>

function inChild(context: Context, lakeUrl: string, event: object, onStep: (step: string) => void): Promise<Done> {
  const child = fork(join(context.place.root, 'infra', 'cli', 'dist', 'functions', 'deliver-quarter.mjs'), {
    cwd: context.place.root,
    // its log lines are no part of this command's output
    env: { ...process.env, LOG_LEVEL: process.env['LOG_LEVEL'] || 'silent' }
  })
  return new Promise<Done>((done, reject) => {
    child.on('message', (message: Message) => {
      if (message.type === 'step') return onStep(message.step)
      if (message.type === 'done') return done(message)
      const code = message.code !== undefined && message.code in remedies ? (message.code as ErrorCode) : 'SERVICE_FAILED'
      reject(new PipelineError(code === 'EVENT_INVALID' ? 'USAGE' : code, message.message, { remedy: message.remedy }))
    })
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(new PipelineError('SERVICE_FAILED', `deliver-quarter ended with ${signal ?? code} before it was done`))
    )
    child.send({ lakeUrl, event })
  })
}

function shown({ results, seconds, peakRssMb }: Done): string {
  const lines = results.map(({ file, quarter = '', status, version, rows, key, message }) => {
    const head = `${paint('bold', basename(file))} ${quarter} ${paint(status === 'refused' ? 'red' : 'green', status.replace('_', ' '))}`
    if (rows == null) return `${head}${message === undefined ? '' : `\n  ${message}`}`
    const counts = table([
      ['delivered', rows.delivered],
      ['rejected', rows.rejected],
      ['duplicates', rows.duplicates],
      ['other quarters', rows.other_quarters],
      ['source', rows.source]
    ])
    return `${head} v${version}\n${counts}\n${key}`
  })
  return `${lines.join('\n\n')}\n${seconds} s, ${peakRssMb} MB at most\n`
}

/** Delivers one file, or every file of the folder. Needs the lake and nothing else: neither Kafka nor Postgres has to run. */
export async function deliver(context: Context, { json: _, ...options }: DeliverOptions, file?: string): Promise<number> {
  const lakeUrl = liveState(context.place)?.endpoints?.lake ?? (process.env['LAKE_URL'] || `file:${join(context.place.state, 'lake')}`)
  const folder = options.folder === undefined ? join(context.place.root, 'data') : resolve(context.cwd, options.folder)
  const event = { ...options, ...(file === undefined ? { folder } : { file: resolve(context.cwd, file) }) }
  const progress = new Progress(!context.json)
  try {
    const done = await inChild(context, lakeUrl, event, step => progress.show(0, undefined, step))
    progress.clear()
    if (context.json) printJson({ lake: lakeUrl, results: done.results, seconds: done.seconds, peak_rss_mb: done.peakRssMb })
    else process.stdout.write(done.results.length === 0 ? `${folder}: there is no file to deliver\n` : shown(done))
    return done.results.some(({ status }) => status === 'refused') ? exitCodes.failed : exitCodes.ok
  } finally {
    progress.clear()
  }
}
