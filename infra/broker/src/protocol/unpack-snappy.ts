// How is Snappy unpacked, both as librdkafka sends it and in the blocks of snappy-java?
// Source: https://github.com/google/snappy/blob/main/format_description.txt; the blocks: SnappyOutputStream of snappy-java.
import { UnpackedOutput } from './unpacked-output'

// Raw => unpacked_length [elements]
//   unpacked_length => UVARINT
//   elements => tag …                        lowest two bits of the tag:
//     0 literal                              length less 1 in the other six, 60 to 63 for 1 to 4 bytes of it that follow; then the bytes
//     1 copy                                 length less 4 in bits 2-4; distance: bits 5-7 and one byte
//     2 copy                                 length less 1 in bits 2-7; distance: two bytes, little endian
//     3 copy                                 as 2, distance of four bytes
// Blocks => magic version compatible [size raw]
//   magic => 8 bytes                         0x82 SNAPPY 0x00
//   version, compatible, size => INT32 (big endian)

const blocksMagic = Buffer.from('82534e4150505900', 'hex')
const blocksHeaderBytes = 16

function readUvarint(packed: Buffer): { value: number; end: number } {
  let value = 0
  for (let index = 0; index < 5; index++) {
    const byte = packed.readUInt8(index)
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, end: index + 1 }
  }
  throw new RangeError('snappy length longer than 5 bytes')
}

function unpackRaw(packed: Buffer, bytesMax: number): Buffer {
  const { end, value: unpackedLength } = readUvarint(packed)
  if (unpackedLength > bytesMax) throw new RangeError(`unpacks to more than ${bytesMax} bytes`)
  const output = new UnpackedOutput(unpackedLength, unpackedLength)
  for (let at = end; at < packed.length; ) {
    const tag = packed[at++]!
    const upper = tag >>> 2
    switch (tag & 3) {
      case 0: {
        const lengthBytes = upper < 60 ? 0 : upper - 59
        const length = (lengthBytes === 0 ? upper : packed.readUIntLE(at, lengthBytes)) + 1
        output.literals(packed, at + lengthBytes, length)
        at += lengthBytes + length
        break
      }
      case 1:
        output.match(((tag >>> 5) << 8) | packed.readUInt8(at), (upper & 7) + 4)
        at += 1
        break
      case 2:
        output.match(packed.readUInt16LE(at), upper + 1)
        at += 2
        break
      default:
        output.match(packed.readUInt32LE(at), upper + 1)
        at += 4
    }
  }
  if (output.length !== unpackedLength) throw new RangeError(`unpacks to ${output.length} bytes instead of ${unpackedLength}`)
  return output.bytes()
}

/** Throws RangeError when `packed` is not Snappy, or unpacks to more than `bytesMax`. */
export function unpackSnappy(packed: Buffer, bytesMax: number): Buffer {
  if (!packed.subarray(0, blocksMagic.length).equals(blocksMagic)) return unpackRaw(packed, bytesMax)
  const blocks: Buffer[] = []
  let left = bytesMax
  for (let at = blocksHeaderBytes; at < packed.length; ) {
    const size = packed.readInt32BE(at)
    at += 4
    if (size < 0 || at + size > packed.length) throw new RangeError(`snappy block of ${size} bytes in ${packed.length - at}`)
    const block = unpackRaw(packed.subarray(at, at + size), left)
    blocks.push(block)
    left -= block.length
    at += size
  }
  return Buffer.concat(blocks)
}
