import fc from 'fast-check'
import type { EventRecord } from '../event/event'
import { readItemFailures } from './item-failures'
import { type FailureRules, failureRules, Pieces, RETRIES_WITH_DESTINATION, Unresolved } from './pieces'

const recordAt = (partition: number, offset: number): EventRecord => ({
  topic: 'orders',
  partition,
  offset,
  timestamp: 0,
  timestampType: 'CREATE_TIME',
  headers: []
})
const recordsOf = (count: number) => Array.from({ length: count }, (_, offset) => recordAt(0, offset))
const offsetsOf = (pieces: Pieces) => pieces.first?.records.map(({ offset }) => offset)
const forever: FailureRules = { retriesMax: Infinity, bisect: false }

test('a batch without bisect is repeated as a whole, until its retries are used up', () => {
  const pieces = new Pieces(recordsOf(3), { retriesMax: 2, bisect: false })
  expect([pieces.failed(), pieces.failed(), pieces.failed()]).toEqual(['retry', 'retry', 'exhausted'])
  expect(offsetsOf(pieces)).toEqual([0, 1, 2])
})

test('bisect splits in order down to one record, and only a single record uses up retries', () => {
  const pieces = new Pieces(recordsOf(5), { retriesMax: 0, bisect: true })
  const seen = [offsetsOf(pieces)]
  const verdicts = []
  for (let steps = 0; steps < 3; steps++) {
    verdicts.push(pieces.failed())
    seen.push(offsetsOf(pieces))
  }
  expect(seen).toEqual([[0, 1, 2, 3, 4], [0, 1, 2], [0, 1], [0]])
  expect([...verdicts, pieces.failed()]).toEqual(['split', 'split', 'split', 'exhausted'])
  pieces.remove(pieces.first!.records)
  expect(offsetsOf(pieces)).toEqual([1])
})

test('the halves keep the invocations that had them', () => {
  const pieces = new Pieces(recordsOf(2), { retriesMax: 5, bisect: true })
  pieces.first!.invocations = 3
  pieces.failed()
  expect(pieces.first).toEqual({ records: [recordAt(0, 0)], failures: 0, invocations: 3 })
})

test('a partial response is never split, and its failed records use up retries', () => {
  const pieces = new Pieces(recordsOf(4), { retriesMax: 1, bisect: true })
  pieces.remove([recordAt(0, 0)].flatMap(({ offset }) => pieces.first!.records.filter(record => record.offset === offset)))
  expect([pieces.failedUncut(), offsetsOf(pieces), pieces.failedUncut()]).toEqual(['retry', [1, 2, 3], 'exhausted'])
})

test.each([
  [-1, undefined, Infinity],
  [-1, {}, RETRIES_WITH_DESTINATION],
  [0, undefined, 0],
  [10_000, {}, 10_000]
])('MaximumRetryAttempts %s with the destination %s are %s retries', (maximumRetryAttempts, onFailure, retriesMax) => {
  expect(failureRules({ maximumRetryAttempts, bisectBatchOnFunctionError: true, onFailure })).toEqual({ retriesMax, bisect: true })
})

test('an offset behind an unresolved one cannot be committed, and no offset twice', () => {
  const records = [3, 5, 6].map(offset => recordAt(0, offset))
  const unresolved = new Unresolved(
    [...records, recordAt(1, 0)],
    new Map([
      [0, 9],
      [1, 1],
      [2, 4]
    ])
  )
  unresolved.resolve([records[1]!])
  expect(unresolved.takeCommittable()).toEqual(new Map())
  unresolved.resolve([records[0]!])
  expect(unresolved.takeCommittable()).toEqual(new Map([[0, 6]]))
  expect(unresolved.takeCommittable()).toEqual(new Map())
  unresolved.resolve([records[2]!])
  // behind the last record the partition goes on where the batch ended, which may be further: filtered or compacted records
  expect(unresolved.takeCommittable()).toEqual(new Map([[0, 9]]))
  expect(unresolved.isEmpty).toBe(false)
})

// A whole life: a function that fails for some records some times, and what it got, what was given up, what was committed.
interface World {
  rules: FailureRules
  partial: boolean
  /** How often each record makes its invocation fail. */
  failing: Map<EventRecord, number>
}

function live(records: EventRecord[], next: Map<number, number>, { rules, partial, failing }: World) {
  const pieces = new Pieces(records, rules)
  const unresolved = new Unresolved(records, next)
  const succeeded: EventRecord[] = []
  const discarded: EventRecord[] = []
  const invoked: EventRecord[][] = []
  const commits: Array<{ offsets: Map<number, number>; open: EventRecord[] }> = []
  const left = new Map(failing)
  const done = (those: readonly EventRecord[], into: EventRecord[]) => {
    into.push(...those)
    pieces.remove(those)
    unresolved.resolve(those)
    const open = records.filter(record => !succeeded.includes(record) && !discarded.includes(record))
    commits.push({ offsets: unresolved.takeCommittable(), open })
  }
  for (let piece = pieces.first; piece; piece = pieces.first) {
    invoked.push([...piece.records])
    const failed = piece.records.filter(record => (left.get(record) ?? 0) > 0)
    for (const record of failed) left.set(record, left.get(record)! - 1)
    if (failed.length === 0) done(piece.records, succeeded)
    else if (partial) {
      const batchItemFailures = failed.map(({ partition, offset }) => ({ itemIdentifier: { partition: `orders-${partition}`, offset } }))
      const read = readItemFailures(JSON.stringify({ batchItemFailures }), () => pieces.first!.records)
      if (read.kind !== 'some') throw new Error(read.kind)
      done(
        piece.records.filter(record => !read.failed.includes(record)),
        succeeded
      )
      if (pieces.failedUncut() === 'exhausted') done(read.failed, discarded)
    } else if (pieces.failed() === 'exhausted') done(pieces.first!.records, discarded)
  }
  return { succeeded, discarded, invoked, commits }
}

const world = fc
  .record({
    counts: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 3 }),
    gap: fc.integer({ min: 1, max: 3 }),
    retriesMax: fc.integer({ min: 0, max: 3 }),
    bisect: fc.boolean(),
    partial: fc.boolean(),
    failing: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 36, maxLength: 36 })
  })
  .map(({ counts, gap, failing, partial, ...rules }) => {
    const records = counts.flatMap((count, partition) =>
      Array.from({ length: count }, (_, index) => recordAt(partition, 100 + index * gap))
    )
    const next = new Map(counts.map((count, partition) => [partition, 100 + count * gap + 5]))
    // most records never fail
    const failures = new Map(records.map((record, index) => [record, Math.max(0, failing[index]! - 5)]))
    return { records, next, world: { rules, partial, failing: failures } }
  })

const ascending = (records: readonly EventRecord[]) =>
  records.every((record, index) =>
    records.slice(0, index).every(earlier => earlier.partition !== record.partition || earlier.offset < record.offset)
  )

test('every record succeeds once or is given up, whatever fails', () => {
  fc.assert(
    fc.property(world, ({ records, next, world }) => {
      const { succeeded, discarded } = live(records, next, world)
      const all = [...succeeded, ...discarded]
      expect(all.length).toBe(records.length)
      expect(new Set(all)).toEqual(new Set(records))
      // only a record that fails more often than there are retries, or one that is not cut apart from it, is given up
      if (world.partial || world.rules.bisect) {
        const hopeless = records.filter(record => world.failing.get(record)! > world.rules.retriesMax)
        if (world.partial) expect(hopeless.filter(record => !discarded.includes(record))).toEqual([])
        expect(discarded.filter(record => world.failing.get(record) === 0)).toEqual([])
      }
    }),
    { numRuns: 300 }
  )
})

test('every invocation is in order per partition, and so are the successes where no partial response says otherwise', () => {
  fc.assert(
    fc.property(world, ({ records, next, world }) => {
      const { succeeded, discarded, invoked } = live(records, next, world)
      expect(invoked.every(ascending)).toBe(true)
      if (!world.partial) expect(ascending(succeeded) && ascending(discarded)).toBe(true)
    }),
    { numRuns: 300 }
  )
})

test('no commit passes an unresolved record, none goes backwards, and the last one is the end of the batch', () => {
  fc.assert(
    fc.property(world, ({ records, next, world }) => {
      const committed = new Map<number, number>()
      for (const { offsets, open } of live(records, next, world).commits) {
        for (const [partition, offset] of offsets) {
          expect(offset).toBeGreaterThan(committed.get(partition) ?? -1)
          committed.set(partition, offset)
          expect(open.filter(record => record.partition === partition && record.offset < offset)).toEqual([])
        }
      }
      for (const { partition } of records) expect(committed.get(partition)).toBe(next.get(partition))
    }),
    { numRuns: 300 }
  )
})

test('without a limit a batch is never given up', () => {
  const pieces = new Pieces(recordsOf(1), forever)
  const verdicts = new Set(Array.from({ length: 20_000 }, () => pieces.failed()))
  expect(verdicts).toEqual(new Set(['retry']))
})
