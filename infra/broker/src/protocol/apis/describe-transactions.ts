// In which state is a transaction, since when, and which partitions are in it?
import { api } from '../api'
import { array, int16, int32, int64, optional, string, struct } from '../codec'

// DescribeTransactions Request (0) => [transactional_ids] TAGS
//
// DescribeTransactions Response (0) => throttle_time_ms [transaction_states] TAGS
//   transaction_states => error_code transactional_id transaction_state transaction_timeout_ms transaction_start_time_ms
//                         producer_id producer_epoch [topics] TAGS
//     transaction_start_time_ms => INT64     -1: none has begun
//     topics => topic [partitions] TAGS
export const describeTransactions = api({
  name: 'DescribeTransactions',
  key: 65,
  min: 0,
  max: 0,
  flexibleFrom: 0,
  request: struct({ transactionalIds: array(string) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    transactionStates: array(
      struct({
        errorCode: int16,
        transactionalId: string,
        transactionState: optional(string, ''),
        transactionTimeoutMs: optional(int32, 0),
        transactionStartTimeMs: optional(int64, 0),
        producerId: optional(int64, 0),
        producerEpoch: optional(int16, 0),
        topics: optional(array(struct({ topic: string, partitions: array(int32) })), [])
      })
    )
  })
})
