// What has a message of each API for transactions and leader epochs with every list filled?
import type { Sample } from './samples'

const producer = { transactionalId: 'x', producerId: 7, producerEpoch: 2 }
const partitionResults = [{ name: 'orders', resultsByPartition: [{ partitionIndex: 0, partitionErrorCode: 48 }] }]

export const transactionSamples = {
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
  }
} satisfies Record<string, Sample>
