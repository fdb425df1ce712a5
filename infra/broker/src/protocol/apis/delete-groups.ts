// How is a group forgotten with its committed offsets?
import { api } from '../api'
import { array, int16, int32, optional, string, struct } from '../codec'

// DeleteGroups Request (0-2) => [groups_names] TAGS(2+)
//
// DeleteGroups Response (0-2) => throttle_time_ms [results] TAGS(2+)
//   results => group_id error_code TAGS(2+)
export const deleteGroups = api({
  name: 'DeleteGroups',
  key: 42,
  min: 0,
  max: 2,
  flexibleFrom: 2,
  request: struct({ groupsNames: array(string) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    results: array(struct({ groupId: string, errorCode: int16 }))
  })
})
