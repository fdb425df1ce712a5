// Is this member still in its group's generation?
import { api } from '../api'
import { int16, int32, nullableString, since, string, struct } from '../codec'

// Heartbeat Request (0-4) => group_id generation_id member_id group_instance_id(3+) TAGS(4+)
//   group_id => STRING
//   generation_id => INT32
//   member_id => STRING
//   group_instance_id => NULLABLE_STRING
//
// Heartbeat Response (0-4) => throttle_time_ms(1+) error_code TAGS(4+)
export const heartbeat = api({
  name: 'Heartbeat',
  key: 12,
  min: 0,
  max: 4,
  flexibleFrom: 4,
  request: struct({ groupId: string, generationId: int32, memberId: string, groupInstanceId: since(3, nullableString, null) }),
  response: struct({ throttleTimeMs: since(1, int32, 0), errorCode: int16 })
})
