// How far has a group read?
import { api } from '../api'
import { array, between, int16, int32, int64, nullableString, optional, since, string, struct, uuid, zeroUuid } from '../codec'

// OffsetCommit Request (2-10) => group_id generation_id_or_member_epoch member_id group_instance_id(7+) retention_time_ms(2-4)
//                                [topics] TAGS(8+)
//   topics => name(2-9) topic_id(10+) [partitions] TAGS(8+)
//     partitions => partition_index committed_offset committed_leader_epoch(6+) committed_metadata TAGS(8+)
//       committed_metadata => NULLABLE_STRING
//
// OffsetCommit Response (2-10) => throttle_time_ms(3+) [topics] TAGS(8+)
//   topics => name(2-9) topic_id(10+) [partitions] TAGS(8+)
//     partitions => partition_index error_code TAGS(8+)
export const offsetCommit = api({
  name: 'OffsetCommit',
  key: 8,
  min: 2,
  max: 10,
  flexibleFrom: 8,
  request: struct({
    groupId: string,
    generationIdOrMemberEpoch: optional(int32, -1),
    memberId: optional(string, ''),
    groupInstanceId: since(7, nullableString, null),
    retentionTimeMs: between(2, 4, int64, -1),
    topics: array(
      struct({
        name: between(2, 9, string, ''),
        topicId: since(10, uuid, zeroUuid),
        partitions: array(
          struct({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: since(6, int32, -1),
            committedMetadata: optional(nullableString, null)
          })
        )
      })
    )
  }),
  response: struct({
    throttleTimeMs: since(3, int32, 0),
    topics: array(
      struct({
        name: between(2, 9, string, ''),
        topicId: since(10, uuid, zeroUuid),
        partitions: array(struct({ partitionIndex: int32, errorCode: int16 }))
      })
    )
  })
})
