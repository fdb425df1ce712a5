// Does every event in every state lead where the table says?
import { KafkaError } from '../protocol'
import { add, checkInit, complete, end, fence, init, newTransaction, type ProducerAndEpoch, type Transaction } from './transaction'

const now = 5000
const newProducerId = () => 99
const empty = newTransaction('x', 7, 60_000, 1000)
const ongoing = add(empty, { places: [['t', 0]], group: 'g', offsets: [['g', 't', 0, 3, -1, null]] }, 2000)
const who = ({ producerEpoch, producerId }: Transaction): ProducerAndEpoch => ({ producerEpoch, producerId })
const ended = (from: Transaction, isCommit: boolean, hasEpoch: boolean) => end(from, who(from), isCommit, hasEpoch, newProducerId, now)
const states: Record<string, Transaction> = {
  Empty: empty,
  Ongoing: ongoing,
  PrepareCommit: ended(ongoing, true, false),
  PrepareAbort: ended(ongoing, false, false),
  CompleteCommit: complete(ended(ongoing, true, false), now),
  CompleteAbort: complete(ended(ongoing, false, false), now)
}

function outcome(act: () => Transaction): string {
  try {
    return act().state
  } catch (error) {
    return error instanceof KafkaError ? error.errorName : String(error)
  }
}

describe('a state and an event', () => {
  const all = (event: (transaction: Transaction) => Transaction) => Object.values(states).map(state => outcome(() => event(state)))

  it('are named by the table', () => {
    expect(Object.values(states).map(({ state }) => state)).toEqual(Object.keys(states))
  })

  it('init producer id', () => {
    const event = (transaction: Transaction) => init(transaction, 1, undefined, newProducerId, now)
    expect(all(event)).toEqual(['Empty', 'Empty', 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS', 'Empty', 'Empty'])
    expect(event(empty)).toMatchObject({ producerId: 7, producerEpoch: 1 })
  })

  it.each([
    [
      'commit',
      true,
      false,
      ['INVALID_TXN_STATE', 'PrepareCommit', 'CONCURRENT_TRANSACTIONS', 'INVALID_TXN_STATE', 'CompleteCommit', 'INVALID_TXN_STATE']
    ],
    [
      'abort',
      false,
      false,
      ['INVALID_TXN_STATE', 'PrepareAbort', 'INVALID_TXN_STATE', 'CONCURRENT_TRANSACTIONS', 'INVALID_TXN_STATE', 'CompleteAbort']
    ],
    [
      'commit with an epoch of its own',
      true,
      true,
      ['INVALID_TXN_STATE', 'PrepareCommit', 'CONCURRENT_TRANSACTIONS', 'INVALID_TXN_STATE', 'INVALID_TXN_STATE', 'INVALID_TXN_STATE']
    ],
    [
      'abort with an epoch of its own',
      false,
      true,
      ['PrepareAbort', 'PrepareAbort', 'INVALID_TXN_STATE', 'CONCURRENT_TRANSACTIONS', 'PrepareAbort', 'PrepareAbort']
    ]
  ])('%s', (_, isCommit, hasEpoch, expected) => {
    expect(all(transaction => ended(transaction, isCommit, hasEpoch))).toEqual(expected)
  })

  it('another producer id and another epoch', () => {
    for (const state of Object.values(states)) {
      const event = (producer: ProducerAndEpoch) => outcome(() => end(state, producer, true, true, newProducerId, now))
      expect(event({ producerId: 8, producerEpoch: 0 })).toBe('INVALID_PRODUCER_ID_MAPPING')
      expect(event({ producerId: 7, producerEpoch: 5 })).toBe('PRODUCER_FENCED')
    }
  })
})

it('a transaction begins with what is first added, and holds each thing once', () => {
  expect(ongoing).toMatchObject({ state: 'Ongoing', startedAt: 2000, places: [['t', 0]], groups: ['g'] })
  expect(add(ongoing, { places: [['t', 0]], group: 'g' }, 3000)).toBe(ongoing)
  const more = add(ongoing, { places: [['t', 1]], offsets: [['g', 't', 0, 8, -1, null]] }, 3000)
  expect(more).toMatchObject({
    startedAt: 2000,
    places: [
      ['t', 0],
      ['t', 1]
    ],
    offsets: [['g', 't', 0, 8, -1, null]]
  })
})

it('with an epoch per transaction the end is one epoch further, and its repetition is answered', () => {
  const prepared = ended(ongoing, true, true)
  expect(prepared).toMatchObject({ producerEpoch: 1, places: [['t', 0]] })
  const done = complete(prepared, now)
  expect(done).toMatchObject({ state: 'CompleteCommit', producerId: 7, producerEpoch: 1, places: [], offsets: [], startedAt: 2000 })
  const repeat = (isCommit: boolean) => outcome(() => end(done, who(ongoing), isCommit, true, newProducerId, now))
  expect([repeat(true), repeat(false)]).toEqual(['CompleteCommit', 'INVALID_TXN_STATE'])
  expect(outcome(() => end(prepared, who(ongoing), true, true, newProducerId, now))).toBe('CONCURRENT_TRANSACTIONS')
})

it('a producer whose epochs are used up goes on with another id', () => {
  const last = { ...ongoing, producerEpoch: 32_766 }
  const prepared = ended(last, true, true)
  expect(prepared).toMatchObject({ producerId: 7, producerEpoch: 32_767, nextProducerId: 99 })
  const done = complete(prepared, now)
  expect(done).toMatchObject({ producerId: 99, producerEpoch: 0, previousProducerId: 7 })
  expect(outcome(() => end(done, who(last), true, true, newProducerId, now))).toBe('CompleteCommit')
  expect(init({ ...empty, producerEpoch: 32_766 }, 1, undefined, newProducerId, now)).toMatchObject({ producerId: 99, producerEpoch: 0 })
})

it('a producer that says who it was gets the next epoch, once, and another is fenced', () => {
  const first = init(empty, 1, who(empty), newProducerId, now)
  expect(first).toMatchObject({ producerEpoch: 1, previousEpoch: 0 })
  expect(init(first, 1, who(empty), newProducerId, now)).toMatchObject({ producerEpoch: 1 })
  const check = (expected: ProducerAndEpoch) =>
    outcome(() => {
      checkInit(first, expected)
      return first
    })
  expect([check(who(empty)), check(who(first))]).toEqual(['Empty', 'Empty'])
  expect([check({ producerId: 7, producerEpoch: 9 }), check({ producerId: 1, producerEpoch: 1 })]).toEqual([
    'PRODUCER_FENCED',
    'PRODUCER_FENCED'
  ])
})

it('fencing aborts, and the producer that had the transaction is out', () => {
  const done = complete(fence(ongoing, now), now)
  expect(done).toMatchObject({ state: 'CompleteAbort', producerEpoch: 1 })
  for (const hasEpoch of [false, true])
    expect(outcome(() => end(done, who(ongoing), false, hasEpoch, newProducerId, now))).toBe('PRODUCER_FENCED')
})
