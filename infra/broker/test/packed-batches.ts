// What do clients pack? The same records by kcat (librdkafka) and by Apache Kafka's producer, in every compression.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { batchSizeAt, type CompressionType } from '../src/protocol'

interface PackedBatches {
  client: string
  compression: CompressionType
  batches: Buffer[]
}

/** The values of the records, text that repeats itself and text that does not; none has a key. */
export const packedValues = [
  'a',
  'abcabcabcabcabcabc',
  'x'.repeat(70_000),
  ...Array.from({ length: 200 }, (_, index) => `line ${index} of ${index * index * 7919}`)
]

function batchesOf(base64: string): Buffer[] {
  const bytes = Buffer.from(base64, 'base64')
  const batches: Buffer[] = []
  for (let at = 0; at < bytes.length; at += batchSizeAt(bytes, at)) batches.push(bytes.subarray(at, at + batchSizeAt(bytes, at)))
  return batches
}

const recorded: { client: string; compression: CompressionType; batches: string }[] = JSON.parse(
  readFileSync(join(__dirname, '../fixtures/packed-batches.json'), 'utf8')
)

export const packed: PackedBatches[] = recorded.map(each => ({ ...each, batches: batchesOf(each.batches) }))
