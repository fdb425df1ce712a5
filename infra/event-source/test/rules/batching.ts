// When does a batch become an invocation? The rules of size, window and payload limit.
import { WINDOW_MS_DEFAULT } from '../../src/mapping/mapping'
import type { Harness } from '../harness'

const sizes = ({ deliveries }: Harness) => deliveries.map(({ records }) => records.length)

/** @param create a harness with a topic of so many partitions */
export function batchingRules(create: (partitions?: number) => Promise<Harness>): void {
  test('a batch holds at most the batch size, and what is left comes when the window ends', async () => {
    const harness = await create(1)
    await harness.fill(1, 25)
    harness.start({ batchSize: 10, windowMs: 300 })
    await harness.until(() => harness.succeeded().length === 25)
    expect(sizes(harness)).toEqual([10, 10, 5])
  })

  test('a full batch does not wait for its window', async () => {
    const harness = await create(1)
    await harness.fill(1, 5)
    harness.start({ batchSize: 5, windowMs: 300_000 })
    await harness.until(() => harness.succeeded().length === 5)
    expect(sizes(harness)).toEqual([5])
  })

  test('the window counts from the first record of the batch: records that keep coming do not prolong it', async () => {
    const harness = await create(1)
    harness.start({ batchSize: 10_000, windowMs: WINDOW_MS_DEFAULT })
    await harness.untilCommitted({ 0: 0 })
    for (let index = 0; harness.deliveries.length === 0; index++) {
      expect(index).toBeLessThan(100)
      await harness.produce([{ value: String(index) }])
      await new Promise(done => setTimeout(done, WINDOW_MS_DEFAULT / 10))
    }
    expect(harness.deliveries[0]!.records[0]).toMatchObject({ offset: 0 })
  })

  test('records that come within the window share an invocation', async () => {
    const harness = await create(2)
    harness.start({ batchSize: 3, windowMs: 300_000 })
    await harness.untilCommitted({ 0: 0, 1: 0 })
    for (const partition of [0, 1, 0]) await harness.produce([{ partition, value: 'v' }])
    await harness.until(() => harness.succeeded().length === 3)
    expect(sizes(harness)).toEqual([3])
  })

  test('with a window of 0 whatever is there is delivered at once', async () => {
    const harness = await create(1)
    harness.start({ batchSize: 10_000, windowMs: 0 })
    for (let count = 1; count <= 3; count++) {
      await harness.produce([{ value: String(count) }])
      await harness.until(() => harness.succeeded().length === count)
    }
    expect(sizes(harness)).toEqual([1, 1, 1])
  })

  test('an event never exceeds 6 MB', async () => {
    const harness = await create(1)
    const value = Buffer.alloc(900_000, 'x')
    await Promise.all(Array.from({ length: 12 }, () => harness.produce([{ value }])))
    // what fills an event is delivered at once, however long the window is
    const source = harness.start({ windowMs: 300_000 })
    await harness.until(() => harness.succeeded().length === 10)
    await harness.stop(source)
    harness.start({ windowMs: 0 })
    await harness.until(() => harness.succeeded().length === 12)
    // 900,000 bytes are 1,200,000 of base64: five fit into 6,291,456
    expect(sizes(harness)).toEqual([5, 5, 2])
  })

  test('a record too large for any event is passed over, loudly, and its offset committed', async () => {
    const harness = await create(1)
    // compressed it is small for the broker, as an event it needs 8 MB
    await harness.produce([{ value: Buffer.alloc(6_000_000) }], 1)
    await harness.produce([{ value: 'behind' }])
    const source = harness.start()
    await harness.until(() => harness.succeeded().length === 1)
    await harness.stop(source)
    expect(harness.logged.join('\n')).toMatch(/record at offset 0 .* NOT delivered/)
    expect(source.status().counters).toMatchObject({ records: 1, oversized: 1 })
    expect(await harness.committed()).toEqual({ 0: 2 })
  })
}
