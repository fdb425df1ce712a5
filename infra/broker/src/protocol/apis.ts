// Which APIs are spoken here? The one table from which advertised versions, decoding and routing derive.
import type { AnyApi } from './api'
import { addOffsetsToTxn } from './apis/add-offsets-to-txn'
import { addPartitionsToTxn } from './apis/add-partitions-to-txn'
import { alterConfigs } from './apis/alter-configs'
import { apiVersions } from './apis/api-versions'
import { consumerGroupDescribe } from './apis/consumer-group-describe'
import { consumerGroupHeartbeat } from './apis/consumer-group-heartbeat'
import { createPartitions } from './apis/create-partitions'
import { createTopics } from './apis/create-topics'
import { deleteGroups } from './apis/delete-groups'
import { deleteRecords } from './apis/delete-records'
import { deleteTopics } from './apis/delete-topics'
import { describeCluster } from './apis/describe-cluster'
import { describeConfigs } from './apis/describe-configs'
import { describeGroups } from './apis/describe-groups'
import { describeLogDirs } from './apis/describe-log-dirs'
import { describeProducers } from './apis/describe-producers'
import { describeTopicPartitions } from './apis/describe-topic-partitions'
import { describeTransactions } from './apis/describe-transactions'
import { endTxn } from './apis/end-txn'
import { fetch } from './apis/fetch'
import { findCoordinator } from './apis/find-coordinator'
import { heartbeat } from './apis/heartbeat'
import { incrementalAlterConfigs } from './apis/incremental-alter-configs'
import { initProducerId } from './apis/init-producer-id'
import { joinGroup } from './apis/join-group'
import { leaveGroup } from './apis/leave-group'
import { listConfigResources } from './apis/list-config-resources'
import { listGroups } from './apis/list-groups'
import { listOffsets } from './apis/list-offsets'
import { listTransactions } from './apis/list-transactions'
import { metadata } from './apis/metadata'
import { offsetCommit } from './apis/offset-commit'
import { offsetDelete } from './apis/offset-delete'
import { offsetFetch } from './apis/offset-fetch'
import { offsetForLeaderEpoch } from './apis/offset-for-leader-epoch'
import { produce } from './apis/produce'
import { saslAuthenticate } from './apis/sasl-authenticate'
import { saslHandshake } from './apis/sasl-handshake'
import { syncGroup } from './apis/sync-group'
import { txnOffsetCommit } from './apis/txn-offset-commit'
import { writeTxnMarkers } from './apis/write-txn-markers'

/** Every API that the broker speaks, by name, in the order of their keys. */
export const apis = {
  produce,
  fetch,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  findCoordinator,
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  describeGroups,
  listGroups,
  saslHandshake,
  apiVersions,
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  offsetForLeaderEpoch,
  addPartitionsToTxn,
  addOffsetsToTxn,
  endTxn,
  writeTxnMarkers,
  txnOffsetCommit,
  describeConfigs,
  alterConfigs,
  describeLogDirs,
  saslAuthenticate,
  createPartitions,
  deleteGroups,
  incrementalAlterConfigs,
  offsetDelete,
  describeCluster,
  describeProducers,
  describeTransactions,
  listTransactions,
  consumerGroupHeartbeat,
  consumerGroupDescribe,
  listConfigResources,
  describeTopicPartitions
}

export type Apis = typeof apis
export type ApiName = keyof Apis

/** Name by API key. */
export const apiNames: ReadonlyMap<number, ApiName> = new Map(
  Object.entries(apis).map(([name, each]: [string, AnyApi]) => [each.key, name as ApiName])
)
