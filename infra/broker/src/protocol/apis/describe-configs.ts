// Which settings does a topic or a broker have, and where do they come from?
import { api } from '../api'
import { array, boolean, int8, int16, int32, nullableArray, nullableString, optional, since, string, struct } from '../codec'

// DescribeConfigs Request (1-4) => [resources] include_synonyms include_documentation(3+) TAGS(4+)
//   resources => resource_type resource_name [configuration_keys] TAGS(4+)      null keys: all of them
//     resource_type => INT8                  one of `configResource`
//
// DescribeConfigs Response (1-4) => throttle_time_ms [results] TAGS(4+)
//   results => error_code error_message resource_type resource_name [configs] TAGS(4+)
//     configs => name value read_only config_source is_sensitive [synonyms] config_type(3+) documentation(3+) TAGS(4+)
//       config_source => INT8                one of `configSource`
//       synonyms => name value source TAGS(4+)

/** Values of `resourceType`. */
export const configResource = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const
/** Values of `configSource`: set on the topic, on this broker or on the cluster while it ran, when it was started, or nowhere. */
export const configSource = { topic: 1, dynamicBroker: 2, dynamicDefaultBroker: 3, staticBroker: 4, default: 5 } as const

export const describeConfigs = api({
  name: 'DescribeConfigs',
  key: 32,
  min: 1,
  max: 4,
  flexibleFrom: 4,
  request: struct({
    resources: array(struct({ resourceType: int8, resourceName: string, configurationKeys: optional(nullableArray(string), null) })),
    includeSynonyms: optional(boolean, false),
    includeDocumentation: since(3, boolean, false)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    results: array(
      struct({
        errorCode: int16,
        errorMessage: optional(nullableString, null),
        resourceType: int8,
        resourceName: string,
        configs: array(
          struct({
            name: string,
            value: nullableString,
            readOnly: optional(boolean, false),
            configSource: optional(int8, -1),
            isSensitive: optional(boolean, false),
            synonyms: optional(array(struct({ name: string, value: nullableString, source: int8 })), []),
            configType: since(3, int8, 0),
            documentation: since(3, nullableString, null)
          })
        )
      })
    )
  })
})
