// A rule was mended, or a producer: which quarantined records are good now, and shall they go back to their topic?
import type pg from 'pg'
import { config } from '../../layers/config'
import { type Contract, compileValidator, contractOf, type Validator } from '../../layers/contract'
import { lambdaFunction } from '../../layers/event/function'
import { ensureTopic, sharedAdmin, sharedProducer } from '../../layers/event/kafka-client'
import { poolFor, withTransaction } from '../../layers/store/pool'
import { type PlacedSize, quarantineOf } from '../../layers/store/quarantine'
import replayEnd from '../../sql/queries/replay-end.sql'
import replayProgress from '../../sql/queries/replay-progress.sql'
import replayStart from '../../sql/queries/replay-start.sql'
import { addToReport, emptyReport, type Judged, judge, messageOf, type Report } from './judge'
import { type ReplayRequest, replayRequest } from './request'
import { supersededFinder } from './superseded'

/** Rows and bytes of one page, which is locked, sent in one request and committed: a broker takes requests of a mebibyte. */
const pageRowsMax = 500
const pageBytesMax = 800_000
/** A page is begun only with this much time left. */
const pageMsMin = 15_000

/** What belongs to one replay while it runs. */
interface Replay {
  id: string
  request: ReplayRequest
  contract: Contract
  validate: Validator
  quarantine: ReturnType<typeof quarantineOf>
  pool: pg.Pool
  report: Report & { sent: number }
  /** Ids of rows whose place a newer record has. */
  superseded: ReadonlySet<string>
}

/** As many rows as one request holds; at least one. */
function fitting(page: readonly PlacedSize[]): string[] {
  let bytes = 0
  const count = page.findIndex(({ bytes: more }, index) => (bytes += more) > pageBytesMax && index > 0)
  return (count < 0 ? page : page.slice(0, count)).map(({ id }) => id)
}

/** The rows of a page that are judged: up to the last one that the limit lets go back. */
function withinLimit(judged: Judged[], left: number): Judged[] {
  let passed = 0
  const over = judged.findIndex(({ outcome }) => outcome === 'passes' && ++passed > left)
  return over < 0 ? judged : judged.slice(0, over)
}

const left = ({ request, report }: Replay) => (request.limit ?? Number.POSITIVE_INFINITY) - report.passed

async function lookAtPage(replay: Replay, ids: string[]): Promise<Judged[]> {
  const rows = await replay.quarantine.rows(replay.pool, ids, false)
  return withinLimit(
    rows.map(row => judge(replay.validate, row, replay.superseded)),
    left(replay)
  )
}

/**
 * Locks, sends, marks, commits, in this order. What dies between sending and committing leaves rows that are not marked: they are sent a
 * second time by the next replay, and the second record ends as a duplicate.
 */
function sendPage(replay: Replay, ids: string[], partitions: number): Promise<Judged[]> {
  const { id, contract, quarantine, pool, report, validate, superseded } = replay
  return withTransaction(pool, async client => {
    const rows = await quarantine.rows(client, ids, true)
    const judged = withinLimit(
      rows.map(row => judge(validate, row, superseded)),
      left(replay)
    )
    const passing = judged.filter(({ outcome }) => outcome === 'passes').map(({ row }) => row)
    const refused = judged.filter(({ outcome }) => outcome === 'refused').length
    if (passing.length > 0) {
      const messages = passing.map(row => messageOf(contract, row, `replay-${id}`, partitions))
      // kafkajs' types know no header without a value; its encoder does
      await (await sharedProducer()).send({ topic: contract.topic.name, acks: -1, messages: messages as never })
      await quarantine.mark(
        client,
        passing.map(row => row.id),
        id
      )
    }
    const counts = [
      report.candidates + judged.length,
      report.passed + passing.length,
      report.sent + passing.length,
      report.refused + refused
    ]
    await client.query(replayProgress, [id, ...counts])
    return judged
  })
}

/** The rows that must not go back, because a newer record of their key is there; none where a record that comes later changes nothing. */
async function findSuperseded({ id, request, contract, validate, quarantine, pool }: Replay, upTo: string, hasTime: () => boolean) {
  if (contract.duplicates !== 'replace') return new Set<string>()
  const finder = supersededFinder(contract, validate)
  for (let after = request.after ?? '0'; ; ) {
    const page = fitting(await quarantine.page(pool, request, after, upTo, pageRowsMax))
    if (page.length === 0) return finder.find(`sluice-replay-${id}`, hasTime)
    for (const row of await quarantine.rows(pool, page, false)) finder.add(judge(validate, row))
    after = page.at(-1)!
  }
}

/** Page after page, until the rows, the limit or the time are used up. */
async function work(replay: Replay, msLeft: () => number): Promise<{ complete: boolean; last_id: string }> {
  const { request, quarantine, pool, report, contract } = replay
  const upTo = await quarantine.last(pool)
  replay.superseded = await findSuperseded(replay, upTo, () => msLeft() >= pageMsMin)
  let after = request.after ?? '0'
  let partitions = 0
  if (!request.dryRun) {
    await ensureTopic(contract)
    partitions = (await (await sharedAdmin()).fetchTopicOffsets(contract.topic.name)).length
  }
  for (;;) {
    const page = fitting(await quarantine.page(pool, request, after, upTo, pageRowsMax))
    if (page.length === 0) return { complete: true, last_id: after }
    if (left(replay) <= 0 || msLeft() < pageMsMin) return { complete: false, last_id: after }
    const judged = request.dryRun ? await lookAtPage(replay, page) : await sendPage(replay, page, partitions)
    addToReport(report, judged)
    if (!request.dryRun) report.sent = report.passed
    // rows that another replay has in hand are passed over
    after = left(replay) <= 0 ? (judged.at(-1)?.row.id ?? after) : page.at(-1)!
  }
}

export const handler = lambdaFunction('replay-quarantine', replayRequest, async (request, context) => {
  const contract = contractOf(request.dataset)
  const { databaseUrl, timescaleUrl } = config()
  const pool = poolFor(contract.store === 'timeseries' ? timescaleUrl : databaseUrl)
  const { dataset, dryRun, requestedBy, ...filter } = request
  const started = await withTransaction(pool, client =>
    client.query<{ id: string }>(replayStart, [dataset, JSON.stringify(filter), requestedBy, contract.version, dryRun])
  )
  const id = started.rows[0]!.id
  const replay: Replay = {
    id,
    request,
    contract,
    validate: compileValidator(contract),
    quarantine: quarantineOf(contract),
    pool,
    report: { ...emptyReport(), sent: 0 },
    superseded: new Set()
  }
  try {
    const ended = await work(replay, () => context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY)
    const { candidates, passed, sent, refused } = replay.report
    await pool.query(replayProgress, [id, candidates, passed, sent, refused])
    await pool.query(replayEnd, [id, ended.complete, null])
    return {
      replay: id,
      dataset,
      contract_version: contract.version,
      dry_run: dryRun,
      requested_by: requestedBy,
      ...replay.report,
      ...ended
    }
  } catch (error) {
    // the error that ended the replay is the one to tell, whether or not it can be noted
    await pool.query(replayEnd, [id, false, (error as Error).message]).catch(() => undefined)
    throw error
  }
})
