import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'

const folder = join(__dirname, '../../sql/queries/explore')
const tables =
  'sensor_readings, sensor_readings_invalid, clean_products, quarantine_products, raw_products, record_counts, replays, unknown_field_counts'

let database: TestDatabase

const queryOf = (name: string) => readFileSync(join(folder, `${name}.sql`), 'utf8')
/** Runs a query file as those who look would. */
const explore = (name: string) => database.query<Record<string, unknown>>(queryOf(name))
const reading = (ago: string, sensor: string, temperature: number, location: string | null = 'hall_a') =>
  database.query(
    `insert into sensor_readings (time, sensor_id, temperature, humidity, pressure, location) values (clock_timestamp() - $1::interval, $2, $3, 50, 1000, $4)`,
    [ago, sensor, temperature, location]
  )
const product = (id: string, price: number, stock: number) =>
  database.query('insert into clean_products (product_id, name, price, stock) values ($1, $1, $2, $3)', [id, price, stock])
const quarantined = (table: string, raw: object, reasons: string[], issues: string, at = 'now') =>
  database.query(
    `insert into ${table} (raw_data, reasons, issues, topic, "partition", "offset", contract_version, quarantined_at) values ($1, $2, $3, 't', 0, 0, '1.0.0', $4)`,
    [JSON.stringify(raw), reasons, issues, at]
  )
const counted = (run: string, partition: number, disposition: string, reason: string, count: number) =>
  database.query(
    `insert into record_counts (cluster_id, dataset, topic, "partition", run_id, disposition, reason, record_count) values ('c', 'sensors', 't', $1, $2, $3, $4, $5)`,
    [partition, run, disposition, reason, count]
  )

beforeAll(async () => {
  database = await testDatabase()
})
beforeEach(() => database.query(`truncate ${tables}`))
afterAll(() => database.drop())

test('every query of the folder runs on empty tables, and says in its first line what it answers', async () => {
  for (const file of readdirSync(folder)) {
    expect(readFileSync(join(folder, file), 'utf8')).toMatch(/^-- .*[.?:;a-z]\n/)
    await expect(explore(file.replace('.sql', ''))).resolves.toEqual(expect.any(Array))
  }
})

test('a batch has a quality score: its valid records of those that are valid or quarantined, with the reasons', async () => {
  await counted('run-1', 0, 'valid', '', 90)
  await counted('run-1', 1, 'valid', '', 5)
  await counted('run-1', 0, 'quarantined', '', 5)
  await counted('run-1', 0, 'duplicate', '', 7)
  await counted('run-1', 0, 'reason', 'late', 4)
  await counted('run-1', 0, 'reason', 'sensor_id_missing', 2)
  await counted('run-2', 0, 'duplicate', '', 3)
  expect(await database.query('select * from v_dataset_quality order by run_id')).toEqual([
    {
      ...{ dataset: 'sensors', run_id: 'run-1', record_count: '107', valid_count: '95', quarantined_count: '5', duplicate_count: '7' },
      ...{ quality_score: '0.9500', reasons: { late: 4, sensor_id_missing: 2 } }
    },
    {
      ...{ dataset: 'sensors', run_id: 'run-2', record_count: '3', valid_count: '0', quarantined_count: '0', duplicate_count: '3' },
      ...{ quality_score: null, reasons: null }
    }
  ])
  expect(await explore('dataset-quality')).toEqual([
    {
      dataset: 'sensors',
      valid: '95',
      quarantined: '5',
      duplicate: '10',
      quality_score: '0.9500',
      top_reasons: 'late 4, sensor_id_missing 2'
    }
  ])
})

test('the data quality overview has total_raw, clean and quarantined in one row', async () => {
  await database.query(`insert into raw_products (source, raw_data) select 's', '{}' from generate_series(1, 4)`)
  await product('A', 1, 1)
  await quarantined('quarantine_products', {}, ['x'], 'X')
  expect(await explore('data-quality-overview')).toEqual([{ total_raw: '4', clean: '1', quarantined: '1' }])
})

test('inventory has three bands: below 20, below 60, and above', async () => {
  for (const [id, price, stock] of [
    ['A', 19.99, 10],
    ['B', 20, 1],
    ['C', 59.99, 2],
    ['D', 60, 3]
  ] as const)
    await product(id, price, stock)
  expect(await explore('inventory-by-price-band')).toEqual([
    { price_band: 'Budget', product_count: '1', inventory_value: '199.90' },
    { price_band: 'Mid-range', product_count: '2', inventory_value: '139.98' },
    { price_band: 'Premium', product_count: '1', inventory_value: '180.00' }
  ])
})

test('prices fall into ten bands; the highest one belongs to the last', async () => {
  for (const [index, price] of [10, 19, 20, 110].entries()) await product(String(index), price, 1)
  expect(await explore('price-distribution')).toEqual([
    { band: 1, price_from: '10.00', price_to: '20.00', product_count: '2', average_price: '14.50' },
    { band: 2, price_from: '20.00', price_to: '30.00', product_count: '1', average_price: '20.00' },
    { band: 10, price_from: '100.00', price_to: '110.00', product_count: '1', average_price: '110.00' }
  ])
  await database.query(`delete from clean_products where product_id <> '0'`)
  expect(await explore('price-distribution')).toMatchObject([{ band: 1, price_from: '10.00', price_to: '10.00', product_count: '1' }])
})

test('averages of the last hour are rounded to two decimals, and leave out what is older', async () => {
  await reading('10 minutes', 's1', 20)
  await reading('20 minutes', 's1', 20.01)
  await reading('30 minutes', 's1', 20.01)
  await reading('61 minutes', 's1', 80)
  await reading('59 minutes', 's2', 10)
  expect(await explore('sensor-averages-last-hour')).toEqual([
    { sensor_id: 's1', reading_count: '3', avg_temp: '20.01', avg_humidity: '50.00' },
    { sensor_id: 's2', reading_count: '1', avg_temp: '10.00', avg_humidity: '50.00' }
  ])
})

test('five-minute averages of the last thirty minutes come newest first', async () => {
  for (const [minutes, temperature] of [
    [1, 20],
    [12, 10],
    [25, 30],
    [31, 80]
  ] as const)
    await reading(`${minutes} minutes`, 's1', temperature)
  const rows = await explore('sensor-five-minutes')
  expect(rows.map(row => row['avg_temp'])).toEqual(['20.00', '10.00', '30.00'])
  for (const row of rows) expect((row['bucket'] as Date).getTime() % 300_000).toBe(0)
})

test('readings are counted for each of the last 24 hours, those without any too', async () => {
  const client = new pg.Client({ connectionString: database.ownerUrl })
  await client.connect()
  try {
    // in one transaction it is the same hour for all
    await client.query('begin')
    await client.query(
      `insert into sensor_readings (time, sensor_id, temperature, humidity, pressure)
       select now() - ago, sensor, 20, 50, 1000 from (values (interval '0', 's1'), ('0', 's2'), ('3 days', 's1')) as r(ago, sensor)`
    )
    const { rows } = await client.query<Record<string, unknown>>(queryOf('readings-over-time'))
    expect(rows).toHaveLength(24)
    expect(rows.at(-1)).toMatchObject({ reading_count: '2', sensor_count: '2' })
    expect(rows.reduce((sum, row) => sum + Number(row['reading_count']), 0)).toBe(2)
  } finally {
    await client.end()
  }
})

test('locations are compared, and a reading without one is of an unknown location', async () => {
  await reading('1 minute', 's1', 20)
  await reading('2 minutes', 's2', 30)
  await reading('3 minutes', 's3', 5, null)
  expect(await explore('location-comparison')).toMatchObject([
    {
      location: 'hall_a',
      reading_count: '2',
      sensor_count: '2',
      avg_temp: '25.00',
      min_temp: '20.00',
      max_temp: '30.00',
      stddev_temp: '7.07'
    },
    { location: 'unknown', reading_count: '1', avg_temp: '5.00', stddev_temp: null }
  ])
})

test('the validation demo shows where each of the four cases went and why', async () => {
  await product('P999', 29.99, 50)
  await product('OTHER', 1, 1)
  await quarantined('quarantine_products', { product_id: 'P998' }, ['name_missing'], 'Name is missing')
  await quarantined('quarantine_products', { product_id: 'P997' }, ['stock_out_of_range'], 'Stock out of range: -5')
  await quarantined('quarantine_products', { product_id: 'P996' }, ['price_not_a_number'], 'Price is not a number: CALL')
  expect((await explore('validation-demo')).map(Object.values)).toEqual([
    ['P999', 'clean', null],
    ['P998', 'quarantine', 'Name is missing'],
    ['P997', 'quarantine', 'Stock out of range: -5'],
    ['P996', 'quarantine', 'Price is not a number: CALL']
  ])
})

test('the latest invalid readings are the last five, and the quarantine is counted by day and reason', async () => {
  for (let index = 0; index < 6; index++)
    await quarantined(
      'sensor_readings_invalid',
      { index },
      index === 0 ? ['late', 'sensor_id_missing'] : ['late'],
      `issue ${index}`,
      '2026-01-15T23:59:00Z'
    )
  await quarantined('sensor_readings_invalid', {}, ['late'], 'last', '2026-01-16T00:00:00Z')
  expect((await explore('latest-invalid')).map(row => row['issues'])).toEqual(['last', 'issue 5', 'issue 4', 'issue 3', 'issue 2'])
  expect((await explore('quarantine-by-day')).map(row => [row['reason'], row['record_count'], row['sent_back']])).toEqual([
    ['late', '1', '0'],
    ['late', '6', '0'],
    ['sensor_id_missing', '1', '0']
  ])
})
