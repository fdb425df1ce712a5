// Which brokers, topics and partitions are there, and who leads them?
import { api } from '../api'
import { array, between, boolean, int16, int32, nullableArray, nullableString, since, string, struct, uuid, zeroUuid } from '../codec'

// Metadata Request (0-13) => [topics] allow_auto_topic_creation(4+) include_cluster_authorized_operations(8-10)
//                            include_topic_authorized_operations(8+) TAGS(9+)
//   topics => topic_id(10+) name TAGS(9+)     null for all topics (1+); in version 0 an empty list means all
//     topic_id => UUID
//     name => STRING                          nullable from 10
//   allow_auto_topic_creation, include_… => BOOLEAN
//
// Metadata Response (0-13) => throttle_time_ms(3+) [brokers] cluster_id(2+) controller_id(1+) [topics]
//                             cluster_authorized_operations(8-10) error_code(13+) TAGS(9+)
//   brokers => node_id host port rack(1+) TAGS(9+)
//   topics => error_code name topic_id(10+) is_internal(1+) [partitions] topic_authorized_operations(8+) TAGS(9+)
//     partitions => error_code partition_index leader_id leader_epoch(7+) [replica_nodes] [isr_nodes] [offline_replicas](5+) TAGS(9+)
const operationsUnknown = -2147483648

export const metadata = api({
  name: 'Metadata',
  key: 3,
  min: 0,
  max: 13,
  flexibleFrom: 9,
  request: struct({
    topics: nullableArray(struct({ topicId: since(10, uuid, zeroUuid), name: nullableString })),
    allowAutoTopicCreation: since(4, boolean, true),
    includeClusterAuthorizedOperations: between(8, 10, boolean, false),
    includeTopicAuthorizedOperations: since(8, boolean, false)
  }),
  response: struct({
    throttleTimeMs: since(3, int32, 0),
    brokers: array(struct({ nodeId: int32, host: string, port: int32, rack: since(1, nullableString, null) })),
    clusterId: since(2, nullableString, null),
    controllerId: since(1, int32, -1),
    topics: array(
      struct({
        errorCode: int16,
        name: nullableString,
        topicId: since(10, uuid, zeroUuid),
        isInternal: since(1, boolean, false),
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            leaderId: int32,
            leaderEpoch: since(7, int32, -1),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            offlineReplicas: since(5, array(int32), [])
          })
        ),
        topicAuthorizedOperations: since(8, int32, operationsUnknown)
      })
    ),
    clusterAuthorizedOperations: between(8, 10, int32, operationsUnknown),
    errorCode: since(13, int16, 0)
  })
})
