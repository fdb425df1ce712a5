// Does a number become what Postgres would make of it in a numeric column?
import fc from 'fast-check'
import { isDecimal, numericRounder, roundDecimal } from './decimal'

test.each([
  // Each as `select ($1::text)::numeric(12, $2)` of Postgres 18 gives it.
  ['22.345', 2, '22.35'],
  ['22.344999', 2, '22.34'],
  ['-22.345', 2, '-22.35'],
  ['0.005', 2, '0.01'],
  ['-0.004', 2, '0.00'],
  ['1.005', 2, '1.01'],
  ['2.675', 2, '2.68'],
  ['1e2', 2, '100.00'],
  ['1.5e-2', 2, '0.02'],
  ['9.995', 2, '10.00'],
  ['.5', 0, '1'],
  ['5.', 1, '5.0'],
  ['+3', 0, '3'],
  ['000123.4', 1, '123.4'],
  ['4e-7', 4, '0.0000'],
  ['99999999999999999999.995', 2, '100000000000000000000.00']
])('%s at scale %d is %s', (text, scale, expected) => {
  expect(roundDecimal(text, scale)).toBe(expected)
})

test.each(['NaN', 'Infinity', '-', '', '.', '1,5', '0x10', '1e', '1e99999', '1 ', '１２'])('%j is no decimal', text => {
  expect(isDecimal(text)).toBe(false)
})

test('a number that rounds out of the precision does not fit', () => {
  const round = numericRounder(5, 2)
  expect(round(999.99)).toBe(999.99)
  expect(round(999.994)).toBe(999.99)
  expect(round(999.995)).toBeUndefined()
  expect(round(1000)).toBeUndefined()
  expect(round(-1e300)).toBeUndefined()
  expect(round(Number.NaN)).toBeUndefined()
})

test('minus zero is zero, also when it comes of rounding', () => {
  const round = numericRounder(5, 2)
  for (const value of [-0, -0.001, '-0', '-0.0049']) expect(Object.is(round(value), 0)).toBe(true)
})

test('above 15 digits the value stays text', () => {
  expect(numericRounder(20, 2)('123456789012345678.905')).toBe('123456789012345678.91')
})

test('for every number the fast way and the decimal way agree', () => {
  const round = numericRounder(12, 3)
  fc.assert(
    fc.property(
      fc.oneof(
        fc.double({ min: -1e9 + 1, max: 1e9 - 1, noNaN: true }),
        fc.integer({ min: -1e6, max: 1e6 }).map(n => n / 1000),
        fc.integer({ min: -1e6, max: 1e6 }).map(n => n / 10_000)
      ),
      value => {
        expect(round(value)).toBe(Number(roundDecimal(String(value), 3)) + 0)
      }
    )
  )
})
