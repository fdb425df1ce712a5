// Does the simulated building say the same whenever it is asked, and what it claims about its faults?
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { contractOf } from '../load'
import { countRecords } from '../testing'
import type { GeneratedRecord } from '../types'
import { Building, buildingOf, type Fault, generateIot, newOracle } from '.'
import { mysqlRows } from './iot-registry-sql'

const root = join(__dirname, '../../..')
const contract = contractOf('iot', join(root, 'contracts'))
const NOW = Date.parse('2026-01-31T12:00:00Z')
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

async function* buffers(chunks: Iterable<GeneratedRecord[]>) {
  for (const records of chunks) yield records.map(record => ({ value: Buffer.from(record.value) }))
}

const counted = async (options: Parameters<typeof generateIot>[1], delayMs = 0) => {
  const { rows, ...counts } = await countRecords(contract, buffers(generateIot(contract, options)), NOW + delayMs)
  return counts
}

const isWithin = (time: number, faults: Fault[]) => faults.some(({ from, to }) => from <= time && time <= to)

describe('the stream', () => {
  test('what must come of the readings is what comes, however long they take to arrive', async () => {
    for (const delayMs of [0, 60_000, 9 * 60_000]) {
      const oracle = newOracle()
      expect(await counted({ count: 20_000, seed: 7, startTimeMs: NOW, oracle }, delayMs)).toEqual(oracle)
    }
  })

  test('any seed and count keep the oracle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 400 }), async (seed, count) => {
        const oracle = newOracle()
        expect(await counted({ count, seed, startTimeMs: NOW, oracle })).toEqual(oracle)
      }),
      { numRuns: 20 }
    )
  })

  test('the shares of dirty records are those of the contract', () => {
    const oracle = newOracle()
    const count = 50_000
    for (const _ of generateIot(contract, { count, seed: 3, startTimeMs: NOW, oracle }));
    const share = (code: string) => oracle.reasons[code]! / count
    expect(share('timestamp_missing')).toBeCloseTo(0.02, 2)
    expect(share('device_id_missing')).toBeCloseTo(0.01, 2)
    expect(share('late')).toBeCloseTo(0.012, 2)
    expect(share('value_out_of_range')).toBeCloseTo(0.005, 2)
    expect(oracle.duplicate / count).toBeCloseTo(0.02, 2)
  })

  test('devices are TEMP-001, HUM-001, PRES-001…; one that is silent now sends nothing', () => {
    const building = buildingOf(contract)
    const dropout = building.faults(NOW - 30 * DAY_MS, NOW).find(fault => fault.kind === 'dropout')!
    const [chunk] = generateIot(contract, { count: 200, seed: 1, startTimeMs: dropout.from + MINUTE_MS })
    const ids = new Set(chunk!.flatMap(({ key }) => key ?? []))
    expect(ids).not.toContain(dropout.deviceId)
    expect(ids.size).toBe(building.devices.filter(device => !building.isSilent(device, dropout.from + MINUTE_MS)).length)
    expect(building.devices.slice(0, 6).map(({ id }) => id)).toEqual(['TEMP-001', 'HUM-001', 'PRES-001', 'VIB-001', 'CO2-001', 'TEMP-002'])
  })
})

describe('the building', () => {
  const building = new Building(5, 10)
  const faults = building.faults(NOW - 20 * DAY_MS, NOW)
  const of = (device: string, ...kinds: string[]) => faults.filter(({ deviceId, kind }) => deviceId === device && kinds.includes(kind))

  test('a reading depends on seed, device and time alone, whatever was asked before', () => {
    const other = new Building(5, 10)
    for (let time = NOW; time > NOW - DAY_MS; time -= 17 * MINUTE_MS)
      for (const device of other.devices) expect(other.reading(device, time)).toEqual(building.reading(device, time))
    expect(new Building(6, 10).reading(building.devices[0]!, NOW)).not.toEqual(building.reading(building.devices[0]!, NOW))
  })

  test('there are faults of every kind, those of a device at different times', () => {
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(['spike', 'drift', 'stuck', 'dropout']))
    for (const { id } of building.devices) {
      const lasting = of(id, 'drift', 'stuck', 'dropout')
      for (const [index, fault] of lasting.entries()) expect(fault.from).toBeGreaterThan(lasting[index - 1]?.to ?? 0)
      for (const spike of of(id, 'spike')) expect(isWithin(spike.from, of(id, 'stuck', 'dropout'))).toBe(false)
    }
  })

  test('a device says nothing exactly while it is in a dropout, and the same while it is stuck', () => {
    for (const device of building.devices) {
      const silent = of(device.id, 'dropout')
      let wrong = 0
      for (let time = NOW - 3 * DAY_MS; time < NOW; time += MINUTE_MS)
        if ((building.reading(device, time) === undefined) !== isWithin(time, silent)) wrong++
      expect(wrong).toBe(0)
      for (const { from, to } of of(device.id, 'stuck')) {
        const values = new Set<string>()
        for (let time = from; time <= to; time += MINUTE_MS) values.add(building.reading(device, time)!.value)
        expect(values.size).toBe(1)
      }
    }
  })

  test('a sound day of a thermometer rises to the afternoon and falls to the night', () => {
    const [thermometer] = building.devices
    const meanAt = (hour: number) => {
      const values: number[] = []
      for (let day = 1; day <= 20; day++)
        for (let minute = 0; minute < 60; minute++) {
          const time = NOW - (NOW % DAY_MS) - day * DAY_MS + hour * 3_600_000 + minute * MINUTE_MS
          if (!isWithin(time, of('TEMP-001', 'spike', 'drift', 'stuck', 'dropout')))
            values.push(Number(building.reading(thermometer!, time)!.value))
        }
      return values.reduce((sum, value) => sum + value, 0) / values.length
    }
    expect(meanAt(15) - meanAt(3)).toBeGreaterThan(3)
    expect(meanAt(15) - meanAt(9)).toBeGreaterThan(1)
  })

  test('values stay within what a device can measure', () => {
    for (const device of building.devices) {
      const values: number[] = []
      for (let time = NOW - DAY_MS; time < NOW; time += MINUTE_MS)
        values.push(Number(building.reading(device, time)?.value ?? device.type.base))
      expect(Math.min(...values)).toBeGreaterThanOrEqual(device.type.minimum)
      expect(Math.max(...values)).toBeLessThanOrEqual(device.type.maximum)
    }
  })
})

test('MySQL gets the devices that the simulator has', () => {
  const file = join(root, 'infra/compose/mysql-init.sql')
  const text = readFileSync(file, 'utf8')
  const head = text.slice(0, text.includes('insert ignore') ? text.indexOf('insert ignore') : undefined)
  const rows = mysqlRows(buildingOf(contract), contract.generator['historySeconds']!)
  // `npx jest layers/contract/generate -u` writes them again
  if ((expect.getState() as unknown as { snapshotState: { _updateSnapshot: string } }).snapshotState._updateSnapshot === 'all')
    writeFileSync(file, head + rows)
  expect(readFileSync(file, 'utf8')).toBe(head + rows)
})
