// How does a test have members of both protocols meet in one group?

import type { ConsumerHeartbeat } from '../src/groups/consumer-heartbeat'
import { encodeAssignment, readAssignment } from '../src/groups/consumer-protocol'
import { GroupCoordinator } from '../src/groups/coordinator'
import type { JoinRequest, JoinResult } from '../src/groups/member'
import { OffsetStore } from '../src/groups/offset-store'
import { Flusher } from '../src/log/flusher'
import { ManualClock } from '../src/manual-clock'
import { errorName, KafkaError, Writer } from '../src/protocol'
import type { Topic } from '../src/topics/topics'

export const sessionTimeoutMs = 10_000
export const rebalanceTimeoutMs = 60_000

/** What a consumer says of itself: version 1 names what it owns, version 0 does not know of it. */
export function metadataOf(owned: readonly number[], version = 1): Buffer {
  const writer = new Writer()
  writer.int16(version)
  writer.int32(1)
  writer.int16(1)
  writer.text('t')
  writer.int32(-1)
  if (version === 0) return writer.toBuffer()
  writer.int32(1)
  writer.int16(1)
  writer.text('t')
  writer.int32(owned.length)
  for (const partition of owned) writer.int32(partition)
  return writer.toBuffer()
}

export const protocolsOf = (...owned: number[]) => ({ protocols: [{ name: 'coop', metadata: metadataOf(owned) }] })
export const assigning = (...partitions: number[]) => encodeAssignment([{ topic: 't', partitions }], metadataOf([]))
const topic = { name: 't', id: 'id-t', partitions: Array(4) } as unknown as Topic
const catalog = {
  find: (name: string) => (name === 't' ? topic : undefined),
  findById: (id: string) => (id === 'id-t' ? topic : undefined),
  all: () => [topic]
}

/** A coordinator with a topic `t` of four partitions and one group `g`, and what members of either protocol ask of it. */
export function setUp(groupMembersMax = 20) {
  const clock = new ManualClock()
  const topics = { ...catalog, changes: 0 }
  const offsets = new OffsetStore(undefined, new Flusher(0, () => {}))
  const intervals = { initialRebalanceDelayMs: 0, consumerSessionTimeoutMs: 45_000, consumerHeartbeatIntervalMs: 1000 }
  const groups = new GroupCoordinator({ offsets, clock, topics, dataDir: undefined, groupMembersMax, ...intervals })
  const join = (more: Partial<JoinRequest> = {}) => {
    const identity = { memberId: '', groupInstanceId: null, clientId: 'c', clientHost: '127.0.0.1' }
    const can = { requiresMemberId: false, canSkipAssignment: true, protocolType: 'consumer', ...protocolsOf() }
    return groups.join('g', { ...identity, sessionTimeoutMs, rebalanceTimeoutMs, ...can, ...more })
  }
  const claimOf = ({ generationId, memberId }: JoinResult, groupInstanceId: string | null = null) => ({
    generationId,
    memberId,
    groupInstanceId
  })
  /** An answer's error, or the partitions it gives. */
  const sync = async (
    member: JoinResult,
    assignments: { memberId: string; assignment: Buffer }[] = [],
    instanceId: string | null = null
  ) => {
    const request = { ...claimOf(member, instanceId), protocolType: 'consumer', protocolName: 'coop', assignments }
    const { assignment, errorCode } = await groups.sync('g', request)
    return errorCode === 0 ? partitionsIn(assignment) : errorName(errorCode)
  }
  const hear = (member: JoinResult, instanceId: string | null = null) => errorName(groups.heartbeat('g', claimOf(member, instanceId)))
  /** A member of the new protocol: an answer's error, or its epoch and partitions, which are undefined when they are as before. */
  const beat = (memberId: string, memberEpoch: number, owned: number[] | null = null, more: Partial<ConsumerHeartbeat> = {}) => {
    const unsaid = { rackId: null, subscribedTopicNames: null, subscribedTopicRegex: null, serverAssignor: null, rebalanceTimeoutMs: -1 }
    const topicPartitions = owned && (owned.length > 0 ? [{ topicId: 'id-t', partitions: owned }] : [])
    const first = memberEpoch === 0 ? { rebalanceTimeoutMs, subscribedTopicNames: ['t'], topicPartitions: [] } : { topicPartitions }
    const identity = { memberId, memberEpoch, instanceId: null, clientId: 'c', clientHost: '127.0.0.1' }
    try {
      const answer = groups.consumerHeartbeat('g', { ...identity, ...unsaid, ...first, ...more }, true)
      return [answer.memberEpoch, answer.assignment?.topicPartitions.flatMap(({ partitions }) => partitions)]
    } catch (error) {
      if (error instanceof KafkaError) return error.errorName
      throw error
    }
  }
  /** A stable classic group of one member, who reads all four partitions. */
  const classic = async (more: Partial<JoinRequest> = {}) => {
    const member = await join(more)
    await sync(member, [{ memberId: member.memberId, assignment: assigning(0, 1, 2, 3) }], more.groupInstanceId ?? null)
    return member
  }
  /** A stable group of a classic member, who reads 0 and 1, and one of the new protocol. */
  const mixed = async () => {
    const before = await classic()
    beat('m', 0)
    const member = await join({ memberId: before.memberId })
    await sync(member)
    beat('m', 2)
    return member
  }
  const state = () => `${groups.find('g')!.type} ${groups.find('g')!.state}`
  return { beat, classic, claimOf, clock, groups, hear, join, mixed, state, sync, topics }
}

function partitionsIn(assignment: Buffer): number[] {
  return readAssignment(assignment)!.assigned.flatMap(({ partitions }) => partitions)
}
