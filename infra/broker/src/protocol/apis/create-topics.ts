// How is a topic created, with how many partitions and which settings?
import { api } from '../api'
import {
  array,
  boolean,
  int8,
  int16,
  int32,
  nullableArray,
  nullableString,
  optional,
  since,
  string,
  struct,
  tagged,
  uuid,
  zeroUuid
} from '../codec'

// CreateTopics Request (2-7) => [topics] timeout_ms validate_only TAGS(5+)
//   topics => name num_partitions replication_factor [assignments] [configs] TAGS(5+)
//     num_partitions, replication_factor => -1 for the broker's default
//     assignments => partition_index [broker_ids] TAGS(5+)
//     configs => name value TAGS(5+)
//
// CreateTopics Response (2-7) => throttle_time_ms [topics] TAGS(5+)
//   topics => name topic_id(7+) error_code error_message num_partitions(5+) replication_factor(5+) [configs](5+) TAGS(5+)
//     configs => name value read_only config_source is_sensitive TAGS
//     tag 0: topic_config_error_code(5+) => INT16
export const createTopics = api({
  name: 'CreateTopics',
  key: 19,
  min: 2,
  max: 7,
  flexibleFrom: 5,
  request: struct({
    topics: array(
      struct({
        name: string,
        numPartitions: int32,
        replicationFactor: int16,
        assignments: optional(array(struct({ partitionIndex: int32, brokerIds: array(int32) })), []),
        configs: optional(array(struct({ name: string, value: nullableString })), [])
      })
    ),
    timeoutMs: optional(int32, 60000),
    validateOnly: optional(boolean, false)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({
        name: string,
        topicId: since(7, uuid, zeroUuid),
        errorCode: int16,
        errorMessage: optional(nullableString, null),
        topicConfigErrorCode: tagged(0, 5, int16, 0),
        numPartitions: since(5, int32, -1),
        replicationFactor: since(5, int16, -1),
        configs: since(
          5,
          nullableArray(
            struct({ name: string, value: nullableString, readOnly: boolean, configSource: optional(int8, -1), isSensitive: boolean })
          ),
          null
        )
      })
    )
  })
})
