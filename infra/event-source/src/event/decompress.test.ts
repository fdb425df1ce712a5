// Are the batches of real producers read in every compression, and is every other batch refused by the name of its codec?
import { gzipSync } from 'node:zlib'
import { batchHeaderBytes, compressionTypes } from 'sluice-broker/protocol'
import { packed, packedValues } from '../../../broker/test/packed-batches'
import { encodeBatch } from '../../test/record-batches'
import { decompress } from './decompress'
import { RecordCursor, readBatches } from './record-batch'

const codecOf = (name: (typeof compressionTypes)[number]) => compressionTypes.indexOf(name)

function valuesIn(batches: Buffer[]): string[] {
  const cursor = new RecordCursor()
  return readBatches(Buffer.concat(batches), 0, 0).flatMap(chunk => {
    const values: string[] = []
    for (; chunk.left > 0; chunk.left--) {
      cursor.read(chunk)
      values.push(chunk.bytes.toString('utf8', cursor.valueAt, cursor.valueAt + cursor.valueLength))
      chunk.at = cursor.end
    }
    return values
  })
}

test.each(packed.map(({ batches, client, compression }) => [compression, client, batches] as const))(
  '%s of %s is read',
  (_, __, batches) => {
    expect(valuesIn(batches)).toEqual(packedValues)
  }
)

test.each(packed.map(({ batches, client, compression }) => [compression, client, batches] as const))(
  '%s of %s that ends early is refused by name, or gives less than there was',
  (compression, _, batches) => {
    for (const batch of batches) {
      const data = batch.subarray(batchHeaderBytes)
      const whole = decompress(codecOf(compression), data)
      for (let end = 1; end < data.length; end += Math.ceil(data.length / 100)) {
        try {
          const part = decompress(codecOf(compression), data.subarray(0, end))
          expect(part.equals(whole.subarray(0, part.length))).toBe(true)
        } catch (error) {
          expect((error as Error).message).toMatch(`the ${compression} data of a record batch cannot be decompressed: `)
        }
      }
    }
  }
)

describe('few bytes that inflate to many', () => {
  const inflatedBytes = 1024 * 1024
  const zeros = Buffer.alloc(inflatedBytes)

  /** A literal, then copies of 64 bytes of it; behind the length that they have. */
  function snappyOf(bytes: number): Buffer {
    const length = [(bytes & 0x7f) | 0x80, ((bytes >> 7) & 0x7f) | 0x80, bytes >> 14]
    const copies = Array.from({ length: bytes / 64 - 1 }, () => [(63 << 2) | 2, 64, 0])
    return Buffer.from([...length, 60 << 2, 63, ...Buffer.alloc(64), ...copies.flat()])
  }
  function xerialOf(blocks: Buffer[]): Buffer {
    const header = Buffer.from('82534e41505059000000000100000001', 'hex')
    const length = (block: Buffer) => Buffer.from([0, 0, block.length >> 8, block.length & 0xff])
    return Buffer.concat([header, ...blocks.flatMap(block => [length(block), block])])
  }
  /** One literal that is matched on and on, in blocks of 65,536 bytes. */
  function lz4Of(bytes: number): Buffer {
    // literal + match: 1 + 4 + 15 + 256 * 255 + 235 = 65,535, and a last literal
    const block = Buffer.from([0x1f, 0, 1, 0, ...Array(256).fill(255), 235, 0x10, 0])
    const size = Buffer.from([block.length & 0xff, block.length >> 8, 0, 0])
    const blocks = Array.from({ length: bytes / 65_536 }, () => [size, block]).flat()
    return Buffer.concat([Buffer.from('04224d18604082', 'hex'), ...blocks, Buffer.alloc(4)])
  }
  /** Blocks of one byte that is repeated 65,536 times, in a window of as many. */
  function zstdOf(bytes: number): Buffer {
    const count = bytes / 65_536
    const blocks = Array.from({ length: count }, (_, index) => {
      const header = (65_536 << 3) | (1 << 1) | (index === count - 1 ? 1 : 0)
      return [header & 0xff, (header >> 8) & 0xff, header >> 16, 0]
    })
    return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 6 << 3, ...blocks.flat()])
  }

  test.each([
    ['gzip', 'gzip', gzipSync(zeros)],
    ['snappy', 'snappy', snappyOf(inflatedBytes)],
    ['snappy in blocks', 'snappy', xerialOf([snappyOf(inflatedBytes / 2), snappyOf(inflatedBytes / 2)])],
    ['lz4', 'lz4', lz4Of(inflatedBytes)],
    ['zstd', 'zstd', zstdOf(inflatedBytes)]
  ] as const)('%s up to the bound is read, and beyond it refused', (_, compression, data) => {
    expect(data.length).toBeLessThan(inflatedBytes / 15)
    expect(decompress(codecOf(compression), data, inflatedBytes).equals(zeros)).toBe(true)
    for (const bytesMax of [inflatedBytes - 1, inflatedBytes / 4]) {
      expect(() => decompress(codecOf(compression), data, bytesMax)).toThrow(
        new RegExp(`^the ${compression} data of a record batch cannot be decompressed: .*\\d+ bytes`)
      )
    }
  })
})

test('damaged bytes name the codec', () => {
  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const batch = encodeBatch([{ key: null, value: null }], {
      codec: codecOf(compression),
      compress: () => Buffer.from(`not ${compression}`)
    })
    expect(() => readBatches(batch, 0, 0)).toThrow(`the ${compression} data`)
  }
})

test('a codec that there is not is named by its number', () => {
  expect(() => decompress(5, Buffer.alloc(10))).toThrow('compression codec 5 is unknown')
})
