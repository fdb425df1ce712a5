// How much may clients ask of a broker at once? Every bound by name; `startBroker({ limits: { … } })` changes single ones.
import { BrokerStartError } from './errors'
import { defaultFrameBytesMax } from './protocol'

const mebibyte = 1024 * 1024

/** What is over a bound is refused; nothing is taken in part. */
export interface Limits {
  /** Bytes of one request; beyond, the connection is closed and the log says so. */
  frameBytesMax: number
  /** Array elements of one request, all arrays together; beyond, the connection is closed and the log says so. */
  requestElementsMax: number
  /** Connections at a time; one more is closed at once and the log says so. */
  connectionsMax: number
  /** The same for one remote address. */
  connectionsPerAddressMax: number
  /** Requests of one connection that wait to be answered; meanwhile nothing more is read from it. */
  requestsInFlightMax: number
  /** Bytes of one answer to a fetch, whatever the client allows; its first batch goes out even if it is larger. */
  fetchBytesMax: number
  /** Bytes of all answers to fetches that their clients have not yet read; beyond, each gets one batch at a time. */
  fetchBytesOfAllMax: number
  /** Milliseconds that a fetch waits for records, whatever the client allows. */
  fetchWaitMsMax: number
  /** Members of one group, with those who were only told an id; one more gets GROUP_MAX_SIZE_REACHED. */
  groupMembersMax: number
  /** Milliseconds that a transaction may take, as Apache Kafka's `transaction.max.timeout.ms`; more get INVALID_TRANSACTION_TIMEOUT. */
  transactionMsMax: number
  /** Transactional ids remembered; beyond, the one without an open transaction that was silent longest is forgotten. */
  transactionalIdsMax: number
  /** Topics; one more gets POLICY_VIOLATION. */
  topicsMax: number
  /** Partitions of one topic; more get INVALID_PARTITIONS. */
  partitionsPerTopicMax: number
  /** Partitions of all topics; one more gets POLICY_VIOLATION. */
  partitionsMax: number
  /** Bytes of the newest batches that partitions on disk keep in memory, all together; the oldest give way. */
  tailBytesMax: number
}

export const defaultLimits: Readonly<Limits> = {
  frameBytesMax: defaultFrameBytesMax,
  requestElementsMax: 1_000_000,
  connectionsMax: 10_000,
  connectionsPerAddressMax: 5_000,
  requestsInFlightMax: 64,
  fetchBytesMax: 64 * mebibyte,
  fetchBytesOfAllMax: 256 * mebibyte,
  fetchWaitMsMax: 300_000,
  groupMembersMax: 1_000,
  transactionMsMax: 900_000,
  transactionalIdsMax: 10_000,
  topicsMax: 10_000,
  partitionsPerTopicMax: 10_000,
  partitionsMax: 100_000,
  tailBytesMax: 8 * mebibyte
}

function unusable(name: string, problem: string): BrokerStartError {
  return new BrokerStartError('LIMIT_UNUSABLE', `limits.${name}: ${problem}`)
}

/**
 * The limits of one broker.
 * @throws BrokerStartError that names a limit which is not there or not a whole number from 1
 */
export function limitsOf(given: Partial<Limits> = {}): Readonly<Limits> {
  for (const [name, value] of Object.entries(given)) {
    if (!(name in defaultLimits)) throw unusable(name, `there is no such limit. There are ${Object.keys(defaultLimits).join(', ')}.`)
    if (!Number.isSafeInteger(value) || value < 1) throw unusable(name, `must be a whole number from 1, not ${value}.`)
  }
  return { ...defaultLimits, ...given }
}
