// Does a reader's idea of who led a partition, and up to where, still hold? Here leadership never moves.
import { leaderEpoch } from '../log/partition-log'
import { errorCodes } from '../protocol'
import type { Handler } from './handler'

/** NONE, or what is wrong with the epoch that a client takes for the present one; -1 stands for one that does not say. */
export function leaderEpochError(currentLeaderEpoch: number): number {
  if (currentLeaderEpoch === -1 || currentLeaderEpoch === leaderEpoch) return errorCodes.NONE
  return currentLeaderEpoch < leaderEpoch ? errorCodes.FENCED_LEADER_EPOCH : errorCodes.UNKNOWN_LEADER_EPOCH
}

export const offsetForLeaderEpoch: Handler<'offsetForLeaderEpoch'> = ({ topics }, request) => ({
  topics: request.topics.map(({ partitions, topic }) => ({
    topic,
    partitions: partitions.map(({ currentLeaderEpoch, leaderEpoch: asked, partition }) => {
      const log = topics.find(topic)?.partitions[partition]
      if (!log) return { partition, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION }
      const errorCode = leaderEpochError(currentLeaderEpoch)
      // an epoch that has never been has no end
      if (errorCode !== errorCodes.NONE || asked !== leaderEpoch) return { partition, errorCode }
      return { partition, errorCode, leaderEpoch, endOffset: log.endOffset }
    })
  }))
})
