// What does an on-failure destination get of the records that are given up? Its rules, an envelope for each kind.
import { randomBytes } from 'node:crypto'
import type { Harness } from '../harness'
import { backoff, destinationOf, documents, type Envelope, functionArn, poison, responseContext, uuid } from './given-up'

const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

/** @param create a harness with a topic of so many partitions */
export function destinationRules(create: (partitions?: number) => Promise<Harness>, brokers: () => string[]): void {
  test.each(['sqs', 'sns', 's3'] as const)('the invocation record for %s', async kind => {
    const harness = await create(2)
    const messages = [
      { partition: 0, key: 'k', value: poison, headers: { ü: 'hi' }, timestamp: '1700000000123' },
      { partition: 0, value: null, timestamp: '1700000001000' },
      { partition: 1, value: 'other', timestamp: '1700000002000' }
    ]
    await harness.produce(messages)
    harness.start({ maximumRetryAttempts: 1, onFailure: destinationOf(kind), windowMs: 300, backoff })
    await harness.until(() => harness.logged.some(line => line.includes('goes to arn:aws')))
    await harness.poll(async () => (await harness.committed())[1] === 1)
    const event = harness.deliveries[0]!.event!
    const eventBytes = JSON.stringify(event).replaceAll('ü', '\\u00fc')
    const range = (offsets: [string, string], times: [string, string]) => ({
      firstRecordOffset: offsets[0],
      lastRecordOffset: offsets[1],
      firstRecordTimestamp: times[0],
      lastRecordTimestamp: times[1]
    })
    expect(documents(harness)).toEqual([
      {
        requestContext: { requestId: uuid, functionArn, condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
        responseContext,
        version: '1.0',
        timestamp: isoTime,
        KafkaBatchInfo: {
          batchSize: 3,
          bootstrapServers: brokers().join(','),
          payloadSize: eventBytes.length,
          recordsInfo: {
            [`${harness.topic}-0`]: range(['0', '1'], ['2023-11-14T22:13:20.123Z', '2023-11-14T22:13:21.000Z']),
            [`${harness.topic}-1`]: range(['0', '0'], ['2023-11-14T22:13:22.000Z', '2023-11-14T22:13:22.000Z'])
          }
        },
        ...(kind === 's3' && { payload: eventBytes })
      }
    ])
  })

  test('a Kafka topic gets one message per record, with its key and its own event', async () => {
    const harness = await create(1)
    const dead = `${harness.topic}-dead`
    await harness.createTopic(3, dead)
    const messages = [
      { key: 'k', value: poison, timestamp: '1700000000123' },
      { value: 'keyless', timestamp: '1700000001000' },
      { key: 'k', value: null, timestamp: '1700000002000' },
      { value: 'keyless too', timestamp: '1700000003000' }
    ]
    await harness.produce(messages)
    harness.start({ maximumRetryAttempts: 0, onFailure: { kind: 'kafka', topic: dead } })
    const read = await harness.read(dead, 4)
    const event = harness.deliveries[0]!.event!
    const records = event.records[`${harness.topic}-0`]!
    const messageOf = (index: number, timestamp: string) => {
      const payload = { ...event, records: { [`${harness.topic}-0`]: [records[index]] } }
      return {
        requestContext: {
          requestId: uuid,
          functionArn: `${functionArn}:$LATEST`,
          condition: 'RetriesExhausted',
          approximateInvokeCount: 1
        },
        responseContext,
        version: '1.0',
        timestamp: isoTime,
        KafkaBatchInfo: {
          batchSize: 1,
          bootstrapServers: brokers().join(','),
          payloadSize: JSON.stringify(payload).length,
          recordInfo: { offset: String(index), timestamp }
        },
        payload
      }
    }
    const keyed = read.filter(({ key }) => key !== null)
    expect(keyed.map(({ value }) => value)).toEqual([messageOf(0, '2023-11-14T22:13:20.123Z'), messageOf(2, '2023-11-14T22:13:22.000Z')])
    expect(new Set(keyed.map(({ partition }) => partition)).size).toBe(1)
    const keyless = read.filter(({ key }) => key === null)
    expect(new Set(keyless.map(({ partition }) => partition)).size).toBe(2)
    expect(keyless.map(({ value }) => value)).toEqual(
      expect.arrayContaining([messageOf(1, '2023-11-14T22:13:21.000Z'), messageOf(3, '2023-11-14T22:13:23.000Z')])
    )
    await harness.poll(async () => (await harness.committed())[0] === 4)
  })

  test('what a topic cannot hold is there without its payload', async () => {
    const harness = await create(1)
    const dead = `${harness.topic}-dead`
    await harness.createTopic(1, dead, [{ name: 'max.message.bytes', value: '20000' }])
    // random, so that it does not shrink to what the topic takes
    const value = randomBytes(50_000)
    await harness.produce([{ value: poison }, { value }])
    harness.start({ maximumRetryAttempts: 0, onFailure: { kind: 'kafka', topic: dead } })
    const values = (await harness.read(dead, 2)).map(message => message.value as Envelope)
    expect(values).toMatchObject([
      { KafkaBatchInfo: { recordInfo: { offset: '0' } }, payload: {} },
      { KafkaBatchInfo: { recordInfo: { offset: '1' } } }
    ])
    expect(values[1]!.payload).toBeUndefined()
    expect(harness.logged.join('\n')).toMatch(/offset 1 .* too large for the topic .* without its payload/)
  })

  test('a record too large for any event goes to the destination without an invocation', async () => {
    const harness = await create(1)
    const value = Buffer.alloc(6_000_000)
    await harness.produce([{ key: 'k', value }], 1)
    await harness.produce([{ value: 'behind' }])
    const source = harness.start({ onFailure: destinationOf('s3') })
    await harness.until(() => harness.succeeded().length === 1)
    await harness.stop(source)
    const [{ payload, ...envelope }] = documents(harness) as [Envelope]
    expect(envelope).toMatchObject({
      requestContext: { requestId: uuid, condition: 'MaximumPayloadSizeExceeded', approximateInvokeCount: 0 },
      responseContext: null,
      KafkaBatchInfo: { batchSize: 1, payloadSize: (payload as string).length }
    })
    const { records } = JSON.parse(payload as string)
    expect(records[`${harness.topic}-0`]).toMatchObject([{ offset: 0, key: 'aw==', value: value.toString('base64') }])
    expect(source.status().counters).toMatchObject({ records: 1, oversized: 1 })
    expect(await harness.committed()).toEqual({ 0: 2 })
  })

  test('a destination that takes nothing is said once and tried until it does; a stop does not wait for it, and nothing is lost', async () => {
    const harness = await create(1)
    const dead = `${harness.topic}-dead`
    await harness.produce([{ value: poison }, { value: 'behind' }])
    const settings = { batchSize: 1, maximumRetryAttempts: 0, onFailure: { kind: 'kafka', topic: dead } as const }
    const said = () => harness.logged.filter(line => line.includes('takes nothing'))
    const first = harness.start(settings)
    await harness.until(() => said().length > 0)
    await harness.stop(first)
    expect(await harness.committed()).toEqual({ 0: 0 })
    harness.logged.length = 0
    const second = harness.start(settings)
    await harness.until(() => said().length > 0)
    await new Promise(done => setTimeout(done, 500))
    await harness.createTopic(1, dead)
    await harness.until(() => harness.succeeded().length === 1)
    await harness.stop(second)
    expect(said()).toEqual([expect.stringMatching(/kafka:\/\/.*-dead takes nothing, trying again: the topic .* does not exist/)])
    expect(harness.logged.some(line => line.includes('is reached again'))).toBe(true)
    expect(await harness.read(dead, 1)).toMatchObject([{ value: { KafkaBatchInfo: { recordInfo: { offset: '0' } } } }])
    expect(await harness.committed()).toEqual({ 0: 2 })
  })

  test('a destination without a target of its own is a folder of the service, which is said', async () => {
    const harness = await create(1)
    await harness.produce([{ value: poison }])
    harness.start({ maximumRetryAttempts: 0, onFailure: { kind: 'sns', arn: 'arn:aws:sns:us-east-1:000000000000:dead-orders' } })
    await harness.poll(async () => (await harness.committed())[0] === 1)
    expect(harness.documents('.kafka-event-source/dead-orders').length).toBe(1)
    expect(harness.logged.some(line => line.includes('.kafka-event-source/dead-orders, instead of arn:aws:sns'))).toBe(true)
  })
}
