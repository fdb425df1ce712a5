// How does a consumer become a member of a group's next generation?
import { api } from '../api'
import { array, boolean, bytes, int16, int32, nullableString, optional, since, string, struct } from '../codec'

// JoinGroup Request (0-9) => group_id session_timeout_ms rebalance_timeout_ms(1+) member_id group_instance_id(5+) protocol_type
//                            [protocols] reason(8+) TAGS(6+)
//   protocols => name metadata TAGS(6+)      metadata => BYTES
//
// JoinGroup Response (0-9) => throttle_time_ms(2+) error_code generation_id protocol_type(7+) protocol_name leader
//                             skip_assignment(9+) member_id [members] TAGS(6+)
//   members => member_id group_instance_id(5+) metadata TAGS(6+)
//   protocol_name => STRING                  nullable from 7
export const joinGroup = api({
  name: 'JoinGroup',
  key: 11,
  min: 0,
  max: 9,
  flexibleFrom: 6,
  request: struct({
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: since(1, int32, -1),
    memberId: string,
    groupInstanceId: since(5, nullableString, null),
    protocolType: string,
    protocols: array(struct({ name: string, metadata: bytes })),
    reason: since(8, nullableString, null)
  }),
  response: struct({
    throttleTimeMs: since(2, int32, 0),
    errorCode: int16,
    generationId: optional(int32, -1),
    protocolType: since(7, nullableString, null),
    protocolName: nullableString,
    leader: string,
    skipAssignment: since(9, boolean, false),
    memberId: string,
    members: array(struct({ memberId: string, groupInstanceId: since(5, nullableString, null), metadata: bytes }))
  })
})
