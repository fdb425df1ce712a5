// What do filters do to the records and offsets of a mapping? What a pattern matches is in src/filter.
import type { Harness } from '../harness'
import { destinationOf, documents, type Envelope, poison } from './given-up'

const PAID = ['{"value":{"status":["paid"]}}']
const order = (index: number, status: string) => ({ value: JSON.stringify({ index, status }), partition: 0 })

/** @param create a harness with a topic of so many partitions */
export function filterRules(create: (partitions?: number) => Promise<Harness>): void {
  const indexes = (harness: Harness) => (harness.values()[0] ?? []).map(value => JSON.parse(value).index)

  test('records that match no filter never reach the handler, and matched and unmatched are committed after success', async () => {
    const harness = await create(1)
    await harness.produce([0, 1, 2, 3, 4, 5].map(index => order(index, index % 2 === 0 ? 'open' : 'paid')))
    await harness.produce([order(6, 'open'), { value: 'no JSON', partition: 0 }, { value: null, partition: 0 }])
    const source = harness.start({ filterPatterns: PAID })
    await harness.until(() => harness.succeeded().length === 3)
    await harness.untilCommitted({ 0: 9 })
    await harness.stop(source)
    expect(indexes(harness)).toEqual([1, 3, 5])
    expect(source.status().counters).toMatchObject({ records: 3, filtered: 6, lag: 0 })
  })

  test('while a batch fails, nothing behind its first record is committed, unmatched records neither', async () => {
    const harness = await create(1)
    await harness.produce([order(0, 'open'), { value: 'fail:matched:1000', partition: 0 }, order(1, 'open')])
    const source = harness.start({ filterPatterns: ['{"value":[{"prefix":"fail"}]}'] })
    await harness.until(() => harness.deliveries.some(({ result }) => result === 'fail'))
    await harness.stop(source)
    expect((await harness.committed())[0]).toBeLessThanOrEqual(1)
  })

  test('a backlog in which nothing matches is committed without an invocation', async () => {
    const harness = await create(1)
    await harness.produce(Array.from({ length: 2000 }, (_, index) => order(index, 'open')))
    const source = harness.start({ filterPatterns: PAID, windowMs: 0 })
    await harness.untilCommitted({ 0: 2000 })
    await harness.stop(source)
    expect(source.status().counters).toMatchObject({ invocations: 0, records: 0, filtered: 2000 })
  })

  test('records that match no filter reach no destination', async () => {
    const harness = await create(1)
    await harness.produce([order(0, 'open'), { value: poison, partition: 0 }, order(1, 'open')])
    harness.start({ filterPatterns: ['{"value":[{"prefix":"fail"}]}'], maximumRetryAttempts: 0, onFailure: destinationOf('s3') })
    await harness.untilCommitted({ 0: 3 })
    const [{ payload }, ...others] = documents(harness) as [Envelope]
    expect(JSON.parse(payload as string).records).toEqual({ [`${harness.topic}-0`]: [expect.objectContaining({ offset: 1 })] })
    expect(others).toEqual([])
  })

  test('the batch size counts records that match', async () => {
    const harness = await create(1)
    await harness.produce(Array.from({ length: 100 }, (_, index) => order(index, index % 10 === 0 ? 'paid' : 'open')))
    harness.start({ filterPatterns: PAID, batchSize: 4, windowMs: 300 })
    await harness.until(() => harness.succeeded().length === 10)
    expect(harness.deliveries.map(({ records }) => records.length)).toEqual([4, 4, 2])
  })

  test('filters are ORed, and may name topic and partition', async () => {
    const harness = await create(2)
    await harness.fill(2, 3)
    const other = JSON.stringify({ partition: [1], topic: [harness.topic] })
    harness.start({ filterPatterns: ['{"value":["0-2"]}', other] })
    await harness.until(() => harness.succeeded().length === 4)
    expect(harness.values()).toEqual({ 0: ['0-2'], 1: ['1-0', '1-1', '1-2'] })
  })
}
