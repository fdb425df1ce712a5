// How are record batches sent to a partition?
import { api } from '../api'
import {
  array,
  between,
  int16,
  int32,
  int64,
  nullableString,
  optional,
  records,
  since,
  string,
  struct,
  tagged,
  uuid,
  zeroUuid
} from '../codec'

// Produce Request (0-13) => transactional_id(3+) acks timeout_ms [topic_data] TAGS(9+)
//   transactional_id => NULLABLE_STRING
//   acks => INT16                            0: no answer is sent; 1 and -1: after the append
//   timeout_ms => INT32
//   topic_data => name(0-12) topic_id(13+) [partition_data] TAGS(9+)
//     partition_data => index records TAGS(9+)
//
// Produce Response (0-13) => [responses] throttle_time_ms(1+) TAGS(9+)
//   responses => name(0-12) topic_id(13+) [partition_responses] TAGS(9+)
//     partition_responses => index error_code base_offset log_append_time_ms(2+) log_start_offset(5+)
//                            [record_errors](8+) error_message(8+) TAGS(9+)
//       record_errors => batch_index batch_index_error_message TAGS(9+)
//       tag 0: current_leader(10+) => leader_id leader_epoch TAGS
//   tag 0: [node_endpoints](10+) => node_id host port rack TAGS
//
// Versions 0 to 2 carry message sets that the broker refuses. They are in the range because librdkafka before 2.8 compresses
// only when it sees them, which is why Apache Kafka 4 advertises them too (KAFKA-18659).
const leader = struct({ leaderId: int32, leaderEpoch: int32 })
export const nodeEndpoint = struct({ nodeId: int32, host: string, port: int32, rack: optional(nullableString, null) })
const noLeader = { leaderId: -1, leaderEpoch: -1 }

export const produce = api({
  name: 'Produce',
  key: 0,
  min: 0,
  max: 13,
  flexibleFrom: 9,
  request: struct({
    transactionalId: since(3, nullableString, null),
    acks: int16,
    timeoutMs: int32,
    topicData: array(
      struct({
        name: between(0, 12, string, ''),
        topicId: since(13, uuid, zeroUuid),
        partitionData: array(struct({ index: int32, records }))
      })
    )
  }),
  response: struct({
    responses: array(
      struct({
        name: between(0, 12, string, ''),
        topicId: since(13, uuid, zeroUuid),
        partitionResponses: array(
          struct({
            index: int32,
            errorCode: int16,
            baseOffset: int64,
            logAppendTimeMs: since(2, int64, -1),
            logStartOffset: since(5, int64, -1),
            recordErrors: since(8, array(struct({ batchIndex: int32, batchIndexErrorMessage: optional(nullableString, null) })), []),
            errorMessage: since(8, nullableString, null),
            currentLeader: tagged(0, 10, leader, noLeader)
          })
        )
      })
    ),
    throttleTimeMs: since(1, int32, 0),
    nodeEndpoints: tagged(0, 10, array(nodeEndpoint), [])
  })
})
