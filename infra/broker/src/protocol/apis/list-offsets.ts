// Which offset belongs to a time, to the start or to the end of a partition?
import { api } from '../api'
import { array, int8, int16, int32, int64, optional, since, string, struct } from '../codec'

// ListOffsets Request (1-11) => replica_id isolation_level(2+) [topics] timeout_ms(10+) TAGS(6+)
//   topics => name [partitions] TAGS(6+)
//     partitions => partition_index current_leader_epoch(4+) timestamp TAGS(6+)
//       timestamp => INT64                   milliseconds, or one of `listOffsetsTimestamp`
//
// ListOffsets Response (1-11) => throttle_time_ms(2+) [topics] TAGS(6+)
//   topics => name [partitions] TAGS(6+)
//     partitions => partition_index error_code timestamp offset leader_epoch(4+) TAGS(6+)

/** Values of `timestamp` that stand for a place instead of a time. */
export const listOffsetsTimestamp = {
  latest: -1,
  earliest: -2,
  /** The record with the highest timestamp (7+, KIP-734). */
  maxTimestamp: -3,
  /** The first offset on local disk (8+, KIP-405). */
  earliestLocal: -4,
  /** The last offset in remote storage (9+, KIP-1005). */
  latestTiered: -5,
  /** The first offset not yet in remote storage (11+, KIP-1023). */
  earliestPendingUpload: -6
} as const

export const listOffsets = api({
  name: 'ListOffsets',
  key: 2,
  min: 1,
  max: 11,
  flexibleFrom: 6,
  request: struct({
    replicaId: optional(int32, -1),
    isolationLevel: since(2, int8, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(struct({ partitionIndex: int32, currentLeaderEpoch: since(4, int32, -1), timestamp: int64 }))
      })
    ),
    timeoutMs: since(10, int32, 0)
  }),
  response: struct({
    throttleTimeMs: since(2, int32, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            timestamp: optional(int64, -1),
            offset: optional(int64, -1),
            leaderEpoch: since(4, int32, -1)
          })
        )
      })
    )
  })
})
