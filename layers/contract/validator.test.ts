// Is every bad record told with all of its reasons, and is every good one a row that its columns take?
import { join } from 'node:path'
import fc from 'fast-check'
import { validationCases } from './generate/products'
import { contractOf } from './load'
import { SHOWN_LENGTH } from './shown'
import { secondsSince } from './testing'
import type { Contract, Verdict } from './types'
import { compileValidator } from './validator'

const folder = join(__dirname, '../../contracts')
const [sensors, products, transactions] = ['sensors', 'products', 'transactions'].map(dataset => contractOf(dataset, folder)) as [
  Contract,
  Contract,
  Contract
]
const validators = new Map([sensors, products, transactions].map(contract => [contract, compileValidator(contract)]))

const NOW = Date.parse('2026-01-31T12:00:00Z')

function validate(contract: Contract, value: unknown): Verdict {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return validators.get(contract)!({
    value: bytes,
    timestampMs: NOW,
    headers: () => undefined
  })
}

function codes(verdict: Verdict): string[] {
  return verdict.valid ? [] : verdict.reasons.map(reason => reason.code)
}

const reading = {
  timestamp: '2026-01-31T11:59:30Z',
  sensor_id: 'sensor_001',
  temperature: 21.5,
  humidity: 40,
  pressure: 1000.25,
  location: 'warehouse_a'
}
const sale = {
  InvoiceNo: '536365',
  StockCode: '85123A',
  Description: 'LANTERN',
  Quantity: '6',
  InvoiceDate: '01/12/2010 08:26',
  UnitPrice: '2.55',
  CustomerID: '17850',
  Country: 'United Kingdom'
}

test('a good reading is a row in the order of its columns', () => {
  expect(validate(sensors, reading)).toEqual({
    valid: true,
    row: [Date.parse(reading.timestamp), 'sensor_001', 21.5, 40, 1000.25, 'warehouse_a']
  })
})

describe('sensors', () => {
  test.each<[string, object, string[]]>([
    ['no timestamp', { timestamp: undefined }, ['timestamp_missing']],
    ['null timestamp', { timestamp: null }, ['timestamp_missing']],
    ['empty timestamp', { timestamp: '' }, ['timestamp_empty']],
    ['a number as timestamp', { timestamp: NOW }, ['timestamp_not_text']],
    ['30 February', { timestamp: '2026-02-30T00:00:00Z' }, ['timestamp_invalid']],
    ['no offset', { timestamp: '2026-01-31T11:59:30' }, ['timestamp_without_zone']],
    ['exactly 30 minutes old', { timestamp: '2026-01-31T11:30:00Z' }, []],
    ['more than 30 minutes old', { timestamp: '2026-01-31T11:29:59.999Z' }, ['late']],
    ['5 minutes ahead', { timestamp: '2026-01-31T12:05:00Z' }, []],
    ['more than 5 minutes ahead', { timestamp: '2026-01-31T12:05:00.001Z' }, ['in_future']],
    ['no sensor', { sensor_id: undefined }, ['sensor_id_missing']],
    ['empty sensor', { sensor_id: '' }, ['sensor_id_empty']],
    ['a number as sensor', { sensor_id: 1 }, ['sensor_id_not_text']],
    ['a sensor too long for the index', { sensor_id: 's'.repeat(101) }, ['sensor_id_too_long']],
    ['the lowest temperature', { temperature: -40 }, []],
    ['the highest temperature', { temperature: 85 }, []],
    ['too cold', { temperature: -40.01 }, ['temperature_out_of_range']],
    ['too hot, if only before rounding', { temperature: 85.001 }, ['temperature_out_of_range']],
    ['text for a number', { temperature: '21.5' }, ['temperature_not_a_number']],
    ['NaN as text', { humidity: 'NaN' }, ['humidity_not_a_number']],
    ['too humid', { humidity: 100.5 }, ['humidity_out_of_range']],
    ['too little pressure', { pressure: 899.99 }, ['pressure_out_of_range']],
    ['no location', { location: undefined }, []],
    ['an unknown field', { firmware: '2.1' }, []],
    [
      'several things at once',
      { timestamp: undefined, temperature: 200, humidity: null, sensor_id: 7 },
      ['timestamp_missing', 'sensor_id_not_text', 'temperature_out_of_range', 'humidity_missing']
    ]
  ])('%s', (_, change, expected) => {
    expect(codes(validate(sensors, { ...reading, ...change })).sort()).toEqual([...expected].sort())
  })

  test('a message shows the offending value and its unit', () => {
    expect(validate(sensors, { ...reading, temperature: -45.2 })).toMatchObject({
      reasons: [{ code: 'temperature_out_of_range', field: 'temperature', message: 'Temperature out of range: -45.2°C' }]
    })
    expect(validate(sensors, { ...reading, timestamp: '2026-01-31T11:18:00Z' })).toMatchObject({
      reasons: [{ message: 'Late by 42 minutes: 2026-01-31T11:18:00.000Z' }]
    })
  })

  test('a long value is cut', () => {
    const verdict = validate(sensors, { ...reading, temperature: 'x'.repeat(10_000) })
    expect(verdict.valid ? '' : verdict.reasons[0]!.message.length).toBeLessThan(SHOWN_LENGTH + 50)
  })

  test('the quarantine keeps time and sensor where they are usable', () => {
    expect(validate(sensors, { ...reading, temperature: 99 })).toMatchObject({ extra: [Date.parse(reading.timestamp), 'sensor_001'] })
    expect(validate(sensors, { ...reading, timestamp: 'x' })).toMatchObject({ extra: [null, 'sensor_001'] })
    expect(validate(sensors, 'not json')).toMatchObject({ extra: [null, null], raw: undefined })
  })

  test('without a record timestamp nothing is late', () => {
    const old = Buffer.from(JSON.stringify({ ...reading, timestamp: '2001-01-01T00:00:00Z' }))
    expect(validators.get(sensors)!({ value: old, timestampMs: -1, headers: () => undefined }).valid).toBe(true)
  })

  test('values are rounded to the scale of the column, as Postgres does', () => {
    expect(validate(sensors, { ...reading, temperature: 21.345, humidity: -0, pressure: 1000.004 })).toMatchObject({
      row: [expect.anything(), 'sensor_001', 21.35, 0, 1000, 'warehouse_a']
    })
  })
})

describe('a record of another shape', () => {
  const unknownColumn = { name: 'unknown_fields', type: 'jsonb' as const, nullable: true }
  const under = (unknownFields: Contract['unknownFields']): Contract => {
    const columns = unknownFields === 'evolve' ? [...sensors.table.columns, unknownColumn] : sensors.table.columns
    return { ...sensors, unknownFields, table: { ...sensors.table, columns } }
  }
  const record = (value: string) => ({ value: Buffer.from(value), timestampMs: NOW, headers: () => undefined })
  const judged = (policy: Contract['unknownFields'], change: object) =>
    compileValidator(under(policy))(record(JSON.stringify({ ...reading, ...change })))

  test('drop stores the known fields of a record with unknown ones', () => {
    expect(judged('drop', { firmware: '2.1' })).toEqual(judged('drop', {}))
  })

  test('quarantine gives the reason unknown_field, and stops nothing', () => {
    const reason = { code: 'unknown_field', field: 'firmware', message: 'Field is not in the contract: firmware' }
    expect(judged('quarantine', { firmware: '2.1' })).toMatchObject({ valid: false, reasons: [reason] })
    expect(judged('quarantine', { firmware: '2.1' })).not.toHaveProperty('frozen')
  })

  test('evolve stores the record and keeps its unknown fields beside it; a record without any has null there', () => {
    const verdict = judged('evolve', { firmware: { v: [2, null] }, constructor: 1 })
    expect(verdict.valid && verdict.row.at(-1)).toEqual({ firmware: { v: [2, null] }, constructor: 1 })
    const plain = judged('evolve', {})
    expect(plain.valid && plain.row.at(-1)).toBeNull()
  })

  test('a member called __proto__ is kept like any other', () => {
    const verdict = compileValidator(under('evolve'))(record(JSON.stringify(reading).replace('{', '{"__proto__":{"x":1},')))
    expect(JSON.stringify(verdict.valid && verdict.row.at(-1))).toBe('{"__proto__":{"x":1}}')
  })

  test.each<[string, object, string]>([
    ['an unknown field', { firmware: '2.1' }, 'unknown_field'],
    ['a changed type', { temperature: '21.5' }, 'temperature_not_a_number'],
    ['text that became a number', { sensor_id: 7 }, 'sensor_id_not_text'],
    ['a time that became a number', { timestamp: NOW }, 'timestamp_not_text'],
    ['a missing required field', { humidity: undefined }, 'humidity_missing']
  ])('freeze stops for %s; under the other policies a changed type and a missing field are a reason', (_, change, code) => {
    expect(judged('freeze', change)).toMatchObject({ valid: false, frozen: { code } })
    for (const policy of ['drop', 'evolve', 'quarantine'] as const) {
      const verdict = judged(policy, change)
      if (code !== 'unknown_field') expect(codes(verdict)).toEqual([code])
      expect(verdict).not.toHaveProperty('frozen')
    }
  })

  test.each<[string, object, string[]]>([
    ['a value out of range', { temperature: 99 }, ['temperature_out_of_range']],
    ['an empty value', { sensor_id: '' }, ['sensor_id_empty']],
    ['a time that does not exist', { timestamp: '2026-02-30T00:00:00Z' }, ['timestamp_invalid']],
    ['a missing optional field', { location: undefined }, []]
  ])('freeze does not stop for %s', (_, change, expected) => {
    expect(judged('freeze', change)).not.toHaveProperty('frozen')
    expect(codes(judged('freeze', change))).toEqual(expected)
  })

  test('text in a field that takes numbers as text is a value, not another shape', () => {
    const frozen = compileValidator({ ...products, unknownFields: 'freeze' })
    const verdict = (price: unknown) => frozen(record(JSON.stringify({ product_id: 'P', name: 'W', price, stock: 1 })))
    expect(verdict('CALL')).not.toHaveProperty('frozen')
    expect(verdict(true)).toMatchObject({ frozen: { code: 'price_not_a_number' } })
  })

  test('drop asks nothing of a record for the sake of its unknown fields: it is faster than looking at them', () => {
    const wide = record(
      JSON.stringify({ ...reading, ...Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`f${index}`, index])) })
    )
    const validators = (['drop', 'quarantine'] as const).map(policy => compileValidator(under(policy)))
    const times = validators.map((): number[] => [])
    // by turns, in time of the processor: what else the machine does counts for neither
    for (let round = 0; round < 15; round++)
      for (const [index, validate] of validators.entries()) {
        const startedAt = process.cpuUsage()
        for (let count = 0; count < 300; count++) validate(wide)
        times[index]!.push(secondsSince(startedAt))
      }
    const [drop, quarantine] = times.map(each => Math.min(...each)) as [number, number]
    expect(drop).toBeLessThan(quarantine)
  })
})

describe('products', () => {
  test('the four validation cases', () => {
    expect(validationCases.map(each => [each.product_id, ...codes(validate(products, each))])).toEqual([
      ['P999'],
      ['P998', 'name_missing'],
      ['P997', 'stock_out_of_range'],
      ['P996', 'price_not_a_number']
    ])
    expect(validate(products, validationCases[0])).toEqual({ valid: true, row: ['P999', 'Test Widget', 29.99, 50, null, null] })
  })

  const product = { product_id: 'P1', name: 'Widget', price: 1, stock: 1 }
  test.each<[object, string[]]>([
    [{ price: '$1,299.00' }, []],
    [{ price: '€ 5' }, []],
    [{ price: '£0.01' }, []],
    [{ price: '0.004' }, ['price_out_of_range']],
    [{ price: 0 }, ['price_out_of_range']],
    [{ price: -1 }, ['price_out_of_range']],
    [{ price: 100_000_000 }, ['price_out_of_range']],
    [{ price: '' }, ['price_empty']],
    [{ price: 'CALL' }, ['price_not_a_number']],
    [{ price: 'N/A' }, ['price_not_a_number']],
    [{ price: 'TBD' }, ['price_not_a_number']],
    [{ price: '$' }, ['price_not_a_number']],
    [{ price: 'NaN' }, ['price_not_a_number']],
    [{ price: 'Infinity' }, ['price_not_a_number']],
    [{ price: true }, ['price_not_a_number']],
    [{ price: {} }, ['price_not_a_number']],
    [{ stock: '10' }, []],
    [{ stock: 0 }, []],
    [{ stock: 1.5 }, ['stock_not_whole']],
    [{ stock: '1.5' }, ['stock_not_whole']],
    [{ stock: 3_000_000_000 }, ['stock_out_of_range']],
    [{ stock: 'many' }, ['stock_not_a_number']],
    [{ name: '   ' }, ['name_empty']],
    [{ name: 5 }, ['name_not_text']],
    [
      { product_id: undefined, name: null, price: 'CALL', stock: '-1' },
      ['product_id_missing', 'name_missing', 'price_not_a_number', 'stock_out_of_range']
    ]
  ])('%j', (change, expected) => {
    expect(codes(validate(products, { ...product, ...change }))).toEqual(expected)
  })

  test('spaces around a name are removed', () => {
    expect(validate(products, { ...product, name: '  Widget ' })).toMatchObject({ row: ['P1', 'Widget', 1, 1, null, null] })
  })
})

describe('transactions', () => {
  test.each<[string, object, string[]]>([
    ['a sale', {}, []],
    ['a cancellation', { InvoiceNo: 'C536365', Quantity: '-6' }, []],
    ['a cancellation that takes nothing back', { InvoiceNo: 'C536365' }, ['cancellation_with_positive_quantity']],
    [
      'a stock correction',
      { Quantity: '-6', UnitPrice: '0', Description: '', CustomerID: '' },
      ['unit_price_out_of_range', 'negative_quantity_without_cancellation']
    ],
    ['quantity zero', { Quantity: '0' }, ['quantity_zero']],
    ['price zero', { UnitPrice: '0' }, ['unit_price_out_of_range']],
    ['an adjustment', { InvoiceNo: 'A563185', UnitPrice: '-11062.06' }, ['unit_price_out_of_range', 'adjustment_invoice']],
    ['no description', { Description: '' }, []],
    ['a guest', { CustomerID: '' }, []],
    ['postage', { StockCode: 'POST' }, []],
    ['a voucher', { StockCode: 'gift_0001_40' }, []],
    ['no country', { Country: ' ' }, ['country_empty']],
    ['an hour that spring skips', { InvoiceDate: '27/03/2011 01:30' }, ['invoice_date_skipped']],
    ['an American date', { InvoiceDate: '12/31/2010 8:26' }, ['invoice_date_invalid']],
    ['an invoice of another shape', { InvoiceNo: 'INV-1' }, ['invoice_no_malformed']]
  ])('%s', (_, change, expected) => {
    expect(codes(validate(transactions, { ...sale, ...change }))).toEqual(expected)
  })

  const column = (verdict: Verdict, name: string) =>
    verdict.valid ? verdict.row[transactions.table.columns.findIndex(each => each.name === name)] : undefined

  test('a cancellation is flagged', () => {
    expect(column(validate(transactions, sale), 'is_cancellation')).toBe(false)
    expect(column(validate(transactions, { ...sale, InvoiceNo: 'c536365', Quantity: '-6' }), 'is_cancellation')).toBe(true)
  })

  test('lines that differ only in spaces, case of the code or zeros of the price are the same; others are not', () => {
    const id = (change: object) => column(validate(transactions, { ...sale, ...change }), 'transaction_id')
    expect(id({ StockCode: '85123a ', Description: ' LANTERN', UnitPrice: '2.5500', Quantity: '06' })).toBe(id({}))
    for (const change of [{ Quantity: '7' }, { Description: 'Lantern' }, { CustomerID: '' }, { InvoiceDate: '01/12/2010 08:27' }])
      expect(id(change)).not.toBe(id({}))
  })
})

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }).map(bytes => Buffer.from(bytes)),
  fc.json().map(text => Buffer.from(text)),
  fc.string({ unit: 'binary' }).map(text => Buffer.from(text))
)
/** Objects that have the contract's fields, with anything in them. */
const objectOf = (contract: Contract) =>
  fc.record(
    Object.fromEntries(
      contract.fields.map(field => [field.name, fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.double(), fc.integer())])
    ),
    { requiredKeys: [] }
  )

test.each([sensors, products, transactions])('any bytes get a verdict, never an error: $dataset', contract => {
  fc.assert(
    fc.property(anyBytes, value => {
      const verdict = validate(contract, value)
      if (!verdict.valid) expect(verdict.reasons.length).toBeGreaterThan(0)
    })
  )
  fc.assert(fc.property(objectOf(contract), value => typeof validate(contract, value).valid === 'boolean'))
})

test('a valid row holds only what its columns take', () => {
  const near = fc.record({
    timestamp: fc.date({ min: new Date(NOW - 4e6), max: new Date(NOW + 1e6), noInvalidDate: true }).map(date => date.toISOString()),
    sensor_id: fc.string({ minLength: 1, maxLength: 120, unit: 'binary' }),
    temperature: fc.double({ min: -60, max: 100, noNaN: true }),
    humidity: fc.double({ min: -1, max: 101, noNaN: true }),
    pressure: fc.double({ min: 890, max: 1110, noNaN: true }),
    location: fc.option(fc.string({ unit: 'binary' }))
  })
  fc.assert(
    fc.property(near, value => {
      const verdict = validate(sensors, value)
      if (!verdict.valid) return
      const [time, id, ...rest] = verdict.row as [number, string, ...unknown[]]
      expect(NOW - time).toBeLessThanOrEqual(sensors.latenessMs!)
      expect(id).not.toMatch(/\0|\p{Surrogate}/u)
      for (const number of rest.slice(0, 3)) expect(String(number)).toMatch(/^-?\d{1,4}(\.\d{1,2})?$/)
    })
  )
})
