// In which state is a group, and what does each member read?
import { api } from '../api'
import { array, boolean, bytes, int16, int32, nullableString, optional, since, string, struct } from '../codec'

// DescribeGroups Request (0-6) => [groups] include_authorized_operations(3+) TAGS(5+)
//
// DescribeGroups Response (0-6) => throttle_time_ms(1+) [groups] TAGS(5+)
//   groups => error_code error_message(6+) group_id group_state protocol_type protocol_data [members] authorized_operations(3+) TAGS(5+)
//     members => member_id group_instance_id(4+) client_id client_host member_metadata member_assignment TAGS(5+)
export const describeGroups = api({
  name: 'DescribeGroups',
  key: 15,
  min: 0,
  max: 6,
  flexibleFrom: 5,
  request: struct({ groups: array(string), includeAuthorizedOperations: since(3, boolean, false) }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: since(6, nullableString, null),
        groupId: string,
        groupState: string,
        protocolType: optional(string, ''),
        protocolData: optional(string, ''),
        members: array(
          struct({
            memberId: string,
            groupInstanceId: since(4, nullableString, null),
            clientId: string,
            clientHost: string,
            memberMetadata: bytes,
            memberAssignment: bytes
          })
        ),
        authorizedOperations: since(3, int32, -2147483648)
      })
    )
  })
})
