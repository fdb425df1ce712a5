import type { Context } from 'aws-lambda'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { contractOf } from '../../layers/contract'
import { Random } from '../../layers/contract/generate/random'
import { noteChanges } from '../../layers/store/batch'
import { rowInserter } from '../../layers/store/insert-rows'
import { closePools, poolFor, withTransaction } from '../../layers/store/pool'
import { refreshSummaries } from '../../layers/store/summary'

let database: TestDatabase
let handler: (event: unknown, context: Context) => Promise<Record<string, unknown>[]>

const context = { functionName: 'aggregate-window' } as Context
const tick = async () => (await handler({ dataset: 'sensors' }, context))[0]
const answer = (windows: number, corrected: number, removed = 0) => ({
  dataset: 'sensors',
  table: 'sensor_windows',
  windows,
  corrected,
  removed
})
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
    'select window_minutes, window_start, sensor_id, record_count::int, temperature_avg::float, temperature_min::float, temperature_max::float from sensor_windows order by 1, 2, 3'
  )

beforeAll(async () => {
  database = await testDatabase()
  Object.assign(process.env, { DATABASE_URL: database.appUrl, KAFKA_BROKERS: '127.0.0.1:1', LOG_LEVEL: 'silent' })
  handler = (await import('./handler')).handler as never
})
beforeEach(() =>
  database.query('truncate sensor_readings, sensor_windows, window_invalidations, synthetic_data, stock_price_summary, sales_trend_summary')
)
afterAll(async () => {
  await closePools()
  await database.drop()
})

test('readings fall into windows of one and of five minutes by their own time; the end belongs to the next window', async () => {
  await insert('2026-01-15T12:04:59.999Z', 20)
  await insert('2026-01-15T12:05:00Z', 30)
  expect(await tick()).toEqual(answer(4, 0))
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
  expect(await tick()).toEqual(answer(2, 2))
  expect((await windows())[0]).toMatchObject({ record_count: 2, temperature_avg: 25, temperature_min: 20, temperature_max: 30 })
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
  expect(await tick()).toEqual(answer(0, 0))
})

test('a window whose records are all gone disappears, and so does a group of it', async () => {
  await insert('2026-01-15T12:00:10Z', 20)
  await insert('2026-01-15T12:01:10Z', 20)
  await insert('2026-01-15T12:01:10Z', 30, 'sensor_002')
  await tick()
  await database.query("delete from sensor_readings where time < '2026-01-15T12:01Z' or sensor_id = 'sensor_002'")
  await database.query(
    "insert into window_invalidations select 'sensors', unnest(array['2026-01-15T12:00Z', '2026-01-15T12:01Z']::timestamptz[])"
  )
  expect(await tick()).toEqual(answer(2, 2, 3))
  expect((await windows()).map(row => [row.window_minutes, row.sensor_id, row.record_count])).toEqual([
    [1, 'sensor_001', 1],
    [5, 'sensor_001', 1]
  ])
})

test('an average is the exact one, as SQL over the readings gives it', async () => {
  for (const [second, temperature] of [20, 20, 21].entries()) await insert(`2026-01-15T12:00:0${second}Z`, temperature)
  await tick()
  expect(await database.query('select temperature_avg::text from sensor_windows where window_minutes = 1')).toEqual([
    { temperature_avg: '20.3333333333333333' }
  ])
})

test('late and corrected rows give exactly the summaries that SQL over the table gives, in shares of any size', async () => {
  const random = new Random(11)
  const market = contractOf('market')
  const write = rowInserter(market)
  const pool = poolFor(database.appUrl)
  const sql = (minutes: number, column: string) =>
    `select date_bin('${minutes} minutes', "timestamp", '2000-01-01Z') as window_start, ${minutes} as window_minutes, count(*) as record_count, avg(${column}), min(${column}), max(${column}) from synthetic_data group by 1 order by 1`
  for (let round = 0; round < 12; round++) {
    // few distinct minutes: most rounds correct, repeat and add within the same windows; ids differ too, so that a minute may have two rows
    const rows = Array.from({ length: 40 }, () => [
      String(random.integer(1, 3)),
      Date.UTC(2024, 0, 1, 0, random.integer(0, 150)),
      random.integer(100, 10_000) / 100,
      random.integer(-10_000, 10_000) / 100
    ])
    await withTransaction(pool, async client => noteChanges(client, market, (await write(client, [rows])).buckets))
    if (round === 7) {
      await database.query('delete from synthetic_data where "timestamp" < \'2024-01-01T00:30Z\'')
      await database.query(
        "insert into window_invalidations select 'market', generate_series('2024-01-01Z'::timestamptz, '2024-01-01T00:29Z', '10 min')"
      )
    }
    await refreshSummaries(pool, market, round % 2 === 0 ? 3 : undefined)
    for (const [table, minutes, column] of [
      ['stock_price_summary', 10, 'stock_price'],
      ['sales_trend_summary', 20, 'sales_trend']
    ] as const)
      expect(
        await database.query(
          `select window_start, window_minutes, record_count, ${column}_avg as avg, ${column}_min as min, ${column}_max as max from ${table} order by 1`
        )
      ).toEqual(await database.query(sql(minutes, column)))
  }
})

test('two refreshes at the same time leave what one would', async () => {
  for (let minute = 0; minute < 20; minute++) await insert(`2026-01-15T12:${String(minute).padStart(2, '0')}:10Z`, minute)
  // another pool, as another process has it
  const elsewhere = refreshSummaries(poolFor(`${database.appUrl}?application_name=other`), contractOf('sensors'))
  const answers = await Promise.all([tick(), tick(), elsewhere.then(([summary]) => summary)])
  expect(answers.map(each => each!.windows as number).sort((a, b) => a - b)).toEqual([0, 0, 24])
})

test('a window is final once a reading came that is later than its end by the allowed lateness', async () => {
  await insert('2026-01-15T12:00:10Z', 20)
  await insert('2026-01-15T12:31:00Z', 20)
  await tick()
  const final = () => database.query('select window_start, window_end, is_final from v_sensor_windows where window_minutes = 1 order by 1')
  expect((await final()).map(row => row.is_final)).toEqual([true, false])
  await insert('2026-01-15T12:30:59Z', 20)
  await database.query("delete from sensor_readings where time = '2026-01-15T12:31Z'")
  expect((await final())[0]).toEqual({
    window_start: new Date('2026-01-15T12:00Z'),
    window_end: new Date('2026-01-15T12:01Z'),
    is_final: false
  })
})

test("an empty event and AWS's scheduled event refresh every dataset that has summaries", async () => {
  await insert('2026-01-15T12:00:10Z', 20)
  for (const event of [{}, { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }]) {
    const answers = await handler(event, context)
    expect(answers.map(each => each.dataset)).toEqual(expect.arrayContaining(['market', 'sensors']))
  }
  expect(await windows()).toHaveLength(2)
})

test('a dataset without a contract or without summaries is refused by name', async () => {
  await expect(handler({ dataset: 'sensor' }, context)).rejects.toMatchObject({ code: 'CONTRACT_UNKNOWN' })
  await expect(handler({ dataset: 'products' }, context)).rejects.toMatchObject({
    code: 'EVENT_INVALID',
    message: expect.stringContaining('products has no summaries')
  })
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
  expect((await windows())[0]).toMatchObject({ record_count: 1 })
  await writer.query('commit')
  await writer.end()
  await tick()
  expect((await windows())[0]).toMatchObject({ record_count: 2, temperature_avg: 30 })
})
