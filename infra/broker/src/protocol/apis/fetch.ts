// How are record batches read from partitions?
import { api } from '../api'
import {
  array,
  between,
  int8,
  int16,
  int32,
  int64,
  nullableArray,
  nullableString,
  records,
  since,
  string,
  struct,
  tagged,
  uuid,
  zeroUuid
} from '../codec'
import { nodeEndpoint } from './produce'

// Fetch Request (4-18) => replica_id(4-14) max_wait_ms min_bytes max_bytes isolation_level session_id(7+) session_epoch(7+)
//                         [topics] [forgotten_topics_data](7+) rack_id(11+) TAGS(12+)
//   topics => topic(4-12) topic_id(13+) [partitions] TAGS(12+)
//     partitions => partition current_leader_epoch(9+) fetch_offset last_fetched_epoch(12+) log_start_offset(5+)
//                   partition_max_bytes TAGS(12+)
//       tag 0: replica_directory_id(17+) => UUID
//       tag 1: high_watermark(18+) => INT64
//   forgotten_topics_data => topic(7-12) topic_id(13+) [partitions] TAGS(12+)
//   tag 0: cluster_id(12+) => NULLABLE_STRING
//   tag 1: replica_state(15+) => replica_id replica_epoch TAGS
//
// Fetch Response (4-18) => throttle_time_ms error_code(7+) session_id(7+) [responses] TAGS(12+)
//   responses => topic(4-12) topic_id(13+) [partitions] TAGS(12+)
//     partitions => partition_index error_code high_watermark last_stable_offset log_start_offset(5+)
//                   [aborted_transactions] preferred_read_replica(11+) records TAGS(12+)
//       aborted_transactions => producer_id first_offset TAGS(12+)
//       tag 0: diverging_epoch(12+) => epoch end_offset TAGS
//       tag 1: current_leader(12+) => leader_id leader_epoch TAGS
//       tag 2: snapshot_id(12+) => end_offset epoch TAGS
//   tag 0: [node_endpoints](16+) => node_id host port rack TAGS
const noEpoch = { epoch: -1, endOffset: -1 }
const noLeader = { leaderId: -1, leaderEpoch: -1 }
const noReplica = { replicaId: -1, replicaEpoch: -1 }
const int32Max = 0x7fffffff

/** Values of `isolationLevel`. */
export const isolationLevel = { readUncommitted: 0, readCommitted: 1 } as const

export const fetch = api({
  name: 'Fetch',
  key: 1,
  min: 4,
  max: 18,
  flexibleFrom: 12,
  request: struct({
    clusterId: tagged(0, 12, nullableString, null),
    replicaId: between(4, 14, int32, -1),
    replicaState: tagged(1, 15, struct({ replicaId: int32, replicaEpoch: int64 }), noReplica),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: since(4, int32, int32Max),
    isolationLevel: since(4, int8, 0),
    sessionId: since(7, int32, 0),
    sessionEpoch: since(7, int32, -1),
    topics: array(
      struct({
        topic: between(4, 12, string, ''),
        topicId: since(13, uuid, zeroUuid),
        partitions: array(
          struct({
            partition: int32,
            currentLeaderEpoch: since(9, int32, -1),
            fetchOffset: int64,
            lastFetchedEpoch: since(12, int32, -1),
            logStartOffset: since(5, int64, -1),
            partitionMaxBytes: int32,
            replicaDirectoryId: tagged(0, 17, uuid, zeroUuid),
            highWatermark: tagged(1, 18, int64, Number.MAX_SAFE_INTEGER)
          })
        )
      })
    ),
    forgottenTopicsData: since(
      7,
      array(struct({ topic: between(7, 12, string, ''), topicId: since(13, uuid, zeroUuid), partitions: array(int32) })),
      []
    ),
    rackId: since(11, string, '')
  }),
  response: struct({
    throttleTimeMs: since(4, int32, 0),
    errorCode: since(7, int16, 0),
    sessionId: since(7, int32, 0),
    responses: array(
      struct({
        topic: between(4, 12, string, ''),
        topicId: since(13, uuid, zeroUuid),
        partitions: array(
          struct({
            partitionIndex: int32,
            errorCode: int16,
            highWatermark: int64,
            lastStableOffset: since(4, int64, -1),
            logStartOffset: since(5, int64, -1),
            divergingEpoch: tagged(0, 12, struct({ epoch: int32, endOffset: int64 }), noEpoch),
            currentLeader: tagged(1, 12, struct({ leaderId: int32, leaderEpoch: int32 }), noLeader),
            snapshotId: tagged(2, 12, struct({ endOffset: int64, epoch: int32 }), noEpoch),
            abortedTransactions: since(4, nullableArray(struct({ producerId: int64, firstOffset: int64 })), null),
            preferredReadReplica: since(11, int32, -1),
            records
          })
        )
      })
    ),
    nodeEndpoints: tagged(0, 16, array(nodeEndpoint), [])
  })
})
