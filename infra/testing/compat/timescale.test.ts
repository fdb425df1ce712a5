import { join } from 'node:path'
import pg from 'pg'
import { enrich } from '../../../functions/enrich-warehouse/enrich'
import { rulesSchema } from '../../../functions/enrich-warehouse/rules'
import { loadContracts, warehouseLog } from '../../../layers/contract'
import { sampleReadings } from '../../../layers/contract/generate'
import { seedIotHistory } from '../../../layers/source/iot-history'
import { batchWriter } from '../../../layers/store/batch'
import { migrate } from '../../../layers/store/migrate'
import { closePools, poolFor, withTransaction } from '../../../layers/store/pool'
import { refreshSummaries } from '../../../layers/store/summary'

const server = process.env.COMPAT_TIMESCALE_URL
const contracts = loadContracts(join(__dirname, '../../../contracts'))
const sensors = contracts.find(contract => contract.dataset === 'sensors')!
const iot = contracts.find(contract => contract.dataset === 'iot')!
const onTimescale = server ? describe : describe.skip

onTimescale('TimescaleDB', () => {
  const database = `sluice_${process.pid}`
  const url = server?.replace(/\/[^/]*$/, `/${database}`) ?? ''
  const admin = new pg.Client({ connectionString: server })

  beforeAll(async () => {
    await admin.connect()
    await admin.query(`create database ${database}`)
    await migrate(url, contracts)
  })
  afterAll(async () => {
    await closePools()
    await admin.query(`drop database ${database} with (force)`)
    await admin.end()
  })

  test('readings and facts are hypertables with a chunk for each day, hourly facts for each week', async () => {
    const { rows } = await poolFor(url).query(
      'select hypertable_name, time_interval::text from timescaledb_information.dimensions order by 1'
    )
    expect(rows).toEqual([
      { hypertable_name: 'fact_hourly_agg', time_interval: '7 days' },
      { hypertable_name: 'fact_sensor_readings_enriched', time_interval: '1 day' },
      { hypertable_name: 'iot_sensor_readings', time_interval: '1 day' },
      { hypertable_name: 'sensor_readings', time_interval: '1 day' }
    ])
  })

  test('a second migrate changes nothing', async () => {
    expect(await migrate(url, contracts)).toEqual([])
  })

  test('a batch is stored, its duplicates are counted, and its windows are computed', async () => {
    const rows = sampleReadings(sensors, { seed: 1, nowMs: Date.parse('2026-01-15T00:30:00Z') })
    const store = () =>
      withTransaction(poolFor(url), client =>
        batchWriter(sensors)(client, 'cluster', [
          { topic: 'sensor_readings_raw', partition: 0, runId: '', rows, quarantined: [], reasons: new Map() }
        ])
      )
    expect(await store()).toEqual({ valid: 1000, quarantined: 0, duplicate: 0 })
    expect(await store()).toEqual({ valid: 0, quarantined: 0, duplicate: 1000 })
    const { rows: chunks } = await poolFor(url).query(
      "select count(*)::int as n from timescaledb_information.chunks where hypertable_name = 'sensor_readings'"
    )
    expect(chunks).toEqual([{ n: 2 }])
    const [windows] = await refreshSummaries(poolFor(url), sensors)
    expect(windows!.windows).toBeGreaterThan(0)
  })

  describe('the warehouse', () => {
    const now = Date.parse('2026-06-15T00:00:00Z')
    const options = { days: 3, full: false, testMode: false, rules: rulesSchema.parse({}), now }
    const urls = { databaseUrl: url, timescaleUrl: url, mysqlUrl: url }
    const chunks = async () =>
      (
        await poolFor(url).query(
          "select count(*)::int as n from timescaledb_information.chunks where hypertable_name = 'fact_sensor_readings_enriched'"
        )
      ).rows[0].n

    test('facts are made, and a second run changes nothing', async () => {
      const { readings } = await seedIotHistory(urls, iot, { days: 3, intervalSeconds: 300, now })
      expect(await enrich(urls, warehouseLog('iot'), options)).toMatchObject({ written: { facts: readings } })
      expect(await enrich(urls, warehouseLog('iot'), { ...options, full: true })).toMatchObject({ written: { facts: 0, hours: 0 } })
    })

    test('chunks whose time is over are dropped', async () => {
      const before = await chunks()
      expect(before).toBeGreaterThanOrEqual(3)
      expect(await enrich(urls, warehouseLog('iot'), { ...options, now: now + 91 * 86_400_000 })).toMatchObject({ dropped: before })
      expect(await chunks()).toBe(0)
    })

    test('chunks are compressed and dropped by jobs of the database exactly where its edition has them', async () => {
      const pool = poolFor(url)
      const { rows: license } = await pool.query("select current_setting('timescaledb.license') as name")
      const { rows: jobs } = await pool.query(
        "select proc_name from timescaledb_information.jobs where hypertable_schema = 'dwh' order by 1"
      )
      const wanted = ['policy_compression', 'policy_compression', 'policy_retention', 'policy_retention']
      expect(jobs.map(row => row.proc_name)).toEqual(license[0].name === 'timescale' ? wanted : [])
    })
  })
})
