// What does a handler get, and what does it answer?
import type { Clock } from '../clock'
import type { Faults } from '../faults/faults'
import type { FetchMemory } from '../fetch-memory'
import type { GroupCoordinator } from '../groups/coordinator'
import type { Limits } from '../limits'
import type { ProducerIds } from '../producer-ids'
import type { ApiName, Apis, RequestOf, ResponseInput } from '../protocol'
import type { Topic, Topics } from '../topics/topics'
import type { TransactionCoordinator } from '../transactions/coordinator'

/** Node id of the only broker. */
export const nodeId = 0

/** What all handlers share. */
export interface BrokerState {
  /** The address clients are told to connect to. */
  host: string
  port: number
  defaultPartitions: number
  autoCreateTopics: boolean
  limits: Readonly<Limits>
  fetchMemory: FetchMemory
  /** What a test has asked to go wrong. */
  faults: Faults
  /** What all time-outs and all times that the broker itself gives run by. */
  clock: Clock
  topics: Topics
  groups: GroupCoordinator
  producerIds: ProducerIds
  transactions: TransactionCoordinator
}

/** Who asks. */
export interface Caller {
  version: number
  clientId: string
  /** Remote address. */
  clientHost: string
  /** Aborted when the connection is gone or the broker stops. */
  signal: AbortSignal
  /** Calls `task` once the answer is in the client's hands, or nobody waits for it any more. */
  afterAnswer(task: () => void): void
}

/** Answers one API; `undefined` sends nothing, as a produce request with acks 0 wants. */
export type Handler<N extends ApiName> = (
  state: BrokerState,
  request: RequestOf<Apis[N]>,
  caller: Caller
) => ResponseInput<Apis[N]> | undefined | Promise<ResponseInput<Apis[N]> | undefined>

/** A topic by name, or from the version on in which an API names topics by id, by id. */
export function topicOf(topics: Topics, name: string | null, id: string, usesIds: boolean): Topic | undefined {
  return usesIds ? topics.findById(id) : topics.find(name ?? '')
}

/**
 * What is asked for, each thing once: whoever asks the same a million times is not told it a million times.
 * @param keyOf two elements of one key have the same answer
 */
export function distinct<T>(asked: readonly T[], keyOf: (each: T) => string = each => JSON.stringify(each)): T[] {
  return [...new Map(asked.map(each => [keyOf(each), each])).values()]
}

/** How often each key is named in a request. */
export function countOf(keys: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}
