// What has a message of each API with every list filled, so that each field of each version is written?
import type { ApiName } from '../src/protocol'
import { transactionSamples } from './transaction-samples'

export type Sample = { request: Record<string, unknown>; response: Record<string, unknown> }
const uuid = '0a1b2c3d-0000-4000-8000-00000000ffff'

export const samples: Record<ApiName, Sample> = {
  produce: {
    request: {
      transactionalId: null,
      acks: -1,
      timeoutMs: 30000,
      topicData: [{ name: 'orders', topicId: uuid, partitionData: [{ index: 2, records: Buffer.from('batch') }] }]
    },
    response: {
      responses: [
        {
          name: 'orders',
          topicId: uuid,
          partitionResponses: [
            {
              index: 2,
              errorCode: 0,
              baseOffset: 5_000_000_000,
              logStartOffset: 1,
              recordErrors: [{ batchIndex: 1, batchIndexErrorMessage: 'no' }],
              currentLeader: { leaderId: 1, leaderEpoch: 2 }
            }
          ]
        }
      ],
      nodeEndpoints: [{ nodeId: 1, host: 'localhost', port: 9092 }]
    }
  },
  fetch: {
    request: {
      replicaState: { replicaId: 4, replicaEpoch: 5 },
      clusterId: 'sluice',
      maxWaitMs: 500,
      minBytes: 1,
      topics: [{ topic: 'orders', topicId: uuid, partitions: [{ partition: 0, fetchOffset: 7, partitionMaxBytes: 1024 }] }],
      forgottenTopicsData: [{ topic: 'old', topicId: uuid, partitions: [1, 2] }]
    },
    response: {
      responses: [
        {
          topic: 'orders',
          topicId: uuid,
          partitions: [
            {
              partitionIndex: 0,
              errorCode: 0,
              highWatermark: 9,
              lastStableOffset: 9,
              abortedTransactions: [{ producerId: 1, firstOffset: 2 }],
              records: [Buffer.alloc(1500, 1), Buffer.alloc(3, 2)]
            }
          ]
        }
      ]
    }
  },
  listOffsets: {
    request: { topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -2 }] }] },
    response: { topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, errorCode: 0, timestamp: 1, offset: 2 }] }] }
  },
  metadata: {
    request: { topics: [{ name: 'orders', topicId: uuid }] },
    response: {
      brokers: [{ nodeId: 0, host: 'localhost', port: 9092 }],
      topics: [
        {
          errorCode: 0,
          name: 'orders',
          topicId: uuid,
          partitions: [{ errorCode: 0, partitionIndex: 0, leaderId: 0, replicaNodes: [0], isrNodes: [0], offlineReplicas: [1] }]
        }
      ]
    }
  },
  offsetCommit: {
    request: {
      groupId: 'g',
      topics: [{ name: 'orders', topicId: uuid, partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: 'm' }] }]
    },
    response: { topics: [{ name: 'orders', topicId: uuid, partitions: [{ partitionIndex: 0, errorCode: 0 }] }] }
  },
  offsetFetch: {
    request: {
      groupId: 'g',
      topics: [{ name: 'orders', partitionIndexes: [0, 1] }],
      groups: [{ groupId: 'g', topics: [{ name: 'orders', topicId: uuid, partitionIndexes: [0] }] }]
    },
    response: {
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 3, metadata: '', errorCode: 0 }] }],
      groups: [
        {
          groupId: 'g',
          topics: [
            { name: 'orders', topicId: uuid, partitions: [{ partitionIndex: 0, committedOffset: 3, metadata: null, errorCode: 0 }] }
          ],
          errorCode: 0
        }
      ]
    }
  },
  findCoordinator: {
    request: { key: 'g', coordinatorKeys: ['g', 'h'] },
    response: { nodeId: 0, host: 'localhost', port: 1, coordinators: [{ key: 'g', nodeId: 0, host: 'localhost', port: 1, errorCode: 0 }] }
  },
  joinGroup: {
    request: {
      groupId: 'g',
      sessionTimeoutMs: 1,
      memberId: 'm',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from('x') }]
    },
    response: {
      errorCode: 0,
      protocolName: 'range',
      leader: 'm',
      memberId: 'm',
      members: [{ memberId: 'm', metadata: Buffer.from('x') }]
    }
  },
  heartbeat: { request: { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: 'i' }, response: { errorCode: 27 } },
  leaveGroup: {
    request: { groupId: 'g', memberId: 'm', members: [{ memberId: 'm' }] },
    response: { errorCode: 0, members: [{ memberId: 'm', errorCode: 0 }] }
  },
  syncGroup: {
    request: { groupId: 'g', generationId: 1, memberId: 'm', assignments: [{ memberId: 'm', assignment: Buffer.from('a') }] },
    response: { errorCode: 0, protocolType: 'consumer', protocolName: 'range', assignment: Buffer.from('a') }
  },
  describeGroups: {
    request: { groups: ['g'] },
    response: {
      groups: [
        {
          errorCode: 0,
          groupId: 'g',
          groupState: 'Stable',
          members: [
            { memberId: 'm', clientId: 'c', clientHost: '/127.0.0.1', memberMetadata: Buffer.from('x'), memberAssignment: Buffer.alloc(0) }
          ]
        }
      ]
    }
  },
  listGroups: {
    request: { statesFilter: ['Stable'], typesFilter: ['classic'] },
    response: { errorCode: 0, groups: [{ groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' }] }
  },
  saslHandshake: { request: { mechanism: 'PLAIN' }, response: { errorCode: 33, mechanisms: ['SCRAM-SHA-256'] } },
  saslAuthenticate: {
    request: { authBytes: Buffer.from('ab') },
    response: { errorCode: 0, authBytes: Buffer.from('ok'), sessionLifetimeMs: 3000 }
  },
  apiVersions: {
    request: { clientSoftwareName: 'sluice', clientSoftwareVersion: '1' },
    response: {
      errorCode: 0,
      apiKeys: [{ apiKey: 1, minVersion: 4, maxVersion: 18 }],
      supportedFeatures: [{ name: 'f', minVersion: 0, maxVersion: 1 }],
      finalizedFeaturesEpoch: 3
    }
  },
  createTopics: {
    request: {
      topics: [
        {
          name: 'orders',
          numPartitions: 3,
          replicationFactor: 1,
          assignments: [{ partitionIndex: 0, brokerIds: [0] }],
          configs: [{ name: 'retention.ms', value: '1' }]
        }
      ]
    },
    response: {
      topics: [
        {
          name: 'orders',
          topicId: uuid,
          errorCode: 40,
          topicConfigErrorCode: 29,
          configs: [{ name: 'a', value: 'b', readOnly: false, isSensitive: false }]
        }
      ]
    }
  },
  deleteTopics: {
    request: { topics: [{ name: 'orders' }, { topicId: uuid }], topicNames: ['orders'] },
    response: { responses: [{ name: 'orders', topicId: uuid, errorCode: 0 }] }
  },
  initProducerId: { request: { transactionalId: null }, response: { errorCode: 0, producerId: 1, producerEpoch: 0 } },
  describeConfigs: {
    request: { resources: [{ resourceType: 2, resourceName: 'orders', configurationKeys: ['retention.ms'] }] },
    response: {
      results: [
        {
          errorCode: 0,
          resourceType: 2,
          resourceName: 'orders',
          configs: [{ name: 'a', value: null, synonyms: [{ name: 'a', value: null, source: 5 }] }]
        }
      ]
    }
  },
  createPartitions: {
    request: { topics: [{ name: 'orders', count: 4, assignments: [{ brokerIds: [0] }] }] },
    response: { results: [{ name: 'orders', errorCode: 0 }] }
  },
  offsetDelete: {
    request: { groupId: 'g', topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }] },
    response: { errorCode: 0, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, errorCode: 86 }] }] }
  },
  consumerGroupHeartbeat: {
    request: {
      groupId: 'g',
      memberId: 'm',
      memberEpoch: 0,
      instanceId: 'i',
      rebalanceTimeoutMs: 1,
      subscribedTopicNames: ['orders'],
      subscribedTopicRegex: 'o.*',
      serverAssignor: 'uniform',
      topicPartitions: [{ topicId: uuid, partitions: [0, 1] }]
    },
    response: {
      errorCode: 0,
      memberId: 'm',
      memberEpoch: 1,
      heartbeatIntervalMs: 1000,
      assignment: { topicPartitions: [{ topicId: uuid, partitions: [0, 1] }] }
    }
  },
  consumerGroupDescribe: {
    request: { groupIds: ['g'] },
    response: {
      groups: [
        {
          errorCode: 0,
          groupId: 'g',
          groupState: 'Stable',
          members: [
            {
              memberId: 'm',
              instanceId: null,
              rackId: null,
              memberEpoch: 1,
              clientId: 'c',
              clientHost: '/127.0.0.1',
              subscribedTopicNames: ['orders'],
              subscribedTopicRegex: null,
              assignment: { topicPartitions: [{ topicId: uuid, topicName: 'orders', partitions: [0] }] },
              targetAssignment: { topicPartitions: [] },
              memberType: 1
            }
          ]
        }
      ]
    }
  },
  deleteGroups: { request: { groupsNames: ['g'] }, response: { results: [{ groupId: 'g', errorCode: 0 }] } },
  deleteRecords: {
    request: { topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, offset: 7 }] }] },
    response: { topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, lowWatermark: 7, errorCode: 0 }] }] }
  },
  alterConfigs: {
    request: {
      resources: [
        {
          resourceType: 2,
          resourceName: 'orders',
          configs: [
            { name: 'retention.ms', value: '1' },
            { name: 'a', value: null }
          ]
        }
      ]
    },
    response: { responses: [{ errorCode: 40, errorMessage: 'no', resourceType: 2, resourceName: 'orders' }] }
  },
  incrementalAlterConfigs: {
    request: {
      resources: [{ resourceType: 2, resourceName: 'orders', configs: [{ name: 'retention.ms', configOperation: 1, value: null }] }],
      validateOnly: true
    },
    response: { responses: [{ errorCode: 0, resourceType: 2, resourceName: 'orders' }] }
  },
  describeLogDirs: {
    request: { topics: [{ topic: 'orders', partitions: [0, 1] }] },
    response: {
      results: [
        {
          errorCode: 0,
          logDir: '/data',
          topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, partitionSize: 5_000_000_000 }] }],
          totalBytes: 9,
          usableBytes: 8
        }
      ]
    }
  },
  listConfigResources: {
    request: { resourceTypes: [16, 32] },
    response: { errorCode: 0, configResources: [{ resourceName: 'g', resourceType: 32 }] }
  },
  describeTopicPartitions: {
    request: { topics: [{ name: 'orders' }], cursor: { topicName: 'orders', partitionIndex: 2 } },
    response: {
      topics: [
        {
          errorCode: 0,
          name: 'orders',
          topicId: uuid,
          partitions: [
            {
              errorCode: 0,
              partitionIndex: 2,
              leaderId: 0,
              replicaNodes: [0],
              isrNodes: [0],
              eligibleLeaderReplicas: [],
              lastKnownElr: [1]
            }
          ]
        }
      ],
      nextCursor: { topicName: 'orders', partitionIndex: 3 }
    }
  },
  ...transactionSamples,
  describeCluster: {
    request: {},
    response: { errorCode: 0, clusterId: 'c', controllerId: 0, brokers: [{ brokerId: 0, host: 'localhost', port: 9092 }] }
  }
}
