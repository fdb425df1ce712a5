// Which partitions did the leader assign to each member?
import { api } from '../api'
import { array, bytes, int16, int32, nullableString, since, string, struct } from '../codec'

// SyncGroup Request (0-5) => group_id generation_id member_id group_instance_id(3+) protocol_type(5+) protocol_name(5+)
//                            [assignments] TAGS(4+)
//   assignments => member_id assignment TAGS(4+)     assignment => BYTES
//
// SyncGroup Response (0-5) => throttle_time_ms(1+) error_code protocol_type(5+) protocol_name(5+) assignment TAGS(4+)
export const syncGroup = api({
  name: 'SyncGroup',
  key: 14,
  min: 0,
  max: 5,
  flexibleFrom: 4,
  request: struct({
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullableString, null),
    protocolType: since(5, nullableString, null),
    protocolName: since(5, nullableString, null),
    assignments: array(struct({ memberId: string, assignment: bytes }))
  }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    protocolType: since(5, nullableString, null),
    protocolName: since(5, nullableString, null),
    assignment: bytes
  })
})
