// Which transactions and producers are there, in which state, and how is a marker written by hand?
import type { PartitionLog } from '../log/partition-log'
import { errorCodes, KafkaError, type Marker } from '../protocol'
import { type Place, type TransactionState, transactionStates } from '../transactions/transaction'
import type { Handler } from './handler'

export const describeProducers: Handler<'describeProducers'> = (state, { topics }) => ({
  topics: topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map(partitionIndex => {
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
  for (const [topic, partition] of places) found.set(topic, [...(found.get(topic) ?? []), partition])
  return [...found].map(([topic, partitions]) => ({ topic, partitions }))
}

export const describeTransactions: Handler<'describeTransactions'> = ({ transactions }, { transactionalIds }) => ({
  transactionStates: transactionalIds.map(transactionalId => {
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

/** A regular expression for whole transactional ids; undefined when it is none. */
function patternOf(text: string | null): RegExp | undefined {
  try {
    return new RegExp(`^(?:${text || '.*'})$`, 's')
  } catch {
    return undefined
  }
}

export const listTransactions: Handler<'listTransactions'> = ({ clock, transactions }, request) => {
  const { durationFilter, producerIdFilters, stateFilters, transactionalIdPattern } = request
  const pattern = patternOf(transactionalIdPattern)
  if (!pattern) return { errorCode: errorCodes.INVALID_REGULAR_EXPRESSION, transactionStates: [] }
  const isState = (name: string) => transactionStates.includes(name as TransactionState)
  const known = stateFilters.filter(isState)
  // a filter of nothing but unknown states accepts none
  const listed = transactions.all().filter(({ id, producerId, startedAt, state }) => {
    if (stateFilters.length > 0 && !known.includes(state)) return false
    if (producerIdFilters.length > 0 && !producerIdFilters.includes(producerId)) return false
    const isLongEnough = durationFilter < 0 || clock.now() - startedAt > durationFilter
    return isLongEnough && pattern.test(id)
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
