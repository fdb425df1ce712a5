// Of the records that one run sent, what became of each?
import { randomBytes } from 'node:crypto'
import { accessSync, constants, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Contract } from '../../../layers/contract'
import { PipelineError } from '../../../layers/errors'
import { countsOfRun, type RecordCounts } from '../../../layers/store/counts'
import { closePools, poolFor } from '../../../layers/store/pool'
import { type Context, exitCodes, printJson } from '../context'
import { contractNamed } from '../datasets'
import { ensureUp } from '../detached'
import { errorText, invokeFunction } from '../lambda'
import { Progress, paint, table } from '../terminal'

export interface RunOptions {
  json?: boolean
  count?: number
  file?: string
  rate?: number
  seed?: number
}

/** How often the counts are read: a twentieth of a second is within what a measured second tolerates. */
const POLL_MS = 50
/** A run whose counts stand still for this long has lost its way. */
const STALL_MS = 60_000

export interface RunResult {
  dataset: string
  produced: number
  valid: number
  quarantined: number
  duplicate: number
  reasons: Record<string, number>
  seconds: number
  records_per_second: number
}

function checkedFile(context: Context, contract: Contract, given: string): string {
  const file = resolve(context.cwd, given)
  if (contract.source.kind === 'simulator') {
    throw new PipelineError('USAGE', `--file: '${contract.dataset}' comes from the simulator, not from a file`, {
      remedy: 'Leave --file out.'
    })
  }
  try {
    accessSync(file, constants.R_OK)
    if (!statSync(file).isFile()) throw new Error('it is not a file')
  } catch (cause) {
    throw new PipelineError('SOURCE_UNREADABLE', `--file ${given}: ${(cause as Error).message}`, { cause })
  }
  return file
}

/** Waits until as many records are accounted for as were produced. */
async function account(
  url: string,
  run: string,
  producing: Promise<Produced>,
  expected: number | undefined,
  progress: Progress
): Promise<Produced & { counts: RecordCounts }> {
  let produced: Produced | undefined
  let failure: unknown
  producing.then(
    answer => {
      produced = answer
    },
    error => {
      failure = error
    }
  )
  let last = -1
  let movedAt = performance.now()
  for (;;) {
    // read before the counts, so that an early answer is not taken for the whole
    const known = produced
    const counts = await countsOfRun(poolFor(url), run)
    const seen = counts.valid + counts.quarantined + counts.duplicate
    if (failure !== undefined) throw failure
    if (known !== undefined && seen >= known.produced) return { ...known, counts }
    progress.show(seen, known?.produced ?? expected, `${seen.toLocaleString('en-US')} records accounted for`)
    if (seen !== last) [last, movedAt] = [seen, performance.now()]
    if (performance.now() - movedAt > STALL_MS) {
      const sent = known === undefined ? 'still sending' : `${known.produced} sent`
      throw new PipelineError('TIMED_OUT', `run ${run}: ${sent}, ${seen} accounted for, and nothing moved for ${STALL_MS / 1000} s`)
    }
    await delay(POLL_MS)
  }
}

/** The part of produce-batch's answer that is used. */
interface Produced {
  produced: number
  /** Epoch milliseconds at which the first record was sent. */
  started_at: number
}

async function produce(endpoint: string, event: Record<string, unknown>): Promise<Produced> {
  const { payload, functionError } = await invokeFunction(endpoint, 'produce-batch', event)
  if (functionError !== undefined) throw new PipelineError('SERVICE_FAILED', `produce-batch failed: ${errorText(payload)}`)
  return payload as Produced
}

function accountTable({ dataset, produced, valid, quarantined, duplicate, reasons, seconds, records_per_second }: RunResult): string {
  const isComplete = produced === valid + quarantined + duplicate
  const counts = table([
    ['produced', produced],
    ['valid', valid],
    ['quarantined', quarantined],
    ...Object.entries(reasons)
      .sort(([, left], [, right]) => right - left)
      .map(([reason, count]): [string, number] => [`  ${reason}`, count]),
    ['duplicate', duplicate]
  ])
  const sum = `${produced.toLocaleString('en-US')} produced = ${valid.toLocaleString('en-US')} valid + ${quarantined.toLocaleString('en-US')} quarantined + ${duplicate.toLocaleString('en-US')} duplicate`
  const verdict = isComplete ? paint('green', sum) : paint('red', `not accounted for: ${sum.replace(' = ', ' ≠ ')}`)
  return `${paint('bold', dataset)}\n${counts}\n${verdict}\n${seconds} s, ${records_per_second.toLocaleString('en-US')} records a second\n`
}

export async function run(context: Context, options: RunOptions, dataset: string): Promise<number> {
  const contract = contractNamed(context, dataset)
  const file = options.file === undefined ? undefined : checkedFile(context, contract, options.file)
  const { endpoints, started } = await ensureUp(context.place, sentence => process.stderr.write(`${sentence}\n`))
  // short: it travels in a header of every record
  const id = randomBytes(6).toString('base64url')
  const progress = new Progress(!context.json)
  const event = { dataset, run: id, file, count: options.count, rate: options.rate, seed: options.seed }
  const url = contract.store === 'timeseries' ? endpoints.timescale : endpoints.database
  try {
    const { produced, started_at, counts } = await account(url, id, produce(endpoints.lambda, event), options.count, progress)
    const elapsed = (Date.now() - started_at) / 1000
    const result: RunResult = {
      dataset,
      produced,
      valid: counts.valid,
      quarantined: counts.quarantined,
      duplicate: counts.duplicate,
      reasons: counts.reasons,
      seconds: Number(elapsed.toFixed(3)),
      records_per_second: Math.round(produced / elapsed)
    }
    progress.clear()
    if (context.json) printJson(result)
    else process.stdout.write(accountTable(result))
    return produced === counts.valid + counts.quarantined + counts.duplicate ? exitCodes.ok : exitCodes.failed
  } finally {
    progress.clear()
    await closePools()
    if (started) process.stderr.write('The services keep running; `npx sluice stop` ends them.\n')
  }
}
