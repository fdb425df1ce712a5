// What must a mapping do with records that its function does not take? A part of the suite that every broker passes.
import { randomBytes } from 'node:crypto'
import type { DestinationSetting } from '../src/mapping/mapping'
import type { Delivery, Harness } from './harness'

const backoff = { firstMs: 1, mostMs: 5 }
const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:collect'
const responseContext = { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' }
const folder = 'given-up'
const destinationOf = (kind: 'sqs' | 'sns' | 's3'): DestinationSetting => {
  const arns = { sqs: 'arn:aws:sqs:us-east-1:000000000000:dead', sns: 'arn:aws:sns:us-east-1:000000000000:dead', s3: 'arn:aws:s3:::dead' }
  return { kind, arn: arns[kind], target: { directory: folder } }
}
const offsetsOf = ({ deliveries }: Harness) => deliveries.map(({ records }) => records.map(({ offset }) => offset))
const poison = 'fail:poison:100000'

interface Envelope {
  requestContext: { condition: string; approximateInvokeCount: number }
  responseContext: object | null
  KafkaBatchInfo: { batchSize: number; payloadSize: number; recordsInfo: Record<string, unknown>; recordInfo: { offset: string } }
  payload?: unknown
}
const documents = (harness: Harness) => harness.documents(folder) as unknown as Envelope[]

/** @param create a harness with a topic of so many partitions */
export function failureSuite(create: (partitions?: number) => Promise<Harness>, brokers: () => string[]): void {
  test('MaximumRetryAttempts does not count the first attempt; then the batch is given up, committed, and what is behind it delivered', async () => {
    const harness = await create(1)
    await harness.produce([{ value: 'first' }, { value: poison }, { value: 'behind' }])
    const source = harness.start({ batchSize: 2, maximumRetryAttempts: 2, backoff })
    await harness.until(() => harness.succeeded().length === 1)
    await harness.stop(source)
    expect(offsetsOf(harness)).toEqual([[0, 1], [0, 1], [0, 1], [2]])
    expect(harness.logged.join('\n')).toMatch(/offset 0 to 1\) is NOT delivered any more: RetryAttemptsExhausted after 3 invocations/)
    expect(source.status().counters).toMatchObject({ records: 1, failures: 3, discarded: 2, lag: 0 })
    expect(await harness.committed()).toEqual({ 0: 3 })
  })

  test('without a limit a destination makes it 10 retries: 11 invocations', async () => {
    const harness = await create(1)
    await harness.produce([{ value: poison }, { value: 'behind' }])
    harness.start({ batchSize: 1, onFailure: destinationOf('sqs'), backoff })
    await harness.until(() => harness.succeeded().length === 1)
    expect(harness.deliveries.length).toBe(12)
    expect(documents(harness)).toMatchObject([{ requestContext: { approximateInvokeCount: 11 } }])
  })

  test.each(['sqs', 'sns', 's3'] as const)('the invocation record for %s', async kind => {
    const harness = await create(2)
    const messages = [
      { partition: 0, key: 'k', value: poison, headers: { ü: 'hi' }, timestamp: '1700000000123' },
      { partition: 0, value: null, timestamp: '1700000001000' },
      { partition: 1, value: 'other', timestamp: '1700000002000' }
    ]
    await harness.produce(messages)
    harness.start({ maximumRetryAttempts: 1, onFailure: destinationOf(kind), windowMs: 1000, backoff })
    await harness.until(() => harness.logged.some(line => line.includes('goes to arn:aws')))
    await harness.until(async () => (await harness.committed())[1] === 1)
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
    await harness.until(async () => (await harness.committed())[0] === 4)
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

  test('records older than MaximumRecordAgeInSeconds are given up before an attempt, and the others of the batch delivered', async () => {
    const harness = await create(1)
    const now = Date.now()
    const ages = [100_000, 0, 300_000, 0]
    await harness.produce(ages.map((age, index) => ({ value: String(index), timestamp: String(now - age) })))
    const source = harness.start({ maximumRecordAgeSeconds: 60, onFailure: destinationOf('sqs') })
    await harness.until(() => harness.deliveries.length > 0)
    await harness.stop(source)
    expect(offsetsOf(harness)).toEqual([[1, 3]])
    const requestContext = { requestId: uuid, functionArn, condition: 'RecordAgeExceeded', approximateInvokeCount: 0 }
    const recordsInfo = { [`${harness.topic}-0`]: { firstRecordOffset: '0', lastRecordOffset: '2' } }
    expect(documents(harness)).toMatchObject([{ requestContext, responseContext: null, KafkaBatchInfo: { batchSize: 2, recordsInfo } }])
    expect(await harness.committed()).toEqual({ 0: 4 })
  })

  test('a batch that fails until its records are too old is given up then, however many retries are left', async () => {
    const harness = await create(1)
    await harness.produce([{ value: poison, timestamp: String(Date.now() - 50_000) }, { value: 'behind' }])
    harness.start({
      batchSize: 1,
      maximumRecordAgeSeconds: 60,
      onFailure: destinationOf('sqs'),
      backoff: { firstMs: 100, mostMs: 100 },
      maximumRetryAttempts: 10_000
    })
    await harness.until(() => harness.succeeded().length === 1)
    const [{ requestContext, responseContext: response }] = documents(harness) as [Envelope]
    expect(requestContext).toMatchObject({ condition: 'RecordAgeExceeded', approximateInvokeCount: harness.deliveries.length - 1 })
    expect(response).toEqual(responseContext)
  })

  test('bisect isolates a poison record: the others succeed once and in order, splitting uses up no retry', async () => {
    const harness = await create(1)
    await harness.produce(Array.from({ length: 8 }, (_, index) => ({ value: index === 2 ? poison : String(index) })))
    const source = harness.start({ bisectBatchOnFunctionError: true, maximumRetryAttempts: 1, onFailure: destinationOf('sqs'), backoff })
    await harness.until(() => harness.succeeded().length === 7)
    await harness.stop(source)
    expect(offsetsOf(harness)).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3], [0, 1], [2, 3], [2], [2], [3], [4, 5, 6, 7]])
    const recordsInfo = { [`${harness.topic}-0`]: { firstRecordOffset: '2', lastRecordOffset: '2' } }
    expect(documents(harness)).toMatchObject([
      { requestContext: { approximateInvokeCount: 5 }, KafkaBatchInfo: { batchSize: 1, recordsInfo } }
    ])
    expect(await harness.committed()).toEqual({ 0: 8 })
  })

  test('a stop in the middle of a bisected batch has committed what succeeded before the first open record, and only that comes again', async () => {
    const harness = await create(2)
    const values = ['a', 'b', poison, 'd'].map(value => ({ partition: 0, value }))
    await harness.produce([...values, { partition: 1, value: 'other' }])
    const settings = { bisectBatchOnFunctionError: true, windowMs: 1000, backoff }
    const source = harness.start(settings)
    const isAlone = ({ records }: Delivery) => records.length === 1 && records[0]!.offset === 2
    await harness.until(() => harness.deliveries.filter(isAlone).length > 2)
    await harness.stop(source)
    expect((await harness.committed())[0]).toBe(2)
    harness.deliveries.length = 0
    harness.start({ ...settings, batchSize: 1, windowMs: 0 })
    await harness.until(() => harness.deliveries.some(({ records }) => records[0]!.partition === 0))
    expect(harness.deliveries.find(({ records }) => records[0]!.partition === 0)!.records).toMatchObject([{ offset: 2 }])
  })

  test('a rebalance in the middle of a failing batch loses nothing and commits nothing open', async () => {
    const harness = await create(2)
    await harness.produce(
      ['a', poison, 'c'].flatMap(value => [0, 1].map(partition => ({ partition, value: partition ? `x${value}` : value })))
    )
    const settings = { bisectBatchOnFunctionError: true, backoff }
    const first = harness.start(settings)
    await harness.until(() => harness.deliveries.filter(({ result }) => result === 'fail').length > 4)
    const second = harness.start(settings)
    while ((await harness.settledMembers()) !== 2) await new Promise(done => setImmediate(done))
    // whoever has partition 1 alone now delivers it, whatever becomes of partition 0
    await harness.until(async () => (await harness.committed())[1] === 3)
    expect(await harness.committed()).toEqual({ 0: 1, 1: 3 })
    expect(new Set(harness.values()[1])).toEqual(new Set(['xa', `x${poison}`, 'xc']))
    await Promise.all([harness.stop(first), harness.stop(second)])
    expect(await harness.committed()).toEqual({ 0: 1, 1: 3 })
  })

  test('ReportBatchItemFailures: only the listed records come again, and nothing behind the lowest of them is committed', async () => {
    const harness = await create(1)
    const values = ['a', 'item:one:3', 'c', 'item:two:1', 'e']
    await harness.produce(values.map(value => ({ value })))
    const source = harness.start({
      reportBatchItemFailures: true,
      bisectBatchOnFunctionError: true,
      backoff: { firstMs: 300, mostMs: 300 }
    })
    await harness.until(() => harness.deliveries.length === 2)
    expect(await harness.committed()).toEqual({ 0: 1 })
    await harness.until(() => harness.deliveries.length === 4)
    await harness.stop(source)
    expect(offsetsOf(harness)).toEqual([[0, 1, 2, 3, 4], [1, 3], [1], [1]])
    expect(source.status().counters).toMatchObject({ records: 5, lag: 0 })
    expect(await harness.committed()).toEqual({ 0: 5 })
  })

  test('ReportBatchItemFailures: partial failures use up retries, and only what still fails is given up', async () => {
    const harness = await create(1)
    await harness.produce([{ value: 'a' }, { value: 'item:one:100' }, { value: 'item:two:1' }])
    const source = harness.start({ reportBatchItemFailures: true, maximumRetryAttempts: 2, onFailure: destinationOf('sqs'), backoff })
    await harness.until(async () => (await harness.committed())[0] === 3)
    await harness.stop(source)
    expect(offsetsOf(harness)).toEqual([[0, 1, 2], [1, 2], [1]])
    const recordsInfo = { [`${harness.topic}-0`]: { firstRecordOffset: '1', lastRecordOffset: '1' } }
    // the function returned: there is no function error
    expect(documents(harness)).toMatchObject([
      {
        requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
        responseContext: { ...responseContext, functionError: null },
        KafkaBatchInfo: { batchSize: 1, recordsInfo }
      }
    ])
  })

  test.each([
    ['a foreign identifier makes the whole batch fail', 'foreign:one:2'],
    ['a thrown error makes the whole batch fail, whatever the feature', 'fail:one:2']
  ])('ReportBatchItemFailures: %s', async (_, value) => {
    const harness = await create(1)
    await harness.produce([{ value: 'a' }, { value }, { value: 'item:two:1' }])
    const source = harness.start({ reportBatchItemFailures: true, backoff })
    await harness.until(async () => (await harness.committed())[0] === 3)
    await harness.stop(source)
    expect(offsetsOf(harness).slice(0, 3)).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [0, 1, 2]
    ])
    expect(source.status().counters.failures).toBe(2)
  })

  test('a partial batch response means nothing where ReportBatchItemFailures is off', async () => {
    const harness = await create(1)
    await harness.produce([{ value: 'item:one:100' }, { value: 'b' }])
    const source = harness.start()
    await harness.until(async () => (await harness.committed())[0] === 2)
    await harness.stop(source)
    expect(offsetsOf(harness)).toEqual([[0, 1]])
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
    await harness.until(async () => (await harness.committed())[0] === 1)
    expect(harness.documents('.kafka-event-source/dead-orders').length).toBe(1)
    expect(harness.logged.some(line => line.includes('.kafka-event-source/dead-orders, instead of arn:aws:sns'))).toBe(true)
  })
}
