// What must a mapping do against any broker? One suite, run against the embedded broker and against Apache Kafka.
import { gzipSync } from 'node:zlib'
import { failureSuite } from './failure-suite'
import { filterSuite } from './filter-suite'
import { Harness } from './harness'

const range = (partition: number, count: number) => Array.from({ length: count }, (_, index) => `${partition}-${index}`)

/** @param brokers asked when the first test runs */
export function mappingSuite(brokers: () => string[]): void {
  const open: Harness[] = []
  const create = async (partitions?: number) => {
    const harness = await Harness.create(brokers(), partitions)
    open.push(harness)
    return harness
  }
  afterEach(() => Promise.all(open.splice(0).map(harness => harness.close())))
  afterAll(() => {
    Harness.bundled.current?.remove()
    Harness.bundled.current = undefined
  })

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

  test('the event has the shape that AWS documents', async () => {
    const harness = await create(1)
    await harness.produce([
      { key: 'k', value: 'v', headers: { a: 'hi' }, timestamp: '1700000000123' },
      { key: null, value: null, timestamp: '1700000000124' }
    ])
    harness.start()
    await harness.until(() => harness.succeeded().length === 2)
    const records = harness.deliveries.flatMap(({ event }) => event!.records[`${harness.topic}-0`]!)
    expect(harness.deliveries[0]!.event).toMatchObject({ eventSource: 'SelfManagedKafka', bootstrapServers: brokers().join(',') })
    const common = { topic: harness.topic, partition: 0, timestampType: 'CREATE_TIME' }
    expect(records).toEqual([
      { ...common, offset: 0, timestamp: 1700000000123, key: 'aw==', value: 'dg==', headers: [{ a: [104, 105] }] },
      { ...common, offset: 1, timestamp: 1700000000124, headers: [] }
    ])
  })

  test('a batch holds at most the batch size, and what is left comes when the window ends', async () => {
    const harness = await create(1)
    await harness.fill(1, 25)
    harness.start({ batchSize: 10, windowMs: 300 })
    await harness.until(() => harness.succeeded().length === 25)
    expect(harness.deliveries.map(({ records }) => records.length)).toEqual([10, 10, 5])
  })

  test('an event never exceeds 6 MB', async () => {
    const harness = await create(1)
    for (let index = 0; index < 12; index++) await harness.produce([{ value: Buffer.alloc(900_000, 'x') }])
    harness.start({ windowMs: 2000 })
    await harness.until(() => harness.succeeded().length === 12)
    // 900,000 bytes are 1,200,000 of base64: five fit into 6,291,456
    expect(harness.deliveries.map(({ records }) => records.length)).toEqual([5, 5, 2])
  })

  test.each(['fail', 'exit'])('the whole batch comes again after a failure (%s), and nothing behind it before', async way => {
    const harness = await create(1)
    await harness.produce([{ value: 'first' }, { value: `${way}:poison:2` }, { value: 'third' }, { value: 'behind' }])
    const source = harness.start({ batchSize: 3 })
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

  test('LATEST delivers what comes after the start, AT_TIMESTAMP from the first record at or behind the time', async () => {
    const harness = await create(1)
    await harness.produce([
      { value: 'old', timestamp: '1600000000000' },
      { value: 'new', timestamp: '1700000000000' }
    ])
    const timed = harness.start({ group: `${harness.topic}-timed`, startingPosition: { at: 'AT_TIMESTAMP', timestampMs: 1650000000000 } })
    await harness.until(() => harness.succeeded().length === 1)
    expect(harness.values()).toEqual({ 0: ['new'] })
    await harness.stop(timed)
    const latest = harness.start({ group: `${harness.topic}-latest`, startingPosition: { at: 'LATEST' } })
    while ((await harness.committed(`${harness.topic}-latest`))[0] !== 2) await new Promise(done => setImmediate(done))
    await harness.produce([{ value: 'latest' }])
    await harness.until(() => harness.succeeded().length === 2)
    expect(harness.values()).toEqual({ 0: ['new', 'latest'] })
    await harness.stop(latest)
  })

  test('a stop lets the invocation in flight end, commits it and leaves the group at once', async () => {
    const harness = await create(1)
    await harness.produce([{ value: 'slow:700' }])
    const source = harness.start({ windowMs: 0 })
    while ((await harness.members()) !== 1 || (await harness.committed())[0] !== 0) await new Promise(done => setImmediate(done))
    await new Promise(done => setTimeout(done, 200))
    await harness.stop(source)
    expect(await harness.committed()).toEqual({ 0: 1 })
    expect(await harness.members()).toBe(0)
  })

  test('two pollers share the partitions, each with a thread of its own', async () => {
    const harness = await create(4)
    harness.start({ minimumPollers: 2 })
    while ((await harness.settledMembers()) !== 2) await new Promise(done => setImmediate(done))
    await harness.fill(4, 100)
    await harness.until(() => harness.succeeded().length >= 400)
    expect(harness.values()).toEqual({ 0: range(0, 100), 1: range(1, 100), 2: range(2, 100), 3: range(3, 100) })
    const threads = new Map<number, Set<number>>()
    for (const { threadId, records } of harness.deliveries) {
      for (const { partition } of records) threads.set(partition, (threads.get(partition) ?? new Set()).add(threadId))
    }
    expect([...threads.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1])
    expect(new Set([...threads.values()].flatMap(ids => [...ids])).size).toBe(2)
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

  test('a handler that works longer than the session stays a member', async () => {
    const harness = await create(1)
    await harness.produce([{ value: 'slow:7500' }, { value: 'next' }])
    const source = harness.start({ batchSize: 1 }, 20_000)
    await harness.until(() => harness.succeeded().length === 2)
    await harness.stop(source)
    expect(harness.values()).toEqual({ 0: ['slow:7500', 'next'] })
  })

  test('a topic that does not exist is waited for, and said once with the way to create it', async () => {
    const harness = await create()
    harness.start()
    await harness.until(() => harness.logged.some(line => line.includes('does not exist yet')))
    await harness.createTopic(1)
    await harness.produce([{ value: 'at last' }])
    await harness.until(() => harness.succeeded().length === 1)
    expect(harness.logged.filter(line => line.includes('does not exist yet'))).toEqual([expect.stringMatching(/--create --topic/)])
    expect(harness.logged.some(line => line.includes('the topic is there'))).toBe(true)
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

  test('gzip batches are read', async () => {
    const harness = await create(1)
    await harness.produce([{ value: gzipSync('inside').toString('hex').slice(0, 20) }, { value: 'second' }], 1)
    harness.start()
    await harness.until(() => harness.succeeded().length === 2)
    expect(harness.values()[0]![1]).toBe('second')
  })

  describe('failure handling', () => failureSuite(create, brokers))

  describe('filters', () => filterSuite(create))
}
