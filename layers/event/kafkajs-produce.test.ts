import fc from 'fast-check'
import groupOfKafkajs from 'kafkajs/src/producer/groupMessagesPerPartition'
import produceOfKafkajs, { type ProduceRequest } from 'kafkajs/src/protocol/requests/produce/v3/request'
import group from './kafkajs-grouping'
import produce from './kafkajs-produce'

const bytes = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array))
)
const headers = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.oneof(bytes, fc.array(bytes, { maxLength: 3 })))
const message = fc.record({
  key: fc.oneof(bytes, fc.constant(null), fc.constant(undefined)),
  value: fc.oneof(bytes, fc.constant(null)),
  headers: fc.option(headers, { nil: undefined })
})
const partition = fc.record({ partition: fc.nat(9), firstSequence: fc.nat(), messages: fc.array(message, { minLength: 1, maxLength: 80 }) })
const request = fc.record({
  acks: fc.constantFrom(-1, 1),
  timeout: fc.nat(60_000),
  producerId: fc.oneof(fc.constant(undefined), fc.maxSafeInteger(), fc.constant('4711')),
  producerEpoch: fc.nat(1000),
  topicData: fc.array(fc.record({ topic: fc.string({ maxLength: 20 }), partitions: fc.array(partition, { maxLength: 3 }) }), {
    maxLength: 2
  })
}) as fc.Arbitrary<ProduceRequest>

const encoded = async (each: ReturnType<typeof produce>) => Buffer.from((await each.encode()).buffer)

beforeAll(() => {
  jest.spyOn(Date, 'now').mockReturnValue(1_768_478_400_000)
})
afterAll(() => jest.restoreAllMocks())

test('a request has the bytes that kafkajs gives it', async () => {
  await fc.assert(
    fc.asyncProperty(request, async each => (await encoded(produce(each))).equals(await encoded(produceOfKafkajs(each)))),
    { numRuns: 300 }
  )
})

test('a large record, and one after it, are whole', async () => {
  const each: ProduceRequest = {
    acks: -1,
    timeout: 1,
    topicData: [
      {
        topic: 't',
        partitions: [
          {
            partition: 0,
            firstSequence: 0,
            messages: [{ key: 'k', value: 'small' }, { value: Buffer.alloc(3_000_000, 7) }, { value: 'last' }]
          }
        ]
      }
    ]
  }
  expect((await encoded(produce(each))).equals(await encoded(produceOfKafkajs(each)))).toBe(true)
})

test('compression and timestamps of the sender are left to kafkajs', async () => {
  const topicData = [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages: [{ value: 'x', timestamp: '5' }] }] }]
  for (const each of [
    { acks: -1, timeout: 1, topicData },
    { acks: -1, timeout: 1, topicData, compression: 1 }
  ] as ProduceRequest[])
    expect((await encoded(produce(each))).equals(await encoded(produceOfKafkajs(each)))).toBe(true)
})

test('messages are grouped as kafkajs groups them, in their order', () => {
  const messages = Array.from({ length: 50 }, (_, index) => ({ value: String(index) }))
  const partitioner = ({ message }: { message: { value: string } }) => (Number(message.value) * 7) % 3
  for (const partitionMetadata of [[1, 2, 3], []])
    expect(group({ topic: 't', partitionMetadata, messages, partitioner })).toEqual(
      groupOfKafkajs({ topic: 't', partitionMetadata, messages, partitioner })
    )
})
