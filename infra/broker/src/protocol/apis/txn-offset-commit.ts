// How far has a group read, if the transaction commits?
import { api } from '../api'
import { array, int16, int32, int64, nullableString, optional, since, string, struct } from '../codec'

// TxnOffsetCommit Request (0-5) => transactional_id group_id producer_id producer_epoch generation_id(3+) member_id(3+)
//                                  group_instance_id(3+) [topics] TAGS(3+)
//   topics => name [partitions] TAGS(3+)
//     partitions => partition_index committed_offset committed_leader_epoch(2+) committed_metadata TAGS(3+)
//       committed_metadata => NULLABLE_STRING
//
// TxnOffsetCommit Response (0-5) => throttle_time_ms [topics] TAGS(3+)
//   topics => name [partitions] TAGS(3+)
//     partitions => partition_index error_code TAGS(3+)
//
// Version 5 adds the group to the transaction by itself (KIP-890); before, AddOffsetsToTxn must have done so.
export const txnOffsetCommit = api({
  name: 'TxnOffsetCommit',
  key: 28,
  min: 0,
  max: 5,
  flexibleFrom: 3,
  request: struct({
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    generationId: since(3, int32, -1),
    memberId: since(3, string, ''),
    groupInstanceId: since(3, nullableString, null),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: since(2, int32, -1),
            committedMetadata: optional(nullableString, null)
          })
        )
      })
    )
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16 })) }))
  })
})
