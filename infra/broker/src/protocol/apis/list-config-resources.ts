// Of which resources are there settings?
import { api } from '../api'
import { array, int8, int16, int32, optional, since, string, struct } from '../codec'

// ListConfigResources Request (0-1) => [resource_types](1+) TAGS                none: client metrics in 0, all in 1
//   resource_types => INT8                   one of `configResource`
//
// ListConfigResources Response (0-1) => throttle_time_ms error_code [config_resources] TAGS
//   config_resources => resource_name resource_type(1+) TAGS
export const listConfigResources = api({
  name: 'ListConfigResources',
  key: 74,
  min: 0,
  max: 1,
  flexibleFrom: 0,
  request: struct({ resourceTypes: since(1, array(int8), []) }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    configResources: array(struct({ resourceName: string, resourceType: since(1, int8, 16) }))
  })
})
