import type { Context } from 'aws-lambda'
import { type Broker, startBroker } from 'sluice-broker'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { kafkaTestEvent, type TestRecord } from '../../infra/testing/kafka-event'
import { closeKafka } from '../../layers/event/kafka-client'
import { closePools } from '../../layers/store/pool'

const context = { functionName: 'validate-message', getRemainingTimeInMillis: () => 60_000 } as Context
const now = Date.parse('2026-01-15T12:00:00Z')
const topic = 'sensor_readings_raw'

let database: TestDatabase
let broker: Broker
let handler: (event: unknown, context: Context) => Promise<Record<string, { valid: number; quarantined: number; duplicate: number }>>

const reading = (time: string, overrides: object = {}) =>
  JSON.stringify({
    sensor_id: 'sensor_001',
    timestamp: time,
    temperature: 21.5,
    humidity: 45,
    pressure: 1001,
    location: 'warehouse_a',
    ...overrides
  })
const at = (records: TestRecord[], firstOffset = 0, partition = 0) =>
  kafkaTestEvent(
    topic,
    partition,
    records.map(record => ({ timestamp: now, ...record })),
    firstOffset
  )
const deliver = (event: unknown) => handler(event, context)

beforeAll(async () => {
  database = await testDatabase()
  process.env.DATABASE_URL = database.appUrl
  broker = await startBroker({ port: 0 })
  process.env.KAFKA_BROKERS = broker.address
  process.env.LOG_LEVEL = 'silent'
  handler = (await import('./handler')).handler as never
})
beforeEach(() =>
  database.query(
    'truncate sensor_readings, sensor_readings_invalid, consumed_offsets, record_counts, window_invalidations, clean_products, quarantine_products'
  )
)
afterAll(async () => {
  await closePools()
  await closeKafka()
  await broker.close()
  await database.drop()
})

test('a valid reading goes to the clean table, with its offset and its minute noted in the same transaction', async () => {
  expect(await deliver(at([{ value: reading('2026-01-15T11:59:30.250Z') }], 7))).toEqual({
    sensors: { valid: 1, quarantined: 0, duplicate: 0 }
  })
  expect(await database.query('select time, sensor_id, temperature::text, location from sensor_readings')).toEqual([
    { time: new Date('2026-01-15T11:59:30.250Z'), sensor_id: 'sensor_001', temperature: '21.50', location: 'warehouse_a' }
  ])
  expect(await database.query('select topic, "partition", next_offset from consumed_offsets')).toEqual([
    { topic, partition: 0, next_offset: '8' }
  ])
  expect(await database.query('select dataset, bucket from window_invalidations')).toEqual([
    { dataset: 'sensors', bucket: new Date('2026-01-15T11:59:00Z') }
  ])
})

test('a bad reading keeps its bytes, key, headers, offset and every reason', async () => {
  const value = reading('2026-01-15T11:59:30Z', { temperature: -45.2, humidity: 101 })
  await deliver(at([{ value, key: 'sensor_001', headers: { trace: 'ä', raw: Buffer.from([0xff]) } }], 3))
  const [row] = await database.query<Record<string, unknown>>('select * from sensor_readings_invalid')
  expect(row).toMatchObject({
    topic,
    partition: 0,
    offset: '3',
    value: Buffer.from(value),
    key: Buffer.from('sensor_001'),
    sensor_id: 'sensor_001',
    recorded_at: new Date(now),
    replay_count: 0
  })
  expect(row!.reasons).toEqual(['temperature_out_of_range', 'humidity_out_of_range'])
  expect(row!.issues).toContain('Temperature out of range: -45.2°C')
  expect(row!.raw_data).toMatchObject({ temperature: -45.2 })
  expect(row!.headers).toEqual([
    { name: 'trace', value: 'ä' },
    { name: 'raw', value: 'base64:/w==' }
  ])
})

test('what is no message at all is quarantined with its reason, and the rest of the batch is stored', async () => {
  const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
  const records: [string, TestRecord][] = [
    ['tombstone', { value: null }],
    ['empty', { value: '' }],
    ['not_json', { value: '{"sensor_id":' }],
    ['not_an_object', { value: '[1]' }],
    ['nested_too_deep', { value: deep }],
    ['duplicate_key', { value: '{"sensor_id":"a","sensor_id":"b"}' }],
    ['nul_character', { value: reading('2026-01-15T11:59:30Z', { location: 'a\u0000b' }) }],
    ['not_utf8', { value: Buffer.from([0x7b, 0xff, 0x7d]) }],
    ['too_large', { value: JSON.stringify({ sensor_id: 'x'.repeat(1_100_000) }) }]
  ]
  const counts = await deliver(at([...records.map(([, record]) => record), { value: reading('2026-01-15T11:59:30Z') }]))
  expect(counts).toEqual({ sensors: { valid: 1, quarantined: records.length, duplicate: 0 } })
  const rows = await database.query<{ offset: string; reasons: string[]; value: Buffer | null }>(
    'select "offset", reasons, value from sensor_readings_invalid order by "offset"'
  )
  expect(rows.map(row => row.reasons[0])).toEqual(records.map(([reason]) => reason))
  expect(rows[0]!.value).toBeNull()
  expect(rows[4]!.value!.toString()).toBe(deep)
})

test('a reading that came before is a duplicate: in the batch, in another batch, in another partition', async () => {
  const value = reading('2026-01-15T11:59:30Z')
  expect(await deliver(at([{ value }, { value }]))).toEqual({ sensors: { valid: 1, quarantined: 0, duplicate: 1 } })
  expect(await deliver(at([{ value }], 2))).toEqual({ sensors: { valid: 0, quarantined: 0, duplicate: 1 } })
  expect(await deliver(at([{ value }], 0, 1))).toEqual({ sensors: { valid: 0, quarantined: 0, duplicate: 1 } })
  expect(await database.query('select disposition, sum(record_count)::int as n from record_counts group by 1 order by 1')).toEqual([
    { disposition: 'duplicate', n: 3 },
    { disposition: 'valid', n: 1 }
  ])
})

test('a batch that is delivered again changes nothing', async () => {
  const event = at([{ value: reading('2026-01-15T11:59:30Z') }, { value: 'x' }])
  await deliver(event)
  expect(await deliver(event)).toEqual({ sensors: { valid: 0, quarantined: 0, duplicate: 0 } })
  expect(await database.query('select count(*)::int as n from sensor_readings_invalid')).toEqual([{ n: 1 }])
  expect(await database.query('select sum(record_count)::int as n from record_counts where disposition <> $1', ['reason'])).toEqual([
    { n: 2 }
  ])
})

test('a batch that overlaps one that was stored stores only what is new', async () => {
  const second = reading('2026-01-15T11:59:31Z')
  await deliver(at([{ value: reading('2026-01-15T11:59:30Z') }]))
  expect(await deliver(at([{ value: reading('2026-01-15T11:59:30Z') }, { value: second }]))).toEqual({
    sensors: { valid: 1, quarantined: 0, duplicate: 0 }
  })
})

test('two deliveries of one batch at the same time store it once', async () => {
  const event = at(Array.from({ length: 500 }, (_, index) => ({ value: reading(new Date(now - 60_000 + index).toISOString()) })))
  const answers = await Promise.all([deliver(event), deliver(event)])
  expect(answers.map(answer => answer.sensors!.valid).sort((a, b) => a - b)).toEqual([0, 500])
})

test('the records of a run are counted apart', async () => {
  const headers = { 'sluice-run': 'run-1' }
  await deliver(
    at([{ value: reading('2026-01-15T11:59:30Z'), headers }, { value: 'x', headers }, { value: reading('2026-01-15T11:59:31Z') }])
  )
  expect(await database.query('select run_id, disposition, reason, record_count::int as n from record_counts order by 1, 2')).toEqual([
    { run_id: '', disposition: 'valid', reason: '', n: 1 },
    { run_id: 'run-1', disposition: 'quarantined', reason: '', n: 1 },
    { run_id: 'run-1', disposition: 'reason', reason: 'not_json', n: 1 },
    { run_id: 'run-1', disposition: 'valid', reason: '', n: 1 }
  ])
})

test('headers and timestamps that nobody sane sends stop nothing', async () => {
  const event = at([
    { value: 'x', headers: { 'sluice-run': 'a\0b', 'sluice-line': '99999999999999999999' }, timestamp: -1 },
    { value: 'x', timestamp: Number.MAX_SAFE_INTEGER },
    { value: reading('2026-01-15T11:59:30Z') }
  ])
  ;(event.records[`${topic}-0`]![0]!.headers as unknown[]).push({ empty: null }, { ['n\0l']: [1] })
  expect(await deliver(event)).toEqual({ sensors: { valid: 1, quarantined: 2, duplicate: 0 } })
  expect(await database.query('select line_number, recorded_at from sensor_readings_invalid')).toEqual([
    { line_number: null, recorded_at: null },
    { line_number: null, recorded_at: null }
  ])
})

test('a line that could not be parsed keeps its number and its bytes', async () => {
  const value = Buffer.from([0x35, 0x33, 0x2c, 0xa3])
  await deliver(
    kafkaTestEvent('transactions_raw', 0, [{ value, headers: { 'sluice-line': '39531', 'sluice-unparsable': '3 columns, expected 8' } }])
  )
  expect(await database.query('select reasons, line_number, value from quarantine_transactions')).toEqual([
    { reasons: ['unparsable_line'], line_number: '39531', value }
  ])
})

test('one event may hold partitions of several topics', async () => {
  const product = JSON.stringify({ product_id: 'P999', name: 'Test Widget', price: '$29.99', stock: '50' })
  const event = at([{ value: reading('2026-01-15T11:59:30Z') }])
  Object.assign(event.records, kafkaTestEvent('products_raw', 0, [{ value: product }]).records)
  expect(await deliver(event)).toEqual({
    sensors: { valid: 1, quarantined: 0, duplicate: 0 },
    products: { valid: 1, quarantined: 0, duplicate: 0 }
  })
  expect(await database.query('select product_id, name, price::text, stock from clean_products')).toEqual([
    { product_id: 'P999', name: 'Test Widget', price: '29.99', stock: 50 }
  ])
})

test('an event of another shape, and a topic without a contract, are errors that say so', async () => {
  await expect(deliver({ Records: [] })).rejects.toMatchObject({
    code: 'EVENT_INVALID',
    message: expect.stringContaining('validate-message: event.eventSource')
  })
  await expect(deliver(kafkaTestEvent('unknown', 0, [{ value: 'x' }]))).rejects.toMatchObject({ code: 'CONTRACT_UNKNOWN' })
})

test('offsets of another cluster are other offsets: nothing of it is taken for stored', async () => {
  await deliver(at([{ value: reading('2026-01-15T11:59:30Z') }]))
  await closeKafka()
  const other = await startBroker({ port: 0 })
  jest.resetModules()
  process.env.KAFKA_BROKERS = other.address
  const again = (await import('./handler')).handler as unknown as typeof handler
  expect(await again(at([{ value: reading('2026-01-15T11:59:40Z') }]), context)).toEqual({
    sensors: { valid: 1, quarantined: 0, duplicate: 0 }
  })
  await (await import('../../layers/event/kafka-client')).closeKafka()
  await (await import('../../layers/store/pool')).closePools()
  await other.close()
})
