// Where does a mapping begin to read, and as which consumer group? The rules of starting positions.
import type { Harness } from '../harness'
import { range } from './range'

/** @param create a harness with a topic of so many partitions */
export function startingPositionRules(create: (partitions?: number) => Promise<Harness>): void {
  test('TRIM_HORIZON delivers what was there before the start', async () => {
    const harness = await create(1)
    await harness.fill(1, 3)
    harness.start({ startingPosition: { at: 'TRIM_HORIZON' } })
    await harness.until(() => harness.succeeded().length === 3)
    expect(harness.values()).toEqual({ 0: range(0, 3) })
  })

  test('LATEST delivers what comes after the start', async () => {
    const harness = await create(1)
    await harness.fill(1, 2)
    harness.start({ startingPosition: { at: 'LATEST' } })
    await harness.untilCommitted({ 0: 2 })
    await harness.produce([{ value: 'latest' }])
    await harness.until(() => harness.succeeded().length === 1)
    expect(harness.values()).toEqual({ 0: ['latest'] })
  })

  test('LATEST delivers all of a topic that is made after the start, and of a partition that is added', async () => {
    const harness = await create()
    harness.start({ startingPosition: { at: 'LATEST' }, scalingMs: 1_000 })
    await harness.until(() => harness.logged.some(text => text.includes('does not exist yet')))
    await harness.createTopic(1)
    await harness.produce([{ value: 'first' }])
    await harness.until(() => harness.succeeded().length === 1)
    await harness.addPartitions(2)
    await harness.produce([{ partition: 1, value: 'added' }])
    await harness.until(() => harness.succeeded().length === 2)
    expect(harness.values()).toEqual({ 0: ['first'], 1: ['added'] })
  })

  test('AT_TIMESTAMP begins with the first record at or after the time', async () => {
    const harness = await create(1)
    const times = ['1600000000000', '1650000000000', '1700000000000']
    await harness.produce(times.map(timestamp => ({ value: timestamp, timestamp })))
    harness.start({ startingPosition: { at: 'AT_TIMESTAMP', timestampMs: 1650000000000 } })
    await harness.until(() => harness.succeeded().length === 2)
    expect(harness.values()).toEqual({ 0: times.slice(1) })
  })

  test('AT_TIMESTAMP behind the last record delivers what comes after the start', async () => {
    const harness = await create(1)
    await harness.produce([{ value: 'old', timestamp: '1600000000000' }])
    harness.start({ startingPosition: { at: 'AT_TIMESTAMP', timestampMs: 1700000000000 } })
    await harness.untilCommitted({ 0: 1 })
    await harness.produce([{ value: 'new' }])
    await harness.until(() => harness.succeeded().length === 1)
    expect(harness.values()).toEqual({ 0: ['new'] })
  })

  test('a restart goes on where the group stopped, whatever the starting position says', async () => {
    const harness = await create(2)
    await harness.fill(2, 5)
    const first = harness.start()
    await harness.until(() => harness.succeeded().length === 10)
    await harness.stop(first)
    await harness.fill(2, 5, 5)
    harness.start({ startingPosition: { at: 'LATEST' } })
    await harness.until(() => harness.succeeded().length === 20)
    expect(harness.values()).toEqual({ 0: range(0, 10), 1: range(1, 10) })
  })

  test('two functions on one topic, each with a group of its own, each get every record', async () => {
    const harness = await create(2)
    await harness.fill(2, 20)
    const groups = ['one', 'two'].map(name => `${harness.topic}-${name}`)
    const sources = groups.map(group => harness.start({ group }))
    await harness.until(() => harness.succeeded().length === 80)
    await Promise.all(sources.map(source => harness.stop(source)))
    expect(sources.map(source => source.status().counters.records)).toEqual([40, 40])
    for (const group of groups) expect(await harness.committed(group)).toEqual({ 0: 20, 1: 20 })
  })

  test('two mappings in one group, each on a topic of its own, each get their records', async () => {
    const harnesses = [await create(2), await create(3)]
    for (const [index, harness] of harnesses.entries()) await harness.fill(index + 2, 5)
    const group = harnesses[0]!.topic
    for (const harness of harnesses) harness.start({ group })
    await Promise.all(harnesses.map((harness, index) => harness.until(() => harness.succeeded().length >= (index + 2) * 5)))
    expect(harnesses.map(harness => harness.values())).toEqual([
      { 0: range(0, 5), 1: range(1, 5) },
      { 0: range(0, 5), 1: range(1, 5), 2: range(2, 5) }
    ])
  })

  test('a committed offset that the broker does not have: the earliest record is next, and that is said', async () => {
    const harness = await create(1)
    await harness.fill(1, 3)
    await harness.setCommitted(8_589_934_592)
    harness.start()
    await harness.until(() => harness.succeeded().length === 3)
    expect(harness.logged).toContainEqual(expect.stringContaining('offset 8589934592 of partition 0 is gone, going on at 0'))
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
