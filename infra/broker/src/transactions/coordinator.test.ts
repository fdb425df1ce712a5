// Does the file of transactions say at each moment what the coordinator knows?
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../test/folder'
import { OffsetStore } from '../groups/offset-store'
import { limitsOf } from '../limits'
import { Flusher } from '../log/flusher'
import { ManualClock } from '../manual-clock'
import { ProducerIds } from '../producer-ids'
import type { Topics } from '../topics/topics'
import { TransactionCoordinator } from './coordinator'

const flusher = new Flusher(1000, () => {})
afterEach(() => flusher.close())

function open(path: string): TransactionCoordinator {
  const topics = { find: () => undefined } as unknown as Topics
  const state = { topics, offsets: new OffsetStore(undefined, flusher), producerIds: new ProducerIds(undefined) }
  return new TransactionCoordinator({ path, ...state, flusher, clock: new ManualClock(), limits: limitsOf(), onWarning: () => {} })
}

/** Begins and commits transactions until one of their changes made the file too long. */
function fill(transactions: TransactionCoordinator, isDone: () => boolean): void {
  const producer = transactions.init('x', 1000, undefined)
  const steps = [() => transactions.add('x', producer, { group: 'g' }), () => transactions.end('x', producer, true, false)]
  for (let index = 0; !isDone(); index++) steps[index % 2]!()
}

it('the change that makes the file be rewritten is in it', () => {
  const path = join(temporaryFolder(), 'transactions.jsonl')
  const transactions = open(path)
  let size = 0
  fill(transactions, () => {
    const before = size
    size = statSync(path).size
    return size < before
  })
  expect(open(path).all()).toEqual(transactions.all())
})

it('transactions go on when the file cannot be rewritten', () => {
  const path = join(temporaryFolder(), 'transactions.jsonl')
  mkdirSync(`${path}.new`)
  const transactions = open(path)
  let steps = 0
  fill(transactions, () => ++steps === 40_000)
  expect(open(path).all()).toEqual(transactions.all())
})
