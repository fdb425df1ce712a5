// Do the quick and the exact way to read a number agree, and does either lose a digit?
import fc from 'fast-check'
import { comparableNumber, comparableNumberIn } from './comparable-number'

const quick = (text: string) => comparableNumberIn(Buffer.from(`x${text}`), 1, 1 + Buffer.byteLength(text))

test('a double is read as itself from its text', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
      expect([quick(String(value)), comparableNumber(String(value))]).toEqual([value + 0, value + 0])
    })
  )
})

test('decimals of 15 digits are read quickly as Number reads them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999 }), fc.integer({ min: 0, max: 999_999 }), (whole, fraction) => {
      expect(quick(`-${whole}.${fraction}`)).toBe(Number(`-${whole}.${fraction}`))
    })
  )
})

test('a number that a double cannot keep is none', () => {
  expect(['0.10000000000000000001', '12345678901234567890', '1e400', '9007199254740993'].map(quick)).toEqual([NaN, NaN, NaN, NaN])
  expect(['1.50', '0e5', '100e-2', '9007199254740992'].map(quick)).toEqual([1.5, 0, 1, 9007199254740992])
})
