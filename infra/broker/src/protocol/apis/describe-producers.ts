// Which producers write to a partition, and since when has one a transaction open there?
import { api } from '../api'
import { array, int16, int32, int64, nullableString, optional, string, struct } from '../codec'

// DescribeProducers Request (0) => [topics] TAGS
//   topics => name [partition_indexes] TAGS
//
// DescribeProducers Response (0) => throttle_time_ms [topics] TAGS
//   topics => name [partitions] TAGS
//     partitions => partition_index error_code error_message [active_producers] TAGS
//       active_producers => producer_id producer_epoch last_sequence last_timestamp coordinator_epoch current_txn_start_offset TAGS
//         producer_epoch => INT32            unlike everywhere else
//         current_txn_start_offset => INT64  -1: no transaction is open
export const describeProducers = api({
  name: 'DescribeProducers',
  key: 61,
  min: 0,
  max: 0,
  flexibleFrom: 0,
  request: struct({ topics: array(struct({ name: string, partitionIndexes: array(int32) })) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            errorMessage: optional(nullableString, null),
            activeProducers: array(
              struct({
                producerId: int64,
                producerEpoch: int32,
                lastSequence: optional(int32, -1),
                lastTimestamp: optional(int64, -1),
                coordinatorEpoch: optional(int32, 0),
                currentTxnStartOffset: optional(int64, -1)
              })
            )
          })
        )
      })
    )
  })
})
