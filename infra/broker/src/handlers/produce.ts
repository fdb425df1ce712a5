// How does a produce request end up in its partitions' logs?
import type { Clock } from '../clock'
import { type RecordError, RecordsRefused } from '../log/acceptance'
import { errorCodes, KafkaError } from '../protocol'
import type { Topic } from '../topics/topics'
import { type Handler, topicOf } from './handler'

const idsFrom = 13

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

function append(topic: Topic, index: number, records: Buffer | null, clock: Clock): PartitionResult {
  const log = topic.partitions[index]
  if (!log) return refusal(index, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  if (!records) return refusal(index, errorCodes.INVALID_RECORD, 'no records')
  try {
    const appendTime = topic.settings.hasLogAppendTime ? clock.now() : undefined
    const baseOffset = log.append(records, topic.settings.batchBytesMax, appendTime)
    return { index, errorCode: errorCodes.NONE, baseOffset, logStartOffset: log.startOffset, logAppendTimeMs: appendTime ?? -1 }
  } catch (error) {
    if (error instanceof RecordsRefused) return { ...refusal(index, error.code, error.reason), recordErrors: error.recordErrors }
    if (error instanceof KafkaError) return refusal(index, error.code, error.reason)
    throw error
  }
}

export const produce: Handler<'produce'> = ({ clock, topics }, { acks, topicData, transactionalId }, { version }) => {
  const isAcksKnown = acks === 0 || acks === 1 || acks === -1
  const usesIds = version >= idsFrom
  const responses = topicData.map(({ name, partitionData, topicId }) => {
    const topic = topicOf(topics, name, topicId, usesIds)
    const partitionResponses = partitionData.map(({ index, records }) => {
      if (!isAcksKnown) return refusal(index, errorCodes.INVALID_REQUIRED_ACKS)
      if (transactionalId !== null) return refusal(index, errorCodes.INVALID_TXN_STATE, 'transactions are not supported')
      if (!topic) return refusal(index, usesIds ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
      return append(topic, index, records, clock)
    })
    return { name, topicId, partitionResponses }
  })
  return acks === 0 ? undefined : { responses }
}
