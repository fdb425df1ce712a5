// Which offset belongs to a time, to the start or to the end of a partition?
import { leaderEpoch, type PartitionLog } from '../log/partition-log'
import { errorCodes, isolationLevel, listOffsetsTimestamp } from '../protocol'
import type { Handler } from './handler'
import { leaderEpochError } from './leader-epoch'

const unknown = { timestamp: -1, offset: -1 }

function below(found: { timestamp: number; offset: number } | undefined, end: number): { timestamp: number; offset: number } {
  return found && found.offset < end ? found : unknown
}

/** @param end the first offset that the client may not see: the last stable one to a reader of committed records, else the log's end */
async function lookUp(log: PartitionLog, timestamp: number, end: number): Promise<{ timestamp: number; offset: number }> {
  switch (timestamp) {
    case listOffsetsTimestamp.latest:
      return { timestamp: -1, offset: end }
    case listOffsetsTimestamp.earliest:
    case listOffsetsTimestamp.earliestLocal:
      return { timestamp: -1, offset: log.startOffset }
    case listOffsetsTimestamp.maxTimestamp:
      return below(await log.latestRecord(), end)
    case listOffsetsTimestamp.latestTiered:
    case listOffsetsTimestamp.earliestPendingUpload:
      return unknown
    default:
      return below(await log.firstAtOrAfter(timestamp), end)
  }
}

export const listOffsets: Handler<'listOffsets'> = async (state, { isolationLevel: level, topics }) => {
  const answers = topics.map(async ({ name, partitions }) => {
    const found = partitions.map(async ({ currentLeaderEpoch, partitionIndex, timestamp }) => {
      const log = state.topics.find(name)?.partitions[partitionIndex]
      if (!log) return { partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION }
      const wrongEpoch = leaderEpochError(currentLeaderEpoch)
      if (wrongEpoch !== errorCodes.NONE) return { partitionIndex, errorCode: wrongEpoch }
      const place = await lookUp(log, timestamp, level === isolationLevel.readCommitted ? log.stableOffset : log.endOffset)
      return { partitionIndex, errorCode: errorCodes.NONE, ...place, leaderEpoch: place.offset < 0 ? -1 : leaderEpoch }
    })
    return { name, partitions: await Promise.all(found) }
  })
  return { topics: await Promise.all(answers) }
}
