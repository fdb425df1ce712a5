// When is a batch invoked? Waits for size or window, invokes, commits after success; what did not simply succeed is failing-batch.ts's.
import { Scope } from './abort'
import { FailingBatch } from './delivery/failing-batch'
import { invokeOnce } from './delivery/invocation'
import { isPlainSuccess } from './delivery/item-failures'
import type { Destination } from './destination/destination'
import { type EventWriter, PAYLOAD_BYTES_MAX } from './event/event-writer'
import type { Mapping } from './mapping/mapping'
import type { Batch, RecordBuffer } from './record-buffer'
import type { Report } from './report'
import type { Runner } from './runner/runner'

/** One of a poller's deliveries side by side: each has partitions of its own while it works, a thread and its event writers. */
export interface Delivery {
  buffer: RecordBuffer
  /** Two, so that the next event is written while the function has the last one. */
  writers: readonly [EventWriter, EventWriter]
  /** Whether it takes the next batch while the last one is under way: only where no other delivery waits for one. */
  takesAhead: boolean
  mapping: Mapping
  runner: Runner
  report: Report
  /** Where records go that are given up; without one they are passed over. */
  destination?: Destination
  commit: (offsets: ReadonlyMap<number, number>) => Promise<void>
  /** Aborted when the code changed: the next attempt need not wait. Asked anew for every wait. */
  retryNow: () => AbortSignal
  /** No new batch begins and no failed one is repeated after this. */
  signal: AbortSignal
}

/**
 * Delivers batch after batch, one invocation at a time, until the signal aborts. A commit goes on beside the next invocation where nobody else
 * takes of the same partitions; commits are made one after the other, so that none goes backwards.
 * @throws MembershipLost when a commit comes too late: the records belong to another member
 */
export async function deliver(delivery: Delivery): Promise<void> {
  const commits = new Commits(delivery.commit)
  try {
    await deliverBatches(delivery, commits)
  } finally {
    await commits.made()
  }
}

/** Commits in the order in which they are asked for; after one that failed there is none. */
class Commits {
  private last: Promise<void> = Promise.resolve()

  constructor(private readonly commit: Delivery['commit']) {}

  add(offsets: ReadonlyMap<number, number>): Promise<void> {
    this.last = this.last.then(() => this.commit(offsets))
    // whoever waits for it is told; it may be that nobody does before the next
    this.last.catch(() => {})
    return this.last
  }

  /** Resolves when all are made, and rejects with the failure that ended them. */
  made(): Promise<void> {
    return this.last
  }
}

async function deliverBatches(delivery: Delivery, commits: Commits): Promise<void> {
  const { buffer, signal, takesAhead } = delivery
  const commit = (offsets: ReadonlyMap<number, number>) => commits.add(offsets)
  let ahead: Batch | undefined
  for (let turn = 0; ; turn++) {
    const batch: Batch | undefined = ahead ?? (await nextBatch(delivery, turn))
    if (!batch || signal.aborted) return
    const working = new Scope(signal)
    const writing = takesAhead ? fullBatch(delivery, turn + 1, working.signal) : undefined
    const isResolved = await deliverBatch({ ...delivery, commit }, batch)
    working.end()
    ahead = await writing
    // of the batch before: no more than one is under way beside an invocation
    await commits.made()
    if (!isResolved) return
    const committed = batch.next.size > 0 ? commit(batch.next) : undefined
    if (!takesAhead) await committed
    buffer.release(batch, ahead)
  }
}

/** The next batch if it is full before the signal aborts. */
async function fullBatch(delivery: Delivery, turn: number, signal: AbortSignal): Promise<Batch | undefined> {
  const { buffer, mapping, writers } = delivery
  while (!signal.aborted) {
    if (buffer.isFull(mapping.batchSize, PAYLOAD_BYTES_MAX, delivery)) return buffer.take(writers[turn % 2]!, mapping.batchSize, delivery)
    await buffer.change(signal)
  }
  return undefined
}

/** Waits for a full batch or the end of the window that the oldest record opened. Undefined when the signal aborts first. */
async function nextBatch(delivery: Delivery, turn: number): Promise<Batch | undefined> {
  const { buffer, mapping, signal, writers } = delivery
  while (!signal.aborted) {
    const due = buffer.dueAt(mapping.windowMs, delivery)
    const left = due === undefined ? undefined : due - Date.now()
    if ((left !== undefined && left <= 0) || buffer.isFull(mapping.batchSize, PAYLOAD_BYTES_MAX, delivery)) {
      return buffer.take(writers[turn % 2]!, mapping.batchSize, delivery)
    }
    await buffer.change(signal, left)
  }
  return undefined
}

/** Returns false when the signal aborted before every record of the batch was resolved. */
async function deliverBatch(delivery: Delivery, batch: Batch): Promise<boolean> {
  const { mapping, report, runner } = delivery
  const { writer } = batch
  // what follows is decided without looking at a record: anything else than a plain success is left to the slow path
  const { maximumRecordAgeSeconds } = mapping
  const mayBeExpired = maximumRecordAgeSeconds >= 0 && Date.now() - writer.oldestTimestamp > maximumRecordAgeSeconds * 1000
  if (writer.oversized.length > 0 || mayBeExpired) {
    return new FailingBatch(delivery, batch).resolve()
  }
  if (batch.records === 0) return true
  const invocation = await invokeOnce(runner, writer.memory, batch.bytes)
  const { outcome } = invocation
  if (!outcome.ok || (mapping.reportBatchItemFailures && !isPlainSuccess(outcome.payload))) {
    return new FailingBatch(delivery, batch).resolve(invocation)
  }
  report.invoked(true, batch.records)
  return true
}
