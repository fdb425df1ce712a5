// What waits in a poller's buffer when filters take records out, and when is what waits due?
import { encodeBatch } from '../test/record-batches'
import { EventWriter } from './event/event-writer'
import { compileFilters } from './filter'
import { PASSED_OVER_COMMIT_MS, RecordBuffer } from './record-buffer'

const WINDOW_MS = 300
const taker = {}
const filter = compileFilters(['{"value":{"keep":[true]}}'])
const writer = () => new EventWriter({ source: 'kafka', bootstrapServers: ['a:1'] })

/** A batch of records from an offset on, each kept or not. */
const batch = (baseOffset: number, kept: boolean[], lastOffsetDelta?: number) =>
  encodeBatch(
    kept.map((keep, index) => ({ key: null, value: Buffer.from(JSON.stringify({ keep, index })), timestampDelta: index })),
    { baseOffset, baseTimestamp: 1000, lastOffsetDelta }
  )

function offsetsIn({ memory }: EventWriter, bytes: number): Array<[offset: number, timestamp: number]> {
  const event = JSON.parse(Buffer.from(memory, 0, bytes).toString())
  return Object.values<Array<{ offset: number; timestamp: number }>>(event.records).flatMap(records =>
    records.map(({ offset, timestamp }) => [offset, timestamp] as [number, number])
  )
}

function create(): { buffer: RecordBuffer; filtered: () => number } {
  let filtered = 0
  const buffer = new RecordBuffer('orders', new Map([[0, 0], [1, 0]]), filter, records => (filtered += records)) // biome-ignore format: short
  return { buffer, filtered: () => filtered }
}

test('only records that pass are held, with their own offsets and times; the rest advances the offsets with their batch', () => {
  const { buffer, filtered } = create()
  buffer.add(0, batch(0, [false, true, false, true, true, false]), 50)
  expect([buffer.held, filtered()]).toEqual([3, 3])
  const taken = buffer.take(writer(), 10, taker)
  expect(offsetsIn(taken.writer, taken.bytes)).toEqual([
    [1, 1001],
    [3, 1003],
    [4, 1004]
  ])
  expect(taken.next).toEqual(new Map([[0, 6]]))
})

test('the batch size counts records that pass', () => {
  const { buffer } = create()
  buffer.add(0, batch(0, [true, false, false, false, true, false]), 50)
  expect(buffer.isFull(3, 6e6, taker)).toBe(false)
  buffer.add(0, batch(6, [false, true]), 60)
  expect(buffer.isFull(3, 6e6, taker)).toBe(true)
  const taken = buffer.take(writer(), 2, taker)
  expect([taken.records, taken.next]).toEqual([2, new Map([[0, 6]])])
  expect(buffer.take(writer(), 2, taker).next).toEqual(new Map([[0, 8]]))
})

test('a stretch without records that pass is committed without an event, about once a second, and holds no memory', () => {
  const { buffer, filtered } = create()
  for (let index = 0; index < 1000; index++) buffer.add(0, batch(index * 3, [false, false, false]), 50 + index)
  expect([buffer.held, filtered(), buffer.dueAt(WINDOW_MS, taker)]).toEqual([0, 3000, 50 + PASSED_OVER_COMMIT_MS])
  expect(buffer.wanted([0])).toEqual([{ partition: 0, offset: 3000 }])
  const taken = buffer.take(writer(), 10, taker)
  expect([taken.records, taken.bytes, taken.next]).toEqual([0, 0, new Map([[0, 3000]])])
  expect(buffer.dueAt(WINDOW_MS, taker)).toBeUndefined()
})

test('the window begins with the first record that passes, whatever was filtered before', () => {
  const { buffer } = create()
  buffer.add(0, batch(0, [false]), 50)
  buffer.add(1, batch(0, [false, true]), 700)
  buffer.add(0, batch(1, [true]), 800)
  expect(buffer.dueAt(WINDOW_MS, taker)).toBe(700 + WINDOW_MS)
  expect(buffer.take(writer(), 10, taker).next).toEqual(
    new Map([
      [0, 2],
      [1, 2]
    ])
  )
})

test('offsets that compaction removed at the end of a batch are passed over', () => {
  const { buffer } = create()
  buffer.add(0, batch(0, [true, false], 9), 50)
  buffer.add(0, batch(10, [false], 4), 60)
  expect(buffer.take(writer(), 10, taker).next).toEqual(new Map([[0, 15]]))
})

test('what is under way of a partition keeps others from it until it is released; they take from the rest', () => {
  const { buffer } = create()
  const other = {}
  for (const partition of [0, 1]) buffer.add(partition, batch(0, [true, true]), 50 + partition)
  const first = buffer.take(writer(), 1, taker)
  expect(first.next).toEqual(new Map([[0, 1]]))
  const second = buffer.take(writer(), 10, other)
  expect(second.next).toEqual(new Map([[1, 2]]))
  expect([buffer.isFull(1, 6e6, other), buffer.dueAt(WINDOW_MS, other), buffer.take(writer(), 10, other).records]).toEqual([
    false,
    undefined,
    0
  ])
  const ahead = buffer.take(writer(), 1, taker)
  buffer.release(first, ahead)
  expect(buffer.take(writer(), 10, other).records).toBe(0)
  buffer.add(0, batch(2, [true]), 60)
  buffer.release(ahead)
  expect(buffer.take(writer(), 10, other).next).toEqual(new Map([[0, 3]]))
})
