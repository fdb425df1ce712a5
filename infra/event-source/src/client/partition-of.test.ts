import fc from 'fast-check'
import { Partitioners } from 'kafkajs'
import { partitionOf } from './partition-of'

test('any key goes where other clients send it', () => {
  const theirs = Partitioners.DefaultPartitioner()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 20 }), (bytes, partitions) => {
      const key = Buffer.from(bytes)
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
        ...{ partitionId, partitionErrorCode: 0, leader: 0 },
        ...{ replicas: [], isr: [] }
      }))
      expect(partitionOf(key, partitions)).toBe(theirs({ topic: 't', partitionMetadata, message: { key, value: null } }))
    })
  )
})
