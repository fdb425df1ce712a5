// Which transactions are under way, and how do they end: by their producer, by time, or after a restart?
import type { Clock } from '../clock'
import type { OffsetStore } from '../groups/offset-store'
import type { Limits } from '../limits'
import type { Flusher } from '../log/flusher'
import { JsonLines } from '../log/json-lines'
import type { ProducerIds } from '../producer-ids'
import { KafkaError } from '../protocol'
import type { Topics } from '../topics/topics'
import {
  type Addition,
  add,
  checkInit,
  checkProducer,
  complete,
  end,
  fence,
  holds,
  init,
  isOpen,
  isPrepared,
  newTransaction,
  type Place,
  type ProducerAndEpoch,
  type Transaction
} from './transaction'

/** There is one broker, so coordination never moves. */
export const coordinatorEpoch = 0
/** Until markers are tried again that the disk refused. */
const retryMs = 1000

export interface CoordinatorOptions {
  /** Where transactions are kept; in memory without it. */
  path: string | undefined
  topics: Topics
  offsets: OffsetStore
  producerIds: ProducerIds
  flusher: Flusher
  clock: Clock
  limits: Readonly<Limits>
  onWarning: (message: string) => void
}

type Line = Transaction | { id: string; state: 'Dead' }

/**
 * All transactional ids. Each change is in the file before it is acted on, so that what was decided before a stop is carried out after it:
 * the outcome first (Prepare…), then the markers and offsets, then that all is done (Complete…).
 */
export class TransactionCoordinator {
  /** In the order of last use. */
  private readonly byId = new Map<string, Transaction>()
  private readonly file: JsonLines<Line> | undefined
  private isStopped = false
  private timer: { due: number; cancel: () => void } | undefined
  private readonly newProducerId = (): number => this.options.producerIds.take()

  constructor(private readonly options: CoordinatorOptions) {
    if (options.path === undefined) return
    this.file = new JsonLines(options.path)
    for (const line of this.file.load()) {
      this.byId.delete(line.id)
      if (line.state !== 'Dead') this.byId.set(line.id, line)
    }
    for (const transaction of this.all()) {
      if (isPrepared(transaction)) this.finish(transaction)
      else this.arm(this.dueOf(transaction))
    }
  }

  all(): Transaction[] {
    return [...this.byId.values()]
  }

  find(id: string): Transaction | undefined {
    return this.byId.get(id)
  }

  /** Throws KafkaError when the disk refuses; the transaction is then what it was. */
  private save<T extends Transaction>(transaction: T): T {
    this.write(transaction)
    this.byId.delete(transaction.id)
    this.byId.set(transaction.id, transaction)
    if (this.byId.size > this.options.limits.transactionalIdsMax) this.forgetOldest()
    if (this.file?.isWorthRewriting(this.byId.size)) this.file.rewrite(this.all())
    this.arm(this.dueOf(transaction))
    return transaction
  }

  private write(line: Line): void {
    if (!this.file) return
    try {
      this.file.append([line])
    } catch (cause) {
      // what a client takes as "try again"
      throw new KafkaError('COORDINATOR_NOT_AVAILABLE', 'the state of the transaction cannot be written', { cause })
    }
    this.options.flusher.appended(this.file)
  }

  private forgetOldest(): void {
    for (const each of this.byId.values()) {
      if (isOpen(each) || isPrepared(each)) continue
      this.write({ id: each.id, state: 'Dead' })
      this.byId.delete(each.id)
      return
    }
  }

  private required(id: string): Transaction {
    if (id === '') throw new KafkaError('INVALID_REQUEST', 'the transactional id is empty')
    const found = this.byId.get(id)
    if (!found) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING', `there is no transactional id ${id}`)
    return found
  }

  /**
   * Who a producer is from now on; what an earlier one left open is aborted, and that producer fenced.
   * @param expected who the producer says it was
   * @throws KafkaError with the code to answer
   */
  init(id: string, timeoutMs: number, expected: ProducerAndEpoch | undefined): ProducerAndEpoch {
    if (id === '') throw new KafkaError('INVALID_REQUEST', 'the transactional id is empty')
    const { transactionMsMax } = this.options.limits
    if (timeoutMs <= 0 || timeoutMs > transactionMsMax) {
      throw new KafkaError('INVALID_TRANSACTION_TIMEOUT', `a transaction may take 1 to ${transactionMsMax} ms, not ${timeoutMs}`)
    }
    const now = this.options.clock.now()
    const known = this.byId.get(id)
    if (!known) return this.save(newTransaction(id, this.newProducerId(), timeoutMs, now))
    if (expected) checkInit(known, expected)
    if (!isOpen(known)) return this.save(init(known, timeoutMs, expected, this.newProducerId, now))
    return this.save(init(this.finish(this.save(fence(known, now))), timeoutMs, undefined, this.newProducerId, now))
  }

  /** Adds partitions, a group or offsets to a producer's transaction, which begins thereby. Throws KafkaError with the code to answer. */
  add(id: string, producer: ProducerAndEpoch, addition: Addition): void {
    const transaction = this.required(id)
    checkProducer(transaction, producer)
    const next = add(transaction, addition, this.options.clock.now())
    if (next !== transaction) this.save(next)
  }

  /** Whether a producer's transaction holds a partition. Throws KafkaError when the producer may not write now. */
  holds(id: string, producer: ProducerAndEpoch, place: Place): boolean {
    const transaction = this.required(id)
    checkProducer(transaction, producer)
    return holds(transaction, place)
  }

  /** Whether a producer's transaction holds a group. Throws KafkaError when the producer may not write now. */
  holdsGroup(id: string, producer: ProducerAndEpoch, groupId: string): boolean {
    const transaction = this.required(id)
    checkProducer(transaction, producer)
    return isOpen(transaction) && transaction.groups.includes(groupId)
  }

  /**
   * Commits or aborts a producer's transaction.
   * @returns who the producer is from now on
   * @throws KafkaError with the code to answer
   */
  end(id: string, producer: ProducerAndEpoch, isCommit: boolean, hasEpochPerTransaction: boolean): ProducerAndEpoch {
    const transaction = this.required(id)
    const next = end(transaction, producer, isCommit, hasEpochPerTransaction, this.newProducerId, this.options.clock.now())
    return next === transaction ? transaction : this.finish(this.save(next))
  }

  /**
   * Carries out what was decided: markers, then offsets. What the disk refuses is tried again later; until then the transaction stays
   * prepared.
   */
  private finish(transaction: Transaction): Transaction {
    const { clock, offsets, onWarning } = this.options
    const left = [...transaction.places]
    try {
      for (let place = left[0]; place; place = left[0]) {
        this.mark(transaction, place)
        left.shift()
      }
      if (transaction.state === 'PrepareCommit') offsets.commit([...transaction.offsets])
      return this.save(complete(transaction, clock.now()))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      onWarning(`transaction ${transaction.id} cannot be ended yet: ${error.message}`)
      const unfinished = { ...transaction, places: left }
      this.byId.set(transaction.id, unfinished)
      this.arm(this.dueOf(unfinished))
      return unfinished
    }
  }

  private mark({ producerEpoch, producerId, state }: Transaction, [topic, partition]: Place): void {
    // a partition that was deleted needs no marker
    const log = this.options.topics.find(topic)?.partitions[partition]
    const isCommit = state === 'PrepareCommit'
    try {
      log?.end({ producerId, producerEpoch, isCommit, coordinatorEpoch, timestamp: this.options.clock.now() })
    } catch (error) {
      // a marker of a later epoch is there already: somebody else has ended the transaction in this partition
      if (!(error instanceof KafkaError) || error.errorName === 'KAFKA_STORAGE_ERROR') throw error
      this.options.onWarning(`transaction marker in ${topic}-${partition} left out: ${error.message}`)
    }
  }

  /** The partitions, as `topic partition`, for which an offset of the group waits for a transaction to end. */
  pendingOffsetsOf(groupId: string): ReadonlySet<string> {
    const pending = new Set<string>()
    for (const { offsets, state } of this.byId.values()) {
      if (state !== 'Ongoing' && state !== 'PrepareCommit') continue
      for (const [group, topic, partition] of offsets) if (group === groupId) pending.add(`${topic} ${partition}`)
    }
    return pending
  }

  /** A topic is deleted: its partitions and offsets leave the transactions that hold them. */
  forgetTopic(name: string): void {
    for (const transaction of this.all()) {
      const places = transaction.places.filter(([topic]) => topic !== name)
      const offsets = transaction.offsets.filter(([, topic]) => topic !== name)
      if (places.length < transaction.places.length || offsets.length < transaction.offsets.length) {
        this.save({ ...transaction, places, offsets })
      }
    }
  }

  /** When a transaction is to be aborted, or tried again to be ended. */
  private dueOf({ startedAt, state, timeoutMs }: Transaction): number {
    if (state === 'Ongoing') return startedAt + timeoutMs
    return state === 'PrepareCommit' || state === 'PrepareAbort' ? this.options.clock.now() + retryMs : Number.POSITIVE_INFINITY
  }

  // An end only makes a due time void, so a timer that fires early costs less than one reset on each of them.
  private arm(due: number): void {
    if (this.isStopped || due === Number.POSITIVE_INFINITY || (this.timer && this.timer.due <= due)) return
    this.timer?.cancel()
    const { clock } = this.options
    const cancel = clock.schedule(Math.max(0, due - clock.now()), () => {
      this.timer = undefined
      const hasFailed = this.expire()
      const next = Math.min(...this.all().map(each => this.dueOf(each)), Number.POSITIVE_INFINITY)
      this.arm(hasFailed ? Math.max(next, clock.now() + retryMs) : next)
    })
    this.timer = { due, cancel }
  }

  /** Ends what is due. Returns whether some of it could not be ended. */
  private expire(): boolean {
    const now = this.options.clock.now()
    let hasFailed = false
    for (const transaction of this.all()) {
      try {
        if (isPrepared(transaction)) this.finish(transaction)
        else if (isOpen(transaction) && this.dueOf(transaction) <= now) this.finish(this.save(fence(transaction, now)))
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        hasFailed = true
        this.options.onWarning(`transaction ${transaction.id} cannot be aborted yet: ${error.message}`)
      }
    }
    return hasFailed
  }

  /** Aborts nothing more by time. */
  stop(): void {
    this.isStopped = true
    this.timer?.cancel()
  }

  /** To be called once nothing is written any more. */
  close(): void {
    this.file?.close()
  }
}
