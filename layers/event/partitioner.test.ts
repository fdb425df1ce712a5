import fc from 'fast-check'
import { Partitioners } from 'kafkajs'
import { keyPartitioner, murmur2 } from './partitioner'

const metadata = (partitions: number) =>
  Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, partitionErrorCode: 0, leader: 0, replicas: [], isr: [] }))

// org.apache.kafka.common.utils.UtilsTest.testMurmur2
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107]
])('the hash of %s is that of Java clients', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash)
})

test('any key goes where kafkajs sends it', () => {
  const [ours, theirs] = [keyPartitioner(), Partitioners.DefaultPartitioner()]
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array().map(Buffer.from)),
      fc.integer({ min: 1, max: 20 }),
      (key, partitions) => {
        const choice = { topic: 't', partitionMetadata: metadata(partitions), message: { key, value: null } }
        expect(ours(choice)).toBe(theirs(choice))
      }
    )
  )
})

test('a partition that the record names is kept, and records without a key are spread', () => {
  const choose = keyPartitioner()
  expect(choose({ topic: 't', partitionMetadata: metadata(3), message: { key: 'a', value: null, partition: 2 } })).toBe(2)
  const chosen = Array.from({ length: 30 }, () =>
    choose({ topic: 't', partitionMetadata: metadata(3), message: { key: null, value: null } })
  )
  expect(new Set(chosen).size).toBe(3)
})
