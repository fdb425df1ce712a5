// What does the function mean that reports single records as failed? The rules of ReportBatchItemFailures.
import type { Harness } from '../harness'
import { backoff, destinationOf, documents, offsetsOf, responseContext, untilRetried } from './given-up'

/** @param create a harness with a topic of so many partitions */
export function partialResponseRules(create: (partitions?: number) => Promise<Harness>): void {
  test('ReportBatchItemFailures: only the listed records come again, and nothing behind the lowest of them is committed', async () => {
    const harness = await create(1)
    const values = ['a', 'item:one:3', 'c', 'item:two:1', 'e']
    await harness.produce(values.map(value => ({ value })))
    const source = harness.start({
      reportBatchItemFailures: true,
      bisectBatchOnFunctionError: true,
      backoff: untilRetried
    })
    for (let failures = 1; failures <= 3; failures++) {
      await harness.until(() => harness.deliveries.length === failures)
      await harness.untilCommitted({ 0: 1 })
      await harness.retryNow(source, failures)
    }
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
    await harness.poll(async () => (await harness.committed())[0] === 3)
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
    await harness.poll(async () => (await harness.committed())[0] === 3)
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
    await harness.poll(async () => (await harness.committed())[0] === 2)
    await harness.stop(source)
    expect(offsetsOf(harness)).toEqual([[0, 1]])
  })
}
