// How are single settings of a topic or a broker changed, and the others left as they are?
import { api } from '../api'
import { array, boolean, int8, int16, int32, nullableString, optional, string, struct } from '../codec'

// IncrementalAlterConfigs Request (0-1) => [resources] validate_only TAGS(1+)
//   resources => resource_type resource_name [configs] TAGS(1+)
//     resource_type => INT8                  one of `configResource`
//     configs => name config_operation value TAGS(1+)
//       config_operation => INT8             one of `configOperation`
//       value => NULLABLE_STRING             null to delete
//
// IncrementalAlterConfigs Response (0-1) => throttle_time_ms [responses] TAGS(1+)
//   responses => error_code error_message resource_type resource_name TAGS(1+)

/** Values of `configOperation`: the last two add to and take from a list. */
export const configOperation = { set: 0, delete: 1, append: 2, subtract: 3 } as const

export const incrementalAlterConfigs = api({
  name: 'IncrementalAlterConfigs',
  key: 44,
  min: 0,
  max: 1,
  flexibleFrom: 1,
  request: struct({
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        configs: array(struct({ name: string, configOperation: int8, value: optional(nullableString, null) }))
      })
    ),
    validateOnly: optional(boolean, false)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    responses: array(struct({ errorCode: int16, errorMessage: optional(nullableString, null), resourceType: int8, resourceName: string }))
  })
})
