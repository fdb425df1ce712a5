// How is an LZ4 frame unpacked? Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md
import { UnpackedOutput } from './unpacked-output'

// Frame => magic flags block_descriptor content_size? dictionary_id? header_checksum [blocks] end_mark content_checksum?
//   magic => UINT32 (little endian, as all)  0x184D2204
//   flags => BYTE                            6-7 version 01, 5 blocks are independent, 4 block checksums, 3 content size,
//                                            2 content checksum, 0 dictionary id
//   blocks => size data checksum?            highest bit of size: the data is not compressed; size 0 is the end mark
// Block => [sequences]
//   sequences => token literal_length* literals offset match_length*
//     token => BYTE                          4-7 literals, 0-3 match length less 4; 15 goes on in bytes of 255 until a smaller one
//     offset => UINT16                       how far behind the match begins; the last sequence ends with its literals

const frameMagic = 0x184d2204
const matchBytesMin = 4

function unpackBlock(block: Buffer, output: UnpackedOutput): void {
  let at = 0
  const byte = (): number => {
    if (at >= block.length) throw new RangeError('a sequence ends behind its block')
    return block[at++]!
  }
  const lengthOf = (nibble: number): number => {
    let length = nibble
    if (nibble < 15) return length
    for (let more = 255; more === 255; length += more) more = byte()
    return length
  }
  while (at < block.length) {
    const token = byte()
    const literals = lengthOf(token >>> 4)
    output.literals(block, at, literals)
    at += literals
    if (at === block.length) return
    const distance = byte() | (byte() << 8)
    output.match(distance, lengthOf(token & 15) + matchBytesMin)
  }
}

/** Throws RangeError when `packed` is no whole LZ4 frame, or unpacks to more than `bytesMax`. */
export function unpackLz4(packed: Buffer, bytesMax: number): Buffer {
  if (packed.readUInt32LE(0) !== frameMagic) throw new RangeError('no LZ4 frame')
  const flags = packed.readUInt8(4)
  if (flags >>> 6 !== 1) throw new RangeError(`LZ4 frame of version ${flags >>> 6}`)
  const hasBlockChecksums = (flags & 16) !== 0
  let at = 7 + ((flags & 8) === 0 ? 0 : 8) + ((flags & 1) === 0 ? 0 : 4)
  const output = new UnpackedOutput(packed.length * 4, bytesMax)
  for (;;) {
    const word = packed.readUInt32LE(at)
    at += 4
    if (word === 0) return output.bytes()
    const size = word & 0x7fffffff
    if (at + size > packed.length) throw new RangeError('an LZ4 block ends behind its frame')
    if (word >>> 31 === 1) output.literals(packed, at, size)
    else unpackBlock(packed.subarray(at, at + size), output)
    at += size + (hasBlockChecksums ? 4 : 0)
  }
}
