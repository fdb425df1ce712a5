import fc from 'fast-check'
import { encodeBatch } from '../../test/record-batches'
import { eventOf, eventText, readRecords, writeEvent } from './event'
import { EventWriter } from './event-writer'
import { readBatches } from './record-batch'

const bytes = fc.uint8Array({ maxLength: 40 }).map(array => Buffer.from(array))
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.tuple(fc.oneof(fc.constant('__proto__'), fc.string({ unit: 'grapheme', maxLength: 8 })), fc.option(bytes)), {
    maxLength: 3
  })
})

test('an event that is read and written again has the same bytes, and so has a part of it as if it had been written alone', () => {
  const partitions = fc.array(fc.array(record, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(partitions, fc.func(fc.boolean()), (partitions, isKept) => {
      const writer = new EventWriter({ source: 'msk', bootstrapServers: ['b:1', 'ü:2'], arn: 'arn:aws:kafka:x' }, 64 * 1024)
      writer.start()
      for (const [partition, records] of partitions.entries())
        writer.append('orders', partition, readBatches(encodeBatch(records), 0, 0), 100)
      const length = writer.finish()
      const whole = Buffer.from(writer.memory).latin1Slice(0, length)
      const records = readRecords(writer.memory, length)
      expect(eventText(eventOf(writer.eventHead, records))).toBe(whole)
      const part = records.filter(({ partition, offset }) => isKept(partition, offset))
      const written = writeEvent(writer.memory, eventOf(writer.eventHead, part))
      expect(readRecords(writer.memory, written)).toEqual(part)
      expect(written).toBeLessThanOrEqual(length)
    })
  )
})

test('the oldest timestamp of an event is known without reading it', () => {
  const writer = new EventWriter({ source: 'kafka', bootstrapServers: ['b:1'] }, 64 * 1024)
  writer.start()
  expect(writer.oldestTimestamp).toBe(Infinity)
  const records = [5, -7, 3].map(timestampDelta => ({ key: null, value: null, timestampDelta }))
  writer.append('orders', 0, readBatches(encodeBatch(records, { baseTimestamp: 1000 }), 0, 0), 2)
  expect(writer.oldestTimestamp).toBe(993)
  writer.start()
  expect(writer.oldestTimestamp).toBe(Infinity)
})
