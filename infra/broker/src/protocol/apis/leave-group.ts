// How does a member leave its group at once, instead of by time-out?
import { api } from '../api'
import { array, between, int16, int32, nullableString, optional, since, string, struct } from '../codec'

// LeaveGroup Request (0-5) => group_id member_id(0-2) [members](3+) TAGS(4+)
//   members => member_id group_instance_id reason(5+) TAGS(4+)
//
// LeaveGroup Response (0-5) => throttle_time_ms(1+) error_code [members](3+) TAGS(4+)
//   members => member_id group_instance_id error_code TAGS(4+)
export const leaveGroup = api({
  name: 'LeaveGroup',
  key: 13,
  min: 0,
  max: 5,
  flexibleFrom: 4,
  request: struct({
    groupId: string,
    memberId: between(0, 2, string, ''),
    members: since(
      3,
      array(struct({ memberId: string, groupInstanceId: optional(nullableString, null), reason: since(5, nullableString, null) })),
      []
    )
  }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    members: since(3, array(struct({ memberId: string, groupInstanceId: optional(nullableString, null), errorCode: int16 })), [])
  })
})
