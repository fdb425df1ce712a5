// Which partition does a record's key belong to? The one that Java's producers choose.
// Source: org.apache.kafka.common.utils.Utils.murmur2 and BuiltInPartitioner.partitionForKey.

const SEED = 0x9747b28c
const M = 0x5bd1e995

/** The partition, from 0, of `partitions`. */
export function partitionOf(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

/** MurmurHash2 of the bytes, as a signed 32-bit number. */
function murmur2(bytes: Buffer): number {
  const whole = bytes.length & ~3
  let hash = SEED ^ bytes.length
  for (let at = 0; at < whole; at += 4) {
    const word = Math.imul(bytes.readInt32LE(at), M)
    hash = Math.imul(hash, M) ^ Math.imul(word ^ (word >>> 24), M)
  }
  const rest = bytes.length - whole
  if (rest > 0) {
    for (let index = 0; index < rest; index++) hash ^= bytes[whole + index]! << (8 * index)
    hash = Math.imul(hash, M)
  }
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}
