// Which transactions and producers are there, in which state, and how is a marker written by hand?
import { namesMatching } from '../groups/topic-expression'
import type { PartitionLog } from '../log/partition-log'
import { errorCodes, KafkaError, type Marker } from '../protocol'
import { type Place, type TransactionState, transactionStates } from '../transactions/transaction'
import { distinct, type Handler } from './handler'

export const describeProducers: Handler<'describeProducers'> = (state, { topics }) => ({
  topics: distinct(topics).map(({ name, partitionIndexes }) => ({
    name,
    partitions: distinct(partitionIndexes).map(partitionIndex => {
      const log = state.topics.find(name)?.partitions[partitionIndex]
      if (!log) return { partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, activeProducers: [] }
      const activeProducers = log
        .producerStates()
        .map(([producerId, { batches, coordinatorEpoch, epoch, lastTimestamp, openFrom = -1 }]) => ({
          producerId,
          producerEpoch: epoch,
          lastSequence: batches.at(-1)?.lastSequence ?? -1,
          lastTimestamp,
          coordinatorEpoch,
          currentTxnStartOffset: openFrom
        }))
      return { partitionIndex, errorCode: errorCodes.NONE, activeProducers }
    })
  }))
})

function byTopic(places: readonly Place[]): { topic: string; partitions: number[] }[] {
  const found = new Map<string, number[]>()
  for (const [topic, partition] of places) {
    const partitions = found.get(topic)
    if (partitions) partitions.push(partition)
    else found.set(topic, [partition])
  }
  return [...found].map(([topic, partitions]) => ({ topic, partitions }))
}

export const describeTransactions: Handler<'describeTransactions'> = ({ transactions }, { transactionalIds }) => ({
  transactionStates: distinct(transactionalIds).map(transactionalId => {
    const found = transactions.find(transactionalId)
    if (!found) {
      const isEmpty = transactionalId === ''
      return { transactionalId, errorCode: isEmpty ? errorCodes.INVALID_REQUEST : errorCodes.TRANSACTIONAL_ID_NOT_FOUND }
    }
    return {
      errorCode: errorCodes.NONE,
      transactionalId,
      transactionState: found.state,
      transactionTimeoutMs: found.timeoutMs,
      transactionStartTimeMs: found.startedAt,
      producerId: found.producerId,
      producerEpoch: found.producerEpoch,
      topics: byTopic(found.places)
    }
  })
})

/** The ids of which a pattern matches the whole; undefined when it is none, or takes too long to tell. */
function matching(pattern: string | null, ids: readonly string[]): ReadonlySet<string> | undefined {
  try {
    return new Set(pattern ? namesMatching(pattern, ids) : ids)
  } catch (error) {
    if (error instanceof KafkaError) return undefined
    throw error
  }
}

export const listTransactions: Handler<'listTransactions'> = ({ clock, transactions }, request) => {
  const { durationFilter, producerIdFilters, stateFilters, transactionalIdPattern } = request
  const all = transactions.all()
  const ids = matching(
    transactionalIdPattern,
    all.map(({ id }) => id)
  )
  if (!ids) return { errorCode: errorCodes.INVALID_REGULAR_EXPRESSION, transactionStates: [] }
  const isState = (name: string) => transactionStates.includes(name as TransactionState)
  const states = new Set(stateFilters)
  const producerIds = new Set(producerIdFilters)
  // a filter of nothing but unknown states accepts none
  const listed = all.filter(({ id, producerId, startedAt, state }) => {
    if (states.size > 0 && !states.has(state)) return false
    if (producerIds.size > 0 && !producerIds.has(producerId)) return false
    const isLongEnough = durationFilter < 0 || clock.now() - startedAt > durationFilter
    return isLongEnough && ids.has(id)
  })
  return {
    errorCode: errorCodes.NONE,
    unknownStateFilters: stateFilters.filter(name => !isState(name)),
    transactionStates: listed.map(({ id, producerId, state }) => ({ transactionalId: id, producerId, transactionState: state }))
  }
}

function markerError(log: PartitionLog | undefined, marker: Marker): number {
  if (!log) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  try {
    log.end(marker)
    return errorCodes.NONE
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
}

export const writeTxnMarkers: Handler<'writeTxnMarkers'> = ({ clock, topics }, { markers }) => ({
  markers: markers.map(asked => {
    const { coordinatorEpoch, producerEpoch, producerId, transactionResult } = asked
    const marker = { producerId, producerEpoch, coordinatorEpoch, isCommit: transactionResult, timestamp: clock.now() }
    return {
      producerId,
      topics: asked.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map(partitionIndex => ({
          partitionIndex,
          errorCode: markerError(topics.find(name)?.partitions[partitionIndex], marker)
        }))
      }))
    }
  })
})
