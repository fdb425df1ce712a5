import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from 'aws-lambda'
import { type TestDatabase, testDatabase } from '../../../infra/testing/database'
import { contractOf, loadContracts } from '../../../layers/contract'
import { openLake } from '../../../layers/lake'
import { literal, withDuckDb } from '../../../layers/lake/duckdb'
import { seedIotHistory } from '../../../layers/source/iot-history'
import { migrate } from '../../../layers/store/migrate'
import { closePools } from '../../../layers/store/pool'
import { type ExportAnswer, exportFeatures, type FeatureManifest } from '../export'
import { writePredictions } from '../predict'
import { exportRequest } from '../request'

const DAY_MS = 86_400_000
const NOW = Date.parse('2026-06-15T00:00:00Z')
const DAYS = 7
const contracts = join(__dirname, '../../../contracts')
const contract = contractOf('iot', contracts)
/** The model must be better than the rule "three deviations from the hour before" by at least this much F1. */
const MARGIN = 0.2

const root = mkdtempSync(join(tmpdir(), 'sluice-features-'))
const lakeFolder = join(root, 'lake')
const lake = openLake(`file:${lakeFolder}`)
let database: TestDatabase

const run = (event: object = {}): Promise<ExportAnswer> =>
  exportFeatures(exportRequest.parse(event), {
    lake,
    urls: { databaseUrl: database.appUrl, timescaleUrl: database.appUrl },
    contract,
    now: NOW
  })
const json = <T>(key: string): T => JSON.parse(readFileSync(join(lakeFolder, key), 'utf8'))
const sql = (text: string) => withDuckDb(async connection => (await connection.runAndReadAll(text)).getRowObjectsJson())
const file = (key: string | null, name: string) => literal(join(lakeFolder, key!, name))

beforeAll(async () => {
  database = await testDatabase()
  await migrate(database.ownerUrl, loadContracts(contracts))
}, 240_000)
afterAll(async () => {
  await closePools()
  await database.drop()
  rmSync(root, { recursive: true, force: true })
})

test('without facts there is nothing to export, and that is no error', async () => {
  expect(await run({ train: true })).toMatchObject({ status: 'no_rows', facts: 0 })
})

describe('a week of twenty devices', () => {
  let first: ExportAnswer

  beforeAll(async () => {
    const urls = { databaseUrl: database.appUrl, timescaleUrl: database.appUrl, mysqlUrl: database.appUrl }
    await seedIotHistory(urls, contract, { days: DAYS, intervalSeconds: 240, now: NOW })
    const { enrich } = await import('../../enrich-warehouse/enrich')
    const { rulesSchema } = await import('../../enrich-warehouse/rules')
    const { warehouseLog } = await import('../../../layers/contract')
    await enrich(urls, warehouseLog('iot'), { days: DAYS, full: false, testMode: false, rules: rulesSchema.parse({}), now: NOW })
    first = await run({ train: true })
  }, 240_000)

  test('every fact is in one split or in a gap, in the order of time, and the splits do not touch', () => {
    expect(first).toMatchObject({ status: 'exported', features: 'features/iot/v1/' })
    expect(first.train_rows + first.valid_rows + first.test_rows + first.gap_rows).toBe(first.facts)
    const { splits, split_at } = json<FeatureManifest>('features/iot/v1/manifest.json')
    const [train, valid, test] = ['train', 'valid', 'test'].map(name => splits.find(({ split }) => split === name)!)
    const hour = 3_600_000
    expect(Date.parse(train!.to!)).toBeLessThan(Date.parse(split_at[0]))
    expect(Date.parse(valid!.from!)).toBeGreaterThanOrEqual(Date.parse(split_at[0]) + hour)
    expect(Date.parse(valid!.to!)).toBeLessThan(Date.parse(split_at[1]))
    expect(Date.parse(test!.from!)).toBeGreaterThanOrEqual(Date.parse(split_at[1]) + hour)
  })

  test('the manifest names schema, rows, checksums, contract, offsets and generator, and its files are what it says', async () => {
    const manifest = json<FeatureManifest>('features/iot/v1/manifest.json')
    expect(manifest).toMatchObject({
      name: 'iot',
      version: 1,
      contracts: [{ name: 'iot', version: contract.version }],
      offsets: { topic: 'iot-sensor-stream' },
      generator: { seed: contract.generator['seed'] },
      rows: { facts: first.facts, train: first.train_rows }
    })
    expect(manifest.schema).toEqual(
      expect.arrayContaining([
        { name: 'mean_1h', type: 'DOUBLE' },
        { name: 'label', type: 'BOOLEAN' }
      ])
    )
    for (const { name, rows, bytes, sha256 } of manifest.files) {
      const content = readFileSync(join(lakeFolder, 'features/iot/v1', name))
      expect([name, content.length, createHash('sha256').update(content).digest('hex')]).toEqual([name, bytes, sha256])
      const read = await sql(`select count(*)::int as n from ${file('features/iot/v1/', name)}`)
      expect([name, read]).toEqual([name, [{ n: rows }]])
    }
  })

  test('lags and rolling statistics are those of the rows before, computed by hand', async () => {
    const [row] = await sql(
      `select device_id, epoch_ms(time)::double as ms, value_lag_1, mean_1h, stddev_1h, count_1h::int as n, min_1h, max_1h
       from ${file(first.features, 'train.parquet')} where device_id = 'TEMP-002' and count_1h > 10 order by time limit 1 offset 500`
    )
    const before = await database.query<{ value: number }>(
      `select value::float from dwh.fact_sensor_readings_enriched
       where device_id = $1 and time < to_timestamp($2::float / 1000) and time >= to_timestamp($2::float / 1000) - interval '1 hour' order by time`,
      [row!['device_id'], row!['ms']]
    )
    const values = before.map(({ value }) => value)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
    expect(row).toMatchObject({ value_lag_1: values.at(-1), n: values.length, min_1h: Math.min(...values), max_1h: Math.max(...values) })
    expect(row!['mean_1h']).toBeCloseTo(mean, 9)
    expect(row!['stddev_1h']).toBeCloseTo(Math.sqrt(variance), 6)
  })

  test('no feature looks forward: without the later facts the earlier rows have the same features', async () => {
    const to = new Date(NOW - 4 * DAY_MS).toISOString()
    const cut = await run({ name: 'cut', to, splitAt: [new Date(NOW - 5 * DAY_MS).toISOString(), to] })
    expect(cut.train_rows).toBeGreaterThan(10_000)
    const [differing] = await sql(
      `select count(*)::int as n from (
        select * exclude (label, label_kind) from ${file(cut.features, 'train.parquet')}
        except select * exclude (label, label_kind) from ${file(first.features, 'train.parquet')})`
    )
    expect(differing).toEqual({ n: 0 })
  })

  test('the label is the maintenance log: as it is now, or as far ahead as the horizon', async () => {
    const [{ n: labelled }] = (await sql(
      `select count(*)::int as n from read_parquet([${['train', 'valid', 'test'].map(split => file(first.features, `${split}.parquet`)).join()}])
       where label and label_kind <> 'dropout'`
    )) as [{ n: number }]
    const gaps = json<FeatureManifest>('features/iot/v1/manifest.json').splits.find(({ split }) => split === 'gap')!
    const [{ n: known }] = (await database.query(
      `select count(*)::int as n from dwh.fact_sensor_readings_enriched f where exists (
        select from iot_locations.maintenance_log m
        where m.device_id = f.device_id and f.time between m.fault_from and m.fault_to and m.kind <> 'dropout')`
    )) as [{ n: number }]
    expect(known - labelled).toBeGreaterThanOrEqual(0)
    expect(known - labelled).toBeLessThanOrEqual(gaps.positives)
    const ahead = await run({ name: 'ahead', horizon: 60 })
    expect(ahead.faults).toBeGreaterThan(first.faults)
    expect(ahead.gap_rows).toBeGreaterThan(first.gap_rows)
  })

  test('the same facts are not exported twice, other options are a new version, and the old one stays', async () => {
    expect(await run()).toMatchObject({ status: 'unchanged', features: 'features/iot/v1/' })
    expect(await run({ gapMinutes: 120 })).toMatchObject({ status: 'exported', features: 'features/iot/v2/' })
    expect(json<FeatureManifest>('features/iot/v1/manifest.json').gap_minutes).toBe(60)
  })

  test(`the model beats "always normal" and the rule of three deviations by at least ${MARGIN} F1, on days that it has never seen`, () => {
    const card = json<{ metrics: { test: Record<string, number> }; baselines: Record<string, { f1: number }> }>('models/iot/v1/card.json')
    expect(card.baselines['always_normal']!.f1).toBe(0)
    expect(card.metrics.test['f1']).toBeGreaterThan(card.baselines['naive_threshold']!.f1 + MARGIN)
    expect(card.metrics.test['pr_auc']).toBeGreaterThan(0.6)
    expect(first.f1).toBeCloseTo(card.metrics.test['f1']!, 3)
  })

  test('the same rows and seed give the same model, byte by byte, and no new version', async () => {
    const bytes = readFileSync(join(lakeFolder, 'models/iot/v1/model.json'))
    expect(await run({ train: true })).toMatchObject({ model: 'iot-v1', predictions: first.facts })
    const again = await run({ name: 'twin', train: true })
    expect(again.model).toBe('twin-v1')
    expect(readFileSync(join(lakeFolder, 'models/twin/v1/model.json')).equals(bytes)).toBe(true)
  }, 240_000)

  test('predictions are in the warehouse beside their facts, with the score and the verdict of the threshold', async () => {
    const model = json<{ threshold: number }>('models/iot/v1/model.json')
    const [counts] = await database.query(
      `select count(*)::int as n, count(*) filter (where p.is_anomaly <> (score >= $1))::int as wrong,
         count(*) filter (where f.time is null)::int as strange, count(*) filter (where split = 'test')::int as test
       from dwh.predictions p left join dwh.fact_sensor_readings_enriched f using (time, device_id) where model_version = 'iot-v1'`,
      [model.threshold]
    )
    expect(counts).toEqual({ n: first.facts, wrong: 0, strange: 0, test: first.test_rows })
  })

  test('of many models of a name the newest five keep their predictions', async () => {
    for (let version = 1; version <= 6; version++)
      await writePredictions(database.appUrl, 'many', `many-v${version}`, 0.5, async function* () {
        yield [{ time: '2026-06-01T00:00:00.000000Z', deviceId: 'a\tb\\c', split: 'test', score: version / 10 }]
      })
    const rows = await database.query(
      "select model_version, device_id, is_anomaly from dwh.predictions where model_version like 'many-%' order by 1"
    )
    expect(rows.map(row => [row['model_version'], row['device_id'], row['is_anomaly']])).toEqual([
      ['many-v2', 'a\tb\\c', false],
      ['many-v3', 'a\tb\\c', false],
      ['many-v4', 'a\tb\\c', false],
      ['many-v5', 'a\tb\\c', true],
      ['many-v6', 'a\tb\\c', true]
    ])
    expect(await database.query("select count(*)::int as n from dwh.predictions where model_version = 'iot-v1'")).toEqual([
      { n: first.facts }
    ])
  })

  test('the handler takes AWS’s scheduled event', async () => {
    Object.assign(process.env, {
      KAFKA_BROKERS: '127.0.0.1:1',
      DATABASE_URL: database.appUrl,
      LAKE_URL: `file:${lakeFolder}`,
      SLUICE_CONTRACTS: contracts,
      LOG_LEVEL: 'silent'
    })
    const { handler } = await import('../handler')
    expect(await handler({ 'detail-type': 'Scheduled Event', name: 'twin' }, {} as Context)).toMatchObject({ status: 'unchanged' })
  })
})
