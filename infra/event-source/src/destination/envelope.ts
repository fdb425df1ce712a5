// What does an on-failure destination get? The invocation record of discarded records, in the four forms that AWS documents.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html and kafka-on-failure-destination.html
import { randomUUID } from 'node:crypto'
import { type EventHead, type EventRecord, eventOf, eventText, type KafkaEvent, sectionOf } from '../event/event'

/** Why records are discarded, in the words of the invocation record. */
export const conditions = {
  retries: 'RetryAttemptsExhausted',
  payload: 'MaximumPayloadSizeExceeded',
  /** Undocumented on AWS for Kafka; what it says for Kinesis. */
  age: 'RecordAgeExceeded'
} as const
export type Condition = (typeof conditions)[keyof typeof conditions]

/** In the documentation's example of a Kafka destination the retries have another name. */
export const KAFKA_RETRIES_CONDITION = 'RetriesExhausted'
/** And the function's ARN is qualified. */
export const KAFKA_ARN_SUFFIX = ':$LATEST'
/** Of a function that threw; undocumented on AWS for a partial batch response, where no function error was: null. */
export const FUNCTION_ERROR = 'Unhandled'
const VERSION = '1.0'

/** Records that will not be delivered any more, and what is known of their last invocation. */
export interface Discarded {
  condition: Condition
  /** In order per partition, one at least. */
  records: readonly EventRecord[]
  invocations: number
  /** Undefined when there was no invocation. */
  lastInvocation?: { requestId: string; functionError: string | null }
}

/** What every invocation record of a mapping has in common. */
export interface EnvelopeOrigin {
  functionArn: string
  eventHead: EventHead
}

interface RecordsInfo {
  firstRecordOffset: string
  lastRecordOffset: string
  firstRecordTimestamp: string
  lastRecordTimestamp: string
}

/** The invocation record for SQS and SNS: no content of the records. `timestamp`, here and below: when they were given up, epoch milliseconds. */
export function batchEnvelope(origin: EnvelopeOrigin, discarded: Discarded, timestamp: number) {
  const event = eventOf(origin.eventHead, discarded.records)
  return withBatchInfo(origin, discarded, timestamp, Buffer.byteLength(eventText(event)), { recordsInfo: recordsInfo(event) })
}

/** The invocation record for S3: with the whole event as escaped JSON text. */
export function objectEnvelope(origin: EnvelopeOrigin, discarded: Discarded, timestamp: number) {
  const event = eventOf(origin.eventHead, discarded.records)
  const payload = eventText(event)
  return { ...withBatchInfo(origin, discarded, timestamp, Buffer.byteLength(payload), { recordsInfo: recordsInfo(event) }), payload }
}

/** The invocation record of one of the records for a Kafka topic: with an event of that record alone. */
export function recordEnvelope(origin: EnvelopeOrigin, discarded: Discarded, record: EventRecord, timestamp: number) {
  const payload = eventOf(origin.eventHead, [record])
  const info = { recordInfo: { offset: String(record.offset), timestamp: isoTime(record.timestamp) } }
  const named = { ...origin, functionArn: `${origin.functionArn}${KAFKA_ARN_SUFFIX}` }
  const envelope = withBatchInfo(named, { ...discarded, records: [record] }, timestamp, Buffer.byteLength(eventText(payload)), info)
  const condition = discarded.condition === conditions.retries ? KAFKA_RETRIES_CONDITION : discarded.condition
  return { ...envelope, requestContext: { ...envelope.requestContext, condition }, payload }
}

function withBatchInfo<Info extends object>(
  { functionArn, eventHead }: EnvelopeOrigin,
  { condition, records, invocations, lastInvocation }: Discarded,
  timestamp: number,
  payloadSize: number,
  info: Info
) {
  return {
    // without an invocation the request that there would have been
    requestContext: {
      requestId: lastInvocation?.requestId ?? randomUUID(),
      functionArn,
      condition: condition as string,
      approximateInvokeCount: invocations
    },
    responseContext: lastInvocation ? { statusCode: 200, executedVersion: '$LATEST', functionError: lastInvocation.functionError } : null,
    version: VERSION,
    timestamp: isoTime(timestamp),
    KafkaBatchInfo: {
      batchSize: records.length,
      // a self-managed cluster has no ARN
      ...(eventHead.eventSourceArn !== undefined && { eventSourceArn: eventHead.eventSourceArn }),
      bootstrapServers: eventHead.bootstrapServers,
      payloadSize,
      ...info
    }
  }
}

function recordsInfo(event: KafkaEvent): Record<string, RecordsInfo> {
  return Object.fromEntries(
    Object.values(event.records).map(records => {
      const first = records[0]!
      const last = records.at(-1)!
      return [
        sectionOf(first),
        {
          firstRecordOffset: String(first.offset),
          lastRecordOffset: String(last.offset),
          firstRecordTimestamp: isoTime(first.timestamp),
          lastRecordTimestamp: isoTime(last.timestamp)
        }
      ]
    })
  )
}

/** The range of a Date: a producer may write any number as a timestamp. */
const TIME_MS_MAX = 8.64e15

function isoTime(ms: number): string {
  return new Date(Math.max(-TIME_MS_MAX, Math.min(TIME_MS_MAX, ms))).toISOString()
}
