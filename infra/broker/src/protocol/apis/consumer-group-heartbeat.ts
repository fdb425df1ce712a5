// What does a consumer of the new protocol (KIP-848) read, and what should it read from now on?
import { api } from '../api'
import { array, int16, int32, nullableArray, nullableString, nullableStruct, optional, since, string, struct, uuid } from '../codec'

// ConsumerGroupHeartbeat Request (0-1) => group_id member_id member_epoch instance_id rack_id rebalance_timeout_ms
//                                         [subscribed_topic_names] subscribed_topic_regex(1+) server_assignor [topic_partitions] TAGS
//   group_id, member_id => STRING
//   member_epoch => INT32                          0 to join, -1 to leave, -2 for a static member that will be back
//   instance_id, rack_id, subscribed_topic_regex, server_assignor => NULLABLE_STRING
//   rebalance_timeout_ms => INT32                  -1 if it did not change
//   topic_partitions => topic_id [partitions] TAGS           null if they did not change, as every nullable field
//
// ConsumerGroupHeartbeat Response (0-1) => throttle_time_ms error_code error_message member_id member_epoch heartbeat_interval_ms
//                                          assignment TAGS
//   assignment => INT8 [topic_partitions] TAGS     only the INT8, -1, if it did not change
//     topic_partitions => topic_id [partitions] TAGS
const topicPartitions = struct({ topicId: uuid, partitions: array(int32) })

export const consumerGroupHeartbeat = api({
  name: 'ConsumerGroupHeartbeat',
  key: 68,
  min: 0,
  max: 1,
  flexibleFrom: 0,
  request: struct({
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    instanceId: optional(nullableString, null),
    rackId: optional(nullableString, null),
    rebalanceTimeoutMs: optional(int32, -1),
    subscribedTopicNames: optional(nullableArray(string), null),
    subscribedTopicRegex: since(1, nullableString, null),
    serverAssignor: optional(nullableString, null),
    topicPartitions: optional(nullableArray(topicPartitions), null)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    errorMessage: optional(nullableString, null),
    memberId: optional(nullableString, null),
    memberEpoch: optional(int32, 0),
    heartbeatIntervalMs: optional(int32, 0),
    assignment: optional(nullableStruct({ topicPartitions: array(topicPartitions) }), null)
  })
})
