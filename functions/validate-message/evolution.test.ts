import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from 'aws-lambda'
import { type Broker, startBroker } from 'sluice-broker'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { kafkaTestEvent } from '../../infra/testing/kafka-event'

const context = { functionName: 'validate-message' } as Context
const topic = 'products_raw'

let database: TestDatabase
let broker: Broker
let contracts: string
let handler: (event: unknown, context: Context) => Promise<unknown>

const deliver = (values: object[], firstOffset = 0) =>
  handler(
    kafkaTestEvent(
      topic,
      0,
      values.map(value => ({ value: JSON.stringify(value) })),
      firstOffset
    ),
    context
  )
const product = (id: string, more: object = {}) => ({ product_id: id, name: 'Widget', price: 1, stock: 1, ...more })

async function stop(): Promise<void> {
  await (await import('../../layers/event/kafka-client')).closeKafka()
  await (await import('../../layers/store/pool')).closePools()
}

/** A new version of the contract is started: the database is migrated, and the functions load it. */
async function startWith(change: (text: string) => string): Promise<string[]> {
  await stop()
  const file = join(contracts, 'products.odcs.yaml')
  writeFileSync(file, change(readFileSync(file, 'utf8')))
  jest.resetModules()
  const [{ loadContracts }, { migrate }] = await Promise.all([import('../../layers/contract'), import('../../layers/store/migrate')])
  const done = await migrate(database.ownerUrl, loadContracts(contracts))
  handler = (await import('./handler')).handler as never
  return done
}

const policy = (name: string) => (text: string) => text.replace(/(property: unknownFields\n\s+value: )\w+/, `$1${name}`)
const withColour = (text: string) =>
  text.replace(
    '      - name: loaded_at\n',
    `      - name: colour
        businessName: Colour
        logicalType: string
        logicalTypeOptions:
          maxLength: 10
        physicalType: text
        required: false
        description: What colour it has.
      - name: weight
        logicalType: number
        logicalTypeOptions:
          minimum: 0
        physicalType: numeric(8,2)
        required: false
        description: Kilograms.
      - name: made_at
        logicalType: timestamp
        physicalType: timestamptz
        required: false
        description: When it was made.
      - name: loaded_at
`
  )

beforeEach(async () => {
  database = await testDatabase()
  broker = await startBroker({ port: 0 })
  contracts = mkdtempSync(join(tmpdir(), 'sluice-contracts-'))
  cpSync(join(__dirname, '../../contracts'), contracts, { recursive: true })
  Object.assign(process.env, {
    DATABASE_URL: database.appUrl,
    TIMESCALE_URL: database.appUrl,
    KAFKA_BROKERS: broker.address,
    SLUICE_CONTRACTS: contracts,
    LOG_LEVEL: 'silent'
  })
})
afterEach(async () => {
  await stop()
  await broker.close()
  await database.drop()
  rmSync(contracts, { recursive: true })
})

test('evolve stores the record, keeps its unknown fields beside it and counts them by name', async () => {
  await startWith(policy('evolve'))
  expect(await deliver([product('A'), product('B', { colour: 'red' }), product('C', { colour: 'blue', size: 3 })])).toEqual({
    products: { valid: 3, quarantined: 0, duplicate: 0 }
  })
  expect(await database.query('select product_id, unknown_fields from clean_products order by 1')).toEqual([
    { product_id: 'A', unknown_fields: null },
    { product_id: 'B', unknown_fields: { colour: 'red' } },
    { product_id: 'C', unknown_fields: { colour: 'blue', size: 3 } }
  ])
  await deliver([product('D', { colour: 'red' })], 3)
  expect(await database.query('select dataset, field, record_count::int from unknown_field_counts order by field')).toEqual([
    { dataset: 'products', field: 'colour', record_count: 3 },
    { dataset: 'products', field: 'size', record_count: 1 }
  ])
})

test('names of unknown fields that producers make up are bounded: how long, how many in a batch, how many in all', async () => {
  await startWith(policy('evolve'))
  const many = (from: number) => Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`f${from + index}`, 1]))
  await deliver([product('A', { ['x'.repeat(200_000)]: 1 }), product('B', many(0))])
  const counted = () =>
    database.query<{ n: number; longest: number }>('select count(*)::int as n, max(length(field)) as longest from unknown_field_counts')
  expect(await counted()).toEqual([{ n: 100, longest: 200 }])
  await database.query(`insert into unknown_field_counts select 'products', 'g' || i, 1 from generate_series(1, 900) i`)
  await deliver([product('C', many(1000))], 2)
  expect(await counted()).toEqual([{ n: 1000, longest: 200 }])
})

test('a later contract that knows the field fills its column where the value passes; what does not pass stays', async () => {
  await startWith(policy('evolve'))
  await deliver([
    product('A', { colour: 'red', weight: 1.005, made_at: '2026-01-15T12:00:00.123456+01:00', size: 3 }),
    product('B', { colour: 'a very long colour', weight: -1, made_at: 'yesterday' }),
    product('C', { colour: null }),
    product('D')
  ])
  expect(await startWith(withColour)).toEqual(
    expect.arrayContaining([
      'clean_products.colour: 2 rows filled from unknown_fields, 1 left there',
      'clean_products.weight: 1 rows filled from unknown_fields, 1 left there',
      'clean_products.made_at: 1 rows filled from unknown_fields, 1 left there'
    ])
  )
  expect(
    await database.query(
      `select product_id, colour, weight::text, to_char(made_at at time zone 'UTC', 'HH24:MI:SS.US') as made, unknown_fields from clean_products order by 1`
    )
  ).toEqual([
    { product_id: 'A', colour: 'red', weight: '1.01', made: '11:00:00.123456', unknown_fields: { size: 3 } },
    {
      product_id: 'B',
      colour: null,
      weight: null,
      made: null,
      unknown_fields: { colour: 'a very long colour', weight: -1, made_at: 'yesterday' }
    },
    { product_id: 'C', colour: null, weight: null, made: null, unknown_fields: null },
    { product_id: 'D', colour: null, weight: null, made: null, unknown_fields: null }
  ])
  expect(await startWith(text => text)).toEqual([])
})

test('a row that an older contract let in and a newer range forbids keeps its unknown fields, and the others are filled', async () => {
  await startWith(policy('evolve'))
  await deliver([product('A', { colour: 'red', price: 500 }), product('B', { colour: 'blue' })])
  await startWith(text =>
    withColour(text).replace(
      'exclusiveMinimum: 0\n        physicalType: numeric(10,2)',
      'exclusiveMinimum: 0\n          maximum: 100\n        physicalType: numeric(10,2)'
    )
  )
  // the check is there before a later contract adds another field
  await startWith(text => text.replace('- name: colour', '- name: paint').replace('businessName: Colour', 'physicalName: paint'))
  expect(await database.query('select product_id, colour, unknown_fields from clean_products order by 1')).toEqual([
    { product_id: 'A', colour: null, unknown_fields: { colour: 'red' } },
    { product_id: 'B', colour: 'blue', unknown_fields: null }
  ])
})

test('quarantine keeps a record with an unknown field apart, and the rest of the batch is stored', async () => {
  await startWith(policy('quarantine'))
  expect(await deliver([product('A', { colour: 'red' }), product('B')])).toEqual({ products: { valid: 1, quarantined: 1, duplicate: 0 } })
  expect(await database.query('select reasons, issues from quarantine_products')).toEqual([
    { reasons: ['unknown_field'], issues: 'Field is not in the contract: colour' }
  ])
})

test('drop stores the known fields, and nobody is told', async () => {
  await startWith(policy('drop'))
  expect(await deliver([product('A', { colour: 'red' })])).toEqual({ products: { valid: 1, quarantined: 0, duplicate: 0 } })
  expect(await database.query('select * from unknown_field_counts')).toEqual([])
})

test('freeze stores nothing of the batch, names record and field, and lets the batch in once the contract knows the field', async () => {
  await startWith(policy('freeze'))
  const batch = [product('A'), product('B', { colour: 'red' }), product('C', { price: 'CALL' })]
  await expect(deliver(batch)).rejects.toMatchObject({
    code: 'SCHEMA_FROZEN',
    message: expect.stringMatching(/products: record products_raw-0@1 .*version 1\.0\.0.*Field is not in the contract: colour/)
  })
  expect(await database.query('select (select count(*) from clean_products) + (select count(*) from quarantine_products) as n')).toEqual([
    { n: '0' }
  ])
  expect(await database.query('select * from consumed_offsets')).toEqual([])
  await startWith(withColour)
  expect(await deliver(batch)).toEqual({ products: { valid: 2, quarantined: 1, duplicate: 0 } })
  expect(await database.query('select product_id, colour from clean_products order by 1')).toEqual([
    { product_id: 'A', colour: null },
    { product_id: 'B', colour: 'red' }
  ])
})
