// How is zstd unpacked where Node cannot, before 22.15? By fzstd, after a look at how much memory the data asks for.
// Frame => magic:UINT32 descriptor:UINT8 [window:UINT8] [dictionary id] [content size] blocks [checksum]        (RFC 8878, 3.1.1)
import { Decompress } from 'fzstd'

const descriptorAt = 4
const dictionaryIdBytes = [0, 1, 2, 4] as const

/** Bytes of memory that the frame's header asks for: its window or, in a single segment, its content. */
function memoryOf(packed: Buffer): number {
  const descriptor = packed.readUInt8(descriptorAt)
  const isSingleSegment = (descriptor & 0x20) !== 0
  if (!isSingleSegment) {
    const window = packed.readUInt8(descriptorAt + 1)
    const base = 2 ** (10 + (window >>> 3))
    return base + (base / 8) * (window & 7)
  }
  const at = descriptorAt + 1 + dictionaryIdBytes[(descriptor & 3) as 0 | 1 | 2 | 3]
  switch (descriptor >>> 6) {
    case 0:
      return packed.readUInt8(at)
    case 1:
      return packed.readUInt16LE(at) + 256
    case 2:
      return packed.readUInt32LE(at)
    default:
      return Number(packed.readBigUInt64LE(at))
  }
}

/** Throws Error when `packed` is no zstd, or is or asks for more than `bytesMax`. */
export function unpackZstd(packed: Buffer, bytesMax: number): Buffer {
  if (memoryOf(packed) > bytesMax) throw new RangeError(`zstd data that asks for more than ${bytesMax} bytes`)
  const parts: Uint8Array[] = []
  let [bytes, isWhole] = [0, false]
  const decompress = new Decompress((part, isLast) => {
    bytes += part.length
    if (bytes > bytesMax) throw new RangeError(`zstd data of more than ${bytesMax} bytes`)
    parts.push(part.slice())
    isWhole = isLast === true
  })
  decompress.push(packed, true)
  if (!isWhole) throw new RangeError('zstd data that is cut off')
  return Buffer.concat(parts, bytes)
}
