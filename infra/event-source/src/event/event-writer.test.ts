import fc from 'fast-check'
import { encodeBatch, type SampleRecord } from '../../test/record-batches'
import { type EventOrigin, EventWriter, eventHeadOf, PAYLOAD_BYTES_MAX } from './event-writer'
import { readBatches } from './record-batch'

const origin: EventOrigin = { source: 'kafka', bootstrapServers: ['b1:9092', 'b2:9092'] }
const text = (value: string) => Buffer.from(value)

function eventText(writer: EventWriter): string {
  return Buffer.from(writer.memory).latin1Slice(0, writer.finish())
}

function eventOf(batches: Buffer[], recordsMax = 10_000, from: EventOrigin = origin) {
  const writer = new EventWriter(from)
  writer.start()
  writer.append('orders', 0, readBatches(Buffer.concat(batches), 0, 0), recordsMax)
  return JSON.parse(eventText(writer))
}

const bytes = fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array))
const sampleRecord: fc.Arbitrary<SampleRecord> = fc.record({
  timestampDelta: fc.integer({ min: -1_000_000, max: 10_000_000_000 }),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.option(bytes)), { maxLength: 4 })
})

function expectedRecord(record: SampleRecord, index: number, baseOffset: number, baseTimestamp: number, logAppendTime: boolean) {
  return {
    topic: 'orders',
    partition: 3,
    offset: baseOffset + index,
    timestamp: logAppendTime ? baseTimestamp : baseTimestamp + record.timestampDelta!,
    timestampType: logAppendTime ? 'LOG_APPEND_TIME' : 'CREATE_TIME',
    ...(record.key && { key: record.key.toString('base64') }),
    ...(record.value && { value: record.value.toString('base64') }),
    headers: record.headers!.map(([name, value]) => ({ [name]: [...(value ?? [])] }))
  }
}

const escaped = (value: unknown) =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

test('the bytes are those of the documented event as JSON, for every key, value, header, offset and time', () => {
  const anyBatch = fc.record({
    records: fc.array(sampleRecord, { minLength: 1, maxLength: 12 }),
    baseOffset: fc.integer({ min: 0, max: 2 ** 45 }),
    baseTimestamp: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    logAppendTime: fc.boolean()
  })
  fc.assert(
    fc.property(anyBatch, ({ records, baseOffset, baseTimestamp, logAppendTime }) => {
      const writer = new EventWriter(origin, 256 * 1024)
      const batch = encodeBatch(records, { baseOffset, baseTimestamp, logAppendTime })
      writer.start()
      writer.append('orders', 3, readBatches(batch, 0, 0), 100)
      const expected = {
        eventSource: 'SelfManagedKafka',
        bootstrapServers: 'b1:9092,b2:9092',
        records: { 'orders-3': records.map((record, index) => expectedRecord(record, index, baseOffset, baseTimestamp, logAppendTime)) }
      }
      expect(eventText(writer)).toBe(escaped(expected))
    }),
    { numRuns: 300 }
  )
})

test('a null key and a tombstone have no property; an empty key and value are empty strings', () => {
  const batch = encodeBatch([
    { key: null, value: null },
    { key: Buffer.alloc(0), value: Buffer.alloc(0) }
  ])
  const [tombstone, empty] = eventOf([batch]).records['orders-0']
  expect(Object.keys(tombstone)).toEqual(['topic', 'partition', 'offset', 'timestamp', 'timestampType', 'headers'])
  expect(empty).toMatchObject({ key: '', value: '' })
})

test('duplicate headers stay, in order, each an object of its own', () => {
  const batch = encodeBatch([
    {
      key: null,
      value: null,
      headers: [
        ['b', text('1')],
        ['a', text('hi')],
        ['b', text('ÿ')]
      ]
    }
  ])
  expect(eventOf([batch]).records['orders-0'][0].headers).toEqual([{ b: [49] }, { a: [104, 105] }, { b: [195, 191] }])
})

test('an msk event carries the cluster ARN', () => {
  const event = eventOf([encodeBatch([{ key: null, value: null }])], 1, {
    source: 'msk',
    bootstrapServers: ['b:1'],
    arn: 'arn:aws:kafka:x'
  })
  expect(event).toMatchObject({ eventSource: 'aws:kafka', eventSourceArn: 'arn:aws:kafka:x', bootstrapServers: 'b:1' })
})

test('several partitions are separate lists of one event', () => {
  const writer = new EventWriter(origin)
  writer.start()
  for (const partition of [2, 0]) {
    writer.append('a', partition, readBatches(encodeBatch([{ key: null, value: text('x') }]), 0, 0), 10)
  }
  expect(JSON.parse(eventText(writer)).records).toMatchObject({ 'a-2': [{ partition: 2 }], 'a-0': [{ partition: 0 }] })
})

test('the batch size stops an event, and the next one goes on behind it', () => {
  const chunks = readBatches(encodeBatch(Array.from({ length: 5 }, () => ({ key: null, value: text('x') }))), 0, 0)
  const writer = new EventWriter(origin)
  const offsets = [0, 1, 2].map(() => {
    writer.start()
    writer.append('a', 0, chunks, 2)
    return Object.values<{ offset: number }[]>(JSON.parse(eventText(writer)).records)
      .flat()
      .map(({ offset }) => offset)
  })
  expect(offsets).toEqual([[0, 1], [2, 3], [4]])
  expect(chunks[0]).toMatchObject({ left: 0, position: 5 })
})

test('no event exceeds the payload limit, and a record that just fits is taken', () => {
  fc.assert(
    fc.property(fc.array(sampleRecord, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 400 }), (records, cut) => {
      const chunks = () => readBatches(encodeBatch(records), 0, 0)
      const whole = new EventWriter(origin, 256 * 1024)
      whole.start()
      whole.append('orders', 3, chunks(), 100)
      const bytesMax = Math.max(160, eventText(whole).length - cut)
      const limited = new EventWriter(origin, bytesMax)
      const left = chunks()
      let delivered = 0
      let oversized = 0
      while (left[0]!.left > 0) {
        limited.start()
        limited.append('orders', 3, left, 100)
        delivered += limited.records
        oversized += limited.oversized.length
        if (limited.records > 0) expect(eventText(limited).length).toBeLessThanOrEqual(bytesMax)
        if (cut === 0) expect(limited.records).toBe(records.length)
      }
      expect(delivered + oversized).toBe(records.length)
    })
  )
})

test('a record that no event can hold is kept beside the event, as the event would have it', () => {
  const writer = new EventWriter(origin, PAYLOAD_BYTES_MAX)
  const value = Buffer.alloc(5 * 1024 * 1024)
  const batch = encodeBatch([
    { key: text('k'), value, headers: [['a', text('hi')]], timestampDelta: 7 },
    { key: null, value: text('x') }
  ])
  writer.start()
  writer.append('a', 0, readBatches(batch, 0, 0), 10)
  const common = { topic: 'a', partition: 0, offset: 0, timestamp: 7, timestampType: 'CREATE_TIME' }
  const record = { ...common, key: 'aw==', value: value.toString('base64'), headers: [{ a: [104, 105] }] }
  expect(writer.oversized).toEqual([{ record, bytes: JSON.stringify({ ...eventHeadOf(origin), records: { 'a-0': [record] } }).length }])
  expect(JSON.parse(eventText(writer)).records['a-0']).toMatchObject([{ offset: 1 }])
})
