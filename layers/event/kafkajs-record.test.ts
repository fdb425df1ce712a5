import fc from 'fast-check'
import group from './kafkajs-grouping'
import record from './kafkajs-record'

const ofKafkajs = require('kafkajs/src/protocol/recordBatch/record/v0') as typeof record

const groupOfKafkajs = require('kafkajs/src/producer/groupMessagesPerPartition') as typeof group

const bytes = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array))
)
const fields = fc.record({
  offsetDelta: fc.nat(100_000),
  timestampDelta: fc.oneof(
    fc.integer({ min: -1000, max: 1000 }),
    fc.maxSafeInteger().map(value => Math.trunc(value / 4))
  ),
  key: fc.oneof(bytes, fc.constant(null), fc.constant(undefined)),
  value: fc.oneof(bytes, fc.constant(null)),
  headers: fc.option(fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.oneof(bytes, fc.array(bytes, { maxLength: 3 }))), {
    nil: undefined
  })
})

test('a record has the bytes that kafkajs gives it', () => {
  fc.assert(
    fc.property(fields, each => Buffer.from(record(each).buffer).equals(ofKafkajs(each).buffer)),
    { numRuns: 1000 }
  )
})

test('a record that is larger than the scratch buffer is whole', () => {
  const each = { value: Buffer.alloc(3_000_000, 7), key: 'k' }
  expect(Buffer.from(record(each).buffer).equals(ofKafkajs(each).buffer)).toBe(true)
})

test('messages are grouped as kafkajs groups them, in their order', () => {
  const request = {
    topic: 't',
    partitionMetadata: [1, 2, 3],
    messages: Array.from({ length: 50 }, (_, index) => ({ value: String(index) })),
    partitioner: ({ message }: { message: { value: string } }) => (Number(message.value) * 7) % 3
  }
  expect(group(request)).toEqual(groupOfKafkajs(request))
  expect(group({ ...request, partitionMetadata: [] })).toEqual(groupOfKafkajs({ ...request, partitionMetadata: [] }))
})
