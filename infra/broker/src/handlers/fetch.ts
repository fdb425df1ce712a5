// Which batches does a consumer get, and how long does it wait for them?
import type { FetchShare } from '../fetch-memory'
import type { AbortedRange } from '../log/aborted'
import { type Apis, errorCodes, isolationLevel, type RequestOf } from '../protocol'
import type { Topic } from '../topics/topics'
import { type BrokerState, type Handler, topicOf } from './handler'
import { leaderEpochError } from './leader-epoch'

const idsFrom = 13

type FetchRequest = RequestOf<Apis['fetch']>
type FetchTopic = FetchRequest['topics'][number]
type FetchPartition = FetchTopic['partitions'][number]

interface PartitionAnswer {
  partitionIndex: number
  errorCode: number
  highWatermark: number
  lastStableOffset: number
  logStartOffset: number
  /** Null to a reader that takes uncommitted records too. */
  abortedTransactions: AbortedRange[] | null
  records: Buffer[]
}

interface Answer {
  responses: { topic: string; topicId: string; partitions: PartitionAnswer[] }[]
  bytes: number
  hasError: boolean
}

function failed(partitionIndex: number, errorCode: number): PartitionAnswer {
  return { partitionIndex, errorCode, highWatermark: -1, lastStableOffset: -1, logStartOffset: -1, abortedTransactions: null, records: [] }
}

/** What is left of an answer's size; the first batch found may exceed it, later ones may not. */
interface Budget {
  bytesLeft: number
  isEmpty: boolean
  share: FetchShare
}

async function readPartition(topic: Topic, asked: FetchPartition, budget: Budget, isCommitted: boolean): Promise<PartitionAnswer> {
  const { currentLeaderEpoch, fetchOffset, partition, partitionMaxBytes } = asked
  const log = topic.partitions[partition]
  if (!log) return failed(partition, errorCodes.UNKNOWN_TOPIC_OR_PARTITION)
  const wrongEpoch = leaderEpochError(currentLeaderEpoch)
  if (wrongEpoch !== errorCodes.NONE) return failed(partition, wrongEpoch)
  const { endOffset, stableOffset, startOffset } = log
  if (fetchOffset < startOffset || fetchOffset > endOffset) {
    return { ...failed(partition, errorCodes.OFFSET_OUT_OF_RANGE), highWatermark: endOffset, logStartOffset: startOffset }
  }
  const allowed = budget.share.claim(Math.min(partitionMaxBytes, budget.bytesLeft))
  let records: Buffer[] = []
  let abortedTransactions: AbortedRange[] | null = isCommitted ? [] : null
  if (allowed > 0 || budget.isEmpty) {
    if (isCommitted) ({ records, aborted: abortedTransactions } = await log.readCommitted(fetchOffset, allowed))
    else records = await log.read(fetchOffset, allowed)
  }
  let bytes = 0
  for (const each of records) bytes += each.length
  // a log always gives one batch; only the first of an answer may be larger than what is left
  if (bytes > budget.bytesLeft && !budget.isEmpty) records = []
  else budget.bytesLeft -= bytes
  budget.share.settle(allowed, records.length > 0 ? bytes : 0)
  if (records.length > 0) budget.isEmpty = false
  return {
    partitionIndex: partition,
    errorCode: errorCodes.NONE,
    highWatermark: endOffset,
    lastStableOffset: stableOffset,
    logStartOffset: startOffset,
    abortedTransactions,
    records
  }
}

async function gather(state: BrokerState, request: FetchRequest, usesIds: boolean, share: FetchShare): Promise<Answer> {
  const bytesMax = Math.min(request.maxBytes, state.limits.fetchBytesMax)
  const isCommitted = request.isolationLevel === isolationLevel.readCommitted
  const budget: Budget = { bytesLeft: bytesMax, isEmpty: true, share }
  const answer: Answer = { responses: [], bytes: 0, hasError: false }
  for (const { partitions, topic: name, topicId } of request.topics) {
    const topic = topicOf(state.topics, name, topicId, usesIds)
    const answers: PartitionAnswer[] = []
    for (const asked of partitions) {
      const unknown = usesIds ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION
      const found = topic ? await readPartition(topic, asked, budget, isCommitted) : failed(asked.partition, unknown)
      if (found.errorCode !== errorCodes.NONE) answer.hasError = true
      answers.push(found)
    }
    answer.responses.push({ topic: name, topicId, partitions: answers })
  }
  answer.bytes = bytesMax - budget.bytesLeft
  return answer
}

/** Ends at the next append to one of the partitions asked for, after `waitMs`, or when the caller is gone. */
function appended(state: BrokerState, request: FetchRequest, usesIds: boolean, waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const stops: (() => void)[] = []
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      for (const stop of stops) stop()
      resolve()
    }
    const timer = setTimeout(done, waitMs)
    signal.addEventListener('abort', done)
    for (const { partitions, topic: name, topicId } of request.topics) {
      const topic = topicOf(state.topics, name, topicId, usesIds)
      for (const { partition } of partitions) {
        const log = topic?.partitions[partition]
        if (log) stops.push(log.onAppend(done))
      }
    }
  })
}

/** Whether a log grew while another partition was being read: its append woke nobody. */
function hasGrown(state: BrokerState, { responses }: Answer, usesIds: boolean): boolean {
  return responses.some(({ partitions, topic: name, topicId }) => {
    const topic = topicOf(state.topics, name, topicId, usesIds)
    return partitions.some(({ highWatermark, partitionIndex }) => topic?.partitions[partitionIndex]?.endOffset !== highWatermark)
  })
}

export const fetch: Handler<'fetch'> = async (state, request, { afterAnswer, signal, version }) => {
  // sessions (KIP-227) are refused by never handing out an id: clients then ask in full each time
  if (request.sessionId !== 0) return { errorCode: errorCodes.FETCH_SESSION_ID_NOT_FOUND, responses: [] }
  const usesIds = version >= idsFrom
  const deadline = Date.now() + Math.min(Math.max(request.maxWaitMs, 0), state.limits.fetchWaitMsMax)
  const share = state.fetchMemory.share()
  afterAnswer(() => share.release())
  for (;;) {
    const answer = await gather(state, request, usesIds, share)
    const waitMs = deadline - Date.now()
    const isEnough = answer.bytes >= request.minBytes || answer.hasError || share.isCut || waitMs <= 0 || signal.aborted
    if (isEnough) return { errorCode: errorCodes.NONE, responses: answer.responses }
    share.release()
    if (!hasGrown(state, answer, usesIds)) await appended(state, request, usesIds, waitMs, signal)
  }
}
