// How are the records of a compressed batch unpacked? Only ever to look into them: what a consumer gets stays as the producer packed it.
import * as zlib from 'node:zlib'
import type { CompressionType } from '../protocol'
import { unpackLz4 } from './unpack-lz4'
import { unpackSnappy } from './unpack-snappy'
import { unpackZstd } from './unpack-zstd'

/** What one batch may unpack to; beyond, it counts as unreadable. */
export const unpackedBytesMax = 64 * 1024 * 1024

// of Node 22.15 and later
const zstd = (zlib as { zstdDecompressSync?: (bytes: Buffer, options: { maxOutputLength: number }) => Buffer }).zstdDecompressSync

/** Throws Error when `packed` is not what it claims to be, is too large, or when there is nothing here to unpack it with. */
export function unpack(compression: CompressionType | undefined, packed: Buffer): Buffer {
  const options = { maxOutputLength: unpackedBytesMax }
  switch (compression) {
    case 'none':
      return packed
    case 'gzip':
      return zlib.gunzipSync(packed, options)
    case 'snappy':
      return unpackSnappy(packed, unpackedBytesMax)
    case 'lz4':
      return unpackLz4(packed, unpackedBytesMax)
    case 'zstd':
      return zstd ? zstd(packed, options) : unpackZstd(packed, unpackedBytesMax)
    default:
      throw new Error('unknown compression')
  }
}
