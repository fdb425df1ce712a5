import { join } from 'node:path'
import { compileValidator, contractOf, type Field } from '../contract'
import { wallClockParser } from '../contract/timestamp'
import { encoderFor, typesFor } from './json-encoder'

const contract = contractOf('transactions', join(__dirname, '../../contracts'))
const base = contract.fields.find(field => field.name === 'InvoiceDate')!

/** A field of the given column type; numbers take text where `fromText` is given. */
const field = (type: Field['column']['type'], rest: Partial<Field> = {}): Field => ({
  ...base,
  column: { name: 'x', type, nullable: true },
  fromText: undefined,
  ...rest
})
const text = { fromText: { remove: '' } }
const london = { timestamp: { kind: 'wall-clock', pattern: 'dd/MM/yyyy HH:mm', zone: 'Europe/London' } } as const
const seconds = { timestamp: { kind: 'wall-clock', pattern: 'yyyy-MM-dd HH:mm:ss', zone: 'Europe/London' } } as const
const iso = { timestamp: { kind: 'iso' } } as const

test.each<[string, Field, string, string]>([
  ['integer', field('integer'), '-2147483648', '-2147483648'],
  ['bigint', field('bigint'), '9007199254740991', '9007199254740991'],
  ['bigint', field('bigint'), '9007199254740993', '"9007199254740993"'],
  ['bigint', field('text'), '17850', '"17850"'],
  ['numeric', field('numeric(12,4)', text), '2.50', '"2.50"'],
  ['numeric', field('numeric(12,4)'), '2.50', '2.50'],
  ['numeric', field('numeric(12,4)'), '-0.000123', '-0.000123'],
  ['numeric', field('numeric(38,0)'), '1000000000000000000', '"1000000000000000000"'],
  ['numeric', field('numeric(12,4)'), 'NaN', '"NaN"'],
  ['numeric', field('numeric(12,4)'), '-Infinity', '"-Infinity"'],
  ['double precision', field('double precision'), '0.1', '0.1'],
  ['double precision', field('double precision'), '1e+20', '1e+20'],
  ['double precision', field('double precision'), 'Infinity', '"Infinity"'],
  ['real', field('double precision'), 'NaN', '"NaN"'],
  ['boolean', field('boolean'), 't', 'true'],
  ['date', field('date'), '0001-01-01', '"0001-01-01"'],
  ['date', field('date'), 'infinity', '"infinity"'],
  ['bytea', field('text'), '\\x00ff10', '"AP8Q"'],
  ['bytea', field('text'), '\\x', '""'],
  ['jsonb', field('jsonb'), '{"a": 1e400}', '{"a": 1e400}'],
  ['text', field('text'), 'a"\\\n\t\u0001£😀', '"a\\"\\\\\\n\\t\\u0001£😀"'],
  ['timestamp with time zone', field('timestamptz', iso), '2026-01-31 08:15:30.123456+00', '"2026-01-31T08:15:30.123456Z"'],
  ['timestamp with time zone', field('timestamptz', iso), '0001-01-01 00:00:00+00', '"0001-01-01T00:00:00Z"'],
  ['timestamp with time zone', field('timestamptz', iso), '9999-12-31 23:59:59.999999+00', '"9999-12-31T23:59:59.999999Z"'],
  ['timestamp with time zone', field('timestamptz', iso), 'infinity', '"infinity"'],
  ['timestamp with time zone', field('timestamptz', london), '2011-07-01 07:26:00+00', '"01/07/2011 08:26"'],
  ['timestamp without time zone', field('timestamptz', london), '2010-12-01 08:26:00', '"01/12/2010 08:26"'],
  ['timestamp without time zone', field('timestamptz', london), '9999-12-31 23:59:00', '"31/12/9999 23:59"'],
  ['timestamp without time zone', field('timestamptz', seconds), '2010-12-01 08:26:31', '"2010-12-01 08:26:31"']
])('%s for %j: %s becomes %s', (type, to, value, json) => {
  const inexact = jest.fn()
  expect(encoderFor(to, type, inexact)!(value)).toBe(json)
  expect(inexact).not.toHaveBeenCalled()
})

test.each<[string, Field, string, string]>([
  ['timestamp without time zone', field('timestamptz', london), '2010-12-01 08:26:31', '"2010-12-01T08:26:31"'],
  ['timestamp without time zone', field('timestamptz', seconds), '2010-12-01 08:26:31.5', '"2010-12-01T08:26:31.5"'],
  ['timestamp without time zone', field('timestamptz', london), 'infinity', '"infinity"'],
  ['timestamp without time zone', field('timestamptz', london), '10000-01-01 00:00:00', '"10000-01-01 00:00:00"'],
  ['timestamp without time zone', field('timestamptz', london), '0044-03-15 12:00:00 BC', '"0044-03-15 12:00:00 BC"'],
  // the hour that occurs twice: readers take the second, so the first cannot be said
  ['timestamp with time zone', field('timestamptz', london), '2011-10-30 00:30:00+00', '"2011-10-30T00:30:00Z"'],
  // London's clocks showed 75 seconds less before 1847: no whole minute
  ['timestamp with time zone', field('timestamptz', london), '0001-01-01 00:00:00+00', '"0001-01-01T00:00:00Z"']
])('%s that the format cannot say goes whole as ISO 8601 and is reported, each time: %j, %s', (type, to, value, json) => {
  const inexact = jest.fn()
  const encode = encoderFor(to, type, inexact)!
  expect([encode(value), encode(value)]).toEqual([json, json])
  expect(inexact).toHaveBeenCalledTimes(2)
})

test('an instant that is said in wall-clock time reads back as itself, on every hour of a year with both changes of the clock', () => {
  const encode = encoderFor(field('timestamptz', london), 'timestamp with time zone')!
  const read = wallClockParser(london.timestamp.pattern, 'Europe/London')
  for (let hour = 0; hour < 366 * 24; hour++) {
    const instant = Date.UTC(2012, 0, 1, hour, 30)
    const said = JSON.parse(encode(`${new Date(instant).toISOString().slice(0, 19).replace('T', ' ')}+00`)) as string
    expect(said.endsWith('Z') ? Date.parse(said) : read(said)).toBe(instant)
  }
})

test('what the validator makes of a value that the format cannot say is a quarantined record that names the field', () => {
  const record = {
    ...{ InvoiceNo: '536365', StockCode: 'A', Description: 'x', Quantity: 1 },
    ...{ InvoiceDate: '2010-12-01T08:26:31', UnitPrice: 'NaN', CustomerID: null, Country: 'France' }
  }
  const verdict = compileValidator(contract)({ value: Buffer.from(JSON.stringify(record)), timestampMs: 0, headers: () => undefined })
  expect(verdict).toMatchObject({
    valid: false,
    reasons: [{ code: 'invoice_date_invalid' }, { code: 'unit_price_not_a_number' }]
  })
})

test.each<[Field, string]>([
  [field('integer'), 'text'],
  [field('integer'), 'timestamp with time zone'],
  [field('text'), 'boolean'],
  [field('boolean'), 'integer'],
  [field('timestamptz', iso), 'timestamp without time zone'],
  [field('timestamptz', london), 'date'],
  [field('text'), 'point']
])('a field %j cannot be made of %s', (to, type) => {
  expect(encoderFor(to, type)).toBeUndefined()
  expect(typesFor(to)).not.toContain(type)
})
