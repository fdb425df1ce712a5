// Which partitions does a transaction write to?
import { api } from '../api'
import { array, between, boolean, int16, int32, int64, optional, since, string, struct } from '../codec'

// AddPartitionsToTxn Request (0-5) => transactional_id(0-3) producer_id(0-3) producer_epoch(0-3) [topics](0-3)
//                                     [transactions](4+) TAGS(3+)
//   topics => name [partitions] TAGS(3+)
//   transactions => transactional_id producer_id producer_epoch verify_only [topics] TAGS
//     producer_id => INT64
//     producer_epoch => INT16
//     verify_only => BOOLEAN                 true: only asks whether the partitions are in the transaction
//
// AddPartitionsToTxn Response (0-5) => throttle_time_ms error_code(4+) [results_by_transaction](4+) [results_by_topic](0-3) TAGS(3+)
//   results_by_transaction => transactional_id [topic_results] TAGS
//   results_by_topic, topic_results => name [results_by_partition] TAGS(3+)
//     results_by_partition => partition_index partition_error_code TAGS(3+)
//
// Clients send 0 to 3; 4 and later are what brokers send each other.
const topic = struct({ name: string, partitions: array(int32) })
const topicResult = struct({
  name: string,
  resultsByPartition: array(struct({ partitionIndex: int32, partitionErrorCode: int16 }))
})

export const addPartitionsToTxn = api({
  name: 'AddPartitionsToTxn',
  key: 24,
  min: 0,
  max: 5,
  flexibleFrom: 3,
  request: struct({
    transactionalId: between(0, 3, string, ''),
    producerId: between(0, 3, int64, -1),
    producerEpoch: between(0, 3, int16, -1),
    topics: between(0, 3, array(topic), []),
    transactions: since(
      4,
      array(
        struct({
          transactionalId: string,
          producerId: int64,
          producerEpoch: int16,
          verifyOnly: optional(boolean, false),
          topics: array(topic)
        })
      ),
      []
    )
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: since(4, int16, 0),
    resultsByTransaction: since(4, array(struct({ transactionalId: string, topicResults: array(topicResult) })), []),
    resultsByTopic: between(0, 3, array(topicResult), [])
  })
})
