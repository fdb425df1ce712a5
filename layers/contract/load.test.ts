// Are the contracts read whole, and is every mistake in one named with its line and remedy?
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PipelineError } from '../errors'
import { checkAgainstStandard, checkContracts } from './check'
import { contractOf, loadContracts, readContract } from './load'

const folder = join(__dirname, '../../contracts')
const text = (dataset: string) => readFileSync(join(folder, `${dataset}.odcs.yaml`), 'utf8')

/** The message of the problem that `change` of a contract's text causes. */
function problemOf(dataset: string, from: string | RegExp, to: string): string {
  const changed = text(dataset).replace(from, to)
  expect(changed).not.toBe(text(dataset))
  try {
    checkAgainstStandard(readContract(`${dataset}.odcs.yaml`, changed).document)
  } catch (error) {
    expect(error).toBeInstanceOf(PipelineError)
    expect((error as PipelineError).code).toBe('CONTRACT_INVALID')
    return (error as Error).message
  }
  throw new Error('the contract was accepted')
}

test('every contract follows the standard and is read', () => {
  expect(checkContracts(folder).map(contract => contract.dataset)).toEqual(['iot', 'market', 'products', 'sensors', 'transactions'])
})

test('sensors: topic, table, key and rules are those of the requirements', () => {
  const sensors = contractOf('sensors', folder)
  expect(sensors).toMatchObject({
    topic: { name: 'sensor_readings_raw', partitions: 4 },
    store: 'timeseries',
    table: { name: 'sensor_readings', uniqueKey: ['time', 'sensor_id'], defaulted: [] },
    quarantineTable: { name: 'sensor_readings_invalid' },
    timeColumn: 'time',
    latenessMs: 1_800_000,
    summaries: [{ table: 'sensor_windows', minutes: [1, 5], by: ['sensor_id'], measures: ['temperature', 'humidity', 'pressure'] }],
    warehouse: false,
    recordKey: ['sensor_id'],
    retentionDays: 90
  })
  expect(sensors.table.columns.map(column => `${column.name} ${column.type}`)).toEqual([
    'time timestamptz',
    'sensor_id text',
    'temperature numeric(5,2)',
    'humidity numeric(5,2)',
    'pressure numeric(6,2)',
    'location text'
  ])
  expect(sensors.quarantineTable.extraColumns).toEqual([
    { name: 'time', type: 'timestamptz', nullable: true },
    { name: 'sensor_id', type: 'text', nullable: true }
  ])
})

test('a column that the database fills is no part of the copied row', () => {
  const products = contractOf('products', folder)
  expect(products.table.columns.map(column => column.name)).not.toContain('loaded_at')
  expect(products.table.defaulted).toEqual([{ name: 'loaded_at', type: 'timestamptz', nullable: false, expression: 'now()' }])
})

test('a customer id is marked as personal', () => {
  const field = contractOf('transactions', folder).fields.find(each => each.name === 'CustomerID')
  expect(field).toMatchObject({ pii: true, classification: 'restricted' })
})

test.each([
  [
    'an unknown custom property',
    'sensors',
    'property: lateAfterMinutes',
    'property: lateAfterMinute',
    /sensors.odcs.yaml:\d+: .*lateAfterMinute": is not known; did you mean lateAfterMinutes\?/
  ],
  ['an unknown custom property of a field', 'sensors', 'property: unit', 'property: units', /"units": is not known; did you mean unit\?/],
  [
    'a key that the standard lacks',
    'sensors',
    'status: active',
    'status: active\nstate: on',
    /sensors.odcs.yaml:7: state "on": is no key of ODCS 3.1 at this place/
  ],
  [
    'a misspelt key of the standard',
    'sensors',
    'businessName: Timestamp',
    'busnessName: Timestamp',
    /busnessName.*did you mean businessName\?/
  ],
  ['a topic that Kafka refuses', 'sensors', 'name: sensor_readings_raw', 'name: sensor readings', /topic: use letters, digits/],
  ['a column that is no plain name', 'sensors', 'physicalName: time', 'physicalName: Time', /physicalName "Time": use lower snake case/],
  [
    'a table that is too long',
    'sensors',
    'physicalName: sensor_readings',
    `physicalName: ${'s'.repeat(64)}`,
    /at most 63 characters, it has 64/
  ],
  [
    'an unknown type',
    'sensors',
    'physicalType: numeric(6,2)',
    'physicalType: decimal(6,2)',
    /physicalType "decimal\(6,2\)": is not a column type/
  ],
  ['types that disagree', 'sensors', 'logicalType: number', 'logicalType: string', /does not agree with physicalType numeric\(5,2\)/],
  ['an extra column that the quarantine has', 'market', 'extraColumns: [timestamp]', 'extraColumns: [id]', /has a column id of its own/],
  ['a measure that is no number', 'sensors', 'humidity, pressure]', 'location]', /summaries sensor_windows: location is no number/],
  [
    'a group that may be missing',
    'sensors',
    'by: [sensor_id]',
    'by: [location]',
    /location may be missing, so that it cannot stand in a key/
  ],
  [
    'an unknown column of a summary',
    'sensors',
    'by: [sensor_id]',
    'by: [sensor_ids]',
    /summaries sensor_windows: sensor_ids is not there; did you mean sensor_id\?/
  ],
  ['zero partitions', 'sensors', 'partitions: 4', 'partitions: 0', /partitions 0: topic: /],
  ['a missing custom property', 'products', /- property: topic\n.*\n.*\n.*\n\s+/, '', /misses topic; add it/],
  [
    'an unknown column in a rule',
    'transactions',
    'column: invoice_no\n                matches: ^A',
    'column: invoice_nr\n                matches: ^A',
    /invoice_nr is not there; did you mean invoice_no\?/
  ],
  ['a broken pattern', 'transactions', 'matches: ^A', 'matches: "(A"', /rules: .*[Uu]nterminated group/],
  ['a key that does not lead with time', 'sensors', 'value: time\n', 'value: no_time\n', /no_time is not there/],
  ['unbounded text in the key', 'products', 'maxLength: 100', 'maxLength: 5000', /product_id is text in the key/],
  [
    'an unknown zone',
    'transactions',
    'Europe/London\n        physicalType',
    'Europe/Londn\n        physicalType',
    /defaultTimezone "Europe\/Londn": is not a time zone/
  ],
  ['a format that cannot be read', 'transactions', 'format: dd/MM/yyyy HH:mm', 'format: dd/MMM/yyyy HH:mm', /MMM is not known/],
  ['an option that nothing enforces', 'sensors', 'minimum: -40', 'multipleOf: 5', /multipleOf 5: is not enforced for logicalType number/],
  ['a nullable key', 'sensors', 'required: true', 'required: false', /a column of the key must be required: true/],
  ['another version of the standard', 'sensors', 'apiVersion: v3.1.0', 'apiVersion: v2.0.0', /sensors.odcs.yaml:1: apiVersion "v2.0.0"/],
  ['a name that is not the file', 'sensors', 'name: sensors', 'name: sensor', /name "sensor": must be sensors, as the file is called/],
  ['text that is no YAML', 'sensors', 'kind: DataContract', 'kind: [', /sensors.odcs.yaml:\d+: not YAML/],
  ['an empty file', 'products', /^[\s\S]*$/, '', /products.odcs.yaml:1: the file/]
])('%s is refused with file, line, key, value and remedy', (_, dataset, from, to, message) => {
  expect(problemOf(dataset, from, to)).toMatch(message)
})

test('all problems of a file are listed, in file order', () => {
  const lines = problemOf(
    'sensors',
    /property: lateAfterMinutes([\s\S]*)property: unknownFields/,
    'property: late$1property: unknowns'
  ).split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toContain('"late"')
  expect(lines[1]).toContain('"unknowns"')
})

describe('a folder of contracts', () => {
  let copy: string
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'contracts-'))
  })
  afterEach(() => rmSync(copy, { recursive: true }))

  test('two contracts of one topic are refused', () => {
    copyFileSync(join(folder, 'sensors.odcs.yaml'), join(copy, 'sensors.odcs.yaml'))
    writeFileSync(join(copy, 'other.odcs.yaml'), text('sensors').replace('name: sensors', 'name: other'))
    expect(() => loadContracts(copy)).toThrow('sensors.odcs.yaml: topic sensor_readings_raw is already that of other.odcs.yaml')
  })

  test('a folder without contracts, or that is missing, is named', () => {
    expect(() => loadContracts(copy)).toThrow('holds no file')
    expect(() => loadContracts(join(copy, 'none'))).toThrow('cannot be read')
  })

  test('an unknown dataset names the nearest one', () => {
    expect(() => contractOf('sensor', folder)).toThrow('no contract for dataset "sensor"; did you mean sensors?')
  })
})
