// Of the records that one run sent, what became of each?
import { setTimeout as delay } from 'node:timers/promises'
import { PipelineError } from '../../layers/errors'
import { countsOfRun, type RecordCounts } from '../../layers/store/counts'
import { poolFor } from '../../layers/store/pool'
import { type Progress, paint, table } from './terminal'

/** How often the counts are read: a twentieth of a second is within what a measured second tolerates. */
const POLL_MS = 50
/** A run whose counts stand still for this long has lost its way. */
const STALL_MS = 60_000

/** The part of the answer of a function that sends records that is used. */
export interface Produced {
  produced: number
  /** Epoch milliseconds at which the first record was sent. */
  started_at: number
}

export interface Account {
  dataset: string
  produced: number
  valid: number
  quarantined: number
  duplicate: number
  reasons: Record<string, number>
  seconds: number
  records_per_second: number
}

/**
 * Waits until as many records are accounted for as were produced.
 * @param url of the dataset's database
 * @param run id in the header of the records
 * @param expected records, for the progress bar
 * @throws PipelineError TIMED_OUT when nothing moves for a minute; what `producing` throws
 */
export async function accountOf(
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

export const isComplete = ({ produced, valid, quarantined, duplicate }: Account): boolean => produced === valid + quarantined + duplicate

/** The account as people read it, with the sum as its verdict. */
export function accountTable(account: Account): string {
  const { dataset, produced, valid, quarantined, duplicate, reasons, seconds, records_per_second } = account
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
  const verdict = isComplete(account) ? paint('green', sum) : paint('red', `not accounted for: ${sum.replace(' = ', ' ≠ ')}`)
  return `${paint('bold', dataset)}\n${counts}\n${verdict}\n${seconds} s, ${records_per_second.toLocaleString('en-US')} records a second\n`
}
