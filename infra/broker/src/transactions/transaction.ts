// What may happen to the transactions of one transactional id, and what becomes of them?
import type { OffsetEntry } from '../groups/offset-store'
import { KafkaError } from '../protocol'

// As in Apache Kafka's transaction coordinator. A state and an event give an action and the next state:
//
// | event              | unknown id | Empty             | Ongoing           | PrepareCommit     | PrepareAbort      | CompleteCommit    | CompleteAbort     |
// |--------------------|------------|-------------------|-------------------|-------------------|-------------------|-------------------|-------------------|
// | init producer id   | → Empty    | epoch+1           | fence, then Empty | CONCURRENT_TRANS… | CONCURRENT_TRANS… | epoch+1, → Empty  | epoch+1, → Empty  |
// | add to transaction | MAPPING    | → Ongoing         | adds              | CONCURRENT_TRANS… | CONCURRENT_TRANS… | → Ongoing         | → Ongoing         |
// | commit             | MAPPING    | INVALID_TXN_STATE | → PrepareCommit   | CONCURRENT_TRANS… | INVALID_TXN_STATE | repeated: NONE    | INVALID_TXN_STATE |
// | abort              | MAPPING    | INVALID_TXN_STATE | → PrepareAbort    | INVALID_TXN_STATE | CONCURRENT_TRANS… | INVALID_TXN_STATE | repeated: NONE    |
// | abort, per-txn e.  | MAPPING    | → PrepareAbort    | → PrepareAbort    | INVALID_TXN_STATE | CONCURRENT_TRANS… | → PrepareAbort    | → PrepareAbort    |
// | time-out, fence    | –          | –                 | epoch+1, → Prep…  | –                 | –                 | –                 | –                 |
// | markers written    | –          | –                 | –                 | → CompleteCommit  | → CompleteAbort   | –                 | –                 |
//
// MAPPING is INVALID_PRODUCER_ID_MAPPING, for another producer id in every state; a wrong epoch is PRODUCER_FENCED in every state.
// With an epoch per transaction (KIP-890, EndTxn 5) each end is one epoch further: the request of the epoch before is then a repetition,
// answered NONE, and one of the present epoch in Complete… is a new end, of an empty transaction: abort only.
export const transactionStates = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort'] as const
export type TransactionState = (typeof transactionStates)[number]

/** A partition that a transaction writes to. */
export type Place = [topic: string, partition: number]

/** One transactional id; also the line that is kept of it. */
export interface Transaction {
  readonly id: string
  readonly state: TransactionState
  readonly producerId: number
  readonly producerEpoch: number
  /** What the producer id was before its epochs were used up; -1 for none. */
  readonly previousProducerId: number
  /** The epoch that the producer gave up for the present one; -1 when it was taken from it. */
  readonly previousEpoch: number
  /** The producer id once the markers are written, when the epochs of the present one are used up; -1 otherwise. */
  readonly nextProducerId: number
  readonly timeoutMs: number
  /** Epoch milliseconds of the first partition or group added; -1 while there is none. */
  readonly startedAt: number
  readonly changedAt: number
  /** Where markers are still to be written. */
  readonly places: readonly Place[]
  /** Groups whose offsets the transaction commits. */
  readonly groups: readonly string[]
  /** Offsets that count once the transaction has committed. */
  readonly offsets: readonly OffsetEntry[]
  /** Whether each transaction has an epoch of its own. */
  readonly hasEpochPerTransaction: boolean
}

export interface ProducerAndEpoch {
  producerId: number
  producerEpoch: number
}

/** The last epoch that a producer may use; the one above is left for fencing it. */
const producerEpochMax = 32_766
const none = { previousProducerId: -1, nextProducerId: -1, startedAt: -1, places: [], groups: [], offsets: [] }

export function isOpen({ state }: Transaction): boolean {
  return state === 'Ongoing'
}

/** Whether the outcome is decided, and markers are still to be written. */
export function isPrepared({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}

function fenced({ id, producerEpoch }: Transaction, asked: number): KafkaError {
  return new KafkaError('PRODUCER_FENCED', `the epoch of ${id} is ${producerEpoch}, not ${asked}`)
}

function wrongState({ id, state }: Transaction, what: string): KafkaError {
  return new KafkaError('INVALID_TXN_STATE', `${id} is in state ${state}: ${what}`)
}

function concurrent({ id }: Transaction): KafkaError {
  return new KafkaError('CONCURRENT_TRANSACTIONS', `the last transaction of ${id} is still being ended`)
}

/** A transactional id that is seen for the first time. */
export function newTransaction(id: string, producerId: number, timeoutMs: number, now: number): Transaction {
  const unused = { producerEpoch: 0, previousEpoch: -1, hasEpochPerTransaction: false }
  return { ...none, ...unused, id, state: 'Empty', producerId, timeoutMs, changedAt: now }
}

/** Throws KafkaError PRODUCER_FENCED unless a producer that says who it was may go on as this transactional id. */
export function checkInit(transaction: Transaction, expected: ProducerAndEpoch): void {
  const { previousEpoch, previousProducerId, producerEpoch, producerId } = transaction
  const isPrevious = expected.producerId === previousProducerId && expected.producerEpoch >= producerEpochMax
  const isPresent =
    expected.producerId === producerId && (expected.producerEpoch === producerEpoch || expected.producerEpoch === previousEpoch)
  if (!isPrevious && !isPresent) throw fenced(transaction, expected.producerEpoch)
}

/**
 * Init producer id, with no transaction open: the producer gets the next epoch, or a new id when its epochs are used up.
 * @param expected who the producer says it was; when it is an epoch behind it repeats a request whose answer it missed
 */
export function init(
  transaction: Transaction,
  timeoutMs: number,
  expected: ProducerAndEpoch | undefined,
  newProducerId: () => number,
  now: number
): Transaction {
  if (isPrepared(transaction)) throw concurrent(transaction)
  const { producerEpoch, producerId } = transaction
  const next: Transaction = { ...transaction, ...none, state: 'Empty', timeoutMs, changedAt: now }
  const isRepeated = expected && (expected.producerId !== producerId || expected.producerEpoch !== producerEpoch)
  if (isRepeated) return { ...next, previousProducerId: transaction.previousProducerId }
  const previousEpoch = expected ? producerEpoch : -1
  if (producerEpoch < producerEpochMax) return { ...next, producerEpoch: producerEpoch + 1, previousEpoch }
  return { ...next, producerId: newProducerId(), producerEpoch: 0, previousProducerId: expected ? producerId : -1, previousEpoch }
}

function checkIdentity(transaction: Transaction, { producerEpoch, producerId }: ProducerAndEpoch): void {
  if (transaction.producerId !== producerId) {
    throw new KafkaError(
      'INVALID_PRODUCER_ID_MAPPING',
      `the producer id of ${transaction.id} is ${transaction.producerId}, not ${producerId}`
    )
  }
  if (transaction.producerEpoch !== producerEpoch) throw fenced(transaction, producerEpoch)
}

/** Throws KafkaError unless the producer may write in this transaction now. */
export function checkProducer(transaction: Transaction, producer: ProducerAndEpoch): void {
  checkIdentity(transaction, producer)
  if (isPrepared(transaction)) throw concurrent(transaction)
}

export function holds({ places, state }: Transaction, [topic, partition]: Place): boolean {
  return state === 'Ongoing' && places.some(each => each[0] === topic && each[1] === partition)
}

/** What a transaction may be added to. */
export interface Addition {
  places?: Place[]
  group?: string
  offsets?: OffsetEntry[]
}

/** The transaction with partitions, a group or offsets added; itself when it has them all. */
export function add(transaction: Transaction, { group, offsets = [], places = [] }: Addition, now: number): Transaction {
  const begun = isOpen(transaction) ? transaction : { ...transaction, ...none, state: 'Ongoing' as const, startedAt: now }
  const newPlaces = places.filter(place => !holds(begun, place))
  const newGroups = group === undefined || begun.groups.includes(group) ? [] : [group]
  if (begun === transaction && newPlaces.length + newGroups.length + offsets.length === 0) return transaction
  return {
    ...begun,
    changedAt: now,
    places: [...begun.places, ...newPlaces],
    groups: [...begun.groups, ...newGroups],
    offsets: offsets.length === 0 ? begun.offsets : mergeOffsets([...begun.offsets, ...offsets])
  }
}

/** Of several offsets for one partition the last counts. */
function mergeOffsets(offsets: readonly OffsetEntry[]): OffsetEntry[] {
  return [...new Map(offsets.map(entry => [JSON.stringify(entry.slice(0, 3)), entry])).values()]
}

function isRepetition(transaction: Transaction, { producerEpoch, producerId }: ProducerAndEpoch): boolean {
  if (!transaction.hasEpochPerTransaction || transaction.state === 'Ongoing' || transaction.state === 'Empty') return false
  const isEpochBefore = transaction.producerId === producerId && transaction.producerEpoch === producerEpoch + 1
  return (
    isEpochBefore || (transaction.previousProducerId === producerId && producerEpoch >= producerEpochMax && transaction.producerEpoch === 0)
  )
}

/**
 * A producer ends its transaction.
 * @param hasEpochPerTransaction whether the producer goes on in another epoch
 * @returns the transaction with its outcome decided, or itself when that was so before
 */
export function end(
  transaction: Transaction,
  producer: ProducerAndEpoch,
  isCommit: boolean,
  hasEpochPerTransaction: boolean,
  newProducerId: () => number,
  now: number
): Transaction {
  const isRepeated = hasEpochPerTransaction && isRepetition(transaction, producer)
  if (!isRepeated) checkIdentity(transaction, producer)
  const { state } = transaction
  if (isPrepared(transaction)) {
    throw state === (isCommit ? 'PrepareCommit' : 'PrepareAbort')
      ? concurrent(transaction)
      : wrongState(transaction, 'its outcome is decided')
  }
  if (!isOpen(transaction)) {
    const isSame = state === (isCommit ? 'CompleteCommit' : 'CompleteAbort')
    if (isSame && (isRepeated || !hasEpochPerTransaction)) return transaction
    if (isCommit || isRepeated || !hasEpochPerTransaction) throw wrongState(transaction, 'there is nothing to end')
  }
  return prepare(transaction, isCommit, hasEpochPerTransaction, newProducerId, now)
}

function prepare(
  transaction: Transaction,
  isCommit: boolean,
  hasEpochPerTransaction: boolean,
  newProducerId: () => number,
  now: number
): Transaction {
  const { producerEpoch } = transaction
  const begun = isOpen(transaction) ? transaction : { ...transaction, ...none, startedAt: now }
  const prepared: Transaction = { ...begun, state: isCommit ? 'PrepareCommit' : 'PrepareAbort', hasEpochPerTransaction, changedAt: now }
  if (!hasEpochPerTransaction) return prepared
  const nextProducerId = producerEpoch >= producerEpochMax ? newProducerId() : -1
  return { ...prepared, producerEpoch: producerEpoch + 1, previousEpoch: producerEpoch, nextProducerId }
}

/** An open transaction is aborted by the coordinator, and its producer may write no more: the epoch is taken from it. */
export function fence(transaction: Transaction, now: number): Transaction {
  const producerEpoch = transaction.producerEpoch + 1
  return { ...transaction, state: 'PrepareAbort', producerEpoch, previousEpoch: -1, hasEpochPerTransaction: false, changedAt: now }
}

/** All markers are written. */
export function complete(transaction: Transaction, now: number): Transaction {
  const { nextProducerId, producerId, startedAt, state } = transaction
  const next: Transaction = {
    ...transaction,
    ...none,
    state: state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    previousProducerId: transaction.previousProducerId,
    startedAt,
    changedAt: now
  }
  return nextProducerId < 0 ? next : { ...next, producerId: nextProducerId, producerEpoch: 0, previousProducerId: producerId }
}
