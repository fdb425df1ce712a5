import { join } from 'node:path'
import fc from 'fast-check'
import { contractOf } from '../../layers/contract'
import { countRecords } from '../../layers/contract/testing'
import { refineLake } from './refine'
import { isSightValid, rulesDigest } from './sight'
import { askLake, putBronze, type TestBronze, testLake } from './testing'

const contract = contractOf('transactions', join(__dirname, '../../contracts'))

test('the statement was written for the contract as it is; after a change compare both and note the new digest', () => {
  expect(rulesDigest(contract)).toBe('30c99c826ffd5ddb')
  expect(isSightValid(contract)).toBe(true)
  expect(isSightValid({ ...contract, rules: contract.rules.slice(1) })).toBe(false)
})

const good = {
  InvoiceNo: '536365',
  StockCode: '85123A',
  Description: 'HEART',
  Quantity: '6',
  InvoiceDate: '01/12/2010 08:26',
  UnitPrice: '2.55',
  CustomerID: '17850',
  Country: 'France'
}
/** Values that are one step from being good at sight, or from being refused. */
const hostile: Record<keyof typeof good, unknown[]> = {
  InvoiceNo: ['C536365', 'c536379', 'A536365', ' 536365', '53636', '5363651', 'C53636', '５３６３６５', 536365, null, ''],
  StockCode: [
    '85123a',
    'gift_0001_40',
    ' POST ',
    'ß',
    '\u00a085123A',
    'a'.repeat(50),
    'a'.repeat(51),
    '',
    null,
    'a"b',
    'a\\b',
    'İ',
    'x\u0000'
  ],
  Description: [
    null,
    '',
    '   ',
    ' padded ',
    'tab\t',
    '£40',
    'quote " here',
    'a'.repeat(500),
    ` ${'a'.repeat(500)}`,
    'line\nend',
    '\u200b',
    '\ufeff',
    7
  ],
  Quantity: [6, -6, '-6', '+6', '6.0', 6.5, '0', 0, '-0', '1 000', '2147483647', '2147483648', '1e2', '007', null, 'NaN', '6,0', true],
  InvoiceDate: [
    '31/10/2010 01:30',
    '27/03/2011 01:30',
    '27/03/2011 02:00',
    '27/03/2011 00:59',
    '31/07/2011 23:30',
    '30/02/2010 08:00',
    '29/02/2012 08:00',
    '1/2/2010 8:05',
    '31/12/9999 23:59',
    '01/01/0001 00:00',
    '15/06/1970 12:00',
    '20/10/1990 01:30',
    '01/12/2010 24:00',
    ' 01/12/2010 08:26 ',
    '2010-12-01T08:26:00Z',
    1_291_191_960_000,
    null
  ],
  UnitPrice: [
    '0',
    '0.0',
    '0.0001',
    '0.00004',
    '0.00005',
    '2.550',
    '2.55000',
    '02.55',
    '.5',
    '5.',
    '1e-3',
    2.55,
    1e-4,
    2,
    -1,
    '99999999.9999',
    '100000000',
    '1 000.5',
    '2,55',
    'NaN',
    null
  ],
  CustomerID: ['', ' ', null, ' 17850 ', '1'.repeat(20), '1'.repeat(21), 17850, 'é', '12"3'],
  Country: ['', null, ' EIRE ', 'Côte', 'a'.repeat(100), 'a'.repeat(101), 'a\\u0041']
}

const field = (name: keyof typeof good) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant<unknown>(good[name]) }, { weight: 1, arbitrary: fc.constantFrom(...hostile[name]) })
const object = fc.record(Object.fromEntries(Object.keys(good).map(name => [name, field(name as keyof typeof good)])) as never)
/** How the object stands as text: as it is, with a field twice, more or fewer fields, another order, spaces, escapes, or no object at all. */
const text = fc.tuple(object, fc.integer({ min: 0, max: 40 })).map(([record, how]) => {
  const json = JSON.stringify(record)
  const wrapped = [
    json.replace('{', '{"InvoiceNo":"536366",'),
    json.replace(/}$/, ',"Country":"Spain"}'),
    json.replace(/}$/, ',"Extra":1}'),
    json.replace('"Country"', '"country"'),
    JSON.stringify(Object.fromEntries(Object.entries(record as object).reverse())),
    json.replaceAll(':', ' : '),
    json.replace('France', 'Fr\\u0061nce'),
    json.replace('}', ',}'),
    json.slice(0, -1),
    '[]',
    '7',
    '{}'
  ]
  return wrapped[how] ?? json
})

test('the statement and the validator make the same rows of whatever arrives', async () => {
  const values = fc.sample(text, { numRuns: 3000, seed: 20_101_201 })
  const singles = Object.entries(hostile).flatMap(([name, list]) => list.map(value => JSON.stringify({ ...good, [name]: value })))
  const records: TestBronze[] = [...values, ...singles, 'é\u0000', Buffer.from([0xff, 0xfe]), null].map((value, offset) => ({
    value,
    offset
  }))
  records.push({ value: JSON.stringify(good).replace('France', 'Malta'), unparsable: 'a quote is not closed', offset: records.length })
  const expected = await countRecords(
    contract,
    (async function* () {
      yield records.map(({ value, unparsable }) => ({ value: value === null ? null : Buffer.from(value), unparsable }) as never)
    })()
  )
  const { lake, remove } = testLake()
  try {
    await putBronze(lake, records)
    const report = await refineLake(lake, contract)
    expect(report).toMatchObject({
      read: records.length,
      added: expected.valid,
      duplicate: expected.duplicate,
      refused: expected.quarantined,
      reasons: expected.reasons,
      corrupt: []
    })
    const columns = contract.table.columns.map(column => column.name)
    const told = columns.map(name =>
      name === 'invoice_date' ? 'epoch_ms(invoice_date)::double' : name === 'unit_price' ? 'unit_price::double' : name
    )
    const rows = await askLake(lake, `select ${told.map((each, index) => `${each} as c${index}`).join(', ')} from silver_transactions`)
    const sorted = (list: unknown[][]) => list.map(row => JSON.stringify(row)).sort()
    expect(sorted(rows.map(row => columns.map((_, index) => row[`c${index}`])))).toEqual(sorted(expected.rows))
  } finally {
    remove()
  }
})
