// Does the broker answer producers of transactions and readers of committed records as Kafka does, by wire and clock?
import { batchOf } from '../../test/batches'
import { TestClient } from '../../test/client'
import { temporaryFolder } from '../../test/folder'
import { type Broker, type BrokerOptions, ManualClock, startBroker } from '../index'
import { batchSizeAt, errorName, isolationLevel, readBatchHeader } from '../protocol'

/** When it is. */
const startMs = 1_800_000_000_000
const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

interface Producer {
  producerId: number
  producerEpoch: number
}

async function setUp(options: BrokerOptions = {}) {
  const clock = new ManualClock(startMs)
  const broker: Broker = await startBroker({ clock, ...options })
  opened.push(broker)
  const client = await TestClient.connect(broker.port)
  opened.push(client)
  await client.call('createTopics', { topics: [{ name: 't', numPartitions: 2, replicationFactor: 1 }] })
  return { broker, client, clock }
}

const init = (client: TestClient, options: { timeoutMs?: number; expected?: Producer; id?: string; version?: number } = {}) => {
  const { expected = {}, id = 'x', timeoutMs = 60_000, version } = options
  return client.call('initProducerId', { transactionalId: id, transactionTimeoutMs: timeoutMs, ...expected }, version)
}

interface Sent {
  sequence?: number
  values?: string[]
  version?: number
  partition?: number
  transactionalId?: string | null
  isTransactional?: boolean
}

async function send(client: TestClient, producer: Producer, sent: Sent = {}): Promise<string | number> {
  const { isTransactional = true, partition = 0, sequence = 0, transactionalId = 'x', values = ['v'], version = 12 } = sent
  const { producerEpoch, producerId } = producer
  const records = batchOf({ values, firstTime: startMs, producerId, producerEpoch, baseSequence: sequence, isTransactional })
  const topicData = [{ name: 't', partitionData: [{ index: partition, records }] }]
  const { responses } = await client.call('produce', { transactionalId, acks: -1, timeoutMs: 1, topicData }, version)
  const { baseOffset, errorCode } = responses[0]!.partitionResponses[0]!
  return errorCode === 0 ? baseOffset : errorName(errorCode)
}

const end = (client: TestClient, { producerEpoch, producerId }: Producer, committed: boolean, version = 5) =>
  client.call('endTxn', { transactionalId: 'x', producerId, producerEpoch, committed }, version)

async function addPartition(client: TestClient, producer: Producer, version = 3, partition = 0): Promise<string> {
  const { producerEpoch, producerId } = producer
  const request = { transactionalId: 'x', producerId, producerEpoch, topics: [{ name: 't', partitions: [partition] }] }
  const { resultsByTopic } = await client.call('addPartitionsToTxn', request, version)
  return errorName(resultsByTopic[0]!.resultsByPartition[0]!.partitionErrorCode)
}

async function read(client: TestClient, level: number = isolationLevel.readCommitted, fetchOffset = 0) {
  const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1e6 }] }]
  const { responses } = await client.call('fetch', { maxWaitMs: 0, minBytes: 1, isolationLevel: level, topics }, 12)
  const { abortedTransactions, highWatermark, lastStableOffset, records } = responses[0]!.partitions[0]!
  const offsets: number[] = []
  for (let at = 0; records && at < records.length; at += batchSizeAt(records, at)) offsets.push(readBatchHeader(records, at).baseOffset)
  return { offsets, abortedTransactions, highWatermark, lastStableOffset }
}

const latest = async (client: TestClient, level: number) => {
  const request = { isolationLevel: level, topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }] }
  return (await client.call('listOffsets', request)).topics[0]!.partitions[0]!.offset
}

const describeTransaction = async (client: TestClient) =>
  (await client.call('describeTransactions', { transactionalIds: ['x'] })).transactionStates[0]!

describe('what is in a transaction', () => {
  it('is read once it has committed, and never when it was aborted', async () => {
    const { client } = await setUp()
    const first = await init(client)
    expect(await send(client, first, { values: ['a', 'b'] })).toBe(0)
    expect(await read(client)).toEqual({ offsets: [], abortedTransactions: [], highWatermark: 2, lastStableOffset: 0 })
    expect(await read(client, isolationLevel.readUncommitted)).toMatchObject({
      offsets: [0],
      abortedTransactions: null,
      lastStableOffset: 0
    })
    expect([await latest(client, 1), await latest(client, 0)]).toEqual([0, 2])
    const second = await end(client, first, true)
    expect(second).toMatchObject({ errorCode: 0, producerId: first.producerId, producerEpoch: 1 })
    expect(await read(client)).toMatchObject({ offsets: [0, 2], abortedTransactions: [], lastStableOffset: 3 })

    expect(await send(client, second)).toBe(3)
    const third = await end(client, second, false)
    expect(await send(client, third)).toBe(5)
    const { producerId } = first
    expect(await read(client)).toEqual({
      offsets: [0, 2, 3, 4],
      abortedTransactions: [{ producerId, firstOffset: 3 }],
      highWatermark: 6,
      lastStableOffset: 5
    })
    expect(await read(client, 1, 4)).toMatchObject({ offsets: [4], abortedTransactions: [{ producerId, firstOffset: 3 }] })
    await end(client, third, true)
    expect(await read(client, 1, 5)).toMatchObject({ offsets: [5, 6], abortedTransactions: [], lastStableOffset: 7 })
  })

  it('wakes a reader that waits for it when it commits', async () => {
    const { broker, client } = await setUp()
    const producer = await init(client)
    await send(client, producer)
    const reader = await TestClient.connect(broker.port)
    opened.push(reader)
    const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1e6 }] }]
    const waiting = reader.call('fetch', { maxWaitMs: 60_000, minBytes: 1, isolationLevel: isolationLevel.readCommitted, topics }, 12)
    await end(client, producer, true)
    expect((await waiting).responses[0]!.partitions[0]!.records).not.toBeNull()
  })

  it('may go only to partitions that were added, before version 12 of produce', async () => {
    const { client } = await setUp()
    const producer = await init(client)
    expect(await send(client, producer, { version: 10 })).toBe('INVALID_TXN_STATE')
    expect(await send(client, producer, { version: 11 })).toBe('TRANSACTION_ABORTABLE')
    expect(await addPartition(client, producer)).toBe('NONE')
    expect(await send(client, producer, { version: 11 })).toBe(0)
    expect(await send(client, producer, { version: 11, sequence: 1 })).toBe(1)
    expect(await send(client, producer, { version: 11, partition: 1 })).toBe('TRANSACTION_ABORTABLE')
    expect(await send(client, producer, { sequence: 2, isTransactional: false })).toBe('INVALID_TXN_STATE')
    expect(await send(client, producer, { sequence: 2, transactionalId: null })).toBe(2)
    expect(await send(client, producer, { partition: 1, transactionalId: null })).toBe('INVALID_TXN_STATE')
    expect(await end(client, producer, true, 4)).toMatchObject({ errorCode: 0 })
    expect(await send(client, producer, { version: 11, sequence: 3 })).toBe('TRANSACTION_ABORTABLE')
    expect((await describeTransaction(client)).producerEpoch).toBe(producer.producerEpoch)
  })

  it('is none of a partition that does not exist', async () => {
    const { client } = await setUp()
    const { producerEpoch, producerId } = await init(client)
    const topics = [
      { name: 't', partitions: [0] },
      { name: 'none', partitions: [0] }
    ]
    const { resultsByTopic } = await client.call('addPartitionsToTxn', { transactionalId: 'x', producerId, producerEpoch, topics }, 3)
    const codes = resultsByTopic.map(({ resultsByPartition }) => errorName(resultsByPartition[0]!.partitionErrorCode))
    expect(codes).toEqual(['OPERATION_NOT_ATTEMPTED', 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect((await describeTransaction(client)).transactionState).toBe('Empty')
  })

  it('leaves with a topic that is deleted', async () => {
    const { client } = await setUp()
    const producer = await init(client)
    await send(client, producer)
    await client.call('deleteTopics', { topics: [{ name: 't' }] })
    expect((await describeTransaction(client)).topics).toEqual([])
    await client.call('createTopics', { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }] })
    expect((await end(client, producer, true)).errorCode).toBe(0)
    expect(await latest(client, 0)).toBe(0)
  })
})

describe('a producer', () => {
  it('that begins anew gets the next epoch, what the old one left open is aborted, and the old one is fenced', async () => {
    const { client } = await setUp()
    const old = await init(client)
    await send(client, old)
    const next = await init(client)
    expect(next).toMatchObject({ errorCode: 0, producerId: old.producerId, producerEpoch: 2 })
    expect(await read(client)).toMatchObject({ offsets: [0, 1], abortedTransactions: [{ producerId: old.producerId, firstOffset: 0 }] })
    expect(await send(client, old, { sequence: 1 })).toBe('INVALID_PRODUCER_EPOCH')
    const codes = [await end(client, old, true, 1), await end(client, old, true, 4), await end(client, old, true, 5)]
    expect(codes.map(({ errorCode }) => errorName(errorCode))).toEqual(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'PRODUCER_FENCED'])
    expect([await addPartition(client, old, 1), await addPartition(client, old, 2)]).toEqual(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'])
    const again = [await init(client, { expected: old, version: 3 }), await init(client, { expected: old, version: 4 })]
    expect(again.map(({ errorCode }) => errorName(errorCode))).toEqual(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'])
    expect(await send(client, next)).toBe(2)
  })

  it('may not ask for more time than there is, nor go without a name', async () => {
    const { client } = await setUp({ limits: { transactionMsMax: 1000 } })
    const codes = [await init(client, { timeoutMs: 1001 }), await init(client, { timeoutMs: 0 }), await init(client, { id: '' })]
    expect(codes.map(({ errorCode }) => errorName(errorCode))).toEqual([
      'INVALID_TRANSACTION_TIMEOUT',
      'INVALID_TRANSACTION_TIMEOUT',
      'INVALID_REQUEST'
    ])
    expect(errorName((await end(client, { producerId: 1, producerEpoch: 0 }, true)).errorCode)).toBe('INVALID_PRODUCER_ID_MAPPING')
  })

  it('that takes too long is fenced, and its transaction aborted, by the clock', async () => {
    const { client, clock } = await setUp()
    const producer = await init(client, { timeoutMs: 1000 })
    await send(client, producer)
    clock.advance(999)
    expect((await describeTransaction(client)).transactionState).toBe('Ongoing')
    clock.advance(1)
    expect(await describeTransaction(client)).toMatchObject({ transactionState: 'CompleteAbort', producerEpoch: 1 })
    expect(await read(client)).toMatchObject({ offsets: [0, 1], lastStableOffset: 2 })
    expect(await send(client, producer, { sequence: 1 })).toBe('INVALID_PRODUCER_EPOCH')
    expect(errorName((await end(client, producer, true)).errorCode)).toBe('PRODUCER_FENCED')
  })

  it('that repeats the end of its transaction is answered the same', async () => {
    const { client } = await setUp()
    const producer = await init(client)
    await send(client, producer)
    const answers = [await end(client, producer, true), await end(client, producer, true)]
    expect(answers[0]).toEqual(answers[1])
    expect(await latest(client, 0)).toBe(2)
  })

  it('is coordinated here', async () => {
    const { broker, client } = await setUp()
    const { coordinators } = await client.call('findCoordinator', { keyType: 1, coordinatorKeys: ['x'] })
    expect(coordinators[0]).toMatchObject({ key: 'x', port: broker.port, errorCode: 0 })
  })
})

describe('offsets of a transaction', () => {
  const commit = async (client: TestClient, producer: Producer, version: number, member: object = {}) => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: 'm' }] }]
    const { producerEpoch, producerId } = producer
    const request = { transactionalId: 'x', groupId: 'g', producerId, producerEpoch, ...member, topics }
    return errorName((await client.call('txnOffsetCommit', request, version)).topics[0]!.partitions[0]!.errorCode)
  }
  const fetched = async (client: TestClient, requireStable: boolean) => {
    const request = { groups: [{ groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] }], requireStable }
    const { committedOffset, errorCode } = (await client.call('offsetFetch', request, 9)).groups[0]!.topics[0]!.partitions[0]!
    return [committedOffset, errorName(errorCode)]
  }

  it('count once it has committed; meanwhile a reader of stable ones waits', async () => {
    const { client } = await setUp()
    const first = await init(client)
    expect(await commit(client, first, 5)).toBe('NONE')
    expect([await fetched(client, false), await fetched(client, true)]).toEqual([
      [-1, 'NONE'],
      [-1, 'UNSTABLE_OFFSET_COMMIT']
    ])
    const second = await end(client, first, false)
    expect(await fetched(client, true)).toEqual([-1, 'NONE'])
    expect(await commit(client, second, 5)).toBe('NONE')
    await end(client, second, true)
    expect(await fetched(client, true)).toEqual([3, 'NONE'])
  })

  it('are taken only after their group was added, before version 5', async () => {
    const { client } = await setUp()
    const producer = await init(client)
    expect([await commit(client, producer, 3), await commit(client, producer, 4)]).toEqual(['INVALID_TXN_STATE', 'TRANSACTION_ABORTABLE'])
    const { producerEpoch, producerId } = producer
    const added = await client.call('addOffsetsToTxn', { transactionalId: 'x', producerId, producerEpoch, groupId: 'g' })
    expect(added.errorCode).toBe(0)
    expect(await commit(client, producer, 3)).toBe('NONE')
    expect(await commit(client, producer, 3, { generationId: 4, memberId: 'm' })).toBe('ILLEGAL_GENERATION')
    expect(await commit(client, { ...producer, producerEpoch: 9 }, 3)).toBe('INVALID_PRODUCER_EPOCH')
  })
})

describe('what can be asked', () => {
  it('which transactions there are, by state, producer, duration and name', async () => {
    const { client, clock } = await setUp()
    const producer = await init(client)
    await init(client, { id: 'other' })
    await send(client, producer)
    clock.advance(500)
    const list = async (filter: object) => {
      const { transactionStates, unknownStateFilters } = await client.call('listTransactions', filter)
      return [...transactionStates.map(({ transactionalId }) => transactionalId).sort(), ...unknownStateFilters]
    }
    expect(await list({})).toEqual(['other', 'x'])
    expect(await list({ stateFilters: ['Ongoing', 'Odd'] })).toEqual(['x', 'Odd'])
    expect(await list({ stateFilters: ['Odd'] })).toEqual(['Odd'])
    expect(await list({ producerIdFilters: [producer.producerId] })).toEqual(['x'])
    expect([await list({ durationFilter: 500, stateFilters: ['Ongoing'] }), await list({ durationFilter: 499 })]).toEqual([
      [],
      ['other', 'x']
    ])
    expect(await list({ transactionalIdPattern: 'o.*' })).toEqual(['other'])
    await init(client, { id: 'y'.repeat(60) })
    for (const transactionalIdPattern of ['(', '(y+)+-']) {
      const answer = await client.call('listTransactions', { transactionalIdPattern })
      expect(errorName(answer.errorCode)).toBe('INVALID_REGULAR_EXPRESSION')
    }
    const { transactionStates } = await client.call('describeTransactions', { transactionalIds: ['x', 'none'] })
    expect(transactionStates[0]).toMatchObject({
      transactionState: 'Ongoing',
      transactionTimeoutMs: 60_000,
      topics: [{ topic: 't', partitions: [0] }]
    })
    expect(errorName(transactionStates[1]!.errorCode)).toBe('TRANSACTIONAL_ID_NOT_FOUND')
  })

  it('which producers write to a partition, and a transaction that hangs is ended by hand', async () => {
    const { client } = await setUp()
    const producer = await init(client)
    await send(client, producer, { values: ['a', 'b'] })
    const producers = async () => {
      const { topics } = await client.call('describeProducers', { topics: [{ name: 't', partitionIndexes: [0] }] })
      return topics[0]!.partitions[0]!.activeProducers
    }
    const { producerEpoch, producerId } = producer
    expect(await producers()).toEqual([
      { producerId, producerEpoch, lastSequence: 1, lastTimestamp: startMs + 1, coordinatorEpoch: -1, currentTxnStartOffset: 0 }
    ])
    const topics = [{ name: 't', partitionIndexes: [0, 7] }]
    const marker = { producerId, producerEpoch, transactionResult: false, topics, coordinatorEpoch: 0 }
    const { markers } = await client.call('writeTxnMarkers', { markers: [marker] })
    expect(markers[0]!.topics[0]!.partitions.map(({ errorCode }) => errorName(errorCode))).toEqual(['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect(await producers()).toMatchObject([{ currentTxnStartOffset: -1, coordinatorEpoch: 0 }])
    expect(await read(client)).toMatchObject({ offsets: [0, 2], abortedTransactions: [{ producerId, firstOffset: 0 }] })
    const stale = await client.call('writeTxnMarkers', { markers: [{ ...marker, coordinatorEpoch: -1 }] })
    expect(errorName(stale.markers[0]!.topics[0]!.partitions[0]!.errorCode)).toBe('TRANSACTION_COORDINATOR_FENCED')
  })

  it('whether brokers would let a batch in', async () => {
    const { client } = await setUp()
    const { producerEpoch, producerId } = await init(client)
    const ask = async (verifyOnly: boolean) => {
      const asked = { transactionalId: 'x', producerId, producerEpoch, verifyOnly, topics: [{ name: 't', partitions: [0] }] }
      const { resultsByTransaction } = await client.call('addPartitionsToTxn', { transactions: [asked] })
      return errorName(resultsByTransaction[0]!.topicResults[0]!.resultsByPartition[0]!.partitionErrorCode)
    }
    expect([await ask(true), await ask(false), await ask(true)]).toEqual(['TRANSACTION_ABORTABLE', 'NONE', 'NONE'])
  })

  it('where the epoch of a leader ended', async () => {
    const { client } = await setUp()
    await send(client, await init(client))
    const ask = async (partition: number, currentLeaderEpoch: number, leaderEpoch: number) => {
      const topics = [{ topic: 't', partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }]
      const found = (await client.call('offsetForLeaderEpoch', { replicaId: -1, topics })).topics[0]!.partitions[0]!
      return [errorName(found.errorCode), found.leaderEpoch, found.endOffset]
    }
    expect([await ask(0, -1, 0), await ask(0, 0, 1), await ask(0, 3, 0), await ask(9, -1, 0)]).toEqual([
      ['NONE', 0, 1],
      ['NONE', -1, -1],
      ['UNKNOWN_LEADER_EPOCH', -1, -1],
      ['UNKNOWN_TOPIC_OR_PARTITION', -1, -1]
    ])
  })
})

it('after a stop, transactions and what was aborted are still known, and time goes on for those that are open', async () => {
  const dataDir = temporaryFolder()
  const before = await setUp({ dataDir })
  const first = await init(before.client, { timeoutMs: 1000 })
  await send(before.client, first)
  const second = await end(before.client, first, false)
  await send(before.client, second, { values: ['a', 'b'] })
  for (const each of opened.splice(0).reverse()) await each.close()

  const { client, clock } = await setUp({ dataDir })
  const aborted = [{ producerId: first.producerId, firstOffset: 0 }]
  expect(await read(client)).toEqual({ offsets: [0, 1], abortedTransactions: aborted, highWatermark: 4, lastStableOffset: 2 })
  expect(await send(client, second, { sequence: 2 })).toBe(4)
  clock.advance(1000)
  expect(await read(client, 1, 2)).toEqual({
    offsets: [2, 4, 5],
    abortedTransactions: [{ producerId: first.producerId, firstOffset: 2 }],
    highWatermark: 6,
    lastStableOffset: 6
  })
})

it('of too many transactional ids the one that was silent longest is forgotten, never one with a transaction', async () => {
  const { client } = await setUp({ limits: { transactionalIdsMax: 2 } })
  await send(client, await init(client))
  for (const id of ['a', 'b', 'c']) await init(client, { id })
  const { transactionStates } = await client.call('listTransactions', {})
  expect(transactionStates.map(({ transactionalId }) => transactionalId).sort()).toEqual(['c', 'x'])
})
