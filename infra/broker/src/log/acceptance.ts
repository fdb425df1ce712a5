// Does a topic take these records: have they the keys and the times that its settings ask for?
import { type ErrorName, KafkaError } from '../protocol'
import type { IncomingBatch } from './incoming'
import { type LogRecord, recordsOf } from './records'
import type { LogSettings } from './settings'

/** Records of one batch named in an answer. */
const shownMax = 3

export interface RecordError {
  batchIndex: number
  batchIndexErrorMessage: string
}

/** Records that a topic does not take; all records of their request are refused with them. */
export class RecordsRefused extends KafkaError {
  constructor(
    errorName: ErrorName,
    reason: string,
    readonly recordErrors: RecordError[]
  ) {
    super(errorName, reason)
  }
}

function timeProblem(timestamp: number, offset: number, settings: LogSettings, now: number): string | undefined {
  const { timestampAfterMaxMs: after, timestampBeforeMaxMs: before } = settings
  if (timestamp < 0 || (now - timestamp <= before && timestamp - now <= after)) return undefined
  const range = `[${now - before}, ${now + after}]`
  return `Timestamp ${timestamp} of message with offset ${offset} is out of range. The timestamp should be within ${range}`
}

/** The records of `batch` for which `problemOf` says something. */
function problems(batch: Buffer, problemOf: (record: LogRecord) => string | undefined): RecordError[] {
  const found: RecordError[] = []
  let batchIndex = 0
  try {
    for (const record of recordsOf(batch)) {
      const batchIndexErrorMessage = problemOf(record)
      if (batchIndexErrorMessage !== undefined) found.push({ batchIndex, batchIndexErrorMessage })
      batchIndex++
    }
  } catch (cause) {
    throw new KafkaError('INVALID_RECORD', `the records cannot be unpacked: ${(cause as Error).message}`, { cause })
  }
  return found
}

function checkTimes(batch: Buffer, { header }: IncomingBatch, settings: LogSettings, now: number): void {
  if (settings.hasLogAppendTime) return
  if (header.hasLogAppendTime) {
    throw new KafkaError('INVALID_TIMESTAMP', 'Producer should not set timestamp type to LogAppendTime.')
  }
  // the latest time stands in the header; only a bound on the earliest makes it necessary to look at each
  const isLate = header.maxTimestamp - now > settings.timestampAfterMaxMs
  if (!isLate && settings.timestampBeforeMaxMs === Number.POSITIVE_INFINITY) return
  const found = problems(batch, ({ offset, timestamp }) => timeProblem(timestamp, offset, settings, now))
  if (found.length > 0)
    throw new RecordsRefused('INVALID_TIMESTAMP', 'One or more records have been rejected due to invalid timestamp', found)
}

function checkKeys(batch: Buffer, partition: string): void {
  const message = `Compacted topic cannot accept message without key in topic partition ${partition}`
  const found = problems(batch, ({ key }) => (key === null ? message : undefined))
  if (found.length === 0) return
  const shown = found
    .slice(0, shownMax)
    .map(each => `RecordError(batchIndex=${each.batchIndex}, message=${each.batchIndexErrorMessage})`)
    .join(', ')
  const counted = `${found.length} record errors in total, and only showing the first three errors at most: [${shown}]`
  throw new RecordsRefused('INVALID_RECORD', `One or more records have been rejected due to ${counted}`, found)
}

/**
 * Looks into the records of topics that are compacted or bound the age of records; of others at the batches' headers alone.
 * @param now epoch milliseconds
 * @param partition as Kafka writes it: topic-partition
 * @throws RecordsRefused, or KafkaError INVALID_TIMESTAMP or INVALID_RECORD
 */
export function checkAccepted(records: Buffer, batches: IncomingBatch[], settings: LogSettings, now: number, partition: string): void {
  for (const batch of batches) {
    const bytes = records.subarray(batch.at, batch.at + batch.header.size)
    if (settings.isCompacted) checkKeys(bytes, partition)
    checkTimes(bytes, batch, settings, now)
  }
}
