// From which offset does a poller read a partition? The group's committed one, else the mapping's starting position.
import { errorName, KafkaError, listOffsetsTimestamp } from 'sluice-broker/protocol'
import type { StartingPosition } from '../mapping/mapping'
import type { Cluster, Topic } from './cluster'

/** Committed next offsets by partition; a partition without any is left out. */
export async function committedOffsets(
  cluster: Cluster,
  group: string,
  topic: string,
  partitions: readonly number[]
): Promise<Map<number, number>> {
  const coordinator = await cluster.coordinator(group, 'control')
  const body = await coordinator.request('offsetFetch', {
    groupId: group,
    topics: [{ name: topic, partitionIndexes: [...partitions] }],
    requireStable: true
  })
  if (body.errorCode !== 0) throw new KafkaError(errorName(body.errorCode), `offsets of group ${group}`)
  const committed = new Map<number, number>()
  for (const { partitionIndex, committedOffset, errorCode } of body.topics.flatMap(each => each.partitions)) {
    if (errorCode !== 0) throw new KafkaError(errorName(errorCode), `offset of group ${group} in ${topic}-${partitionIndex}`)
    if (committedOffset >= 0) committed.set(partitionIndex, committedOffset)
  }
  return committed
}

function timestampOf(position: StartingPosition): number {
  if (position.at === 'AT_TIMESTAMP') return position.timestampMs
  return position.at === 'LATEST' ? listOffsetsTimestamp.latest : listOffsetsTimestamp.earliest
}

/** The offsets that a starting position means now, for the partitions given. AT_TIMESTAMP behind the last record means the end. */
export async function startingOffsets(
  cluster: Cluster,
  topic: Topic,
  partitions: readonly number[],
  position: StartingPosition
): Promise<Map<number, number>> {
  const offsets = await listOffsets(cluster, topic, partitions, timestampOf(position))
  const beyond = partitions.filter(partition => (offsets.get(partition) ?? -1) < 0)
  if (beyond.length === 0) return offsets
  return new Map([...offsets, ...(await listOffsets(cluster, topic, beyond, listOffsetsTimestamp.latest))])
}

async function listOffsets(cluster: Cluster, topic: Topic, partitions: readonly number[], timestamp: number): Promise<Map<number, number>> {
  const offsets = new Map<number, number>()
  for (const leader of new Set(partitions.map(partition => topic.leaders.get(partition) ?? -1))) {
    const led = partitions.filter(partition => (topic.leaders.get(partition) ?? -1) === leader)
    const connection = await cluster.broker(leader, 'control')
    const body = await connection.request('listOffsets', {
      topics: [{ name: topic.name, partitions: led.map(partitionIndex => ({ partitionIndex, timestamp })) }]
    })
    for (const { partitionIndex, errorCode, offset } of body.topics.flatMap(each => each.partitions)) {
      if (errorCode !== 0) throw new KafkaError(errorName(errorCode), `starting offset of ${topic.name}-${partitionIndex}`)
      offsets.set(partitionIndex, offset)
    }
  }
  return offsets
}
