// How are the records of a compressed batch made readable again? One table of codecs by the number in the batch's attributes.
import { gunzipSync } from 'node:zlib'
import { decompress as unzstd } from 'fzstd'
import { decompress as unlz4 } from 'lz4js'
import { uncompress as unsnappy } from 'snappyjs'

/** No batch may inflate beyond this: a damaged or hostile length must not take the process's memory. */
export const INFLATED_BYTES_MAX = 256 * 1024 * 1024

// What Java's producer puts before snappy blocks (xerial snappy-java): magic, version, compatible version, then length-prefixed blocks.
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER_BYTES = 16

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function readSnappy(data: Buffer): Buffer {
  if (!data.subarray(0, xerialMagic.length).equals(xerialMagic)) return asBuffer(unsnappy(data, INFLATED_BYTES_MAX))
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER_BYTES; at < data.length; ) {
    const length = data.readInt32BE(at)
    at += 4
    blocks.push(asBuffer(unsnappy(data.subarray(at, at + length), INFLATED_BYTES_MAX)))
    at += length
  }
  return Buffer.concat(blocks)
}

/** Attributes bits 0-2 → codec: https://kafka.apache.org/documentation/#recordbatch */
const codecs: ReadonlyArray<{ name: string; read: (data: Buffer) => Buffer }> = [
  { name: 'none', read: data => data },
  { name: 'gzip', read: data => gunzipSync(data, { maxOutputLength: INFLATED_BYTES_MAX }) },
  { name: 'snappy', read: readSnappy },
  { name: 'lz4', read: data => asBuffer(unlz4(data)) },
  { name: 'zstd', read: data => asBuffer(unzstd(data)) }
]

/**
 * Returns the records of a batch as plain bytes; an uncompressed batch is returned as it is, without a copy.
 * @param codec attributes bits 0-2 of the batch header
 * @throws Error that names the codec when it is unknown or the bytes do not follow it
 */
export function decompress(codec: number, data: Buffer): Buffer {
  const found = codecs[codec]
  if (!found) throw new Error(`compression codec ${codec} is unknown`)
  try {
    return found.read(data)
  } catch (cause) {
    throw new Error(`the ${found.name} data of a record batch cannot be decompressed: ${(cause as Error).message}`, { cause })
  }
}
