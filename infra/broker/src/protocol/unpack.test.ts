// Is every compression unpacked to what was packed, and garbage refused? The packed bytes were made by kcat (librdkafka) and Apache Kafka.
import { packed, packedValues } from '../../test/packed-batches'
import { recordsOf } from '../log/records'
import { batchHeaderBytes, readBatchHeader } from './record-batch'
import { unpack } from './unpack'
import { unpackLz4 } from './unpack-lz4'
import { unpackSnappy } from './unpack-snappy'
import { unpackZstd } from './unpack-zstd'

const bytesMax = 1024 * 1024

it.each(packed)('$compression by $client', ({ batches, compression }) => {
  const read = batches.flatMap(batch => {
    expect(readBatchHeader(batch).compression).toBe(compression)
    return [...recordsOf(batch)].map(({ value }) => value!.toString())
  })
  expect(read).toEqual(packedValues)
})

it.each(packed)('$compression by $client, cut or harmed anywhere, is refused or unpacks to something bounded', ({ batches }) => {
  for (const batch of batches) {
    const { compression } = readBatchHeader(batch)
    const bytes = batch.subarray(batchHeaderBytes)
    for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 300)) {
      const harmed = Buffer.from(bytes)
      harmed[at]! ^= 0xff
      for (const each of [bytes.subarray(0, at), harmed]) {
        try {
          expect(unpack(compression, each, bytesMax).length).toBeLessThanOrEqual(bytesMax)
        } catch (error) {
          expect((error as Error).message).not.toBe('')
        }
      }
    }
  }
})

describe('by hand', () => {
  it('zstd: a frame that is whole, and one that asks for more memory than it may have', () => {
    // a single segment of 3 bytes: one raw block, the last
    const frame = Buffer.from('28b52ffd2003190000616263', 'hex')
    expect(unpackZstd(frame, 3).toString()).toBe('abc')
    expect(() => unpackZstd(frame, 2)).toThrow('asks for more than 2 bytes')
    expect(() => unpackZstd(frame.subarray(0, -1), 100)).toThrow()
    // a window of 2 ** 41 bytes
    const vast = Buffer.from('28b52ffd00f8190000616263', 'hex')
    expect(() => unpackZstd(vast, 1 << 20)).toThrow('asks for more than 1048576 bytes')
    expect(() => unpackZstd(Buffer.concat([frame, vast]), 1 << 20)).toThrow('asks for more than 1048576 bytes')
    const skippable = Buffer.from('502a4d18020000007879', 'hex')
    expect(unpackZstd(Buffer.concat([skippable, frame, skippable, frame]), 6).toString()).toBe('abcabc')
  })

  it('snappy: a literal, and copies of each kind', () => {
    const literal = Buffer.from([(4 - 1) << 2, ...Buffer.from('abcd')])
    const near = Buffer.from([(0 << 5) | ((4 - 4) << 2) | 1, 4])
    const far = Buffer.from([((6 - 1) << 2) | 2, 2, 0])
    const farther = Buffer.from([((3 - 1) << 2) | 3, 1, 0, 0, 0])
    const raw = Buffer.concat([Buffer.of(17), literal, near, far, farther])
    expect(unpackSnappy(raw, 100).toString()).toBe('abcdabcdcdcdcdddd')
    expect(() => unpackSnappy(raw, 16)).toThrow('more than 16 bytes')
    expect(() => unpackSnappy(Buffer.of(2, 1, 5), 100)).toThrow(RangeError)
  })

  it('lz4: blocks as they are, blocks that repeat, and a bound', () => {
    const frame = (...blocks: Buffer[]) => Buffer.concat([Buffer.from('04224d18604082', 'hex'), ...blocks, Buffer.alloc(4)])
    const stored = Buffer.concat([Buffer.from('03000080', 'hex'), Buffer.from('xyz')])
    const repeating = Buffer.concat([Buffer.from('05000000', 'hex'), Buffer.from([0x1f, 0x61, 1, 0, 5])])
    expect(unpackLz4(frame(stored, repeating), 100).toString()).toBe(`xyz${'a'.repeat(1 + 4 + 15 + 5)}`)
    expect(() => unpackLz4(frame(stored, repeating), 20)).toThrow('more than 20 bytes')
    expect(() => unpackLz4(Buffer.alloc(20), 100)).toThrow('no LZ4 frame')
  })
})
