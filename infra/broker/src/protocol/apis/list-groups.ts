// Which groups are there?
import { api } from '../api'
import { array, int16, int32, since, string, struct } from '../codec'

// ListGroups Request (0-5) => [states_filter](4+) [types_filter](5+) TAGS(3+)      an empty filter lets all through
//
// ListGroups Response (0-5) => throttle_time_ms(1+) error_code [groups] TAGS(3+)
//   groups => group_id protocol_type group_state(4+) group_type(5+) TAGS(3+)
export const listGroups = api({
  name: 'ListGroups',
  key: 16,
  min: 0,
  max: 5,
  flexibleFrom: 3,
  request: struct({ statesFilter: since(4, array(string), []), typesFilter: since(5, array(string), []) }),
  response: struct({
    throttleTimeMs: since(1, int32, 0),
    errorCode: int16,
    groups: array(struct({ groupId: string, protocolType: string, groupState: since(4, string, ''), groupType: since(5, string, '') }))
  })
})
