// Which member of a group reads which partition? Kafka's range assignor, and the bytes that members exchange about it.
// Source: ConsumerProtocolSubscription and ConsumerProtocolAssignment, https://kafka.apache.org/protocol.html, version 0.
import { array, int16, int32, nullableBytes, Reader, string, struct, Writer } from 'sluice-broker/protocol'

/** The assignor's name in JoinGroup; Java's default consumers know it too, so that they may share a group. */
export const ASSIGNOR = 'range'

/** A member, with what it says about itself. */
export interface Subscriber {
  memberId: string
  metadata: Buffer
}

const subscription = struct({ version: int16, topics: array(string), userData: nullableBytes })
const assignment = struct({ version: int16, topics: array(struct({ name: string, partitions: array(int32) })), userData: nullableBytes })

/** What a member that reads one topic says about itself. */
export function encodeSubscription(topic: string): Buffer {
  return encode(writer => subscription.write(writer, { version: 0, topics: [topic], userData: null }))
}

/** The partitions of `topic` in an assignment; a member without any may get no bytes at all. */
export function decodeAssignment(data: Buffer, topic: string): number[] {
  if (data.length === 0) return []
  // the first fields are those of version 0 in every version
  const { topics } = assignment.read(new Reader(data))
  return topics.filter(({ name }) => name === topic).flatMap(({ partitions }) => partitions)
}

/**
 * What the leader decides: per topic, its sorted members get runs of partitions that differ in length by one at most.
 * @param members subscriptions by member id
 */
export function assignRange(
  members: readonly Subscriber[],
  partitionsOf: (topic: string) => readonly number[]
): Array<{ memberId: string; assignment: Buffer }> {
  const subscriptions = members.map(member => ({ memberId: member.memberId, topics: subscribedTopics(member) }))
  const assigned = new Map(members.map(({ memberId }) => [memberId, [] as Array<{ name: string; partitions: number[] }>]))
  for (const name of new Set(subscriptions.flatMap(({ topics }) => topics))) {
    const readers = subscriptions.filter(({ topics }) => topics.includes(name)).map(({ memberId }) => memberId)
    readers.sort()
    const partitions = [...partitionsOf(name)].sort((a, b) => a - b)
    let next = 0
    for (const [index, memberId] of readers.entries()) {
      const count = Math.floor(partitions.length / readers.length) + (index < partitions.length % readers.length ? 1 : 0)
      if (count > 0) assigned.get(memberId)!.push({ name, partitions: partitions.slice(next, next + count) })
      next += count
    }
  }
  return [...assigned].map(([memberId, topics]) => ({
    memberId,
    assignment: encode(writer => assignment.write(writer, { version: 0, topics, userData: null }))
  }))
}

export function subscribedTopics({ metadata }: Subscriber): string[] {
  const reader = new Reader(metadata)
  int16.read(reader)
  return array(string).read(reader)
}

function encode(write: (writer: Writer) => void): Buffer {
  const writer = new Writer()
  write(writer)
  return writer.toBuffer()
}
