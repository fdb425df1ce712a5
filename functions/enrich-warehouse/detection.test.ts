// How much of what was wrong with the simulated devices do the rules find, and how much of what they say is so?
import { join } from 'node:path'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { contractOf, warehouseLog } from '../../layers/contract'
import { buildingOf, type Fault, type FaultKind } from '../../layers/contract/generate'
import { seedIotHistory } from '../../layers/source/iot-history'
import { closePools } from '../../layers/store/pool'
import { enrich } from './enrich'
import { rulesSchema } from './rules'

const DAY_MS = 86_400_000
const DAYS = 10
const DEVICES = 5
/** Another building than the one that the thresholds were chosen on, which is the contract's. */
const SEED = 7
const NOW = Date.parse('2026-06-15T00:00:00Z')
const contract = contractOf('iot', join(__dirname, '../../contracts'))

interface Row {
  device_id: string
  at: number
  kinds: string[]
}

interface Score {
  precision: number
  recall: number
}

let database: TestDatabase
let rows: Row[]
let truth: Map<string, Fault[]>

const share = (part: number, whole: number) => Number((part / whole).toFixed(3))
const faultsAt = ({ device_id, at }: Row) => (truth.get(device_id) ?? []).filter(({ from, to }) => from <= at && at <= to)

/** Of readings: which were said to be odd, and which were. */
function scoreOf(said: (row: Row) => boolean, is: (row: Row) => boolean, of: Row[] = rows): Score {
  let [both, saidCount, isCount] = [0, 0, 0]
  for (const row of of) {
    const [saidSo, isSo] = [said(row), is(row)]
    if (saidSo) saidCount++
    if (isSo) isCount++
    if (saidSo && isSo) both++
  }
  return { precision: share(both, saidCount), recall: share(both, isCount) }
}

const scoreOfKind = (kind: FaultKind, of?: Row[]) =>
  scoreOf(
    row => row.kinds.includes(kind),
    row => faultsAt(row).some(fault => fault.kind === kind),
    of
  )

const faultsOf = (kind: FaultKind) => [...truth.values()].flat().filter(fault => fault.kind === kind)
const isFound = (fault: Fault) =>
  rows.some(row => row.device_id === fault.deviceId && row.at >= fault.from && row.at <= fault.to && row.kinds.includes(fault.kind))

beforeAll(async () => {
  database = await testDatabase()
  const urls = { databaseUrl: database.appUrl, timescaleUrl: database.appUrl, mysqlUrl: database.appUrl }
  await seedIotHistory(urls, contract, { days: DAYS, intervalSeconds: 60, now: NOW, devices: DEVICES, seed: SEED })
  await enrich(urls, warehouseLog('iot'), { days: DAYS, full: false, testMode: false, rules: rulesSchema.parse({}), now: NOW })
  rows = await database.query<Row>(
    'select device_id, extract(epoch from time)::float8 * 1000 as at, anomaly_kinds as kinds from dwh.fact_sensor_readings_enriched order by device_id, time'
  )
  truth = new Map()
  for (const fault of buildingOf(contract, { devices: DEVICES, seed: SEED }).faults(NOW - DAYS * DAY_MS, NOW))
    truth.set(fault.deviceId, [...(truth.get(fault.deviceId) ?? []), fault])
}, 180_000)
afterAll(async () => {
  await closePools()
  await database.drop()
})

/** Where a baseline of earlier days is there. */
const baselineFrom = NOW - (DAYS - rulesSchema.parse({}).baseline_min_days) * DAY_MS
const withBaseline = () => rows.filter(({ at }) => at >= baselineFrom)

// Measured on the buildings of the seeds 42 (the contract's), 7 and 1234, readings of ten devices over ten days:
//
//           precision         recall            faults found
//   spike   0.91 0.91 0.86    0.92 0.95 0.96    as recall: a spike is one reading
//   stuck   1.00 1.00 1.00    0.96 0.95 0.96    all; the first five readings of each are not told from sound ones
//   drift   1.00 1.00 1.00    0.71 0.65 0.62    all, once there is a baseline; each is small when it begins
//   gap     1.00 1.00 1.00    1.00 1.00 1.00    all: each is one reading, the first after a dropout
//   any     1.00 0.99 0.99    0.86 0.76 0.72    of the readings for which there is a baseline

test('of spikes, more than 85 in 100 are found, and more than 80 in 100 of what is said are spikes', () => {
  const { precision, recall } = scoreOfKind('spike')
  expect(precision).toBeGreaterThan(0.8)
  expect(recall).toBeGreaterThan(0.85)
})

test('every stuck device is found, with nine in ten of its readings, and none that is not stuck', () => {
  const { precision, recall } = scoreOfKind('stuck')
  expect(precision).toBe(1)
  expect(recall).toBeGreaterThan(0.9)
  expect(faultsOf('stuck').every(isFound)).toBe(true)
})

test('every drift is found once there is a baseline, with more than half of its readings; what is said to drift does', () => {
  const { precision, recall } = scoreOfKind('drift', withBaseline())
  expect(precision).toBeGreaterThan(0.95)
  expect(recall).toBeGreaterThan(0.55)
  const drifts = faultsOf('drift').filter(({ from }) => from >= baselineFrom)
  expect(drifts.length).toBeGreaterThan(3)
  expect(drifts.every(isFound)).toBe(true)
})

test('without three days of baseline nothing drifts', () => {
  expect(rows.filter(row => row.at < NOW - (DAYS - 3) * DAY_MS && row.kinds.includes('drift'))).toEqual([])
})

test('the first reading after each dropout, and no other, tells a gap', () => {
  const gaps = rows.filter(row => row.kinds.includes('gap')).map(({ device_id, at }) => `${device_id} ${at}`)
  expect(gaps.sort()).toEqual(
    faultsOf('dropout')
      .map(({ deviceId, to }) => `${deviceId} ${to + 60_000}`)
      .sort()
  )
})

test('a reading that is said to be odd was taken during a fault, nineteen times of twenty', () => {
  const isOdd = ({ kinds }: Row) => kinds.some(kind => kind !== 'gap')
  const { precision, recall } = scoreOf(isOdd, row => faultsAt(row).length > 0, withBaseline())
  expect(precision).toBeGreaterThan(0.95)
  expect(recall).toBeGreaterThan(0.65)
})
