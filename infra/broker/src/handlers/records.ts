// How are the records before an offset deleted?
import { errorCodes, KafkaError } from '../protocol'
import type { BrokerState, Handler } from './handler'

const highWatermark = -1

/** The first offset that is left. Throws KafkaError as Kafka answers. */
function deleteBefore({ topics }: BrokerState, name: string, partitionIndex: number, offset: number): number {
  const topic = topics.find(name)
  const log = topic?.partitions[partitionIndex]
  if (!topic || !log) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no partition ${name}-${partitionIndex}`)
  const { isCompacted, isDeleted } = topic.settings
  if (isCompacted && !isDeleted) {
    throw new KafkaError(
      'POLICY_VIOLATION',
      `Records of partition ${name}-${partitionIndex} can not be deleted due to the configured policy`
    )
  }
  const start = offset === highWatermark ? log.endOffset : offset
  if (start < 0 || start > log.endOffset) {
    throw new KafkaError('OFFSET_OUT_OF_RANGE', `the log of ${name}-${partitionIndex} ends at ${log.endOffset}`)
  }
  log.deleteBefore(start)
  return log.startOffset
}

export const deleteRecords: Handler<'deleteRecords'> = (state, { topics }) => ({
  topics: topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ offset, partitionIndex }) => {
      try {
        const lowWatermark = deleteBefore(state, name, partitionIndex, offset)
        return { partitionIndex, lowWatermark, errorCode: errorCodes.NONE }
      } catch (error) {
        if (error instanceof KafkaError) return { partitionIndex, lowWatermark: -1, errorCode: error.code }
        throw error
      }
    })
  }))
})
