import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from 'aws-lambda'
import pg from 'pg'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { loadContracts } from '../../layers/contract'
import { migrate } from '../../layers/store/migrate'
import { closePools } from '../../layers/store/pool'
import { enrich } from './enrich'
import { rulesSchema } from './rules'

const HOUR_MS = 3_600_000
const analytical = join(__dirname, '../../sql/queries/analytical')
const contracts = loadContracts(join(__dirname, '../../contracts'))

let database: TestDatabase
let handler: (event: unknown, context: Context) => Promise<Record<string, number>>

const run = (event: unknown = {}) => handler(event, { functionName: 'enrich-warehouse' } as Context)
const count = async (from: string, values: unknown[] = []) =>
  Number((await database.query(`select count(*) from ${from}`, values))[0]!['count'])
const noted = (time: Date) =>
  database.query("insert into window_invalidations (dataset, bucket) values ('iot:warehouse', date_trunc('hour', $1::timestamptz))", [time])
/** The file's instant, for the functions too: its tests go on from each other, and no hour or day may begin between them. */
const now = Date.now()
const hoursAgo = (hours: number) => new Date(Math.floor(now / HOUR_MS) * HOUR_MS - hours * HOUR_MS)

/** Everything that a fact says, but when it was said. */
const facts = async (): Promise<Map<string, string>> => {
  const rows = await database.query<{ key: string; text: string }>(
    "select time || ' ' || device_id as key, (to_jsonb(f) - 'enriched_at')::text as text from dwh.fact_sensor_readings_enriched f"
  )
  return new Map(rows.map(({ key, text }) => [key, text]))
}
const changedHours = (before: Map<string, string>, after: Map<string, string>) =>
  new Set([...after].filter(([key, text]) => before.get(key) !== text).map(([key]) => key.slice(0, 13)))
const hourText = (time: Date) => `${time.toISOString().slice(0, 10)} ${time.toISOString().slice(11, 13)}`

beforeAll(async () => {
  jest.spyOn(Date, 'now').mockReturnValue(now)
  database = await testDatabase()
  await database.query(`alter database ${new URL(database.ownerUrl).pathname.slice(1)} set timezone = 'UTC'`)
  Object.assign(process.env, { DATABASE_URL: database.appUrl, KAFKA_BROKERS: '127.0.0.1:1', LOG_LEVEL: 'silent' })
  handler = (await import('./handler')).handler as never
}, 60_000)
afterAll(async () => {
  await closePools()
  await database.drop()
})

test('the building gets a past once: devices, places, faults and days of readings', async () => {
  const first = await run({ history: { days: 3, intervalSeconds: 300 } })
  expect(first).toMatchObject({ devices: 20, locations: 5 })
  expect(first['readings']).toBeGreaterThan(0.95 * 20 * 3 * 288)
  expect(await count('iot_sensor_readings')).toBe(first['readings'])
  expect(await count('iot_locations.maintenance_log')).toBe(first['faults'])
  expect(await run({ history: { days: 3, intervalSeconds: 300 } })).toMatchObject({ faults: 0 })
  expect(await count("iot_sensor_readings where time < now() - interval '10 minutes'")).toBeLessThanOrEqual(first['readings']!)
}, 60_000)

test('test mode enriches one device and one day of an empty warehouse, and leaves the rest for the next run', async () => {
  expect((await run({ testMode: true }))['facts']).toBeGreaterThan(200)
  expect(await database.query('select distinct device_id from dwh.fact_sensor_readings_enriched')).toEqual([{ device_id: 'CO2-001' }])
  await run()
  expect(await count('dwh.fact_sensor_readings_enriched')).toBe(await count('iot_sensor_readings'))
}, 60_000)

test('a run without changes changes nothing, however much it looks at again', async () => {
  const before = await facts()
  expect(await run()).toMatchObject({ hours: 0, facts: 0, hourly_rows: 0, device_versions: 0 })
  expect(await run({ full: true })).toMatchObject({ facts: 0, hourly_rows: 0, deleted: 0 })
  expect(await facts()).toEqual(before)
}, 60_000)

test('a late reading changes its hour, the lookback after it and the same hour of later days, and says what a full run says', async () => {
  const time = new Date(hoursAgo(50).getTime() + 61_000)
  const before = await facts()
  await database.query("insert into iot_sensor_readings (time, device_id, value) values ($1, 'TEMP-001', 60)", [time])
  await noted(time)
  const { facts: written } = await run()
  const after = await facts()
  const changed = changedHours(before, after)
  const allowed = [50, 49, 48, 47, 26, 2].map(hours => hourText(hoursAgo(hours)))
  expect(changed).toContain(hourText(time))
  expect([...changed].filter(hour => !allowed.includes(hour))).toEqual([])
  expect(written).toBe([...after].filter(([key, text]) => before.get(key) !== text).length)
  const [row] = await database.query('select * from dwh.fact_sensor_readings_enriched where time = $1', [time])
  expect(row).toMatchObject({ is_anomaly: true, anomaly_kinds: expect.arrayContaining(['spike']) })
  expect(await run({ full: true })).toMatchObject({ facts: 0, hourly_rows: 0, deleted: 0 })
}, 60_000)

test('a corrected reading corrects its fact and its hour; one that is gone takes its fact with it', async () => {
  const time = new Date(hoursAgo(50).getTime() + 61_000)
  const [{ usual }] = (await database.query(
    "update iot_sensor_readings r set value = p.value from (select value from iot_sensor_readings where device_id = 'TEMP-001' and time < $1 order by time desc limit 1) p where r.time = $1 and r.device_id = 'TEMP-001' returning p.value::float as usual",
    [time]
  )) as [{ usual: number }]
  await noted(time)
  await run()
  expect(await database.query('select value::float, anomaly_kinds from dwh.fact_sensor_readings_enriched where time = $1', [time])).toEqual(
    [{ value: usual, anomaly_kinds: [] }]
  )
  await database.query('delete from iot_sensor_readings where time = $1', [time])
  await noted(time)
  expect(await run()).toMatchObject({ deleted: 1 })
  expect(await run({ full: true })).toMatchObject({ facts: 0, hourly_rows: 0, deleted: 0 })
}, 60_000)

test('a reading within a long silence shortens the gap that the next one tells', async () => {
  const [from, within, to] = [30, 20, 15].map(hours => new Date(hoursAgo(hours).getTime() + 1000))
  for (const time of [from, to]) {
    await database.query("insert into iot_sensor_readings (time, device_id, value) values ($1, 'TEMP-900', 20)", [time])
    await noted(time!)
  }
  await run()
  const gap = async () =>
    (
      await database.query('select gap_seconds, anomaly_kinds from dwh.fact_sensor_readings_enriched where device_id = $1 and time = $2', [
        'TEMP-900',
        to
      ])
    )[0]
  expect(await gap()).toEqual({ gap_seconds: 15 * 3600, anomaly_kinds: ['gap'] })
  await database.query("insert into iot_sensor_readings (time, device_id, value) values ($1, 'TEMP-900', 20)", [within])
  await noted(within!)
  await run()
  expect(await gap()).toEqual({ gap_seconds: 5 * 3600, anomaly_kinds: ['gap'] })
}, 60_000)

test('a device that the registry does not know has facts; they are completed once it does', async () => {
  const of = () =>
    database.query(
      "select distinct device_type, location_id, failed_rules @> array['device_known'] as is_unknown from dwh.fact_sensor_readings_enriched where device_id = 'TEMP-900'"
    )
  expect(await of()).toEqual([{ device_type: null, location_id: null, is_unknown: true }])
  await database.query(
    "insert into iot_devices.devices select 'TEMP-900', device_type_id, 'LOC-777', 18446744073709551615, model, firmware_version, calibration_offset, reading_interval_seconds, status, installed_at, updated_at from iot_devices.devices where device_id = 'TEMP-001'"
  )
  expect(await run()).toMatchObject({ devices_completed: 1, device_versions: 0 })
  expect(await of()).toEqual([{ device_type: 'TEMP', location_id: 'LOC-777', is_unknown: false }])
  expect(await database.query("select serial_number from dwh.dim_devices where device_id = 'TEMP-900'")).toEqual([
    { serial_number: '18446744073709551615' }
  ])
  expect(await database.query("select is_inferred from dwh.dim_locations where location_id = 'LOC-777'")).toEqual([{ is_inferred: true }])
}, 60_000)

test('a device that moves keeps its old place in earlier facts', async () => {
  const moved = new Date(hoursAgo(24).getTime() + 30 * 60_000)
  const before = await facts()
  const [{ location_id: old }] = (await database.query("select location_id from iot_devices.devices where device_id = 'HUM-001'")) as [
    { location_id: string }
  ]
  await database.query(
    "update iot_devices.devices set location_id = 'LOC-005', updated_at = $1::timestamptz at time zone 'UTC' where device_id = 'HUM-001'",
    [moved]
  )
  expect(await run()).toMatchObject({ device_versions: 1 })
  const places = await database.query(
    "select location_id, min(time) >= $1 as is_after, max(time) < $1 as is_before from dwh.fact_sensor_readings_enriched where device_id = 'HUM-001' group by 1 order by 3",
    [moved]
  )
  expect(places).toEqual([
    { location_id: 'LOC-005', is_after: true, is_before: false },
    { location_id: old, is_after: false, is_before: true }
  ])
  const after = await facts()
  expect([...after].filter(([key, text]) => before.get(key) !== text && !key.endsWith(' HUM-001'))).toEqual([])
  expect(
    await database.query(
      "select count(*)::int as n, count(*) filter (where is_current)::int as current, bool_and(valid_to = coalesce(next, 'infinity')) as is_seamless from (select *, lead(valid_from) over (order by valid_from) as next from dwh.dim_devices where device_id = 'HUM-001') v"
    )
  ).toEqual([{ n: 2, current: 1, is_seamless: true }])
  expect(await run({ full: true })).toMatchObject({ facts: 0, hourly_rows: 0, device_versions: 0 })
}, 60_000)

test('a change for which the source gives no new time, as that of a type, leaves the versions of the past alone', async () => {
  const before = await facts()
  const began = new Date()
  await database.query("update iot_devices.device_types set accuracy = accuracy / 2 where code = 'VIB'")
  await database.query("update iot_locations.locations set name = name || ' 2' where location_id = 'LOC-004'")
  expect(await run()).toMatchObject({ device_versions: 4, location_versions: 1 })
  expect(
    await database.query(
      "select count(*)::int as n from dwh.dim_devices where device_type = 'VIB' and is_current and valid_from >= $1 union all select count(*)::int from dwh.dim_locations where location_id = 'LOC-004' and is_current and valid_from >= $1",
      [began]
    )
  ).toEqual([{ n: 4 }, { n: 1 }])
  expect([...(await facts())].filter(([key, text]) => before.get(key) !== text)).toEqual([])
  // a time that the source moves without a change that is in the dimension does not date the next change back
  await database.query("update iot_devices.devices set updated_at = updated_at + interval '1 minute' where device_id like 'VIB-%'")
  expect(await run()).toMatchObject({ device_versions: 0 })
  await database.query("update iot_devices.device_types set accuracy = accuracy * 2 where code = 'VIB'")
  expect(await run()).toMatchObject({ device_versions: 4 })
  expect([...(await facts())].filter(([key, text]) => before.get(key) !== text)).toEqual([])
}, 60_000)

test('what a run did not get to stays noted: a source that is away loses no change', async () => {
  const time = new Date(hoursAgo(5).getTime() + 123_000)
  await database.query("insert into iot_sensor_readings (time, device_id, value) values ($1, 'TEMP-002', 20)", [time])
  await noted(time)
  await database.query('alter table iot_locations.locations rename to away')
  await expect(run()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
  await database.query('alter table iot_locations.away rename to locations')
  await run()
  expect(await count('dwh.fact_sensor_readings_enriched where time = $1', [time])).toBe(1)
  expect(await count('dwh.pending_hours')).toBe(0)
}, 60_000)

test('two runs at once make the same facts', async () => {
  const options = { days: 7, full: true, testMode: false, rules: rulesSchema.parse({}), now }
  const url = database.appUrl
  // another pool, as another process has it
  const urls = { databaseUrl: url, mysqlUrl: url, timescaleUrl: `${url}?application_name=other` }
  await Promise.all([run({ full: true }), enrich(urls, 'iot:warehouse', options)])
  expect(await run({ full: true })).toMatchObject({ facts: 0, hourly_rows: 0 })
  expect(await count('dwh.pending_hours')).toBe(0)
}, 60_000)

test('the quality score is the share of rules that a reading passes', async () => {
  const time = new Date(hoursAgo(4).getTime() + 7_000)
  await database.query("insert into iot_sensor_readings (time, device_id, value, battery_level) values ($1, 'TEMP-003', 170, 5)", [time])
  await noted(time)
  await run()
  expect(
    await database.query('select quality_score::float, failed_rules from dwh.fact_sensor_readings_enriched where time = $1', [time])
  ).toEqual([{ quality_score: 0.75, failed_rules: ['in_type_range', 'battery_sufficient'] }])
}, 60_000)

test('hours are sums of their facts', async () => {
  const wrong = await database.query(
    `select h.* from dwh.fact_hourly_agg h full join (
       select date_trunc('hour', time) as bucket, device_id, count(*) as n, avg(value) as mean, count(*) filter (where is_anomaly) as odd from dwh.fact_sensor_readings_enriched group by 1, 2
     ) f using (bucket, device_id)
     where (h.reading_count, h.anomaly_count, round(h.avg_value::numeric, 6)) is distinct from (f.n, f.odd, round(f.mean, 6))`
  )
  expect(wrong).toEqual([])
})

describe('views and queries', () => {
  test('the latest reading of a device and its anomalies of seven days', async () => {
    const [latest] = await database.query("select * from dwh.v_latest_readings where device_id = 'TEMP-001'")
    expect(latest).toMatchObject({ device_type: 'TEMP', unit: '°C', location: 'Cold store ❄' })
    expect(await count('dwh.v_latest_readings')).toBe(21)
    const trends = await database.query("select * from dwh.v_anomaly_trends_7d where device_id = 'TEMP-001'")
    expect(trends.length).toBeGreaterThanOrEqual(3)
    expect(trends.reduce((sum, row) => sum + Number(row['reading_count']), 0)).toBe(
      await count("iot_sensor_readings where device_id = 'TEMP-001'")
    )
  })

  const values: Record<string, unknown[]> = {
    'hourly-last-day.sql': ['TEMP'],
    'day-profile.sql': ['TEMP-001'],
    'device-versions.sql': ['HUM-001']
  }
  const mayBeEmpty = ['stream-last-minutes.sql']
  test.each(readdirSync(analytical))('%s runs', async file => {
    const rows = await database.query(readFileSync(join(analytical, file), 'utf8'), values[file] ?? [])
    if (!mayBeEmpty.includes(file)) expect(rows.length).toBeGreaterThan(0)
  })

  test('a view that a user made survives a migrate', async () => {
    await database.query(
      "create view dwh.my_cold_rooms as select l.device_id, l.value, t.anomaly_count from dwh.v_latest_readings l join dwh.v_anomaly_trends_7d t using (device_id) where l.location = 'Cold store ❄'"
    )
    const rows = await count('dwh.my_cold_rooms')
    await database.query("delete from schema_migrations where name = '0004_seeded_datasets'")
    await database.query('drop table seeded_datasets')
    expect(await migrate(database.ownerUrl, contracts)).toEqual(['0004_seeded_datasets'])
    expect(await count('dwh.my_cold_rooms')).toBe(rows)
    expect(rows).toBeGreaterThan(0)
  }, 60_000)
})

describe('partitions', () => {
  const partitions = async () =>
    (
      await database.query<{ name: string }>(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'dwh.fact_sensor_readings_enriched'::regclass order by 1"
      )
    ).map(row => row.name)

  test('a day of facts is a partition; those whose time is over are dropped', async () => {
    expect((await partitions()).length).toBeGreaterThanOrEqual(3)
    const yesterday = [new Date(Math.floor(now / (24 * HOUR_MS)) * 24 * HOUR_MS - 24 * HOUR_MS)]
    const kept = await count('dwh.fact_sensor_readings_enriched where time >= $1', yesterday)
    await database.query("update dwh.table_policies set keep_days = 1 where table_name = 'fact_sensor_readings_enriched'")
    expect((await run())['dropped_partitions']).toBeGreaterThanOrEqual(1)
    expect(await count('dwh.fact_sensor_readings_enriched where time >= $1', yesterday)).toBe(kept)
    expect(await count('dwh.fact_sensor_readings_enriched where time < $1', yesterday)).toBe(0)
  }, 60_000)

  test('the functions drop what is over and nothing else; readers drop nothing', async () => {
    const app = new pg.Client({ connectionString: database.appUrl })
    await app.connect()
    await expect(app.query(`drop table ${(await partitions())[0]}`)).rejects.toMatchObject({ code: '42501' })
    await app.end()
    const [{ allowed }] = (await database.query(
      "select has_function_privilege('sluice_reader', 'dwh.drop_expired(timestamptz)', 'execute') as allowed"
    )) as [{ allowed: boolean }]
    expect(allowed).toBe(false)
  })
})
