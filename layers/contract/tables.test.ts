// Do the statements make the tables of a contract, and is a change that rows may not survive refused?
import { join } from 'node:path'
import fc from 'fast-check'
import { PipelineError } from '../errors'
import { nearest, quoteIdentifier, snakeCase, sqlIdentifierProblem, topicProblem } from './identifiers'
import { contractOf } from './load'
import { rangeChecks, tableStatements, viewStatements } from './tables'
import type { CatalogColumn, CatalogConstraint, Contract } from './types'

const folder = join(__dirname, '../../contracts')
const sensors = contractOf('sensors', folder)

const catalogTypes: Record<string, string> = { timestamptz: 'timestamp with time zone' }

/** What Postgres 18 shows of a contract's tables once they are made. */
function catalogOf(contract: Contract): CatalogColumn[] {
  const clean = [...contract.table.columns, ...contract.table.defaulted].map(({ name, type, nullable }) => ({
    table: contract.table.name,
    name,
    type: catalogTypes[type] ?? type,
    nullable
  }))
  const quarantine = tableStatements(contract)[1]!.matchAll(/^ {2}"(\w+)" (\S+)(.*)/gm)
  const summaries = contract.summaries.map(({ table }) => ({
    table,
    name: 'window_start',
    type: 'timestamp with time zone',
    nullable: false
  }))
  return [
    ...clean,
    ...summaries,
    ...[...quarantine].map(([, name, type, rest]) => ({
      table: contract.quarantineTable.name,
      name: name!,
      type: catalogTypes[type!.replace(',', '')] ?? type!.replace(',', ''),
      nullable: !rest!.includes('not null')
    }))
  ]
}

function constraintsOf(contract: Contract): CatalogConstraint[] {
  const table = contract.table.name
  return [
    { table, name: `${table}_pkey`, definition: 'PRIMARY KEY ("time", sensor_id)' },
    ...rangeChecks(contract).map(({ name }) => ({ table, name, definition: 'CHECK (…)' })),
    ...contract.summaries.map(summary => ({ table: summary.table, name: summaryCheck(contract), definition: 'CHECK (…)' }))
  ]
}

/** The name that ends in the digest of the first summary's shape. */
const summaryCheck = (contract: Contract) => /"(summary_[0-9a-f]{8})"/.exec(tableStatements(contract)[2]!)![1]!

/** The sensors' contract with something changed. */
function changed(change: (contract: Contract) => void): Contract {
  const contract = structuredClone(sensors)
  change(contract)
  return contract
}

const columnOf = (contract: Contract, name: string) => contract.table.columns.find(column => column.name === name)!

test('a new clean table has its columns, key and ranges', () => {
  const [clean] = tableStatements(sensors)
  expect(clean).toContain('create table "sensor_readings"')
  expect(clean).toContain('"temperature" numeric(5,2) not null')
  expect(clean).toContain('"location" text,')
  expect(clean).toContain('primary key ("time", "sensor_id")')
  expect(clean).toMatch(/check \("temperature" >= -40 and "temperature" <= 85\)/)
})

test('a new quarantine table has the common columns and the extra ones, without any rule of the data', () => {
  const [, quarantine] = tableStatements(sensors)
  for (const column of [
    '"id" bigint generated always as identity primary key',
    '"raw_data" jsonb',
    '"reasons" text[] not null',
    '"partition" integer not null',
    '"offset" bigint not null',
    '"time" timestamptz',
    '"sensor_id" text'
  ])
    expect(quarantine).toContain(column)
  expect(quarantine).not.toContain('check')
})

test('a new summary has a row for each length, window and group, with the aggregates of each measure, and every time is noted for it', () => {
  const [, , summary, note, ...rest] = tableStatements(sensors)
  for (const line of [
    'create table "sensor_windows"',
    '"window_start" timestamptz not null',
    '"sensor_id" text not null',
    '"record_count" bigint not null',
    '"temperature_avg" numeric not null',
    '"temperature_min" numeric(5,2) not null',
    '"pressure_max" numeric(6,2) not null',
    'primary key ("window_minutes", "window_start", "sensor_id")',
    'check ("window_minutes" in (1, 5))'
  ])
    expect(summary).toContain(line)
  expect(note).toMatch(/^insert into window_invalidations .* 'sensors', date_bin\(interval '1 minutes', "time", .* from "sensor_readings"$/)
  expect(rest).toEqual([])
})

test.each<[string, (contract: Contract) => void]>([
  ['another length', contract => contract.summaries[0]!.minutes.push(60)],
  ['another measure', contract => contract.summaries[0]!.measures.pop()],
  ['another group', contract => (contract.summaries[0]!.by = [])],
  ['a measure of another type', contract => (columnOf(contract, 'pressure').type = 'numeric(8,2)')]
])('a summary with %s is made again and filled from all times', (_, change) => {
  const statements = tableStatements(changed(change), catalogOf(sensors), constraintsOf(sensors)).slice(-4)
  expect(statements.map(statement => statement.split('(')[0]!.trim())).toEqual([
    'drop view if exists "v_sensor_windows"',
    'drop table "sensor_windows"',
    'create table "sensor_windows"',
    'insert into window_invalidations'
  ])
})

test('which windows are final is told only where there is an allowed lateness', () => {
  expect(viewStatements(sensors)).toEqual([
    expect.stringMatching(/^create or replace view "v_sensor_windows" as[\s\S]*'1800000 milliseconds'/)
  ])
  expect(viewStatements(changed(contract => (contract.latenessMs = undefined)))).toEqual(['drop view if exists "v_sensor_windows"'])
})

test('a defaulted column is made with its default', () => {
  expect(tableStatements(contractOf('products', folder))[0]).toContain('"loaded_at" timestamptz not null default now()')
})

test('tables that are as the contract says need nothing', () => {
  expect(tableStatements(sensors, catalogOf(sensors), constraintsOf(sensors))).toEqual([])
})

test.each<[string, (contract: Contract) => void, string[]]>([
  [
    'a new nullable column is added',
    contract => contract.table.columns.push({ name: 'battery', type: 'numeric(5,2)', nullable: true }),
    ['alter table "sensor_readings" add column "battery" numeric(5,2)']
  ],
  [
    'a new defaulted column is added',
    contract => contract.table.defaulted.push({ name: 'loaded_at', type: 'timestamptz', nullable: false, expression: 'now()' }),
    ['alter table "sensor_readings" add column "loaded_at" timestamptz not null default now()']
  ],
  [
    'a number may get more digits',
    contract => {
      contract.summaries = []
      columnOf(contract, 'pressure').type = 'numeric(8,2)'
    },
    ['alter table "sensor_readings" alter column "pressure" type numeric(8,2)']
  ],
  [
    'a column may become nullable',
    contract => {
      contract.summaries = []
      columnOf(contract, 'humidity').nullable = true
    },
    ['alter table "sensor_readings" alter column "humidity" drop not null']
  ],
  [
    'a column that the contract drops stays and may be empty',
    contract => {
      contract.summaries = []
      contract.table.columns = contract.table.columns.filter(column => column.name !== 'pressure')
    },
    ['alter table "sensor_readings" alter column "pressure" drop not null']
  ],
  [
    'a new extra column of the quarantine is added',
    contract => contract.quarantineTable.extraColumns.push({ name: 'location', type: 'text', nullable: true }),
    ['alter table "sensor_readings_invalid" add column "location" text']
  ]
])('%s', (_, change, expected) => {
  expect(tableStatements(changed(change), catalogOf(sensors), constraintsOf(sensors))).toEqual(expected)
})

test('a changed range replaces its check, for new rows only', () => {
  const wider = changed(contract => (contract.fields.find(field => field.name === 'temperature')!.range.minimum = -60))
  expect(tableStatements(wider, catalogOf(sensors), constraintsOf(sensors))).toEqual([
    expect.stringMatching(/^alter table "sensor_readings" drop constraint "temperature_range_[0-9a-f]{8}"$/),
    expect.stringMatching(
      /^alter table "sensor_readings" add constraint "temperature_range_[0-9a-f]{8}" check \("temperature" >= -60 and "temperature" <= 85\) not valid$/
    )
  ])
})

test.each<[string, (contract: Contract) => void, RegExp]>([
  [
    'a new required column',
    contract => contract.table.columns.push({ name: 'battery', type: 'integer', nullable: false }),
    /table sensor_readings, column battery: cannot go from no column to integer not null/
  ],
  [
    'another type',
    contract => (columnOf(contract, 'location').type = 'integer'),
    /table sensor_readings, column location: cannot go from text to integer/
  ],
  [
    'fewer digits',
    contract => (columnOf(contract, 'temperature').type = 'numeric(4,2)'),
    /column temperature: cannot go from numeric\(5,2\) to numeric\(4,2\)/
  ],
  [
    'another scale',
    contract => (columnOf(contract, 'temperature').type = 'numeric(6,3)'),
    /column temperature: cannot go from numeric\(5,2\) to numeric\(6,3\)/
  ],
  [
    'a required column that was not',
    contract => (columnOf(contract, 'location').nullable = false),
    /column location: cannot go from text null to text not null/
  ],
  ['another key', contract => (contract.table.uniqueKey = ['time']), /cannot go from key \(time, sensor_id\) to key \(time\)/]
])('%s is refused with table, column, from and to', (_, change, message) => {
  const migrate = () => tableStatements(changed(change), catalogOf(sensors), constraintsOf(sensors))
  expect(migrate).toThrow(message)
  expect(migrate).toThrow(expect.objectContaining({ code: 'MIGRATION_REFUSED' }))
  expect(migrate).toThrow(PipelineError)
})

test('a quoted identifier names what it was made of, whatever is in it', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'binary' }).filter(name => !name.includes('\0')),
      name => {
        const quoted = quoteIdentifier(name)
        expect(quoted.slice(1, -1)).toMatch(/^([^"]|"")*$/)
        expect(quoted.slice(1, -1).replaceAll('""', '"')).toBe(name)
      }
    )
  )
  expect(() => quoteIdentifier('')).toThrow(RangeError)
  expect(() => quoteIdentifier('a\0b')).toThrow(RangeError)
})

test.each([
  ['time', undefined],
  ['a'.repeat(63), undefined],
  ['a'.repeat(64), /at most 63/],
  ['Time', /lower snake case/],
  ['1st', /lower snake case/],
  ['a-b', /lower snake case/],
  ['', /lower snake case/],
  ['x"; drop table y; --', /lower snake case/]
])('%j as a column', (name, problem) => {
  if (problem) expect(sqlIdentifierProblem(name)).toMatch(problem)
  else expect(sqlIdentifierProblem(name)).toBeUndefined()
})

test.each([
  ['sensor_readings_raw', undefined],
  ['a.b-C_1', undefined],
  ['a'.repeat(250), /at most 249/],
  ['.', /reserved/],
  ['..', /reserved/],
  ['__consumer_offsets', /reserved/],
  ['a b', /letters, digits/],
  ['', /letters, digits/]
])('%j as a topic', (name, problem) => {
  if (problem) expect(topicProblem(name)).toMatch(problem)
  else expect(topicProblem(name)).toBeUndefined()
})

test.each([
  ['InvoiceNo', 'invoice_no'],
  ['CustomerID', 'customer_id'],
  ['timestamp', 'timestamp'],
  ['sensor_id', 'sensor_id'],
  ['HTTPServer2', 'http_server2']
])('%s in snake case is %s', (name, expected) => {
  expect(snakeCase(name)).toBe(expected)
})

test('the nearest name is offered only when it is near', () => {
  expect(nearest('lateAfterMinute', ['topic', 'lateAfterMinutes'])).toBe('lateAfterMinutes')
  expect(nearest('colour', ['topic', 'windows'])).toBeUndefined()
})
