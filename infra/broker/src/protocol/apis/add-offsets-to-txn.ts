// Which group's offsets does a transaction commit?
import { api } from '../api'
import { int16, int32, int64, optional, string, struct } from '../codec'

// AddOffsetsToTxn Request (0-4) => transactional_id producer_id producer_epoch group_id TAGS(3+)
//   producer_id => INT64
//   producer_epoch => INT16
//
// AddOffsetsToTxn Response (0-4) => throttle_time_ms error_code TAGS(3+)
export const addOffsetsToTxn = api({
  name: 'AddOffsetsToTxn',
  key: 25,
  min: 0,
  max: 4,
  flexibleFrom: 3,
  request: struct({ transactionalId: string, producerId: int64, producerEpoch: int16, groupId: string }),
  response: struct({ throttleTimeMs: optional(int32, 0), errorCode: int16 })
})
