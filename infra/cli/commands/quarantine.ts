// What is in a dataset's quarantine, and which of it may go back to its topic?
import { userInfo } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { Sample } from '../../../functions/replay-quarantine/judge'
import type { Contract } from '../../../layers/contract'
import { nearest } from '../../../layers/contract/identifiers'
import { PipelineError } from '../../../layers/errors'
import { countsOfRun, type RecordCounts } from '../../../layers/store/counts'
import { closePools, poolFor } from '../../../layers/store/pool'
import { quarantineOf } from '../../../layers/store/quarantine'
import { isConfirmed } from '../confirm'
import { type Context, exitCodes, printJson, usageError } from '../context'
import { contractNamed } from '../datasets'
import { ensureUp } from '../detached'
import { answerOf } from '../lambda'
import { paint, table } from '../terminal'

/** Rows that `list` shows unless told otherwise. */
const LIST_ROWS = 20
/** Characters of a value that `list` shows. */
const SHOWN_VALUE = 100
const POLL_MS = 100
/** Records that were sent and are not accounted for after this long are left to `sluice status`. */
const OUTCOME_MS = 60_000

export interface ListOptions {
  json?: boolean
  reason?: string
  limit?: number
}

export interface ReplayOptions {
  json?: boolean
  reason?: string
  from?: string
  to?: string
  limit?: number
  requestedBy?: string
  yes?: boolean
}

/** The part of replay-quarantine's answer that is used. */
interface Replayed {
  replay: string
  contract_version: string
  candidates: number
  passed: number
  failing: number
  refused: number
  superseded: number
  sent: number
  reasons: Record<string, { before: number; after: number }>
  samples: Sample[]
  complete: boolean
  last_id: string
}

const say = (sentence: string) => process.stderr.write(`${sentence}\n`)
const write = (text: string) => process.stdout.write(`${text}\n`)

/** Where a dataset's tables are. */
const urlOf = (contract: Contract, endpoints: { database: string; timescale: string }) =>
  contract.store === 'timeseries' ? endpoints.timescale : endpoints.database

/** Bytes for a terminal: control characters could move its cursor or worse. */
const shownBytes = (bytes: Buffer | null) =>
  bytes === null
    ? '(tombstone)'
    : bytes
        .toString('utf8')
        .slice(0, SHOWN_VALUE)
        .replace(/\p{Cc}/gu, '\uFFFD')

/** ISO 8601 with an offset, or a date, which begins at midnight UTC. */
function instantOf(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}))?$/
  const ms = iso.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms))
    throw new PipelineError('USAGE', `${flag}: '${text}' is no time`, { remedy: 'Give a date, or a time such as 2026-01-31T08:15:00Z.' })
  return new Date(ms).toISOString()
}

/** A reason that no record has is a slip of the pen more often than a question. */
async function checkReason(contract: Contract, endpoints: { database: string; timescale: string }, reason?: string): Promise<void> {
  if (reason === undefined) return
  const known = (await quarantineOf(contract).reasons(poolFor(urlOf(contract, endpoints)))).map(each => each.reason)
  if (known.length > 0 && !known.includes(reason))
    throw usageError(`--reason: no quarantined record of ${contract.dataset} has the reason '${reason}'`, nearest(reason, known), known)
}

/** `sluice quarantine list`: the latest rows, and how many there are of each reason. */
export async function list(context: Context, options: ListOptions, dataset: string): Promise<number> {
  const contract = contractNamed(context, dataset)
  const { endpoints } = await ensureUp(context.place, say)
  try {
    const pool = poolFor(urlOf(contract, endpoints))
    const quarantine = quarantineOf(contract)
    await checkReason(contract, endpoints, options.reason)
    const [rows, reasons] = [await quarantine.list(pool, options.reason, options.limit ?? LIST_ROWS), await quarantine.reasons(pool)]
    if (context.json) {
      printJson({
        dataset,
        table: contract.quarantineTable.name,
        reasons,
        rows: rows.map(row => ({ ...row, value: row.value && shownBytes(row.value) }))
      })
      return exitCodes.ok
    }
    if (reasons.length === 0) write(`The quarantine of ${dataset} is empty.`)
    else {
      write(table([['reason', 'records', 'sent back'], ...reasons.map(each => [each.reason, each.record_count, each.replayed_count])]))
      write('')
      for (const row of rows) {
        const sent = row.replayed_at ? `, sent back ${row.replayed_at.toISOString()}` : ''
        const line = row.line_number === null ? '' : `, line ${row.line_number}`
        write(
          `${paint('bold', `#${row.id}`)} ${row.quarantined_at.toISOString()} ${row.topic}-${row.partition}@${row.offset}${line}${sent}`
        )
        write(`  ${row.issues}`)
        write(`  ${paint('dim', shownBytes(row.value))}`)
      }
    }
    return exitCodes.ok
  } finally {
    await closePools()
  }
}

const invokeReplay = (lambda: string, event: Record<string, unknown>) => answerOf<Replayed>(lambda, 'replay-quarantine', event)

function reportText(
  dataset: string,
  { candidates, passed, failing, refused, superseded, reasons, samples, contract_version }: Replayed
): string {
  const counts = table([
    ['looked at', candidates],
    ['pass now', passed],
    ['still bad', failing],
    ['refused, sent back too often', refused],
    ...(superseded > 0 ? [['a newer record has their place', superseded]] : [])
  ])
  const byReason = table([
    ['reason', 'before', 'now'],
    ...Object.entries(reasons)
      .sort(([, left], [, right]) => right.before - left.before)
      .map(([reason, { before, after }]) => [reason, before, after])
  ])
  const examples = samples.map(({ id, outcome, issues, now }) => {
    const verdict = outcome === 'fails' ? now.map(reason => reason.message).join('; ') : outcome
    return `  #${id} ${issues} → ${paint(outcome === 'passes' ? 'green' : 'yellow', verdict)}`
  })
  const title = paint('bold', `${dataset}, contract ${contract_version}`)
  return [title, counts, ...(candidates > 0 ? ['', byReason, '', 'Samples:', ...examples] : [])].join('\n')
}

/** Waits until every record that was sent is accounted for; what there is by then. */
async function outcomeOf(url: string, replayed: Replayed): Promise<RecordCounts> {
  const until = performance.now() + OUTCOME_MS
  for (;;) {
    const counts = await countsOfRun(poolFor(url), `replay-${replayed.replay}`)
    if (counts.valid + counts.quarantined + counts.duplicate >= replayed.sent || performance.now() > until) return counts
    await delay(POLL_MS)
  }
}

/** `sluice quarantine replay`: the dry run, the question, and what became of the records that were sent. */
export async function replay(context: Context, options: ReplayOptions, dataset: string): Promise<number> {
  const contract = contractNamed(context, dataset)
  const filter = {
    dataset,
    reason: options.reason,
    from: instantOf('--from', options.from),
    to: instantOf('--to', options.to),
    limit: options.limit,
    requestedBy: options.requestedBy ?? userInfo().username
  }
  if (filter.from !== undefined && filter.to !== undefined && filter.from >= filter.to)
    throw new PipelineError('USAGE', `--from ${options.from} is not before --to ${options.to}`, {
      remedy: 'The range holds --from and ends before --to.'
    })
  const { endpoints } = await ensureUp(context.place, say)
  try {
    await checkReason(contract, endpoints, options.reason)
    const dry = await invokeReplay(endpoints.lambda, { ...filter, dryRun: true })
    if (!context.json) write(reportText(dataset, dry))
    const records = `${dry.passed.toLocaleString('en-US')} ${dry.passed === 1 ? 'record' : 'records'}`
    const isAsked = !options.yes && !context.json && process.stdin.isTTY
    const isMeant = dry.passed > 0 && (options.yes || (isAsked && (await isConfirmed(`Send ${records} back to ${contract.topic.name}?`))))
    if (!isMeant) {
      if (context.json) printJson({ dry_run: dry, replay: null, outcome: null })
      else if (dry.passed > 0) write(isAsked ? 'Nothing was sent.' : `Nothing was sent; --yes sends ${records} back.`)
      return exitCodes.ok
    }
    const replayed = await invokeReplay(endpoints.lambda, { ...filter, dryRun: false })
    const outcome = await outcomeOf(urlOf(contract, endpoints), replayed)
    if (context.json) printJson({ dry_run: dry, replay: replayed, outcome })
    else {
      const { valid, quarantined, duplicate } = outcome
      write(`Replay ${replayed.replay}: ${replayed.sent} sent = ${valid} valid + ${quarantined} quarantined again + ${duplicate} duplicate`)
      const open = replayed.sent - valid - quarantined - duplicate
      if (open > 0)
        write(
          `${open} not decided after ${OUTCOME_MS / 1000} s: \`npx sluice status\` shows what is in flight, .sluice/logs/functions.log why it waits.`
        )
      if (!replayed.complete && options.limit === undefined) write('Time was up before the end; the same command goes on.')
    }
    return outcome.valid + outcome.quarantined + outcome.duplicate >= replayed.sent ? exitCodes.ok : exitCodes.failed
  } finally {
    await closePools()
  }
}
