// The rows of one dataset that are new since the last run: how many went to its topic, and how far is the cursor now?
import type { Producer } from 'kafkajs'
import type pg from 'pg'
import type { Contract, IncrementalLoad } from '../../layers/contract'
import { PipelineError } from '../../layers/errors'
import { type OutgoingRecord, sendAll } from '../../layers/event/send'
import { log } from '../../layers/log'
import { type ExtractionState, loadState, noteRange, saveState } from '../../layers/source/extraction-state'
import type { Page, Source } from '../../layers/source/postgres'
import type { ExtractRequest } from './request'

/** Records between two saves of the cursor: what a killed run sends again at most. */
export const checkpointRecords = 50_000

export interface Extraction {
  dataset: string
  topic: string
  run: string | null
  /** Epoch milliseconds. */
  started_at: number
  produced: number
  /** Of these, rows that turned up behind the cursor. */
  late: number
  /** The cursor's watermark; null before the first row. */
  watermark: string | null
  /** False where the time or the limit ended the run before the last row. */
  complete: boolean
  /** Rows from here on wait for the next run: a transaction that is open since then may still write earlier ones. */
  oldest_transaction_at: string
  /** By field, values that its timestamp format cannot say; they went as ISO 8601 for the validator to judge. */
  inexact?: Record<string, number>
}

export interface Surroundings {
  pool: Pick<pg.Pool, 'query'>
  /** Asked for when there is something to send: an idle source costs no connection to Kafka. */
  producer(): Promise<Producer>
  /** Whether the run should end at the next page. */
  isOver(): boolean
}

/** Pages as they come, up to a checkpoint; the one that was looked at before comes first. */
class Pages {
  #next: Page | undefined
  /** Where the next run goes on after what was taken so far. */
  cursor: Cursor | undefined
  late = 0
  taken = 0
  isEnded = false

  constructor(private readonly pages: AsyncGenerator<Page>) {}

  /** @returns whether there is a page */
  async peek(): Promise<boolean> {
    if (this.#next === undefined && !this.isEnded) {
      const { value, done } = await this.pages.next()
      if (done) this.isEnded = true
      else this.#next = value
    }
    return this.#next !== undefined
  }

  async *upToCheckpoint(isOver: () => boolean): AsyncGenerator<OutgoingRecord[]> {
    for (let count = 0; count < checkpointRecords && !(count > 0 && isOver()) && (await this.peek()); ) {
      const page = this.#next!
      this.#next = undefined
      count += page.records.length
      this.taken += page.records.length
      if (page.isLate) this.late += page.records.length
      this.cursor = page.cursor
      yield page.records
    }
  }
}

type Cursor = ExtractionState['cursor']

async function sendPart(
  producer: Producer,
  topic: Contract['topic'],
  chunks: AsyncGenerator<OutgoingRecord[]>,
  run: string | undefined
): Promise<void> {
  try {
    await sendAll(producer, topic, chunks, run)
  } catch (cause) {
    if (!/^KafkaJS/.test((cause as Error).name)) throw cause
    throw new PipelineError('KAFKA_UNAVAILABLE', `${topic.name}: not all records were taken: ${(cause as Error).message}`, { cause })
  }
}

/**
 * Sends what is new and saves the cursor whenever a part of it is acknowledged. Whatever ends it in between, the next run goes on from the
 * last save: records since then are sent twice, none is left out.
 * @throws what the source, Kafka and the store throw
 */
export async function extract(
  source: Source,
  contract: Contract,
  load: IncrementalLoad,
  request: ExtractRequest,
  { pool, producer, isOver }: Surroundings
): Promise<Extraction> {
  const { dataset } = contract
  const { from, to, limit, run } = request
  const startedAt = new Date()
  const isRange = from !== undefined
  const saved = await loadState(pool, dataset, load)
  const reading = await source.read(isRange ? undefined : saved, { from, to, limit })
  const { snapshot, oldestTransactionAt } = reading
  const pages = new Pages(reading.pages)
  let state: ExtractionState | undefined = saved
  let [produced, late] = [0, 0]
  while (!(produced > 0 && isOver()) && (await pages.peek())) {
    await sendPart(await producer(), contract.topic, pages.upToCheckpoint(isOver), run)
    // until all late rows are sent there is no place to go on from
    const isLateOver = !(await pages.peek()) || pages.cursor !== undefined
    const cursor = pages.cursor ?? state?.cursor
    if (!isLateOver || !cursor) continue
    const fromWatermark = isRange ? from : state?.cursor.watermark
    const extracted = { run, fromWatermark, records: pages.taken - produced, late: pages.late - late, oldestTransactionAt, startedAt }
    ;[produced, late] = [pages.taken, pages.late]
    const moved = { cursor, snapshotXmin: snapshot.xmin, version: isRange ? 0 : (state?.version ?? 0) }
    if (isRange) await noteRange(pool, dataset, moved, extracted)
    else state = { ...moved, version: await saveState(pool, dataset, load, moved, extracted) }
  }
  const inexact = Object.fromEntries(source.table.inexact)
  if (source.table.inexact.size > 0)
    log.warn(
      { dataset, inexact },
      `${load.table}: the contract's timestamp format cannot say some values of ${Object.keys(inexact).join(', ')}`
    )
  return {
    dataset,
    topic: contract.topic.name,
    run: run ?? null,
    started_at: startedAt.getTime(),
    produced: pages.taken,
    late: pages.late,
    watermark: (isRange ? pages.cursor : state?.cursor)?.watermark ?? null,
    complete: pages.isEnded && (limit === undefined || pages.taken - pages.late < limit),
    oldest_transaction_at: oldestTransactionAt,
    ...(source.table.inexact.size > 0 ? { inexact } : {})
  }
}
