// Which partitions do topics have, page by page?
import { api } from '../api'
import {
  array,
  boolean,
  int16,
  int32,
  nullableArray,
  nullableString,
  nullableStruct,
  optional,
  string,
  struct,
  uuid,
  zeroUuid
} from '../codec'

// DescribeTopicPartitions Request (0) => [topics] response_partition_limit cursor TAGS
//   topics => name TAGS                      none: all topics
//   cursor => NULLABLE_STRUCT: topic_name partition_index TAGS                  where the page before ended
//
// DescribeTopicPartitions Response (0) => throttle_time_ms [topics] next_cursor TAGS
//   topics => error_code name topic_id is_internal [partitions] topic_authorized_operations TAGS
//     partitions => error_code partition_index leader_id leader_epoch [replica_nodes] [isr_nodes]
//                   [eligible_leader_replicas] [last_known_elr] [offline_replicas] TAGS
//   next_cursor => NULLABLE_STRUCT: topic_name partition_index TAGS             null: this was the last page
const cursor = nullableStruct({ topicName: string, partitionIndex: int32 })

export const describeTopicPartitions = api({
  name: 'DescribeTopicPartitions',
  key: 75,
  min: 0,
  max: 0,
  flexibleFrom: 0,
  request: struct({
    topics: array(struct({ name: string })),
    responsePartitionLimit: optional(int32, 2000),
    cursor: optional(cursor, null)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({
        errorCode: int16,
        name: nullableString,
        topicId: optional(uuid, zeroUuid),
        isInternal: optional(boolean, false),
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: optional(int32, -1),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            eligibleLeaderReplicas: optional(nullableArray(int32), null),
            lastKnownElr: optional(nullableArray(int32), null),
            offlineReplicas: optional(array(int32), [])
          })
        ),
        topicAuthorizedOperations: optional(int32, -2147483648)
      })
    ),
    nextCursor: optional(cursor, null)
  })
})
