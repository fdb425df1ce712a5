// Who answers which API? One handler for every API that is advertised: the compiler refuses a gap on either side.
import type { ApiName } from '../protocol'
import { alterConfigs, incrementalAlterConfigs } from './alter-configs'
import { apiVersions } from './api-versions'
import { describeCluster, findCoordinator } from './cluster'
import { describeConfigs, listConfigResources } from './configs'
import { fetch } from './fetch'
import { consumerGroupDescribe, deleteGroups, describeGroups, listGroups } from './groups'
import type { Handler } from './handler'
import { offsetForLeaderEpoch } from './leader-epoch'
import { listOffsets } from './list-offsets'
import { describeLogDirs } from './log-dirs'
import { consumerGroupHeartbeat, heartbeat, joinGroup, leaveGroup, syncGroup } from './membership'
import { metadata } from './metadata'
import { offsetCommit, offsetDelete, offsetFetch } from './offsets'
import { produce } from './produce'
import { deleteRecords } from './records'
import { saslAuthenticate, saslHandshake } from './sasl'
import { describeTopicPartitions } from './topic-partitions'
import { createPartitions, createTopics, deleteTopics } from './topics'
import { describeProducers, describeTransactions, listTransactions, writeTxnMarkers } from './transaction-lists'
import { addOffsetsToTxn, addPartitionsToTxn, endTxn, initProducerId, txnOffsetCommit } from './transactions'

export const handlers: { [N in ApiName]: Handler<N> } = {
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
