// What do consumers of the classic protocol tell each other through the broker: which topics each reads, and who gets which partitions?
// In a group of their own the broker only passes it on.
import { array, type Codec, int32, nullableBytes, nullableString, Reader, since, string, struct, Writer } from '../protocol'

// Subscription (0-3) => version [topics] user_data [owned_partitions](1+) generation_id(2+) rack_id(3+)
//   version => INT16
//   topics => STRING
//   user_data => NULLABLE_BYTES
//   owned_partitions => topic [partitions]
//     topic => STRING
//     partitions => INT32
//   generation_id => INT32
//   rack_id => NULLABLE_STRING
//
// Assignment (0-3) => version [assigned_partitions] user_data
//   version => INT16
//   assigned_partitions => topic [partitions]
//   user_data => NULLABLE_BYTES
//
// Of later versions what is known is read, as Apache Kafka does.
const versionMax = 3

const namedPartitions = array(struct({ topic: string, partitions: array(int32) }))
const topicNames = array(string)
const subscription = struct({
  topics: topicNames,
  userData: nullableBytes,
  owned: since(1, namedPartitions, []),
  generationId: since(2, int32, -1),
  rackId: since(3, nullableString, null)
})
const assignment = struct({ assigned: namedPartitions, userData: nullableBytes })

export interface NamedPartitions {
  topic: string
  partitions: number[]
}

function readAs<T>(codec: Codec<T, never>, bytes: Buffer): T | undefined {
  try {
    const reader = new Reader(bytes)
    const version = reader.int16()
    if (version < 0) return undefined
    reader.version = Math.min(version, versionMax)
    return codec.read(reader)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The topics that consumers read according to their metadata, whatever follows them there. */
export function topicsReadBy(metadata: readonly Buffer[]): Pick<ReadonlySet<string>, 'has'> {
  const read = metadata.map(each => readAs(topicNames, each))
  // one that cannot be understood may read any
  return read.includes(undefined) ? { has: () => true } : new Set(read.flatMap(topics => topics ?? []))
}

/** All of a consumer's metadata; undefined when it is not laid out as consumers do. */
export function readSubscription(metadata: Buffer) {
  return readAs(subscription, metadata)
}

/** What a leader assigned to a consumer; undefined when it is not laid out as consumers do. Nothing assigned yet is no bytes. */
export function readAssignment(bytes: Buffer) {
  return bytes.length === 0 ? { assigned: [], userData: null } : readAs(assignment, bytes)
}

/** @param metadata what the consumer said, whose version the assignment is to have if it says one */
export function encodeAssignment(assigned: readonly NamedPartitions[], metadata: Buffer): Buffer {
  const writer = new Writer()
  const version = metadata.length < 2 ? 0 : metadata.readInt16BE()
  writer.int16(Math.min(Math.max(version, 0), versionMax))
  assignment.write(writer, { assigned, userData: null })
  return writer.toBuffer()
}
