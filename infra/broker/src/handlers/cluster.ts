// Which broker forms this cluster and coordinates its groups and transactions? Always this one.
import { coordinatorKeyType, errorCodes } from '../protocol'
import { clusterOperations } from './authorized-operations'
import { type Handler, nodeId } from './handler'

const brokersEndpoint = 1

export const describeCluster: Handler<'describeCluster'> = ({ host, port, topics }, request) => {
  const { endpointType, includeClusterAuthorizedOperations } = request
  const cluster = { clusterId: topics.clusterId, controllerId: nodeId, endpointType }
  if (endpointType !== brokersEndpoint) return { ...cluster, errorCode: errorCodes.MISMATCHED_ENDPOINT_TYPE, brokers: [] }
  const allowed = includeClusterAuthorizedOperations ? { clusterAuthorizedOperations: clusterOperations } : {}
  return { ...cluster, ...allowed, errorCode: errorCodes.NONE, brokers: [{ brokerId: nodeId, host, port }] }
}

export const findCoordinator: Handler<'findCoordinator'> = ({ host, port }, { coordinatorKeys, key, keyType }, { version }) => {
  const isCoordinated = keyType === coordinatorKeyType.group || keyType === coordinatorKeyType.transaction
  const found = isCoordinated
    ? { errorCode: errorCodes.NONE, errorMessage: null, nodeId, host, port }
    : {
        errorCode: errorCodes.INVALID_REQUEST,
        errorMessage: 'only consumer groups and transactions are coordinated here',
        nodeId: -1,
        host: '',
        port: -1
      }
  return version < 4 ? { ...found, key } : { coordinators: coordinatorKeys.map(each => ({ ...found, key: each })) }
}
