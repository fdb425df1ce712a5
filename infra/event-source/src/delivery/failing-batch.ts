// What becomes of a batch that did not simply succeed? Cut, repeated, partly committed and in the end given up, by the mapping's rules.
//
//   first piece ──▶ expired records are given up ──▶ invoked ──▶ succeeded, some failed, failed (pieces.ts) ──▶ first piece ...
//   After every step each partition is committed up to its lowest unresolved offset. Ends when all is resolved or the signal aborts.
import { Scope, unlessAborted } from '../abort'
import { backoffMs, pause, RECONNECT_BACKOFF } from '../client/backoff'
import type { Delivery } from '../delivery'
import { type Condition, conditions, type Discarded, FUNCTION_ERROR } from '../destination/envelope'
import { type EventRecord, eventOf, readRecords, sectionOf, writeEvent } from '../event/event'
import { PAYLOAD_BYTES_MAX } from '../event/event-writer'
import type { Batch } from '../record-buffer'
import { DESTINATION_TROUBLE } from '../report'
import { describe, type Invocation, invokeOnce } from './invocation'
import { readItemFailures } from './item-failures'
import { failureRules, Pieces, Unresolved, type Verdict } from './pieces'

/** Whether a record is too old to be delivered. One without a time (-1) never is. */
function isExpired(timestamp: number, maximumAgeSeconds: number, now: number): boolean {
  return maximumAgeSeconds >= 0 && timestamp >= 0 && now - timestamp > maximumAgeSeconds * 1000
}

export class FailingBatch {
  private readonly pieces: Pieces
  private readonly unresolved: Unresolved
  /** What the writer's memory holds as an event, and how long it is. */
  private written: readonly EventRecord[]
  private writtenBytes: number
  private serviceFailures = 0

  constructor(
    private readonly delivery: Delivery,
    private readonly batch: Batch
  ) {
    const { writer, bytes } = batch
    const records = batch.records > 0 ? readRecords(writer.memory, bytes) : []
    this.written = records
    this.writtenBytes = bytes
    this.pieces = new Pieces(records, failureRules(delivery.mapping))
    this.unresolved = new Unresolved([...writer.oversized.map(({ record }) => record), ...records], batch.next)
  }

  /**
   * Goes on until no record is left.
   * @param first how the first attempt with all of the batch ended, if there was one
   * @returns false when the signal aborted first: what is left is not committed
   * @throws MembershipLost when a commit comes too late
   */
  async resolve(first?: Invocation): Promise<boolean> {
    const { signal } = this.delivery
    if (!(await this.giveUpOversized())) return false
    if (first) await this.judge(first)
    for (let piece = this.pieces.first; piece; piece = this.pieces.first) {
      if (signal.aborted) return false
      if (await this.giveUpExpired(piece.records)) continue
      if (signal.aborted) return false
      await this.judge(await this.invoke(piece.records))
    }
    return true
  }

  private async invoke(records: readonly EventRecord[]): Promise<Invocation> {
    const { memory, eventHead } = this.batch.writer
    if (this.written !== records) {
      this.writtenBytes = writeEvent(memory, eventOf(eventHead, records))
      this.written = records
    }
    return invokeOnce(this.delivery.runner, memory, this.writtenBytes)
  }

  /** Draws the conclusions of an attempt with the first piece, waits where there is to be a pause. */
  private async judge({ requestId, outcome }: Invocation): Promise<void> {
    const { mapping, report } = this.delivery
    const piece = this.pieces.first!
    if (!outcome.ok && outcome.failure.isService) {
      report.error(describe(outcome.failure))
      return this.wait(++this.serviceFailures)
    }
    this.serviceFailures = 0
    piece.invocations++
    if (!outcome.ok) {
      report.invoked(false, piece.records.length)
      piece.lastInvocation = { requestId, functionError: FUNCTION_ERROR }
      return this.follow(this.pieces.failed(), describe(outcome.failure), piece.records)
    }
    piece.lastInvocation = { requestId, functionError: null }
    const failures = mapping.reportBatchItemFailures ? readItemFailures(outcome.payload, () => piece.records) : { kind: 'none' as const }
    if (failures.kind === 'none') {
      report.invoked(true, piece.records.length)
      return this.resolved(piece.records)
    }
    if (failures.kind === 'all') {
      report.invoked(false, piece.records.length)
      return this.follow(this.pieces.failedUncut(), failures.reason, piece.records)
    }
    const failed = new Set(failures.failed)
    const succeeded = piece.records.filter(record => !failed.has(record))
    report.invoked(true, succeeded.length)
    await this.resolved(succeeded)
    const text = `the function reports ${failed.size} of ${failed.size + succeeded.length} records as failed`
    return this.follow(this.pieces.failedUncut(), text, failures.failed)
  }

  private async follow(verdict: Verdict, text: string, records: readonly EventRecord[]): Promise<void> {
    const { mapping, report, signal } = this.delivery
    if (verdict === 'split') report.error(`${text}\n  ${rangesOf(records)} is split in two`)
    else if (verdict === 'exhausted') {
      report.error(text)
      await this.giveUp(records, conditions.retries)
    } else {
      const { failures } = this.pieces.first!
      const pauseText = signal.aborted ? '' : ` in ${backoffMs(failures, mapping.backoff)} ms`
      report.error(`${text}\n  ${rangesOf(records)} is delivered again${pauseText}`)
      await this.wait(failures)
    }
  }

  private async wait(failures: number): Promise<void> {
    const { mapping, retryNow, signal } = this.delivery
    const waiting = new Scope(signal, retryNow())
    await pause(backoffMs(failures, mapping.backoff), waiting.signal)
    waiting.end()
  }

  /** Records of the first piece are done. The end of the batch is committed by the caller, with the partitions that had no records. */
  private async resolved(records: readonly EventRecord[]): Promise<void> {
    this.pieces.remove(records)
    this.unresolved.resolve(records)
    await this.commit()
  }

  private async commit(): Promise<void> {
    if (this.unresolved.isEmpty) return
    const offsets = this.unresolved.takeCommittable()
    if (offsets.size > 0) await this.delivery.commit(offsets)
  }

  /** Returns whether there were any: then the piece is another one. */
  private async giveUpExpired(records: readonly EventRecord[]): Promise<boolean> {
    const now = Date.now()
    const expired = records.filter(({ timestamp }) => isExpired(timestamp, this.delivery.mapping.maximumRecordAgeSeconds, now))
    return expired.length > 0 && this.giveUp(expired, conditions.age)
  }

  private async giveUpOversized(): Promise<boolean> {
    const { report, destination } = this.delivery
    for (const { record, bytes } of this.batch.writer.oversized) {
      const what = `the record at offset ${record.offset} of ${sectionOf(record)} needs ${bytes} bytes as an event, more than ${PAYLOAD_BYTES_MAX}`
      report.error(`${what}: ${destination ? `it goes to ${destination.name}` : 'it is NOT delivered'}`)
      if (!(await this.sendAway({ condition: conditions.payload, records: [record], invocations: 0 }))) return false
      report.oversized(1)
      this.unresolved.resolve([record])
      await this.commit()
    }
    return true
  }

  /** Returns false when the signal aborted before the destination had them. */
  private async giveUp(records: readonly EventRecord[], condition: Condition): Promise<boolean> {
    const { report, destination } = this.delivery
    const { invocations, lastInvocation } = this.pieces.first!
    const fate = destination ? `goes to ${destination.name}` : 'is NOT delivered any more'
    report.error(`${rangesOf(records)} ${fate}: ${condition} after ${invocations} invocations`)
    if (!(await this.sendAway({ condition, records, invocations, lastInvocation }))) return false
    report.discarded(records.length)
    await this.resolved(records)
    return true
  }

  /** Tries until the destination has taken the records, and says once that it does not. Returns false when the signal aborted before. */
  private async sendAway(discarded: Discarded): Promise<boolean> {
    const { report, destination, signal } = this.delivery
    if (!destination) return true
    const attempt = destination.prepare(discarded)
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        const sent = await unlessAborted(
          attempt(signal).then(() => true),
          signal
        )
        if (!sent) return false
        report.recovered(DESTINATION_TROUBLE, `${destination.name} is reached again`)
        return true
      } catch (error) {
        if (signal.aborted) return false
        report.trouble(
          DESTINATION_TROUBLE,
          `${destination.name} takes nothing, trying again: ${(error as Error).message || (error as Error).name}`
        )
        await pause(backoffMs(failures, RECONNECT_BACKOFF), signal)
      }
    }
    return false
  }
}

function rangesOf(records: readonly EventRecord[]): string {
  const ends = new Map<number, { first: number; last: number }>()
  for (const { partition, offset } of records) ends.set(partition, { first: ends.get(partition)?.first ?? offset, last: offset })
  const ranges = [...ends].map(
    ([partition, { first, last }]) => `partition ${partition} offset ${first === last ? first : `${first} to ${last}`}`
  )
  return `The batch of ${records.length} records (${ranges.join(', ')})`
}
