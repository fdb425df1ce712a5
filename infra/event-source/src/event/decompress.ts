// How are the records of a compressed batch made readable again? As the broker unpacks them, within a bound of our own.
import { compressionTypes, unpack } from 'sluice-broker/protocol'

/** No batch may inflate beyond this: a damaged or hostile length must not take the process's memory. */
export const INFLATED_BYTES_MAX = 256 * 1024 * 1024

/**
 * Returns the records of a batch as plain bytes; an uncompressed batch is returned as it is, without a copy.
 * @param codec attributes bits 0-2 of the batch header
 * @throws Error that names the codec when it is unknown, the bytes do not follow it, or they inflate to more than `bytesMax`
 */
export function decompress(codec: number, data: Buffer, bytesMax = INFLATED_BYTES_MAX): Buffer {
  const compression = compressionTypes[codec]
  if (!compression) throw new Error(`compression codec ${codec} is unknown`)
  try {
    return unpack(compression, data, bytesMax)
  } catch (cause) {
    throw new Error(`the ${compression} data of a record batch cannot be decompressed: ${(cause as Error).message}`, { cause })
  }
}
