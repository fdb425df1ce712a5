import type { Context } from 'aws-lambda'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { closePools } from '../../layers/store/pool'
import type { RefreshedWindows } from './windows'

let database: TestDatabase
let handler: (event: unknown, context: Context) => Promise<RefreshedWindows[]>

const tick = () => handler({}, { functionName: 'aggregate-window' } as Context)
const insert = async (time: string, temperature: number, sensor = 'sensor_001') => {
  await database.query(
    'insert into sensor_readings (time, sensor_id, temperature, humidity, pressure, location) values ($1, $2, $3, 50, 1000, $4)',
    [time, sensor, temperature, 'a']
  )
  await database.query("insert into window_invalidations (dataset, bucket) values ('sensors', date_trunc('minute', $1::timestamptz))", [
    time
  ])
}
const windows = () =>
  database.query(
    'select window_minutes, window_start, sensor_id, reading_count, temperature_avg::float, temperature_min::float, temperature_max::float from sensor_windows order by 1, 2, 3'
  )

beforeAll(async () => {
  database = await testDatabase()
  Object.assign(process.env, { DATABASE_URL: database.appUrl, KAFKA_BROKERS: '127.0.0.1:1', LOG_LEVEL: 'silent' })
  handler = (await import('./handler')).handler as never
})
beforeEach(() => database.query('truncate sensor_readings, sensor_windows, window_invalidations'))
afterAll(async () => {
  await closePools()
  await database.drop()
})

test('readings fall into windows of one and of five minutes by their own time; the end belongs to the next window', async () => {
  await insert('2026-01-15T12:04:59.999Z', 20)
  await insert('2026-01-15T12:05:00Z', 30)
  expect(await tick()).toEqual([
    { window_minutes: 1, windows: 2, corrected: 0 },
    { window_minutes: 5, windows: 2, corrected: 0 }
  ])
  expect(
    (await windows()).map(row => [row.window_minutes, (row.window_start as Date).toISOString().slice(11, 16), row.temperature_avg])
  ).toEqual([
    [1, '12:04', 20],
    [1, '12:05', 30],
    [5, '12:00', 20],
    [5, '12:05', 30]
  ])
})

test('a late reading corrects its window, and only its window', async () => {
  await insert('2026-01-15T12:00:10Z', 20)
  await insert('2026-01-15T12:07:10Z', 5)
  await tick()
  await insert('2026-01-15T12:00:40Z', 30)
  expect(await tick()).toEqual([
    { window_minutes: 1, windows: 1, corrected: 1 },
    { window_minutes: 5, windows: 1, corrected: 1 }
  ])
  expect((await windows())[0]).toMatchObject({ reading_count: 2, temperature_avg: 25, temperature_min: 20, temperature_max: 30 })
})

test('sensors have windows of their own', async () => {
  await insert('2026-01-15T12:00:10Z', 20)
  await insert('2026-01-15T12:00:10Z', 30, 'sensor_002')
  await tick()
  expect((await windows()).filter(row => row.window_minutes === 1).map(row => [row.sensor_id, row.temperature_avg])).toEqual([
    ['sensor_001', 20],
    ['sensor_002', 30]
  ])
})

test('without new readings nothing is computed', async () => {
  await insert('2026-01-15T12:00:10Z', 20)
  await tick()
  expect(await tick()).toEqual([
    { window_minutes: 1, windows: 0, corrected: 0 },
    { window_minutes: 5, windows: 0, corrected: 0 }
  ])
})

test('a refresh does not lose the reading of a transaction that commits while it runs', async () => {
  await insert('2026-01-15T12:00:10Z', 20)
  const { default: pg } = await import('pg')
  const writer = new pg.Client({ connectionString: database.ownerUrl })
  await writer.connect()
  await writer.query('begin')
  await writer.query(
    "insert into sensor_readings (time, sensor_id, temperature, humidity, pressure) values ('2026-01-15T12:00:20Z', 'sensor_001', 40, 50, 1000)"
  )
  await writer.query("insert into window_invalidations (dataset, bucket) values ('sensors', '2026-01-15T12:00:00Z')")
  await tick()
  expect((await windows())[0]).toMatchObject({ reading_count: 1 })
  await writer.query('commit')
  await writer.end()
  await tick()
  expect((await windows())[0]).toMatchObject({ reading_count: 2, temperature_avg: 30 })
})
