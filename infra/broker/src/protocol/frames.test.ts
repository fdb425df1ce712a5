// Do messages survive their own codecs in every version, and is a cut frame refused?
import { cutsTaken } from '../../test/cuts'
import type { AnyApi } from './api'
import { type ApiName, apis } from './apis'
import { decodeRequest, decodeResponse, encodeRequest, encodeRequestParts, encodeResponse, FrameSizeError, FrameSplitter } from './index'

type Sample = { request: Record<string, unknown>; response: Record<string, unknown> }
const uuid = '0a1b2c3d-0000-4000-8000-00000000ffff'
const producer = { transactionalId: 'x', producerId: 7, producerEpoch: 2 }
const partitionResults = [{ name: 'orders', resultsByPartition: [{ partitionIndex: 0, partitionErrorCode: 48 }] }]

/** One value per API with every list filled, so that each field of each version is written. */
const samples: Record<ApiName, Sample> = {
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
  offsetForLeaderEpoch: {
    request: { replicaId: -1, topics: [{ topic: 'orders', partitions: [{ partition: 0, currentLeaderEpoch: 0, leaderEpoch: 0 }] }] },
    response: { topics: [{ topic: 'orders', partitions: [{ errorCode: 0, partition: 0, leaderEpoch: 0, endOffset: 5_000_000_000 }] }] }
  },
  addPartitionsToTxn: {
    request: {
      ...producer,
      topics: [{ name: 'orders', partitions: [0, 1] }],
      transactions: [{ ...producer, verifyOnly: true, topics: [{ name: 'orders', partitions: [0] }] }]
    },
    response: {
      errorCode: 0,
      resultsByTransaction: [{ transactionalId: 'x', topicResults: partitionResults }],
      resultsByTopic: partitionResults
    }
  },
  addOffsetsToTxn: { request: { ...producer, groupId: 'g' }, response: { errorCode: 90 } },
  endTxn: { request: { ...producer, committed: true }, response: { errorCode: 0, producerId: 7, producerEpoch: 3 } },
  writeTxnMarkers: {
    request: {
      markers: [
        {
          producerId: 7,
          producerEpoch: 2,
          transactionResult: true,
          topics: [{ name: 'orders', partitionIndexes: [0] }],
          coordinatorEpoch: 1,
          transactionVersion: 2
        }
      ]
    },
    response: { markers: [{ producerId: 7, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, errorCode: 0 }] }] }] }
  },
  txnOffsetCommit: {
    request: {
      ...producer,
      groupId: 'g',
      generationId: 4,
      memberId: 'm',
      groupInstanceId: 'i',
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 3, committedLeaderEpoch: 0, committedMetadata: 'm' }] }]
    },
    response: { topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, errorCode: 0 }] }] }
  },
  describeProducers: {
    request: { topics: [{ name: 'orders', partitionIndexes: [0] }] },
    response: {
      topics: [
        {
          name: 'orders',
          partitions: [
            {
              partitionIndex: 0,
              errorCode: 0,
              activeProducers: [{ producerId: 7, producerEpoch: 2, lastSequence: 9, currentTxnStartOffset: 4 }]
            }
          ]
        }
      ]
    }
  },
  describeTransactions: {
    request: { transactionalIds: ['x'] },
    response: {
      transactionStates: [
        { errorCode: 0, transactionalId: 'x', transactionState: 'Ongoing', topics: [{ topic: 'orders', partitions: [0] }] }
      ]
    }
  },
  listTransactions: {
    request: { stateFilters: ['Ongoing'], producerIdFilters: [7], durationFilter: 1000, transactionalIdPattern: 'x.*' },
    response: {
      errorCode: 0,
      unknownStateFilters: ['Odd'],
      transactionStates: [{ transactionalId: 'x', producerId: 7, transactionState: 'Ongoing' }]
    }
  },
  describeCluster: {
    request: {},
    response: { errorCode: 0, clusterId: 'c', controllerId: 0, brokers: [{ brokerId: 0, host: 'localhost', port: 9092 }] }
  }
}

const everyVersion = Object.entries(apis).flatMap(([name, api]: [string, AnyApi]) =>
  Array.from({ length: api.max - api.min + 1 }, (_, index) => [name as ApiName, api.min + index, api] as const)
)

const withoutSize = (frame: Buffer) => frame.subarray(4)

describe.each(everyVersion)('%s v%i', (name, version, api) => {
  const request = encodeRequest(api, version, { correlationId: 7, clientId: 'jest' }, samples[name].request)
  const response = encodeResponse(name, version, 7, samples[name].response as never)

  it('reads back what it wrote, to the last byte', () => {
    expect(request.readInt32BE(0)).toBe(request.length - 4)
    const decoded = decodeRequest(withoutSize(request))
    expect(decoded.header).toMatchObject({ apiKey: api.key, version, correlationId: 7, clientId: 'jest' })
    expect(encodeRequest(api, version, { correlationId: 7, clientId: 'jest' }, decoded.body)).toEqual(request)
    const answer = decodeResponse(api, version, withoutSize(response))
    expect(answer.correlationId).toBe(7)
    expect(encodeResponse(name, version, 7, answer.body as never)).toEqual(response)
  })

  it('refuses a frame cut at any length, and reads a request with bytes too many as without', () => {
    expect(cutsTaken(withoutSize(request), decodeRequest)).toEqual([])
    expect(cutsTaken(withoutSize(response), frame => decodeResponse(api, version, frame))).toEqual([])
    expect(() => decodeResponse(api, version, Buffer.concat([withoutSize(response), Buffer.of(0)]))).toThrow(RangeError)
    expect(decodeRequest(Buffer.concat([withoutSize(request), Buffer.of(1, 0, 0)]))).toEqual(decodeRequest(withoutSize(request)))
  })
})

it('long byte strings are referenced by a frame, not copied', () => {
  const records = Buffer.alloc(4096, 1)
  const body = { acks: 1, timeoutMs: 1, topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] }
  expect(encodeRequestParts(apis.produce, 9, { correlationId: 1 }, body)).toContain(records)
})

it('a tag nobody knows is skipped', () => {
  const frame = withoutSize(encodeRequest(apis.heartbeat, 4, { correlationId: 1 }, { groupId: 'g', generationId: 1, memberId: 'm' }))
  const withTag = Buffer.concat([frame.subarray(0, -1), Buffer.of(1, 99, 3, 1, 2, 3)])
  expect(decodeRequest(withTag).body).toMatchObject({ groupId: 'g', memberId: 'm' })
})

it('a count of elements beyond the frame is refused before anything is allocated', () => {
  const frame = Buffer.from('000f0000000000010000' + '7fffffff', 'hex')
  expect(() => decodeRequest(frame)).toThrow(/array of 2147483647 elements/)
})

describe('a byte stream is cut into the same frames', () => {
  const frames = [Buffer.from('first'), Buffer.alloc(0), Buffer.alloc(300, 3), Buffer.from('last')]
  const stream = Buffer.concat(
    frames.map(frame => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(frame.length)
      return Buffer.concat([size, frame])
    })
  )

  it.each([1, 2, 3, 5, 7, 64, 1000])('in chunks of %i bytes', size => {
    const splitter = new FrameSplitter()
    const found: Buffer[] = []
    for (let at = 0; at < stream.length; at += size) found.push(...splitter.push(stream.subarray(at, at + size)))
    expect(found).toEqual(frames)
  })

  it('and refused when a size is negative or above the bound', () => {
    expect(() => new FrameSplitter(10).push(Buffer.of(0, 0, 0, 11))).toThrow(FrameSizeError)
    expect(() => new FrameSplitter(10).push(Buffer.of(255, 255, 255, 255))).toThrow(FrameSizeError)
  })
})
