import { join } from 'node:path'
import type { Broken } from './change'
import { bumpBetween, diffContracts, versionAsked } from './diff'
import { contractOf } from './load'
import { rangeChecks, tableStatements } from './tables'
import type { CatalogColumn, CatalogConstraint, Contract, Field } from './types'

const folder = join(__dirname, '../../contracts')
const sensors = contractOf('sensors', folder)
const products = contractOf('products', folder)
const transactions = contractOf('transactions', folder)

function changed(contract: Contract, change: (contract: Contract) => void): Contract {
  const copy = structuredClone(contract)
  change(copy)
  return copy
}

const field = (contract: Contract, name: string) => contract.fields.find(each => each.name === name)!

/** A field and its column are two objects that say the same; a change has to reach both. */
function setColumn(contract: Contract, name: string, change: Partial<Field['column']>): void {
  const at = contract.table.columns.findIndex(column => column.name === field(contract, name).column.name)
  Object.assign(field(contract, name).column, change)
  Object.assign(contract.table.columns[at]!, change)
}

function addField(contract: Contract, name: string, nullable: boolean): void {
  const column = { name: name.toLowerCase(), type: 'text' as const, nullable }
  contract.fields.push({
    name,
    column,
    label: name,
    unit: '',
    range: {},
    normalise: [],
    fromText: undefined,
    timestamp: { kind: 'iso' },
    examples: [],
    pii: false
  })
  contract.table.columns.push(column)
  contract.source.columns.push(name)
}

function removeField(contract: Contract, name: string): void {
  const { column } = field(contract, name)
  contract.fields = contract.fields.filter(each => each.name !== name)
  contract.table.columns = contract.table.columns.filter(each => each.name !== column.name)
  contract.source.columns = contract.source.columns.filter(each => each !== name)
}

const cases: [string, Contract, (contract: Contract) => void, string, Broken[], string][] = [
  ['an optional field more', sensors, c => addField(c, 'battery', true), 'fields.battery', [], 'minor'],
  ['an optional field more in a CSV file', transactions, c => addField(c, 'Voucher', true), 'fields.Voucher', ['writers'], 'major'],
  ['a required field more', sensors, c => addField(c, 'battery', false), 'fields.battery', ['writers', 'migration'], 'major'],
  ['a field less', sensors, c => removeField(c, 'location'), 'fields.location', ['readers'], 'major'],
  [
    'a field less where unknown ones are refused',
    { ...sensors, unknownFields: 'quarantine' },
    c => removeField(c, 'location'),
    'fields.location',
    ['writers', 'readers'],
    'major'
  ],
  [
    'another column for a field',
    sensors,
    c => setColumn(c, 'location', { name: 'place' }),
    'fields.location.physicalName',
    ['readers'],
    'major'
  ],
  [
    'another column for a required field',
    sensors,
    c => setColumn(c, 'humidity', { name: 'wet' }),
    'fields.humidity.physicalName',
    ['readers', 'migration'],
    'major'
  ],
  ['more digits', sensors, c => setColumn(c, 'pressure', { type: 'numeric(8,2)' }), 'fields.pressure.physicalType', [], 'minor'],
  [
    'fewer digits',
    sensors,
    c => setColumn(c, 'pressure', { type: 'numeric(5,2)' }),
    'fields.pressure.physicalType',
    ['writers', 'readers', 'migration'],
    'major'
  ],
  [
    'more decimals',
    sensors,
    c => setColumn(c, 'pressure', { type: 'numeric(8,4)' }),
    'fields.pressure.physicalType',
    ['readers', 'migration'],
    'major'
  ],
  [
    'another type',
    sensors,
    c => setColumn(c, 'location', { type: 'integer' }),
    'fields.location.physicalType',
    ['writers', 'readers', 'migration'],
    'major'
  ],
  [
    'a required field that may be missing',
    sensors,
    c => setColumn(c, 'humidity', { nullable: true }),
    'fields.humidity.required',
    ['readers'],
    'major'
  ],
  [
    'an optional field that must be there',
    sensors,
    c => setColumn(c, 'location', { nullable: false }),
    'fields.location.required',
    ['writers', 'migration'],
    'major'
  ],
  ['a wider range', sensors, c => (field(c, 'temperature').range = { minimum: -60, maximum: 85 }), 'fields.temperature.range', [], 'minor'],
  [
    'a narrower range',
    sensors,
    c => (field(c, 'temperature').range = { minimum: -40, maximum: 80 }),
    'fields.temperature.range',
    ['writers'],
    'major'
  ],
  [
    'a range that moved',
    sensors,
    c => (field(c, 'temperature').range = { minimum: -60, maximum: 80 }),
    'fields.temperature.range',
    ['writers'],
    'major'
  ],
  ['no range any more', sensors, c => (field(c, 'temperature').range = {}), 'fields.temperature.range', [], 'minor'],
  ['a bound that now counts as inside', products, c => (field(c, 'price').range = { minimum: 0 }), 'fields.price.range', [], 'minor'],
  [
    'a bound that no longer counts as inside',
    products,
    c => (field(c, 'stock').range = { exclusiveMinimum: 0 }),
    'fields.stock.range',
    ['writers'],
    'major'
  ],
  ['longer text', sensors, c => (field(c, 'location').maxLength = 300), 'fields.location.maxLength', [], 'minor'],
  ['shorter text', sensors, c => (field(c, 'location').maxLength = 10), 'fields.location.maxLength', ['writers'], 'major'],
  ['a pattern', sensors, c => (field(c, 'location').pattern = '^w'), 'fields.location.pattern', ['writers'], 'major'],
  ['no pattern any more', transactions, c => (field(c, 'InvoiceNo').pattern = undefined), 'fields.InvoiceNo.pattern', [], 'minor'],
  ['numbers as text', sensors, c => (field(c, 'humidity').fromText = { remove: ' ' }), 'fields.humidity.fromText', [], 'minor'],
  ['no numbers as text', products, c => (field(c, 'price').fromText = undefined), 'fields.price.fromText', ['writers'], 'major'],
  ['a currency sign less', products, c => (field(c, 'price').fromText = { remove: '$, ' }), 'fields.price.fromText', ['writers'], 'major'],
  [
    'a decimal comma',
    products,
    c => (field(c, 'price').fromText = { remove: '$£€. ', decimal: ',' }),
    'fields.price.fromText',
    ['writers'],
    'major'
  ],
  [
    'another zone',
    transactions,
    c => Object.assign(field(c, 'InvoiceDate').timestamp, { zone: 'Etc/UTC' }),
    'fields.InvoiceDate.timestamp',
    ['writers', 'readers'],
    'major'
  ],
  [
    'another form of text',
    transactions,
    c => (field(c, 'Country').normalise = ['trim', 'upper']),
    'fields.Country.normalise',
    ['readers'],
    'major'
  ],
  ['another unit', sensors, c => (field(c, 'temperature').unit = '°F'), 'fields.temperature.unit', ['writers', 'readers'], 'major'],
  ['a tag for personal data', sensors, c => (field(c, 'location').pii = true), 'fields.location.pii', [], 'minor'],
  ['another name for people', sensors, c => (field(c, 'location').label = 'Place'), 'fields.location.businessName', [], 'patch'],
  [
    'another rule for a derived column',
    transactions,
    c => Object.assign(c.derived.find(each => each.kind === 'hash')!, { of: ['invoice_no'] }),
    'derived.transaction_id',
    ['readers'],
    'major'
  ],
  ['another table', sensors, c => (c.table.name = 'readings'), 'physicalName', ['readers'], 'major'],
  ['another key', sensors, c => (c.table.uniqueKey = ['time']), 'key', ['readers', 'migration'], 'major'],
  ['another topic', sensors, c => (c.topic.name = 'readings'), 'topic.name', ['writers'], 'major'],
  ['more partitions', sensors, c => (c.topic.partitions = 8), 'topic.partitions', [], 'patch'],
  ['another record key', sensors, c => (c.recordKey = ['location']), 'recordKey', ['writers'], 'major'],
  ['another encoding', transactions, c => (c.source.encoding = 'utf-8'), 'source', ['writers'], 'major'],
  [
    'another order of columns in a file',
    transactions,
    c => c.fields.reverse() && c.source.columns.reverse(),
    'source.columns',
    ['writers'],
    'major'
  ],
  ['another quarantine', sensors, c => (c.quarantineTable.name = 'bad'), 'quarantine.table', ['readers'], 'major'],
  [
    'a column more in the quarantine',
    sensors,
    c => c.quarantineTable.extraColumns.push({ name: 'location', type: 'text', nullable: true }),
    'quarantine.extraColumns',
    [],
    'minor'
  ],
  ['late later', sensors, c => (c.latenessMs = 3_600_000), 'lateAfterMinutes', [], 'minor'],
  ['late earlier', sensors, c => (c.latenessMs = 60_000), 'lateAfterMinutes', ['writers'], 'major'],
  ['never late', sensors, c => (c.latenessMs = undefined), 'lateAfterMinutes', [], 'minor'],
  ['a rule more', products, c => c.rules.push({ code: 'x', message: 'x', field: 'name', when: [] }), 'rules', ['writers'], 'major'],
  ['a rule less', transactions, c => c.rules.pop(), 'rules', [], 'minor'],
  ['another message of a rule', transactions, c => (c.rules[0]!.message = 'x'), 'rules.message', [], 'patch'],
  ['unknown fields that are kept', sensors, c => (c.unknownFields = 'evolve'), 'unknownFields', [], 'minor'],
  ['unknown fields that stop', sensors, c => (c.unknownFields = 'freeze'), 'unknownFields', ['writers'], 'major'],
  [
    'unknown fields that are no longer kept',
    { ...sensors, unknownFields: 'evolve' },
    c => (c.unknownFields = 'drop'),
    'unknownFields',
    ['readers'],
    'major'
  ],
  [
    'unknown fields that no longer stop',
    { ...sensors, unknownFields: 'freeze' },
    c => (c.unknownFields = 'drop'),
    'unknownFields',
    [],
    'minor'
  ],
  ['rows that may be replaced', sensors, c => (c.duplicates = 'replace'), 'duplicates', ['readers'], 'major'],
  ['a summary less', sensors, c => (c.summaries = []), 'summaries', ['readers'], 'major'],
  ['shorter retention', sensors, c => (c.retentionDays = 7), 'retention', ['readers'], 'major'],
  ['another purpose', sensors, c => (c.description = 'x'), 'description', [], 'patch'],
  ['another seed', sensors, c => (c.generator['seed'] = 1), 'generator', [], 'patch']
]

test.each(cases)('%s is classified', (_, before, change, path, breaks, bump) => {
  const { changes, asked } = diffContracts(before, changed(before, change))
  expect(changes.map(each => each.path)).toContain(path)
  const found = changes.find(each => each.path === path)!
  expect([found.breaks, found.bump]).toEqual([breaks, bump])
  expect(asked).toBe(bump)
  if (breaks.length > 0) expect(found.remedy).not.toBe('')
})

const catalogTypes: Record<string, string> = { timestamptz: 'timestamp with time zone' }

/** What Postgres shows of the clean table that a contract made. */
function catalogOf({ table }: Contract): CatalogColumn[] {
  return [...table.columns, ...table.defaulted].map(({ name, type, nullable }) => ({
    table: table.name,
    name,
    type: catalogTypes[type] ?? type,
    nullable
  }))
}

function constraintsOf(contract: Contract): CatalogConstraint[] {
  const table = contract.table.name
  const key = contract.table.uniqueKey.map(name => (name === 'time' ? '"time"' : name)).join(', ')
  return [
    { table, name: `${table}_pkey`, definition: `PRIMARY KEY (${key})` },
    ...rangeChecks(contract).map(({ name }) => ({ table, name, definition: 'CHECK (…)' }))
  ]
}

test.each(cases)('%s is refused by the migration planner exactly where the comparison says so', (_, before, change) => {
  const after = changed(before, change)
  const isRefused = diffContracts(before, after).changes.some(({ breaks }) => breaks.includes('migration'))
  const plan = () => tableStatements(after, catalogOf(before), constraintsOf(before))
  if (isRefused)
    expect(plan).toThrow(
      expect.objectContaining({ code: 'MIGRATION_REFUSED', remedy: expect.stringContaining(`sluice contract diff ${after.dataset}`) })
    )
  else expect(plan).not.toThrow()
})

test('a contract beside itself has no changes', () => {
  for (const contract of [sensors, products, transactions])
    expect(diffContracts(contract, structuredClone(contract))).toMatchObject({ changes: [], asked: 'none', isUndeclared: false })
})

test('a renamed field is a removed and an added one, and the remedy names the other', () => {
  const after = changed(sensors, contract => {
    removeField(contract, 'location')
    addField(contract, 'locations', true)
  })
  expect(diffContracts(sensors, after).changes.find(({ path }) => path === 'fields.locations')!.remedy).toMatch(
    /location under another name/
  )
})

test('a change shows what was and what is', () => {
  const after = changed(sensors, contract => (field(contract, 'temperature').range = { minimum: -40, maximum: 80 }))
  expect(diffContracts(sensors, after).changes).toEqual([
    {
      path: 'fields.temperature.range',
      from: '{"minimum":-40,"maximum":85}',
      to: '{"minimum":-40,"maximum":80}',
      breaks: ['writers'],
      bump: 'major',
      remedy: expect.stringContaining('sluice quarantine replay')
    }
  ])
})

test.each<[string, string, boolean, string]>([
  ['1.0.0', '1.0.0', true, '2.0.0'],
  ['1.0.0', '1.9.0', true, '2.0.0'],
  ['1.2.3', '2.0.0', false, '2.0.0'],
  ['2.0.0', '1.0.0', true, '3.0.0'],
  ['0.1.0', '0.1.1', true, '0.2.0'],
  ['0.1.0', '0.2.0', false, '0.2.0']
])('a break from version %s to %s is undeclared: %s', (from, to, undeclared, asked) => {
  const before = { ...sensors, version: from }
  const diff = diffContracts(before, { ...changed(sensors, contract => (contract.unknownFields = 'freeze')), version: to })
  expect([diff.isUndeclared, versionAsked(diff)]).toEqual([undeclared, asked])
})

test.each([
  ['1.2.3', '1.2.3', 'none'],
  ['1.2.3', '1.2.4', 'patch'],
  ['1.2.3', '1.3.0', 'minor'],
  ['1.2.3', '2.0.0', 'major'],
  ['1.10.0', '1.9.9', 'none'],
  ['2.0.0', '1.9.9', 'none']
])('from %s to %s is a bump of %s', (from, to, bump) => {
  expect(bumpBetween(from, to)).toBe(bump)
})
