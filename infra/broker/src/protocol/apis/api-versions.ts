// Which APIs and versions does the other side speak? The first request of nearly every client.
import { api } from '../api'
import { array, int16, int32, int64, optional, since, string, struct, tagged } from '../codec'

// ApiVersions Request (0-4) => client_software_name(3+) client_software_version(3+) TAGS(3+)
//   client_software_name => STRING
//   client_software_version => STRING
//
// ApiVersions Response (0-4) => error_code [api_keys] throttle_time_ms(1+) TAGS(3+)
//   error_code => INT16
//   api_keys => api_key min_version max_version TAGS(3+)      all INT16
//   throttle_time_ms => INT32
//   tag 0: [supported_features] => name min_version max_version TAGS
//   tag 1: finalized_features_epoch => INT64
//   tag 2: [finalized_features] => name max_version_level min_version_level TAGS
//
// The response header stays at version 0 even in flexible versions, so that any client can read it (KIP-511).
export const apiVersions = api({
  name: 'ApiVersions',
  key: 18,
  min: 0,
  max: 4,
  flexibleFrom: 3,
  request: struct({ clientSoftwareName: since(3, string, ''), clientSoftwareVersion: since(3, string, '') }),
  response: struct({
    errorCode: int16,
    apiKeys: array(struct({ apiKey: int16, minVersion: int16, maxVersion: int16 })),
    throttleTimeMs: since(1, int32, 0),
    supportedFeatures: tagged(0, 3, array(struct({ name: string, minVersion: int16, maxVersion: int16 })), []),
    finalizedFeaturesEpoch: tagged(1, 3, int64, -1),
    finalizedFeatures: tagged(2, 3, array(struct({ name: string, maxVersionLevel: int16, minVersionLevel: optional(int16, 0) })), [])
  })
})
