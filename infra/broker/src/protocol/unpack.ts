// How are the records of a compressed batch unpacked, and to no more bytes than whoever asks can take?
import * as zlib from 'node:zlib'
import type { CompressionType } from './record-batch'
import { unpackLz4 } from './unpack-lz4'
import { unpackSnappy } from './unpack-snappy'
import { unpackZstd } from './unpack-zstd'

// of Node 22.15 and later
const zstd = (zlib as { zstdDecompressSync?: (bytes: Buffer, options: { maxOutputLength: number }) => Buffer }).zstdDecompressSync

/**
 * The plain bytes; of records that are not compressed the very same buffer.
 * @throws Error when `packed` is not what it claims to be, or unpacks to more than `bytesMax`
 */
export function unpack(compression: CompressionType | undefined, packed: Buffer, bytesMax: number): Buffer {
  const options = { maxOutputLength: bytesMax }
  switch (compression) {
    case 'none':
      return packed
    case 'gzip':
      return zlib.gunzipSync(packed, options)
    case 'snappy':
      return unpackSnappy(packed, bytesMax)
    case 'lz4':
      return unpackLz4(packed, bytesMax)
    case 'zstd':
      return zstd ? zstd(packed, options) : unpackZstd(packed, bytesMax)
    default:
      throw new Error('unknown compression')
  }
}
