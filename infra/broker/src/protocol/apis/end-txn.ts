// Does a transaction commit or abort?
import { api } from '../api'
import { boolean, int16, int32, int64, optional, since, string, struct } from '../codec'

// EndTxn Request (0-5) => transactional_id producer_id producer_epoch committed TAGS(3+)
//   committed => BOOLEAN                     true: commit, false: abort
//
// EndTxn Response (0-5) => throttle_time_ms error_code producer_id(5+) producer_epoch(5+) TAGS(3+)
//   producer_id, producer_epoch              what the producer goes on with: each transaction has an epoch of its own (KIP-890)
export const endTxn = api({
  name: 'EndTxn',
  key: 26,
  min: 0,
  max: 5,
  flexibleFrom: 3,
  request: struct({ transactionalId: string, producerId: int64, producerEpoch: int16, committed: boolean }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    producerId: since(5, int64, -1),
    producerEpoch: since(5, int16, -1)
  })
})
