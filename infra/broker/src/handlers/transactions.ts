// How does a producer begin, fill and end transactions?
import type { OffsetEntry } from '../groups/offset-store'
import { errorCodes, errorName, KafkaError } from '../protocol'
import type { Place, ProducerAndEpoch } from '../transactions/transaction'
import type { BrokerState, Handler } from './handler'
import { offsetError, partitionsOf } from './offsets'

/** Versions from which an API may answer PRODUCER_FENCED; before, INVALID_PRODUCER_EPOCH says the same (KIP-588). */
const fencedFrom = { initProducerId: 4, transaction: 2 }
/** EndTxn version in which each transaction has an epoch of its own (KIP-890). */
const epochPerTransactionFrom = 5
/** AddPartitionsToTxn version from which brokers, not clients, ask, for several transactions at once. */
const batchedFrom = 4
/** TxnOffsetCommit versions: from which the group need not be added first, and which may answer TRANSACTION_ABORTABLE (KIP-890). */
const groupImpliedFrom = 5
const abortableFrom = 4
const nobody = { producerId: -1, producerEpoch: -1 }

/** NONE, or the code that `act` throws, in the words of the version asked in. */
function codeOf(knowsFenced: boolean, act: () => void): number {
  try {
    act()
    return errorCodes.NONE
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return error.errorName === 'PRODUCER_FENCED' && !knowsFenced ? errorCodes.INVALID_PRODUCER_EPOCH : error.code
  }
}

export const initProducerId: Handler<'initProducerId'> = ({ producerIds, transactions }, request, { version }) => {
  const { producerEpoch, producerId, transactionalId, transactionTimeoutMs } = request
  if (transactionalId === null) return { errorCode: errorCodes.NONE, producerId: producerIds.take(), producerEpoch: 0 }
  const expected = producerId < 0 ? undefined : { producerId, producerEpoch }
  let producer: ProducerAndEpoch = nobody
  const errorCode = codeOf(version >= fencedFrom.initProducerId, () => {
    producer = transactions.init(transactionalId, transactionTimeoutMs, expected)
  })
  return { errorCode, producerId: producer.producerId, producerEpoch: producer.producerEpoch }
}

interface AskedTransaction extends ProducerAndEpoch {
  transactionalId: string
  verifyOnly: boolean
  topics: { name: string; partitions: number[] }[]
}

/** The result for each partition of one transaction: none is added when one of them does not exist. */
function addPlaces({ topics, transactions }: BrokerState, asked: AskedTransaction, knowsFenced: boolean) {
  const places = asked.topics.flatMap(({ name, partitions }) => partitions.map((partition): Place => [name, partition]))
  const exists = ([name, partition]: Place) => topics.find(name)?.partitions[partition] !== undefined
  const areKnown = places.every(exists)
  const codes = new Map<Place, number>()
  if (asked.verifyOnly) {
    for (const place of places) {
      const verify = () => {
        if (!transactions.holds(asked.transactionalId, asked, place))
          throw new KafkaError('TRANSACTION_ABORTABLE', 'not in the transaction')
      }
      codes.set(place, codeOf(knowsFenced, verify))
    }
  } else if (areKnown) {
    const errorCode = codeOf(knowsFenced, () => transactions.add(asked.transactionalId, asked, { places }))
    for (const place of places) codes.set(place, errorCode)
  } else {
    for (const place of places) codes.set(place, exists(place) ? errorCodes.OPERATION_NOT_ATTEMPTED : errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  }
  const results = places.map(place => ({ partitionIndex: place[1], partitionErrorCode: codes.get(place)! }))
  return asked.topics.map(({ name, partitions }) => ({ name, resultsByPartition: results.splice(0, partitions.length) }))
}

export const addPartitionsToTxn: Handler<'addPartitionsToTxn'> = (state, request, { version }) => {
  if (version < batchedFrom) {
    return { resultsByTopic: addPlaces(state, { ...request, verifyOnly: false }, version >= fencedFrom.transaction) }
  }
  return {
    resultsByTransaction: request.transactions.map(asked => ({
      transactionalId: asked.transactionalId,
      topicResults: addPlaces(state, asked, true)
    }))
  }
}

export const addOffsetsToTxn: Handler<'addOffsetsToTxn'> = ({ transactions }, request, { version }) => {
  const { groupId, transactionalId } = request
  if (groupId === '') return { errorCode: errorCodes.INVALID_GROUP_ID }
  return { errorCode: codeOf(version >= fencedFrom.transaction, () => transactions.add(transactionalId, request, { group: groupId })) }
}

export const endTxn: Handler<'endTxn'> = ({ transactions }, request, { version }) => {
  const { committed, transactionalId } = request
  let producer: ProducerAndEpoch = nobody
  const errorCode = codeOf(version >= fencedFrom.transaction, () => {
    producer = transactions.end(transactionalId, request, committed, version >= epochPerTransactionFrom)
  })
  return { errorCode, producerId: producer.producerId, producerEpoch: producer.producerEpoch }
}

export const txnOffsetCommit: Handler<'txnOffsetCommit'> = ({ groups, topics, transactions }, request, { version }) => {
  const { generationId, groupId, groupInstanceId, memberId, transactionalId } = request
  const refused = codeOf(false, () => {
    if (version >= groupImpliedFrom) transactions.add(transactionalId, request, { group: groupId })
    else if (!transactions.holdsGroup(transactionalId, request, groupId)) {
      throw new KafkaError(version >= abortableFrom ? 'TRANSACTION_ABORTABLE' : 'INVALID_TXN_STATE', `${groupId} is not in the transaction`)
    }
    const asked = partitionsOf(request.topics, topics, false)
    const code = groups.commitError(groupId, {
      memberId,
      groupInstanceId,
      generationId,
      version,
      isTransactional: true,
      partitions: asked
    })
    if (code !== errorCodes.NONE) throw new KafkaError(errorName(code), 'refused by the group')
  })
  const offsets: OffsetEntry[] = []
  const answers = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(asked => {
      const { committedLeaderEpoch, committedMetadata, committedOffset, partitionIndex } = asked
      const errorCode = refused === errorCodes.NONE ? offsetError(topics.find(name), asked, false) : refused
      if (errorCode === errorCodes.NONE) {
        offsets.push([groupId, name, partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata])
      }
      return { partitionIndex, errorCode }
    })
  }))
  const kept = offsets.length === 0 ? errorCodes.NONE : codeOf(false, () => transactions.add(transactionalId, request, { offsets }))
  if (kept !== errorCodes.NONE) {
    for (const { partitions } of answers) for (const each of partitions) if (each.errorCode === errorCodes.NONE) each.errorCode = kept
  }
  return { topics: answers }
}
