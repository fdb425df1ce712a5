// Where does a group go on reading?
import { api } from '../api'
import {
  array,
  between,
  boolean,
  int16,
  int32,
  int64,
  nullableArray,
  nullableString,
  since,
  string,
  struct,
  uuid,
  zeroUuid
} from '../codec'

// OffsetFetch Request (1-10) => group_id(1-7) [topics](1-7) [groups](8+) require_stable(7+) TAGS(6+)
//   topics => name [partition_indexes] TAGS(6+)                  null for all topics (2+)
//   groups => group_id member_id(9+) member_epoch(9+) [topics] TAGS
//     topics => name(8-9) topic_id(10+) [partition_indexes] TAGS  null for all topics
//
// OffsetFetch Response (1-10) => throttle_time_ms(3+) [topics](1-7) error_code(2-7) [groups](8+) TAGS(6+)
//   topics => name [partitions] TAGS(6+)
//     partitions => partition_index committed_offset committed_leader_epoch(5+) metadata error_code TAGS(6+)
//   groups => group_id [topics] error_code TAGS
//     topics => name(8-9) topic_id(10+) [partitions] TAGS
const committed = struct({
  partitionIndex: int32,
  committedOffset: int64,
  committedLeaderEpoch: since(5, int32, -1),
  metadata: nullableString,
  errorCode: int16
})

export const offsetFetch = api({
  name: 'OffsetFetch',
  key: 9,
  min: 1,
  max: 10,
  flexibleFrom: 6,
  request: struct({
    groupId: between(1, 7, string, ''),
    topics: between(1, 7, nullableArray(struct({ name: string, partitionIndexes: array(int32) })), null),
    groups: since(
      8,
      array(
        struct({
          groupId: string,
          memberId: since(9, nullableString, null),
          memberEpoch: since(9, int32, -1),
          topics: nullableArray(
            struct({ name: between(8, 9, string, ''), topicId: since(10, uuid, zeroUuid), partitionIndexes: array(int32) })
          )
        })
      ),
      []
    ),
    requireStable: since(7, boolean, false)
  }),
  response: struct({
    throttleTimeMs: since(3, int32, 0),
    topics: between(1, 7, array(struct({ name: string, partitions: array(committed) })), []),
    errorCode: between(2, 7, int16, 0),
    groups: since(
      8,
      array(
        struct({
          groupId: string,
          topics: array(struct({ name: between(8, 9, string, ''), topicId: since(10, uuid, zeroUuid), partitions: array(committed) })),
          errorCode: int16
        })
      ),
      []
    )
  })
})
