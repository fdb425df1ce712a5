// How does the simulated building get a past: devices, places, days of readings and the operators' notes about faults?
import type pg from 'pg'
import seedDeviceTypes from '../../sql/warehouse/seed-device-types.sql'
import seedDevices from '../../sql/warehouse/seed-devices.sql'
import seedLocations from '../../sql/warehouse/seed-locations.sql'
import seedMaintenanceLog from '../../sql/warehouse/seed-maintenance-log.sql'
import type { Contract } from '../contract'
import { type Building, buildingOf } from '../contract/generate'
import { registeredDevices, registeredLocations, registeredTypes } from '../contract/generate/iot-registry'
import { noteChanges } from '../store/batch'
import { rowInserter } from '../store/insert-rows'
import { poolFor, withTransaction } from '../store/pool'

const DAY_MS = 86_400_000
/** Readings in memory at once, and in one transaction. */
const CHUNK_ROWS = 20_000

export interface HistoryUrls {
  databaseUrl: string
  timescaleUrl: string
  mysqlUrl: string
}

export interface HistoryOptions {
  /** Seed of the building; another one replaces the contract's. */
  seed?: number
  /** Days of readings before `now`. */
  days: number
  /** Epoch milliseconds. */
  now: number
  /** Between two readings of a device, at least a millisecond; the registry's own interval is in whole seconds. */
  intervalSeconds: number
  devices?: number
}

export interface SeededHistory {
  devices: number
  locations: number
  faults: number
  /** Readings that were not there before. */
  readings: number
}

/** Readings at whole intervals, in the order of time, in chunks: rows in the order of the contract's columns. */
export function* historyRows(contract: Contract, building: Building, options: HistoryOptions): Generator<unknown[][]> {
  const step = Math.round(options.intervalSeconds * 1000)
  const columns = contract.table.columns.map(({ name }) => name)
  const [timeAt, deviceAt, valueAt, batteryAt] = ['time', 'device_id', 'value', 'battery_level'].map(name => columns.indexOf(name))
  let rows: unknown[][] = []
  for (let time = Math.ceil((options.now - options.days * DAY_MS) / step) * step; time <= options.now; time += step) {
    for (const device of building.devices) {
      const reading = building.reading(device, time)
      if (!reading) continue
      const row: unknown[] = new Array(columns.length).fill(null)
      row[timeAt!] = time
      row[deviceAt!] = device.id
      row[valueAt!] = +reading.value
      row[batteryAt!] = reading.battery === undefined ? null : +reading.battery
      rows.push(row)
    }
    if (rows.length < CHUNK_ROWS) continue
    yield rows
    rows = []
  }
  if (rows.length > 0) yield rows
}

async function seedSources(
  client: pg.PoolClient,
  building: Building,
  { now, days, intervalSeconds }: HistoryOptions,
  standIn: boolean
): Promise<number> {
  await client.query(seedLocations, [JSON.stringify(registeredLocations())])
  if (standIn) {
    await client.query(seedDeviceTypes, [JSON.stringify(registeredTypes())])
    await client.query(seedDevices, [JSON.stringify(registeredDevices(building, Math.max(1, Math.round(intervalSeconds))))])
  }
  const faults = building.faults(now - days * DAY_MS, now).filter(({ to }) => to <= now)
  const noted = faults.map(({ deviceId, from, to, kind }) => ({
    device_id: deviceId,
    fault_from: new Date(from),
    fault_to: new Date(to),
    kind
  }))
  return (await client.query(seedMaintenanceLog, [JSON.stringify(noted)])).rowCount ?? 0
}

/**
 * Puts the building's past into the sources and the time-series store; what is there already stays as it is. A device registry in MySQL is
 * not written to: infra/compose/mysql-init.sql gives it the same devices.
 * @param contract of the dataset iot
 * @throws PipelineError DATABASE_UNAVAILABLE
 */
export async function seedIotHistory(urls: HistoryUrls, contract: Contract, options: HistoryOptions): Promise<SeededHistory> {
  const building = buildingOf(contract, options)
  const standIn = !/^(mysql|mariadb):/.test(urls.mysqlUrl)
  const faults = await withTransaction(poolFor(urls.databaseUrl), client => seedSources(client, building, options, standIn))
  const insert = rowInserter(contract)
  let readings = 0
  for (const rows of historyRows(contract, building, options)) {
    readings += await withTransaction(poolFor(urls.timescaleUrl), async client => {
      const { changed, buckets } = await insert(client, [rows])
      await noteChanges(client, contract, buckets)
      return changed[0]!
    })
  }
  return { devices: building.devices.length, locations: registeredLocations().length, faults, readings }
}
