import type { EventRecord } from '../event/event'
import { batchEnvelope, conditions, type Discarded, type EnvelopeOrigin, objectEnvelope, recordEnvelope } from './envelope'

const records: EventRecord[] = [
  {
    topic: 'orders',
    partition: 0,
    offset: 7,
    timestamp: 1_700_000_000_123,
    timestampType: 'CREATE_TIME',
    key: 'aw==',
    value: 'w7w=',
    headers: [{ ü: [195, 188] }]
  },
  { topic: 'orders', partition: 0, offset: 9, timestamp: 1_700_000_001_000, timestampType: 'CREATE_TIME', headers: [] },
  { topic: 'orders', partition: 2, offset: 2 ** 40, timestamp: 1_700_000_002_000, timestampType: 'LOG_APPEND_TIME', headers: [] }
]
const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:collect'
const bootstrapServers = 'b1:9092,b2:9092'
const msk: EnvelopeOrigin = { functionArn, eventHead: { eventSource: 'aws:kafka', eventSourceArn: 'arn:aws:kafka:x', bootstrapServers } }
const own: EnvelopeOrigin = { functionArn, eventHead: { eventSource: 'SelfManagedKafka', bootstrapServers } }
const now = Date.UTC(2026, 0, 2, 3, 4, 5, 6)
const discarded: Discarded = {
  condition: conditions.retries,
  records,
  invocations: 11,
  lastInvocation: { requestId: '316aa6d0-8154-4000-9af7-85d5f4a6bc81', functionError: 'Unhandled' }
}
const requestContext = {
  requestId: '316aa6d0-8154-4000-9af7-85d5f4a6bc81',
  functionArn,
  condition: 'RetryAttemptsExhausted',
  approximateInvokeCount: 11
}
const responseContext = { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' }
const recordsInfo = {
  'orders-0': {
    firstRecordOffset: '7',
    lastRecordOffset: '9',
    firstRecordTimestamp: '2023-11-14T22:13:20.123Z',
    lastRecordTimestamp: '2023-11-14T22:13:21.000Z'
  },
  'orders-2': {
    firstRecordOffset: '1099511627776',
    lastRecordOffset: '1099511627776',
    firstRecordTimestamp: '2023-11-14T22:13:22.000Z',
    lastRecordTimestamp: '2023-11-14T22:13:22.000Z'
  }
}
const event = {
  eventSource: 'aws:kafka',
  eventSourceArn: 'arn:aws:kafka:x',
  bootstrapServers,
  records: { 'orders-0': [records[0], records[1]], 'orders-2': [records[2]] }
}
const sizeOf = (value: unknown) => JSON.stringify(value).replaceAll('ü', '\\u00fc').length

test('SQS and SNS get the ranges of the batch by topic and partition, and no content', () => {
  const envelope = batchEnvelope(msk, discarded, now)
  expect(envelope).toEqual({
    requestContext,
    responseContext,
    version: '1.0',
    timestamp: '2026-01-02T03:04:05.006Z',
    KafkaBatchInfo: {
      batchSize: 3,
      eventSourceArn: 'arn:aws:kafka:x',
      bootstrapServers,
      payloadSize: sizeOf(event),
      recordsInfo
    }
  })
  // in the order of the documentation
  expect(Object.keys(envelope)).toEqual(['requestContext', 'responseContext', 'version', 'timestamp', 'KafkaBatchInfo'])
})

test('S3 gets the same and the whole event as escaped JSON text', () => {
  const { payload, ...envelope } = objectEnvelope(msk, discarded, now)
  expect(envelope).toEqual(batchEnvelope(msk, discarded, now))
  expect(JSON.parse(payload)).toEqual(event)
  expect(payload.length).toBe(envelope.KafkaBatchInfo.payloadSize)
})

test('a Kafka topic gets each record alone: its info in the singular, its event as an object', () => {
  const payload = { eventSource: 'SelfManagedKafka', bootstrapServers, records: { 'orders-0': [records[0]] } }
  expect(recordEnvelope(own, discarded, records[0]!, now)).toEqual({
    requestContext: { ...requestContext, functionArn: `${functionArn}:$LATEST`, condition: 'RetriesExhausted' },
    responseContext,
    version: '1.0',
    timestamp: '2026-01-02T03:04:05.006Z',
    // a self-managed cluster has no ARN
    KafkaBatchInfo: {
      batchSize: 1,
      bootstrapServers,
      payloadSize: sizeOf(payload),
      recordInfo: { offset: '7', timestamp: '2023-11-14T22:13:20.123Z' }
    },
    payload
  })
})

test('without an invocation the response is null and the request id a fresh one', () => {
  const never: Discarded = { condition: conditions.payload, records: [records[1]!], invocations: 0 }
  for (const envelope of [batchEnvelope(own, never, now), objectEnvelope(own, never, now), recordEnvelope(own, never, records[1]!, now)]) {
    expect(envelope.responseContext).toBeNull()
    expect(envelope.requestContext).toMatchObject({
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      condition: 'MaximumPayloadSizeExceeded',
      approximateInvokeCount: 0
    })
  }
})

test('a timestamp that no date can hold is cut to one that can', () => {
  const strange: Discarded = { ...discarded, records: [{ ...records[0]!, timestamp: 2 ** 60 }] }
  expect(batchEnvelope(own, strange, now).KafkaBatchInfo.recordsInfo['orders-0']!.firstRecordTimestamp).toBe('+275760-09-13T00:00:00.000Z')
})
