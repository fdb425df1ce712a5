// Who answers which API? One handler for every API that is advertised: the compiler refuses a gap on either side.
import type { ApiName } from '../protocol'
import { apiVersions } from './api-versions'
import { describeCluster, findCoordinator, initProducerId } from './cluster'
import { describeConfigs } from './configs'
import { fetch } from './fetch'
import { deleteGroups, describeGroups, listGroups } from './groups'
import type { Handler } from './handler'
import { listOffsets } from './list-offsets'
import { heartbeat, joinGroup, leaveGroup, syncGroup } from './membership'
import { metadata } from './metadata'
import { offsetCommit, offsetFetch } from './offsets'
import { produce } from './produce'
import { saslAuthenticate, saslHandshake } from './sasl'
import { createPartitions, createTopics, deleteTopics } from './topics'

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
  initProducerId,
  describeConfigs,
  saslAuthenticate,
  createPartitions,
  deleteGroups,
  describeCluster
}
