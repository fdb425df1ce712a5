import type { EventRecord } from '../event/event'
import { isPlainSuccess, readItemFailures } from './item-failures'

const recordAt = (partition: number, offset: number): EventRecord => ({
  topic: 'orders',
  partition,
  offset,
  timestamp: 0,
  timestampType: 'CREATE_TIME',
  headers: []
})
const records = [recordAt(0, 100), recordAt(0, 101), recordAt(1, 100), recordAt(1, 101)]
const read = (response: unknown) => readItemFailures(JSON.stringify(response), () => records)
const item = (partition: unknown, offset: unknown) => ({ itemIdentifier: { partition, offset } })

test.each([[null], [''], [[]], [{}], [{ batchItemFailures: null }], [{ batchItemFailures: [] }], [{ statusCode: 200 }]])(
  'the response %j is a success',
  response => {
    expect(read(response)).toEqual({ kind: 'none' })
  }
)

test('only the listed records failed, in the order of the event, each once', () => {
  const batchItemFailures = [item('orders-1', 101), item('orders-0', 101), item('orders-1', 101)]
  expect(read({ batchItemFailures })).toEqual({ kind: 'some', failed: [records[1], records[3]] })
})

test.each([
  ['an offset that the event does not have', item('orders-0', 102)],
  ['a partition that the event does not have', item('orders-2', 100)],
  ['a topic that the event does not have', item('order-0', 100)],
  ['an offset as text', item('orders-0', '100')],
  ['no offset', item('orders-0', undefined)],
  ['no partition', item(null, 100)],
  ['text as identifier', { itemIdentifier: 'orders-0' }],
  ['empty text as identifier', { itemIdentifier: '' }],
  ['null as identifier', { itemIdentifier: null }],
  ['an empty identifier', { itemIdentifier: {} }],
  ['no identifier', {}],
  ['another key name', { itemIdentifer: { partition: 'orders-0', offset: 100 } }],
  ['null', null]
])('%s among valid ones makes the whole batch a failure', (_, failure) => {
  const result = read({ batchItemFailures: [item('orders-0', 100), failure] })
  expect(result).toEqual({ kind: 'all', reason: expect.stringMatching(/partial batch response is not valid/) })
})

test.each([['done'], [5], [true], [[1]], [{ batchItemFailures: 'orders-0' }], [{ batchItemFailures: {} }]])(
  'the response %j is no response at all, and the whole batch failed',
  response => {
    expect(read(response)).toMatchObject({ kind: 'all' })
  }
)

test('the records are not looked at for a success', () => {
  const never = () => {
    throw new Error('looked at')
  }
  expect(readItemFailures('{"batchItemFailures": []}', never)).toEqual({ kind: 'none' })
  expect([isPlainSuccess('null'), isPlainSuccess('{"batchItemFailures":[]}'), isPlainSuccess('{}')]).toEqual([true, true, false])
})
