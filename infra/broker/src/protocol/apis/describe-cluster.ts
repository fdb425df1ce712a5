// Which brokers form this cluster, and which is its controller?
import { api } from '../api'
import { array, boolean, int8, int16, int32, nullableString, optional, since, string, struct } from '../codec'

// DescribeCluster Request (0-2) => include_cluster_authorized_operations endpoint_type(1+) include_fenced_brokers(2+) TAGS
//   endpoint_type => INT8                    1: brokers, 2: controllers
//
// DescribeCluster Response (0-2) => throttle_time_ms error_code error_message endpoint_type(1+) cluster_id controller_id
//                                   [brokers] cluster_authorized_operations TAGS
//   brokers => broker_id host port rack is_fenced(2+) TAGS
export const describeCluster = api({
  name: 'DescribeCluster',
  key: 60,
  min: 0,
  max: 2,
  flexibleFrom: 0,
  request: struct({
    includeClusterAuthorizedOperations: optional(boolean, false),
    endpointType: since(1, int8, 1),
    includeFencedBrokers: since(2, boolean, false)
  }),
  response: struct({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    errorMessage: optional(nullableString, null),
    endpointType: since(1, int8, 1),
    clusterId: string,
    controllerId: int32,
    brokers: array(
      struct({
        brokerId: int32,
        host: string,
        port: int32,
        rack: optional(nullableString, null),
        isFenced: since(2, boolean, false)
      })
    ),
    clusterAuthorizedOperations: optional(int32, -2147483648)
  })
})
