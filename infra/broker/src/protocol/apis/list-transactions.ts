// Which transactional ids are known, and in which state?
import { api } from '../api'
import { array, int16, int32, int64, nullableString, optional, since, string, struct } from '../codec'

// ListTransactions Request (0-2) => [state_filters] [producer_id_filters] duration_filter(1+) transactional_id_pattern(2+) TAGS
//   duration_filter => INT64                 milliseconds that a transaction has been open at least; below 0 for all
//   transactional_id_pattern => NULLABLE_STRING    a regular expression; null for all
//
// ListTransactions Response (0-2) => throttle_time_ms error_code [unknown_state_filters] [transaction_states] TAGS
//   transaction_states => transactional_id producer_id transaction_state TAGS
export const listTransactions = api({
  name: 'ListTransactions',
  key: 66,
  min: 0,
  max: 2,
  flexibleFrom: 0,
  request: struct({
    stateFilters: optional(array(string), []),
    producerIdFilters: optional(array(int64), []),
    durationFilter: since(1, int64, -1),
    transactionalIdPattern: since(2, nullableString, null)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    unknownStateFilters: optional(array(string), []),
    transactionStates: array(struct({ transactionalId: string, producerId: int64, transactionState: string }))
  })
})
