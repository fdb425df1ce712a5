// When is a batch invoked, and what follows? Waits for size or window, invokes, commits after success, repeats after failure.
import { Scope } from './abort'
import { backoffMs, pause } from './client/backoff'
import { type EventWriter, PAYLOAD_BYTES_MAX } from './event/event-writer'
import type { Mapping } from './mapping/mapping'
import type { Batch, RecordBuffer } from './record-buffer'
import type { Report } from './report'
import type { Failure } from './runner/outcome'
import type { Runner } from './runner/runner'

export { RETRY_BACKOFF } from './client/backoff'

export interface Delivery {
  buffer: RecordBuffer
  writers: readonly [EventWriter, EventWriter]
  mapping: Mapping
  runner: Runner
  report: Report
  commit: (offsets: ReadonlyMap<number, number>) => Promise<void>
  /** Aborted when the code changed: the next attempt need not wait. Asked anew for every wait. */
  retryNow: () => AbortSignal
  /** No new batch begins and no failed one is repeated after this. */
  signal: AbortSignal
}

/**
 * Delivers batch after batch, one invocation at a time, until the signal aborts.
 * @throws MembershipLost when a commit comes too late: the records belong to another member
 */
export async function deliver(delivery: Delivery): Promise<void> {
  const { buffer, mapping, signal } = delivery
  let ahead: Batch | undefined
  for (let turn = 0; ; turn++) {
    const batch: Batch | undefined = ahead ?? (await nextBatch(delivery, turn))
    if (!batch || signal.aborted) return
    const working = new Scope(signal)
    // while the function works, the next event is written, if there is a whole one
    const writing = untilFull(buffer, mapping.batchSize, working.signal).then(isFull =>
      isFull ? buffer.take(delivery.writers[(turn + 1) % 2]!, mapping.batchSize) : undefined
    )
    const succeeded = batch.records === 0 || (await invokeUntilSuccess(delivery, batch))
    working.end()
    ahead = await writing
    if (!succeeded) return
    if (batch.next.size > 0) await delivery.commit(batch.next)
  }
}

async function untilFull(buffer: RecordBuffer, batchSize: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (buffer.isFull(batchSize, PAYLOAD_BYTES_MAX)) return true
    await buffer.change(signal)
  }
  return false
}

/** Waits for a full batch or the end of the window that the oldest record opened. Undefined when the signal aborts first. */
async function nextBatch({ buffer, mapping, signal, writers }: Delivery, turn: number): Promise<Batch | undefined> {
  while (!signal.aborted) {
    const due = buffer.dueAt(mapping.windowMs)
    const left = due === undefined ? undefined : due - Date.now()
    if ((left !== undefined && left <= 0) || buffer.isFull(mapping.batchSize, PAYLOAD_BYTES_MAX)) {
      return buffer.take(writers[turn % 2]!, mapping.batchSize)
    }
    await buffer.change(signal, left)
  }
  return undefined
}

/** Returns false when the signal aborted before an attempt succeeded. */
async function invokeUntilSuccess({ runner, mapping, report, retryNow, signal }: Delivery, batch: Batch): Promise<boolean> {
  for (let failures = 0; !signal.aborted; ) {
    const outcome = await runner.invoke(batch.writer.memory, batch.bytes)
    report.invoked(outcome.ok, batch.records)
    if (outcome.ok) return true
    failures++
    const waitMs = backoffMs(failures, mapping.backoff)
    report.error(`${describe(outcome.failure)}\n  ${rangesOf(batch)} is delivered again${signal.aborted ? '' : ` in ${waitMs} ms`}`)
    const waiting = new Scope(signal, retryNow())
    await pause(waitMs, waiting.signal)
    waiting.end()
  }
  return false
}

function describe({ errorType, message, detail }: Failure): string {
  return `invocation failed: ${errorType}: ${message}${detail ? `\n${detail}` : ''}`
}

function rangesOf(batch: Batch): string {
  const ends = [...batch.next].map(([partition, next]) => `partition ${partition} before offset ${next}`)
  return `The batch of ${batch.records} records (${ends.join(', ')})`
}
