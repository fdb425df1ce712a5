// How does a topic get more partitions?
import { api } from '../api'
import { array, boolean, int16, int32, nullableArray, nullableString, optional, string, struct } from '../codec'

// CreatePartitions Request (0-3) => [topics] timeout_ms validate_only TAGS(2+)
//   topics => name count [assignments] TAGS(2+)
//     count => INT32                         the new total
//     assignments => [broker_ids] TAGS(2+)   null: the broker chooses
//
// CreatePartitions Response (0-3) => throttle_time_ms [results] TAGS(2+)
//   results => name error_code error_message TAGS(2+)
export const createPartitions = api({
  name: 'CreatePartitions',
  key: 37,
  min: 0,
  max: 3,
  flexibleFrom: 2,
  request: struct({
    topics: array(struct({ name: string, count: int32, assignments: optional(nullableArray(struct({ brokerIds: array(int32) })), null) })),
    timeoutMs: optional(int32, 60000),
    validateOnly: optional(boolean, false)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    results: array(struct({ name: string, errorCode: int16, errorMessage: optional(nullableString, null) }))
  })
})
