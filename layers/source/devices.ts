// Which devices does the registry know, in MySQL or in the tables that stand in for it?
import type { Connection, RowDataPacket } from 'mysql2/promise'
import devicesPage from '../../sql/warehouse/devices-page.sql'
import devicesPageMysql from '../../sql/warehouse/devices-page-mysql.sql'
import { PipelineError } from '../errors'
import { poolFor } from '../store/pool'

/** A device with its type. Decimals and unsigned 64-bit integers as text, times as ISO 8601 in UTC to the microsecond; nothing is rounded. */
export interface DeviceRow {
  device_id: string
  device_type: string
  type_name: string
  unit: string
  min_value: string
  max_value: string
  accuracy: string
  location_id: string | null
  serial_number: string
  model: string
  firmware_version: string
  calibration_offset: string
  reading_interval_seconds: number
  status: string
  installed_at: string | null
  updated_at: string | null
}

/** Rows in memory at once. */
const PAGE_ROWS = 1000
const CONNECT_TIMEOUT_MS = 5_000
const QUERY_TIMEOUT_MS = 60_000
/** Milliseconds that closing may take before the socket is cut. */
const CLOSE_TIMEOUT_MS = 1_000

/** Registry times are UTC without saying so; MySQL's zero date is no time. */
function instant(text: string | null): string | null {
  return text === null || text.startsWith('0000-00-00') ? null : `${text.replace(' ', 'T')}Z`
}

const withInstants = (row: DeviceRow): DeviceRow => ({
  ...row,
  installed_at: instant(row.installed_at),
  updated_at: instant(row.updated_at)
})

/** The pages of one way to ask for them: devices after an id, in the order of ids. */
async function* pagesOf(page: (after: string) => Promise<DeviceRow[]>): AsyncGenerator<DeviceRow[]> {
  for (let after = ''; ; ) {
    const rows = await page(after)
    if (rows.length > 0) yield rows.map(withInstants)
    if (rows.length < PAGE_ROWS) return
    after = rows.at(-1)!.device_id
  }
}

const unavailable = (cause: unknown) =>
  new PipelineError(
    'SOURCE_UNAVAILABLE',
    `the device registry does not answer: ${(cause as Error).message || (cause as { code?: string }).code}`,
    {
      cause,
      remedy:
        'Check that MYSQL_URL is reachable and names a database with the tables devices and device_types (infra/compose/mysql-init.sql).'
    }
  )

async function connect(url: string): Promise<Connection> {
  // loaded on demand: the stand-in does without it
  const { createConnection } = await import('mysql2/promise')
  return createConnection({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    charset: 'utf8mb4',
    connectTimeout: CONNECT_TIMEOUT_MS,
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true
  })
}

/** bigNumberStrings would give every integer as text; this one is small. */
const fromMysql = (row: RowDataPacket): DeviceRow =>
  ({ ...row, reading_interval_seconds: Number(row['reading_interval_seconds']) }) as DeviceRow

async function close(connection: Connection): Promise<void> {
  const cut = setTimeout(() => connection.destroy(), CLOSE_TIMEOUT_MS)
  await connection.end().catch(() => connection.destroy())
  clearTimeout(cut)
}

async function* readMysql(url: string): AsyncGenerator<DeviceRow[]> {
  let connection: Connection | undefined
  try {
    const open = (connection = await connect(url))
    yield* pagesOf(async after => {
      const [rows] = await open.query<RowDataPacket[]>({ sql: devicesPageMysql, timeout: QUERY_TIMEOUT_MS, values: [after, PAGE_ROWS] })
      return rows.map(fromMysql)
    })
  } catch (error) {
    throw error instanceof PipelineError ? error : unavailable(error)
  } finally {
    if (connection) await close(connection)
  }
}

/**
 * All devices, in pages in the order of their ids.
 * @param url `mysql://` or `mariadb://`, or `postgres://` for the stand-in's tables
 * @throws PipelineError SOURCE_UNAVAILABLE when the registry does not answer within 5 s, or a page not within 60 s
 */
export function readDevices(url: string): AsyncGenerator<DeviceRow[]> {
  if (/^(mysql|mariadb):/.test(url)) return readMysql(url)
  const pool = poolFor(url)
  return pagesOf(async after => {
    try {
      return (await pool.query<DeviceRow>(devicesPage, [after, PAGE_ROWS])).rows
    } catch (error) {
      throw unavailable(error)
    }
  })
}
