// How are single committed offsets of a group forgotten?
import { api } from '../api'
import { array, int16, int32, optional, string, struct } from '../codec'

// OffsetDelete Request (0) => group_id [topics]
//   topics => name [partitions]
//     partitions => partition_index
//
// OffsetDelete Response (0) => error_code throttle_time_ms [topics]
//   topics => name [partitions]
//     partitions => partition_index error_code
export const offsetDelete = api({
  name: 'OffsetDelete',
  key: 47,
  min: 0,
  max: 0,
  flexibleFrom: 1,
  request: struct({ groupId: string, topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32 })) })) }),
  response: struct({
    errorCode: int16,
    throttleTimeMs: optional(int32, 0),
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16 })) }))
  })
})
