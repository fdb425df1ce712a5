// Under which id does an idempotent producer number its batches?
import { api } from '../api'
import { int16, int32, int64, nullableString, optional, since, struct } from '../codec'

// InitProducerId Request (0-5) => transactional_id transaction_timeout_ms producer_id(3+) producer_epoch(3+) TAGS(2+)
//   transactional_id => NULLABLE_STRING      null for a producer that is only idempotent
//
// InitProducerId Response (0-5) => throttle_time_ms error_code producer_id producer_epoch TAGS(2+)
export const initProducerId = api({
  name: 'InitProducerId',
  key: 22,
  min: 0,
  max: 5,
  flexibleFrom: 2,
  request: struct({
    transactionalId: nullableString,
    transactionTimeoutMs: optional(int32, 0),
    producerId: since(3, int64, -1),
    producerEpoch: since(3, int16, -1)
  }),
  response: struct({ throttleTimeMs: optional(int32, 0), errorCode: int16, producerId: int64, producerEpoch: int16 })
})
