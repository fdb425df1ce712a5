import { join } from 'node:path'
import pg from 'pg'
import { loadContracts } from '../../../layers/contract'
import { sampleReadings } from '../../../layers/contract/generate'
import { batchWriter } from '../../../layers/store/batch'
import { migrate } from '../../../layers/store/migrate'
import { closePools, poolFor, withTransaction } from '../../../layers/store/pool'
import { refreshSummaries } from '../../../layers/store/summary'

const server = process.env.COMPAT_TIMESCALE_URL
const contracts = loadContracts(join(__dirname, '../../../contracts'))
const sensors = contracts.find(contract => contract.dataset === 'sensors')!
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

  test('the readings are a hypertable with a chunk for each day', async () => {
    const { rows } = await poolFor(url).query('select hypertable_name, time_interval::text from timescaledb_information.dimensions')
    expect(rows).toEqual([{ hypertable_name: 'sensor_readings', time_interval: '1 day' }])
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
})
