// How does a produce request end up in its partitions' logs?
import type { Clock } from '../clock'
import { type RecordError, RecordsRefused } from '../log/acceptance'
import { type BatchHeader, errorCodes, KafkaError } from '../protocol'
import type { Topic } from '../topics/topics'
import type { TransactionCoordinator } from '../transactions/coordinator'
import type { Place } from '../transactions/transaction'
import { type Handler, topicOf } from './handler'

const idsFrom = 13
/** Versions from which a refused transactional batch asks for an abort, and from which it adds its partition by itself (KIP-890). */
const abortableFrom = 11
const partitionImpliedFrom = 12

interface PartitionResult {
  index: number
  errorCode: number
  baseOffset: number
  logStartOffset?: number
  logAppendTimeMs?: number
  errorMessage?: string | null
  recordErrors?: RecordError[]
}

function refusal(index: number, errorCode: number, errorMessage: string | null = null): PartitionResult {
  return { index, errorCode, baseOffset: -1, errorMessage }
}

/** The error of a batch that may not open its transaction, in the words of the version asked in. */
function refusedBatch({ errorName, message }: KafkaError, version: number): KafkaError {
  if (errorName === 'PRODUCER_FENCED') return new KafkaError('INVALID_PRODUCER_EPOCH', message)
  const isRetriable = errorName === 'CONCURRENT_TRANSACTIONS' || errorName === 'COORDINATOR_NOT_AVAILABLE'
  // the only retriable error that producers of before know in this place
  return new KafkaError(isRetriable && version < partitionImpliedFrom ? 'NOT_ENOUGH_REPLICAS' : errorName, message)
}

/** Throws KafkaError unless a batch may open its transaction in a partition. */
function admit(transactions: TransactionCoordinator, id: string, header: BatchHeader, place: Place, version: number): void {
  try {
    if (version >= partitionImpliedFrom) transactions.add(id, header, { places: [place] })
    else if (!transactions.holds(id, header, place)) {
      throw new KafkaError(
        version >= abortableFrom ? 'TRANSACTION_ABORTABLE' : 'INVALID_TXN_STATE',
        `${place.join('-')} is in no transaction`
      )
    }
  } catch (error) {
    throw error instanceof KafkaError ? refusedBatch(error, version) : error
  }
}

type Admit = (header: BatchHeader) => void

function append(topic: Topic, index: number, records: Buffer | null, clock: Clock, admit: Admit | undefined): PartitionResult {
  const log = topic.partitions[index]
  if (!log) return refusal(index, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  if (!records) return refusal(index, errorCodes.INVALID_RECORD, 'no records')
  try {
    const appendTime = topic.settings.hasLogAppendTime ? clock.now() : undefined
    const baseOffset = log.append(records, topic.settings.batchBytesMax, appendTime, admit)
    return { index, errorCode: errorCodes.NONE, baseOffset, logStartOffset: log.startOffset, logAppendTimeMs: appendTime ?? -1 }
  } catch (error) {
    if (error instanceof RecordsRefused) return { ...refusal(index, error.code, error.reason), recordErrors: error.recordErrors }
    if (error instanceof KafkaError) return refusal(index, error.code, error.reason)
    throw error
  }
}

export const produce: Handler<'produce'> = ({ clock, topics, transactions }, { acks, topicData, transactionalId }, { version }) => {
  const isAcksKnown = acks === 0 || acks === 1 || acks === -1
  const usesIds = version >= idsFrom
  const responses = topicData.map(({ name, partitionData, topicId }) => {
    const topic = topicOf(topics, name, topicId, usesIds)
    const partitionResponses = partitionData.map(({ index, records }) => {
      if (!isAcksKnown) return refusal(index, errorCodes.INVALID_REQUIRED_ACKS)
      if (!topic) return refusal(index, usesIds ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
      const isAdmitted: Admit | undefined =
        transactionalId === null ? undefined : header => admit(transactions, transactionalId, header, [topic.name, index], version)
      return append(topic, index, records, clock, isAdmitted)
    })
    return { name, topicId, partitionResponses }
  })
  return acks === 0 ? undefined : { responses }
}
