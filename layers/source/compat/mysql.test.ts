import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import { enrich } from '../../../functions/enrich-warehouse/enrich'
import { rulesSchema } from '../../../functions/enrich-warehouse/rules'
import { type TestDatabase, testDatabase } from '../../../infra/testing/database'
import { contractOf, warehouseLog } from '../../contract'
import { buildingOf } from '../../contract/generate'
import { registeredDevices } from '../../contract/generate/iot-registry'
import { closePools } from '../../store/pool'
import { type DeviceRow, readDevices } from '../devices'
import { seedIotHistory } from '../iot-history'

const server = process.env.COMPAT_MYSQL_URL
const contract = contractOf('iot', join(__dirname, '../../../contracts'))
const onMysql = server ? describe : describe.skip

async function all(url: string): Promise<DeviceRow[]> {
  const rows: DeviceRow[] = []
  for await (const page of readDevices(url)) rows.push(...page)
  return rows
}

onMysql('MySQL', () => {
  const other = server?.replace(/\/[^/]*$/, '/sluice_compat') ?? ''

  async function sql(...statements: string[]): Promise<void> {
    const connection = await createConnection({ uri: server, charset: 'utf8mb4' })
    try {
      for (const statement of statements) await connection.query(statement)
    } finally {
      await connection.end()
    }
  }

  beforeAll(() =>
    sql(
      'create database if not exists sluice_compat character set utf8mb4 collate utf8mb4_bin',
      'drop table if exists sluice_compat.devices, sluice_compat.device_types',
      'create table sluice_compat.device_types like iot_devices.device_types',
      'create table sluice_compat.devices like iot_devices.devices'
    )
  )
  afterAll(async () => {
    await sql('drop database sluice_compat')
    await closePools()
  })

  test('the script gives it the devices that the simulator has', async () => {
    const devices = await all(server!)
    const wanted = registeredDevices(buildingOf(contract), 60).sort((left, right) => (left.device_id < right.device_id ? -1 : 1))
    expect(
      devices.map(({ device_id, serial_number, calibration_offset, location_id }) => [
        device_id,
        serial_number,
        calibration_offset,
        location_id
      ])
    ).toEqual(
      wanted.map(({ device_id, serial_number, calibration_offset, location_id }) => [
        device_id,
        serial_number,
        calibration_offset,
        location_id
      ])
    )
    expect(devices.find(({ device_id }) => device_id === 'TEMP-001')).toMatchObject({
      type_name: 'Thermometer 🌡',
      unit: '°C',
      reading_interval_seconds: 60
    })
  })

  test('the largest numbers, microseconds and characters beyond the basic plane come as they are', async () => {
    await sql(
      "insert into sluice_compat.device_types values (1, 'X', '𝄞 Ω', 'µm', -99999999.9999, 99999999.9999, 0.0001)",
      "insert into sluice_compat.devices values ('X-1', 1, null, 18446744073709551615, 'm', 'f', -123456.654321, 2147483647, 'retired', '1000-01-01 00:00:00.000001', '9999-12-31 23:59:59.999999')"
    )
    expect(await all(other)).toEqual([
      {
        device_id: 'X-1',
        device_type: 'X',
        type_name: '𝄞 Ω',
        unit: 'µm',
        min_value: '-99999999.9999',
        max_value: '99999999.9999',
        accuracy: '0.0001',
        location_id: null,
        serial_number: '18446744073709551615',
        model: 'm',
        firmware_version: 'f',
        calibration_offset: '-123456.654321',
        reading_interval_seconds: 2147483647,
        status: 'retired',
        installed_at: '1000-01-01T00:00:00.000001Z',
        updated_at: '9999-12-31T23:59:59.999999Z'
      }
    ])
  })

  test('a date of zeros, as old tables have it, is no time', async () => {
    await sql("set sql_mode = ''", "update sluice_compat.devices set installed_at = '0000-00-00 00:00:00'")
    expect((await all(other))[0]).toMatchObject({ installed_at: null })
  })

  test('a registry of several pages comes whole, in order, each device once', async () => {
    const rows = Array.from(
      { length: 2500 },
      (_, index) => `('Y-${String(index).padStart(5, '0')}', 1, 'L', ${index}, 'm', 'f', 0, 60, 'active', '2025-01-01', '2025-01-01')`
    )
    await sql('delete from sluice_compat.devices', `insert into sluice_compat.devices values ${rows.join(', ')}`)
    const ids = (await all(other)).map(({ device_id }) => device_id)
    expect(ids).toHaveLength(2500)
    expect(ids).toEqual([...new Set(ids)].sort())
  })

  test('a registry that is away, refuses the password or has no such table is named as the source', async () => {
    const url = new URL(server!)
    await expect(all(`mysql://sluice:x@127.0.0.1:1/iot_devices`)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED')
    })
    await expect(all(`mysql://sluice:wrong@${url.host}/iot_devices`)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringContaining('Access denied')
    })
    await sql('drop table sluice_compat.devices')
    await expect(all(other)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
  })

  test('the warehouse takes its devices from there, and a change of one with its time', async () => {
    const now = Date.parse('2026-06-15T00:00:00Z')
    const database: TestDatabase = await testDatabase()
    try {
      const urls = { databaseUrl: database.appUrl, timescaleUrl: database.appUrl, mysqlUrl: server! }
      await seedIotHistory(urls, contract, { days: 1, intervalSeconds: 900, now })
      const options = { days: 1, full: false, testMode: false, rules: rulesSchema.parse({}), now }
      expect((await enrich(urls, warehouseLog('iot'), options)).devices).toMatchObject({ opened: 20, closed: 0 })
      expect(await database.query('select count(*)::int as n from iot_devices.devices')).toEqual([{ n: 0 }])
      await sql(
        "update iot_devices.devices set firmware_version = '3.0.0', updated_at = '2026-06-14 12:00:00.000001' where device_id = 'TEMP-001'"
      )
      expect((await enrich(urls, warehouseLog('iot'), options)).devices).toMatchObject({ opened: 1, closed: 1 })
      expect(
        await database.query(
          "select firmware_version, valid_from::text like '%000001%' as is_exact from dwh.dim_devices where device_id = 'TEMP-001' and is_current"
        )
      ).toEqual([{ firmware_version: '3.0.0', is_exact: true }])
    } finally {
      await sql(
        "update iot_devices.devices set firmware_version = '2.0.0', updated_at = '2025-03-01 08:00:00.000001' where device_id = 'TEMP-001'"
      )
      await closePools()
      await database.drop()
    }
  })
})
