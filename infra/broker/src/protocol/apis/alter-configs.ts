// How are all settings of a topic or a broker replaced by others? What is not named goes back to its default.
import { api } from '../api'
import { array, boolean, int8, int16, int32, nullableString, optional, string, struct } from '../codec'

// AlterConfigs Request (0-2) => [resources] validate_only TAGS(2+)
//   resources => resource_type resource_name [configs] TAGS(2+)
//     resource_type => INT8                  one of `configResource`
//     configs => name value TAGS(2+)         value => NULLABLE_STRING
//
// AlterConfigs Response (0-2) => throttle_time_ms [responses] TAGS(2+)
//   responses => error_code error_message resource_type resource_name TAGS(2+)

export const alterConfigs = api({
  name: 'AlterConfigs',
  key: 33,
  min: 0,
  max: 2,
  flexibleFrom: 2,
  request: struct({
    resources: array(
      struct({ resourceType: int8, resourceName: string, configs: array(struct({ name: string, value: optional(nullableString, null) })) })
    ),
    validateOnly: optional(boolean, false)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    responses: array(struct({ errorCode: int16, errorMessage: optional(nullableString, null), resourceType: int8, resourceName: string }))
  })
})
