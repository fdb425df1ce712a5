// Which offset belongs to a time, to the start or to the end of a partition?
import { leaderEpoch, type PartitionLog } from '../log/partition-log'
import { errorCodes, listOffsetsTimestamp } from '../protocol'
import type { Handler } from './handler'

const unknown = { timestamp: -1, offset: -1 }

async function lookUp(log: PartitionLog, timestamp: number): Promise<{ timestamp: number; offset: number }> {
  switch (timestamp) {
    case listOffsetsTimestamp.latest:
      return { timestamp: -1, offset: log.endOffset }
    case listOffsetsTimestamp.earliest:
    case listOffsetsTimestamp.earliestLocal:
      return { timestamp: -1, offset: log.startOffset }
    case listOffsetsTimestamp.maxTimestamp:
      return (await log.latestRecord()) ?? unknown
    case listOffsetsTimestamp.latestTiered:
    case listOffsetsTimestamp.earliestPendingUpload:
      return unknown
    default:
      return (await log.firstAtOrAfter(timestamp)) ?? unknown
  }
}

export const listOffsets: Handler<'listOffsets'> = async (state, { topics }) => {
  const answers = topics.map(async ({ name, partitions }) => {
    const found = partitions.map(async ({ partitionIndex, timestamp }) => {
      const log = state.topics.find(name)?.partitions[partitionIndex]
      if (!log) return { partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION }
      const place = await lookUp(log, timestamp)
      return { partitionIndex, errorCode: errorCodes.NONE, ...place, leaderEpoch: place.offset < 0 ? -1 : leaderEpoch }
    })
    return { name, partitions: await Promise.all(found) }
  })
  return { topics: await Promise.all(answers) }
}
