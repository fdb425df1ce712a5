// Does a field of each column type take what the column holds, and nothing else?
import fc from 'fast-check'
import { compileField, Findings } from './field-rules'
import { SHOWN_LENGTH, shown } from './shown'
import type { ColumnType, Field } from './types'

function field(type: ColumnType, change: Partial<Field> = {}): Field {
  return {
    name: 'fieldName',
    column: { name: 'field_name', type, nullable: false },
    label: 'Field',
    unit: '',
    range: {},
    normalise: [],
    fromText: undefined,
    timestamp: { kind: 'iso' },
    examples: [],
    pii: false,
    ...change
  }
}

/** The column's value, or the reasons. */
function check(rule: Field, value: unknown): unknown {
  const findings = new Findings()
  const result = compileField(rule)(value, findings)
  return findings.reasons ? findings.reasons.map(reason => reason.code).join() : result
}

const fromText = { fromText: { remove: ' $' } }
const nullable = { column: { name: 'field_name', type: 'text' as const, nullable: true } }

test.each<[string, Field, unknown, unknown]>([
  ['a boolean', field('boolean'), true, true],
  ['text for a boolean', field('boolean'), 'true', 'field_name_not_boolean'],
  ['a date', field('date'), '2024-02-29', '2024-02-29'],
  ['a date that does not exist', field('date'), '2026-02-29', 'field_name_invalid'],
  ['JSON', field('jsonb'), { a: [1] }, { a: [1] }],
  ['a double', field('double precision'), 1e300, 1e300],
  ['minus zero', field('double precision'), -0, 0],
  ['an infinite double as text', field('double precision', fromText), '1e999', 'field_name_out_of_range'],
  ['a double out of its range', field('double precision', { range: { exclusiveMaximum: 1 } }), 1, 'field_name_out_of_range'],
  ['the largest integer', field('integer'), 2147483647, 2147483647],
  ['one more', field('integer'), 2147483648, 'field_name_out_of_range'],
  ['an integer as text', field('integer', fromText), '+12', 12],
  ['an exponent is no whole number', field('integer', fromText), '1e3', 'field_name_not_whole'],
  ['a bigint that doubles hold', field('bigint'), 9007199254740991, 9007199254740991],
  ['a bigint that JSON has already rounded', field('bigint'), 2 ** 53, 'field_name_out_of_range'],
  ['a bigint as text', field('bigint', fromText), '9223372036854775807', '9223372036854775807'],
  ['one more', field('bigint', fromText), '9223372036854775808', 'field_name_out_of_range'],
  ['half a bigint', field('bigint'), 0.5, 'field_name_not_whole'],
  ['a long numeric', field('numeric(20,2)', fromText), '$123456789012345678.905', '123456789012345678.91'],
  [
    'a number inside its range until it is rounded',
    field('numeric(5,1)', { range: { exclusiveMaximum: 10 } }),
    9.99,
    'field_name_out_of_range'
  ],
  ['empty text that may be missing', field('text', nullable), '', null],
  ['spaces that are trimmed away', field('text', { ...nullable, normalise: ['trim'] }), '  ', null],
  ['spaces that are not', field('text'), '  ', '  '],
  ['text in upper case', field('text', { normalise: ['trim', 'upper'] }), ' ab ', 'AB'],
  ['text against a pattern', field('text', { pattern: '^[a-z]+$' }), 'a1', 'field_name_malformed']
])('%s', (_, rule, value, expected) => {
  expect(check(rule, value)).toEqual(expected)
  if (expected === 0) expect(Object.is(check(rule, value), 0)).toBe(true)
})

test('what is shown of any value is short and storable', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.jsonValue()), value => {
      const text = shown(value)
      expect(text.length).toBeLessThanOrEqual(SHOWN_LENGTH + 1)
      expect(text).not.toMatch(/[\p{Cc}\p{Surrogate}]/u)
    })
  )
})
