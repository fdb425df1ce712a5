// How is zstd unpacked where Node cannot, before 22.15? By fzstd, after a look at how much memory the data asks for.
// Source: RFC 8878, 3.1
import { Decompress } from 'fzstd'

// Data => [frame | skippable]
// Frame => magic descriptor window? dictionary_id? content_size? [blocks] checksum?
//   magic => UINT32 (little endian, as all)  0xFD2FB528
//   descriptor => BYTE                       6-7 bytes of content size, 5 single segment: no window, 2 checksum, 0-1 bytes of dictionary id
//   window => BYTE                           exponent above 10 and eighths of it, in a single segment as large as the content
//   blocks => header data                    header of 3 bytes: 0 last, 1-2 type, 3-23 size; data of type 1 is one byte, repeated
//   checksum => UINT32
// Skippable => magic size data               magic: UINT32 from 0x184D2A50 to 0x184D2A5F

const frameMagic = 0xfd2fb528
const skippableMagic = 0x184d2a50
const dictionaryIdBytes = [0, 1, 2, 4] as const
const contentSizeBytes = [0, 2, 4, 8] as const
const repeatedByteBlock = 1

interface Frame {
  /** Bytes of memory that its header asks for: its window or, in a single segment, its content. */
  memory: number
  end: number
}

/** Throws RangeError when the frame is cut. */
function frameAt(packed: Buffer, start: number): Frame {
  const descriptor = packed.readUInt8(start + 4)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeAt = start + 5 + (isSingleSegment ? 0 : 1) + dictionaryIdBytes[(descriptor & 3) as 0 | 1 | 2 | 3]
  const sizeBytes = contentSizeBytes[(descriptor >>> 6) as 0 | 1 | 2 | 3] || (isSingleSegment ? 1 : 0)
  const memory = isSingleSegment ? contentSizeOf(packed, sizeAt, sizeBytes) : windowOf(packed.readUInt8(start + 5))
  let at = sizeAt + sizeBytes
  for (let isLast = false; !isLast; ) {
    const header = packed.readUIntLE(at, 3)
    isLast = (header & 1) === 1
    at += 3 + (((header >>> 1) & 3) === repeatedByteBlock ? 1 : header >>> 3)
  }
  return { memory, end: at + ((descriptor & 4) === 0 ? 0 : 4) }
}

function windowOf(byte: number): number {
  const base = 2 ** (10 + (byte >>> 3))
  return base + (base / 8) * (byte & 7)
}

function contentSizeOf(packed: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(packed.readBigUInt64LE(at))
  return packed.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}

/** Throws RangeError when a frame asks for more than `bytesMax`, or is cut. */
function checkMemory(packed: Buffer, bytesMax: number): void {
  for (let at = 0; at < packed.length; ) {
    const magic = packed.readUInt32LE(at)
    if ((magic & ~15) === skippableMagic) {
      at += 8 + packed.readUInt32LE(at + 4)
      continue
    }
    // fzstd says what is wrong with it
    if (magic !== frameMagic) return
    const { end, memory } = frameAt(packed, at)
    if (memory > bytesMax) throw new RangeError(`zstd data that asks for more than ${bytesMax} bytes`)
    at = end
  }
}

/** Throws Error when `packed` is no zstd, or is or asks for more than `bytesMax`. */
export function unpackZstd(packed: Buffer, bytesMax: number): Buffer {
  checkMemory(packed, bytesMax)
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
