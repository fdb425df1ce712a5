import { join } from 'node:path'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { contractOf, warehouseLog } from '../../layers/contract'
import { buildingOf, type Fault } from '../../layers/contract/generate'
import { seedIotHistory } from '../../layers/source/iot-history'
import { closePools } from '../../layers/store/pool'
import { enrich } from './enrich'
import { rulesSchema } from './rules'

const DAYS = 10
const NOW = Date.parse('2026-06-15T00:00:00Z')
const DEVICES = 10
const contract = contractOf('iot', join(__dirname, '../../contracts'))
let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
  const urls = { databaseUrl: database.appUrl, timescaleUrl: database.appUrl, mysqlUrl: database.appUrl }
  let t = performance.now()
  console.log(await seedIotHistory(urls, contract, { days: DAYS, intervalSeconds: 60, now: NOW, devices: DEVICES }), performance.now() - t)
  t = performance.now()
  console.log(
    await enrich(urls, warehouseLog('iot'), { days: DAYS, full: false, testMode: false, rules: rulesSchema.parse({}), now: NOW }),
    performance.now() - t
  )
  t = performance.now()
  console.log(
    await enrich(urls, warehouseLog('iot'), { days: DAYS, full: true, testMode: false, rules: rulesSchema.parse({}), now: NOW }),
    performance.now() - t
  )
}, 180_000)
afterAll(async () => {
  await closePools()
  await database.drop()
})

test('numbers', async () => {
  const truth = buildingOf(contract, { devices: DEVICES }).faults(NOW - DAYS * 86_400_000, NOW)
  const rows = await database.query<{ time: Date; device_id: string; anomaly_kinds: string[]; z: number; sd: number; drift: number }>(
    'select time, device_id, anomaly_kinds, z_score z, rolling_stddev sd, drift from dwh.fact_sensor_readings_enriched order by 2, 1'
  )
  const byDevice = new Map<string, Fault[]>()
  for (const fault of truth) byDevice.set(fault.deviceId, [...(byDevice.get(fault.deviceId) ?? []), fault])
  const near: Record<string, number> = {}
  const count: Record<string, number> = {}
  const bump = (key: string) => (count[key] = (count[key] ?? 0) + 1)
  for (const row of rows) {
    const at = row.time.getTime()
    const faults = (byDevice.get(row.device_id) ?? []).filter(f => f.from <= at && at <= f.to && f.kind !== 'dropout')
    bump(`true ${faults.length > 0} flagged ${row.anomaly_kinds.filter(k => k !== 'gap').length > 0}`)
    for (const kind of ['spike', 'drift', 'stuck']) {
      const is = faults.some(f => f.kind === kind)
      const said = row.anomaly_kinds.includes(kind)
      if (kind === 'drift' && said && !is) {
        const key =
          row.device_id +
          ' ' +
          row.time.toISOString().slice(0, 13) +
          ' ' +
          row.drift.toFixed(2) +
          ' ' +
          (byDevice.get(row.device_id) ?? [])
            .filter(
              f =>
                f.kind !== 'spike' &&
                f.from - 6 * 86_400_000 < at &&
                f.to > at - 7 * 86_400_000 &&
                Math.abs(new Date(f.from).getUTCHours() - row.time.getUTCHours()) < 5
            )
            .map(f => f.kind + new Date(f.from).toISOString().slice(0, 16) + '-' + new Date(f.to).toISOString().slice(11, 16))
            .join(' ')
        near[key] = (near[key] ?? 0) + 1
      }
      if (is || said) bump(`${kind} is ${is} said ${said}${!is && said ? ` during ${faults.map(f => f.kind).join()}` : ''}`)
    }
  }
  console.log(
    rows.length,
    count,
    truth.reduce((c, f) => ({ ...c, [f.kind]: (c[f.kind as never] ?? 0) + 1 }), {})
  )
})
