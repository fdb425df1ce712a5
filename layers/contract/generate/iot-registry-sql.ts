// What does the script say that gives MySQL the simulated building's devices?
import type { Building } from './iot-building'
import { registeredDevices, registeredTypes } from './iot-registry'

const literal = (value: unknown) => (typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value))

function insert(table: string, rows: readonly object[]): string {
  const lines = rows.map(row => `  (${Object.values(row).map(literal).join(', ')})`)
  return `insert ignore into ${table} (${Object.keys(rows[0]!).join(', ')}) values\n${lines.join(',\n')};\n`
}

/** The inserts at the end of infra/compose/mysql-init.sql. */
export const mysqlRows = (building: Building, intervalSeconds: number): string =>
  `${insert('device_types', registeredTypes())}\n${insert('devices', registeredDevices(building, intervalSeconds))}`
