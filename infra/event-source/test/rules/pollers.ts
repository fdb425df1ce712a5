// How many members read a topic, and what does each of them get? The rules of pollers.
import type { Harness } from '../harness'
import { range } from './range'

const threads = (harness: Harness) => new Set(harness.deliveries.map(({ threadId }) => threadId))
const provisioned = (minimumPollers: number, maximumPollers: number) => ({
  ...{ minimumPollers, maximumPollers },
  provisioned: { minimumPollers, maximumPollers }
})

/** @param create a harness with a topic of so many partitions */
export function pollerRules(create: (partitions?: number) => Promise<Harness>): void {
  test('two pollers share the partitions, each with a thread of its own', async () => {
    const harness = await create(4)
    harness.start({ minimumPollers: 2, maximumPollers: 2 })
    await harness.poll(async () => (await harness.settledMembers()) === 2)
    await harness.fill(4, 100)
    await harness.until(() => harness.succeeded().length >= 400)
    expect(harness.values()).toEqual({ 0: range(0, 100), 1: range(1, 100), 2: range(2, 100), 3: range(3, 100) })
    const threadsOf = new Map<number, Set<number>>()
    for (const { threadId, records } of harness.deliveries) {
      for (const { partition } of records) threadsOf.set(partition, (threadsOf.get(partition) ?? new Set()).add(threadId))
    }
    expect([...threadsOf.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1])
    expect(new Set([...threadsOf.values()].flatMap(ids => [...ids])).size).toBe(2)
  })

  test('there are never more pollers than partitions', async () => {
    const harness = await create(2)
    const source = harness.start({ minimumPollers: 5, maximumPollers: 5 })
    await harness.poll(async () => (await harness.settledMembers()) === 2)
    await harness.fill(2, 5)
    await harness.until(() => harness.succeeded().length === 10)
    expect(source.status().pollers).toBe(2)
    expect(await harness.members()).toBe(2)
  })

  test('a provisioned poller works at batches of different partitions at the same time, five at most', async () => {
    const harness = await create(7)
    await harness.produce(Array.from({ length: 7 }, (_, partition) => ({ partition, value: 'slow:1000' })))
    harness.start({ ...provisioned(1, 1), batchSize: 1 })
    await harness.until(() => harness.succeeded().length === 7)
    expect(threads(harness).size).toBe(5)
  })

  test('a provisioned poller keeps the order of each partition, also while one of them fails', async () => {
    const harness = await create(3)
    await harness.fill(3, 200)
    await harness.produce([
      { partition: 1, value: 'fail:again:3' },
      { partition: 1, value: 'after' }
    ])
    const source = harness.start({ ...provisioned(1, 1), batchSize: 10 })
    await harness.until(() => harness.succeeded().length >= 602)
    await harness.stop(source)
    expect(harness.values()).toEqual({ 0: range(0, 200), 1: [...range(1, 200), 'fail:again:3', 'after'], 2: range(2, 200) })
    expect(await harness.committed()).toEqual({ 0: 200, 1: 202, 2: 200 })
  })

  test('on demand one batch is under way at a time', async () => {
    const harness = await create(4)
    await harness.fill(4, 20)
    harness.start({ batchSize: 5 })
    await harness.until(() => harness.succeeded().length === 80)
    expect(threads(harness).size).toBe(1)
  })

  test('a lag that one poller does not work off adds pollers up to the partitions; without one they become fewer, and nothing is lost', async () => {
    const harness = await create(3)
    await harness.produce(Array.from({ length: 30 }, (_, index) => ({ partition: index % 3, value: 'slow:100' })))
    const source = harness.start({ batchSize: 1, scalingMs: 100, maximumPollers: 200 })
    await harness.until(() => source.status().pollers === 3)
    await harness.until(() => new Set(harness.succeeded().map(({ partition, offset }) => `${partition}/${offset}`)).size === 30)
    await harness.poll(() => source.status().pollers === 1)
    await harness.produce([{ partition: 2, value: 'one more' }])
    await harness.until(() => harness.values()[2]!.includes('one more'))
    await harness.stop(source)
    expect(await harness.committed()).toEqual({ 0: 10, 1: 10, 2: 11 })
  })

  test('provisioned pollers stay between their minimum and maximum', async () => {
    const harness = await create(4)
    await harness.produce(Array.from({ length: 24 }, (_, index) => ({ partition: index % 4, value: 'slow:150' })))
    const source = harness.start({ ...provisioned(2, 3), batchSize: 1, scalingMs: 100 })
    await harness.until(() => source.status().pollers === 3)
    await harness.until(() => new Set(harness.succeeded().map(({ partition, offset }) => `${partition}/${offset}`)).size === 24)
    await harness.poll(() => source.status().pollers === 2)
  })

  test('partitions that are added are delivered', async () => {
    const harness = await create(1)
    const source = harness.start({ scalingMs: 200 })
    await harness.produce([{ partition: 0, value: 'old' }])
    await harness.until(() => harness.succeeded().length === 1)
    await harness.addPartitions(3)
    await harness.produce([{ partition: 2, value: 'new' }])
    await harness.until(() => harness.succeeded().length === 2)
    await harness.stop(source)
    expect(harness.values()).toEqual({ 0: ['old'], 2: ['new'] })
  })
}
