// How many pollers and invocations does a mapping have at once, against any broker?
import type { Harness } from '../harness'

const threads = (harness: Harness) => new Set(harness.deliveries.map(({ threadId }) => threadId))
const provisioned = (minimumPollers: number, maximumPollers: number) => ({
  ...{ minimumPollers, maximumPollers },
  provisioned: { minimumPollers, maximumPollers }
})

export function scalingSuite(create: (partitions?: number) => Promise<Harness>): void {
  test('a provisioned poller works at batches of different partitions at the same time, five at most', async () => {
    const harness = await create(7)
    await harness.produce(Array.from({ length: 7 }, (_, partition) => ({ partition, value: 'slow:1500' })))
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
    const inOrder = (partition: number) => Array.from({ length: 200 }, (_, index) => `${partition}-${index}`)
    expect(harness.values()).toEqual({ 0: inOrder(0), 1: [...inOrder(1), 'fail:again:3', 'after'], 2: inOrder(2) })
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
    await harness.produce(Array.from({ length: 30 }, (_, index) => ({ partition: index % 3, value: 'slow:250' })))
    const source = harness.start({ batchSize: 1, scalingMs: 300, maximumPollers: 200 })
    await harness.until(() => source.status().pollers === 3)
    await harness.until(() => new Set(harness.succeeded().map(({ partition, offset }) => `${partition}/${offset}`)).size === 30)
    while (source.status().pollers > 1) await new Promise(done => setImmediate(done))
    await harness.produce([{ partition: 2, value: 'one more' }])
    await harness.until(() => harness.values()[2]!.includes('one more'))
    await harness.stop(source)
    expect(await harness.committed()).toEqual({ 0: 10, 1: 10, 2: 11 })
  })

  test('provisioned pollers stay between their minimum and maximum', async () => {
    const harness = await create(4)
    await harness.produce(Array.from({ length: 24 }, (_, index) => ({ partition: index % 4, value: 'slow:400' })))
    const source = harness.start({ ...provisioned(2, 3), batchSize: 1, scalingMs: 300 })
    await harness.until(() => source.status().pollers === 3)
    await harness.until(() => new Set(harness.succeeded().map(({ partition, offset }) => `${partition}/${offset}`)).size === 24)
    while (source.status().pollers > 2) await new Promise(done => setImmediate(done))
    expect(source.status().pollers).toBe(2)
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

  test('a topic that does not exist is created when told to, with the partitions that were named', async () => {
    const harness = await create()
    harness.start({ createTopicPartitions: 2 })
    await harness.until(() => harness.logged.some(line => line.includes('was created, with 2 partitions')))
    await harness.fill(2, 1)
    await harness.until(() => harness.succeeded().length === 2)
    expect(harness.values()).toEqual({ 0: ['0-0'], 1: ['1-0'] })
  })

  test('a starting position that the committed offsets win over is said once', async () => {
    const harness = await create(2)
    await harness.fill(2, 1)
    const first = harness.start()
    await harness.until(() => harness.succeeded().length === 2)
    await harness.stop(first)
    const said = () => harness.logged.filter(line => line.includes('startingPosition LATEST means nothing now'))
    expect(said()).toEqual([])
    harness.start({ startingPosition: { at: 'LATEST' }, isStartingPositionSet: true })
    await harness.fill(2, 1, 1)
    await harness.until(() => harness.succeeded().length === 4)
    expect(said()).toHaveLength(1)
  })
}
