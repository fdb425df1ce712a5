// What becomes of a batch that the function does not take? The rules of retries, age and bisection.
import type { Delivery, Harness } from '../harness'
import { backoff, destinationOf, documents, type Envelope, functionArn, offsetsOf, poison, responseContext, uuid } from './given-up'

/** @param create a harness with a topic of so many partitions */
export function failureRules(create: (partitions?: number) => Promise<Harness>): void {
  test.each(['fail', 'exit'])('the whole batch comes again after a failure (%s), and nothing behind it before', async way => {
    const harness = await create(1)
    await harness.produce([{ value: 'first' }, { value: `${way}:poison:2` }, { value: 'third' }, { value: 'behind' }])
    const source = harness.start({ batchSize: 3, backoff })
    await harness.until(() => harness.succeeded().length === 4)
    expect(harness.deliveries.map(({ result, records }) => [result, records.map(({ offset }) => offset)])).toEqual([
      [way, [0, 1, 2]],
      [way, [0, 1, 2]],
      ['ok', [0, 1, 2]],
      ['ok', [3]]
    ])
    expect(source.status().counters.failures).toBe(2)
    expect(harness.logged.join('\n')).toMatch(
      way === 'fail' ? /Error: told to fail[\s\S]*collect\.js:\d+/ : /Runtime exited with exit status 1/
    )
  })

  test('a timeout is a failure like any other, and its batch comes again', async () => {
    const harness = await create(1)
    await harness.produce([{ value: 'slow:60000' }, { value: 'behind' }])
    const source = harness.start({ batchSize: 1, maximumRetryAttempts: 1, backoff }, 2_000)
    await harness.until(() => harness.succeeded().length === 1)
    await harness.stop(source)
    expect(harness.logged.filter(line => line.includes('Task timed out after 2.00 seconds')).length).toBe(2)
    expect(source.status().counters).toMatchObject({ failures: 2, discarded: 1 })
  })

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
    await harness.produce([{ value: 'warm', timestamp: String(Date.now() + 600_000) }])
    harness.start({
      batchSize: 1,
      // less than AWS takes, so that the test need not wait a minute
      maximumRecordAgeSeconds: 2,
      onFailure: destinationOf('sqs'),
      backoff: { firstMs: 100, mostMs: 100 },
      maximumRetryAttempts: 10_000
    })
    await harness.until(() => harness.succeeded().length === 1)
    const now = Date.now()
    // three seconds until it is as old as just now: so long its first attempt may take
    await harness.produce([
      { value: poison, timestamp: String(now + 3_000) },
      { value: 'behind', timestamp: String(now + 600_000) }
    ])
    await harness.until(() => harness.succeeded().length === 2)
    const [{ requestContext, responseContext: response }] = documents(harness) as [Envelope]
    expect(requestContext).toMatchObject({ condition: 'RecordAgeExceeded', approximateInvokeCount: harness.deliveries.length - 2 })
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
    const settings = { bisectBatchOnFunctionError: true, windowMs: 300, backoff }
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
    await harness.poll(async () => (await harness.settledMembers()) === 2)
    // whoever has partition 1 alone now delivers it, whatever becomes of partition 0
    await harness.poll(async () => (await harness.committed())[1] === 3)
    expect(await harness.committed()).toEqual({ 0: 1, 1: 3 })
    expect(new Set(harness.values()[1])).toEqual(new Set(['xa', `x${poison}`, 'xc']))
    await Promise.all([harness.stop(first), harness.stop(second)])
    expect(await harness.committed()).toEqual({ 0: 1, 1: 3 })
  })
}
