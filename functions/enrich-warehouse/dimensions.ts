// What do the sources say of devices and locations now, and since when do the dimensions say something else?
import type pg from 'pg'
import closeDevices from '../../sql/warehouse/dim-devices-close.sql'
import completeDevices from '../../sql/warehouse/dim-devices-complete.sql'
import openDevices from '../../sql/warehouse/dim-devices-open.sql'
import seenDevices from '../../sql/warehouse/dim-devices-seen.sql'
import closeLocations from '../../sql/warehouse/dim-locations-close.sql'
import completeLocations from '../../sql/warehouse/dim-locations-complete.sql'
import openLocations from '../../sql/warehouse/dim-locations-open.sql'
import seenLocations from '../../sql/warehouse/dim-locations-seen.sql'

const dimensions = {
  devices: { complete: completeDevices, close: closeDevices, open: openDevices, seen: seenDevices },
  locations: { complete: completeLocations, close: closeLocations, open: openLocations, seen: seenLocations }
}

/** Versions of one dimension. */
export interface DimensionChange {
  /** Versions that began. */
  opened: number
  /** Versions that ended. */
  closed: number
  /** Rows that were inferred from readings and are known now. */
  completed: number
  /** From this time, epoch milliseconds, facts belong to another version or say something else; undefined where nothing changed. */
  changedFrom?: number
}

const instantOf = (value: unknown) => (value instanceof Date ? value.getTime() : Number.NEGATIVE_INFINITY)

/**
 * Brings a dimension to what its source says, page by page, inside the caller's transaction. A device or location that the source no longer has keeps
 * its last version.
 */
export async function mergeDimension(
  client: pg.ClientBase,
  name: keyof typeof dimensions,
  pages: AsyncIterable<readonly object[]> | Iterable<readonly object[]>
): Promise<DimensionChange> {
  const change: DimensionChange = { opened: 0, closed: 0, completed: 0 }
  const since = (time: number) => {
    change.changedFrom = Math.min(change.changedFrom ?? Number.POSITIVE_INFINITY, time)
  }
  for await (const page of pages) {
    const rows = JSON.stringify(page)
    const completed = await client.query(dimensions[name].complete, [rows])
    const closed = await client.query(dimensions[name].close, [rows])
    await client.query(dimensions[name].seen, [rows])
    const opened = await client.query(dimensions[name].open, [rows])
    change.completed += completed.rowCount ?? 0
    change.closed += closed.rowCount ?? 0
    change.opened += opened.rowCount ?? 0
    for (const row of completed.rows) since(instantOf(row.valid_from))
    for (const row of closed.rows) since(instantOf(row.valid_to))
  }
  return change
}
