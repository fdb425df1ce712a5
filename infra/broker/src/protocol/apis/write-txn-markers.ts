// Which commit or abort markers are to be written? What kafka-transactions sends to abort a transaction that hangs.
import { api } from '../api'
import { array, boolean, int8, int16, int32, int64, optional, since, string, struct } from '../codec'

// WriteTxnMarkers Request (1-2) => [markers] TAGS
//   markers => producer_id producer_epoch transaction_result [topics] coordinator_epoch transaction_version(2+) TAGS
//     transaction_result => BOOLEAN          true: commit, false: abort
//     topics => name [partition_indexes] TAGS
//     coordinator_epoch => INT32
//     transaction_version => INT8            2: the marker's epoch is above that of the transaction
//
// WriteTxnMarkers Response (1-2) => [markers] TAGS
//   markers => producer_id [topics] TAGS
//     topics => name [partitions] TAGS
//       partitions => partition_index error_code TAGS
export const writeTxnMarkers = api({
  name: 'WriteTxnMarkers',
  key: 27,
  min: 1,
  max: 2,
  flexibleFrom: 1,
  request: struct({
    markers: array(
      struct({
        producerId: int64,
        producerEpoch: int16,
        transactionResult: boolean,
        topics: array(struct({ name: string, partitionIndexes: array(int32) })),
        coordinatorEpoch: optional(int32, 0),
        transactionVersion: since(2, int8, 0)
      })
    )
  }),
  response: struct({
    markers: array(
      struct({
        producerId: int64,
        topics: array(struct({ name: string, partitions: array(struct({ partitionIndex: int32, errorCode: int16 })) }))
      })
    )
  })
})
