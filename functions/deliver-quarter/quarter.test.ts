import { closesAt, quarterOf } from './quarter'

test('a quarter has the three months of its number in UTC, and its end belongs to the next', () => {
  expect([1, 2, 3, 4].map(number => quarterOf(`2024-Q${number}`)).map(({ from, to }) => [new Date(from), new Date(to)])).toEqual(
    [
      ['2024-01-01', '2024-04-01'],
      ['2024-04-01', '2024-07-01'],
      ['2024-07-01', '2024-10-01'],
      ['2024-10-01', '2025-01-01']
    ].map(([from, to]) => [new Date(`${from}T00:00:00Z`), new Date(`${to}T00:00:00Z`)])
  )
})

test('a quarter closes the given days after its end', () => {
  expect(new Date(closesAt(quarterOf('2024-Q4'), 0)).toISOString()).toBe('2025-01-01T00:00:00.000Z')
  expect(new Date(closesAt(quarterOf('2024-Q4'), 5)).toISOString()).toBe('2025-01-06T00:00:00.000Z')
})

test.each(['2024-Q5', '2024Q1', '24-Q1', ''])('%p is no quarter', label => {
  expect(() => quarterOf(label)).toThrow(RangeError)
})
