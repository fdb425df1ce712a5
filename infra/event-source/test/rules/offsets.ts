// Which offsets are committed, and in which order do records come? The rules of at-least-once delivery.
import type { Harness } from '../harness'
import { untilRetried } from './given-up'
import { range } from './range'

const backoff = { firstMs: 1, mostMs: 5 }

/** @param create a harness with a topic of so many partitions */
export function offsetRules(create: (partitions?: number) => Promise<Harness>): void {
  test('every record of every partition is delivered, in order per partition, and its offset committed', async () => {
    const harness = await create(3)
    await harness.fill(3, 250)
    const source = harness.start()
    await harness.until(() => harness.succeeded().length >= 750)
    await harness.stop(source)
    expect(harness.values()).toEqual({ 0: range(0, 250), 1: range(1, 250), 2: range(2, 250) })
    expect(await harness.committed()).toEqual({ 0: 250, 1: 250, 2: 250 })
    expect(source.status().counters).toMatchObject({ records: 750, failures: 0, lag: 0 })
  })

  test('offsets are committed after the function succeeded, not before', async () => {
    const harness = await create(1)
    await harness.produce([{ value: 'fail:once:1' }])
    const source = harness.start({ backoff: untilRetried })
    await harness.until(() => harness.deliveries.length === 1)
    expect(await harness.committed()).toEqual({ 0: 0 })
    await harness.retryNow(source, 1)
    await harness.untilCommitted({ 0: 1 })
    expect(harness.deliveries.map(({ result }) => result)).toEqual(['fail', 'ok'])
  })

  test('a failing batch is not committed when the mapping stops, and comes again after the restart', async () => {
    const harness = await create(1)
    await harness.produce([{ value: 'good' }, { value: 'fail:poison:1000' }])
    const source = harness.start({ batchSize: 1 })
    await harness.until(() => harness.deliveries.some(({ result }) => result === 'fail'))
    await harness.stop(source)
    expect(await harness.committed()).toEqual({ 0: 1 })
    harness.deliveries.length = 0
    harness.start({ batchSize: 1 })
    await harness.until(() => harness.deliveries.length > 0)
    expect(harness.deliveries[0]!.records).toMatchObject([{ offset: 1 }])
  })

  test('while a batch fails, every partition of its poller waits', async () => {
    const harness = await create(2)
    await harness.produce([{ partition: 0, value: 'fail:poison:8' }])
    harness.start({ batchSize: 1, windowMs: 0, backoff: { firstMs: 50, mostMs: 50 } })
    await harness.until(() => harness.deliveries.length === 1)
    await harness.fill(2, 3)
    await harness.until(() => harness.succeeded().length === 7)
    expect(harness.deliveries.map(({ result }) => result)).toEqual([...Array(8).fill('fail'), ...Array(7).fill('ok')])
    expect(harness.deliveries.slice(0, 9).map(({ records }) => records)).toEqual(
      Array(9).fill([{ partition: 0, offset: 0, value: 'fail:poison:8' }])
    )
  })

  test('partitions of other pollers go on meanwhile', async () => {
    const harness = await create(2)
    harness.start({ minimumPollers: 2, maximumPollers: 2, batchSize: 1, backoff })
    await harness.poll(async () => (await harness.settledMembers()) === 2)
    await harness.produce([
      { partition: 0, value: 'fail:poison:100000' },
      { partition: 1, value: 'a' }
    ])
    await harness.until(() => harness.deliveries.some(({ result }) => result === 'fail'))
    await harness.produce([{ partition: 1, value: 'b' }])
    await harness.untilCommitted({ 0: 0, 1: 2 })
    expect(harness.values()).toEqual({ 1: ['a', 'b'] })
  })

  test('members that come and go lose no record and keep the order of each partition', async () => {
    const harness = await create(4)
    await harness.fill(4, 300)
    const first = harness.start({ batchSize: 20 })
    await harness.until(() => harness.succeeded().length > 100)
    const second = harness.start({ batchSize: 20 })
    await harness.until(() => harness.succeeded().length > 600)
    await harness.stop(first)
    await harness.fill(4, 100, 300)
    const all = () => new Set(harness.succeeded().map(({ partition, offset }) => `${partition}/${offset}`)).size === 1600
    await harness.until(all)
    await harness.stop(second)
    for (const [partition, values] of Object.entries(harness.values())) {
      const distinct = [...new Set(values)]
      expect(distinct).toEqual(range(Number(partition), 400))
    }
    expect(await harness.committed()).toEqual({ 0: 400, 1: 400, 2: 400, 3: 400 })
  })

  test('no commit goes backwards, whatever fails, comes in parts or changes its member', async () => {
    const harness = await create(2)
    const values = Array.from({ length: 150 }, (_, index) =>
      index % 10 === 3 ? `fail:${index}:2` : index % 10 === 7 ? `item:${index}:1` : 'v'
    )
    await harness.produce(values.flatMap(value => [0, 1].map(partition => ({ partition, value: value.replace(/\d+/, `$&-${partition}`) }))))
    const seen: Array<Record<number, number>> = []
    const settings = { batchSize: 20, bisectBatchOnFunctionError: true, reportBatchItemFailures: true, backoff }
    const first = harness.start(settings)
    let second: typeof first | undefined
    await harness.poll(async () => {
      const committed = await harness.committed()
      seen.push(committed)
      if (!second && committed[0]! > 20) second = harness.start(settings)
      return committed[0] === 150 && committed[1] === 150
    })
    for (const partition of [0, 1]) {
      const offsets = seen.map(committed => committed[partition]!)
      expect(offsets).toEqual([...offsets].sort((left, right) => left - right))
    }
    expect(second).toBeDefined()
  })

  test('a partition that was lost during an invocation is not committed: whoever has it then delivers it again', async () => {
    const harness = await create(1)
    await harness.produce([{ value: 'held:one' }])
    harness.start({ windowMs: 0 })
    await harness.until(() => harness.held.includes('one.1'))
    await harness.evict()
    harness.release('one', 1)
    // the first invocation is over, with what it might have committed
    await harness.until(() => harness.held.includes('one.2'))
    expect(await harness.committed()).toEqual({ 0: 0 })
    harness.release('one', 2)
    await harness.untilCommitted({ 0: 1 })
    expect(harness.deliveries.map(({ records }) => records)).toEqual(Array(2).fill([{ partition: 0, offset: 0, value: 'held:one' }]))
  })

  test('a stop lets the invocation in flight end, commits it and leaves the group at once', async () => {
    const harness = await create(1)
    await harness.produce([{ value: 'held:one' }])
    const source = harness.start({ windowMs: 0 })
    await harness.until(() => harness.held.includes('one.1'))
    const stopped = harness.stop(source)
    harness.release('one', 1)
    await stopped
    expect(await harness.committed()).toEqual({ 0: 1 })
    expect(await harness.members()).toBe(0)
  })

  test('a stop whose time is over ends the function, commits nothing of its batch and leaves the group', async () => {
    const harness = await create(1)
    await harness.produce([{ value: 'before' }, { value: 'held:one' }])
    const source = harness.start({ windowMs: 0, batchSize: 1 })
    await harness.until(() => harness.held.includes('one.1'))
    await harness.stop(source, 0)
    expect(await harness.committed()).toEqual({ 0: 1 })
    expect(await harness.members()).toBe(0)
  })

  test('a handler that works longer than the session stays a member', async () => {
    const harness = await create(1)
    // a session is 6 seconds
    await harness.produce([{ value: 'slow:6500' }, { value: 'next' }])
    const source = harness.start({ batchSize: 1 }, 20_000)
    await harness.until(() => harness.succeeded().length === 2)
    await harness.stop(source)
    expect(harness.values()).toEqual({ 0: ['slow:6500', 'next'] })
  })
}
