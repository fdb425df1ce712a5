// At which offset did a leader's epoch end?
import { api } from '../api'
import { array, int16, int32, int64, optional, since, string, struct } from '../codec'

// OffsetForLeaderEpoch Request (2-4) => replica_id(3+) [topics] TAGS(4+)
//   replica_id => INT32                      -1: a consumer
//   topics => topic [partitions] TAGS(4+)
//     partitions => partition current_leader_epoch leader_epoch TAGS(4+)
//
// OffsetForLeaderEpoch Response (2-4) => throttle_time_ms [topics] TAGS(4+)
//   topics => topic [partitions] TAGS(4+)
//     partitions => error_code partition leader_epoch end_offset TAGS(4+)
export const offsetForLeaderEpoch = api({
  name: 'OffsetForLeaderEpoch',
  key: 23,
  min: 2,
  max: 4,
  flexibleFrom: 4,
  request: struct({
    replicaId: since(3, int32, -2),
    topics: array(
      struct({
        topic: string,
        partitions: array(struct({ partition: int32, currentLeaderEpoch: optional(int32, -1), leaderEpoch: int32 }))
      })
    )
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({
        topic: string,
        partitions: array(struct({ errorCode: int16, partition: int32, leaderEpoch: optional(int32, -1), endOffset: optional(int64, -1) }))
      })
    )
  })
})
