// Which windows were computed again, and how many of them were known before?
import type pg from 'pg'
import refresh from '../../sql/queries/sensor-windows-refresh.sql'

export interface RefreshedWindows {
  window_minutes: number
  /** Windows computed. */
  windows: number
  /** Those of them that were there before: a late reading, or more readings, came in. */
  corrected: number
}

/**
 * Computes again the windows in which readings arrived since the last call. An interrupted call changes nothing: the next one does the work.
 * @param client inside a transaction
 * @param minutes window lengths, each a divisor or a multiple of minutes counted from 2000-01-01 UTC
 */
export async function refreshedWindows(client: pg.ClientBase, minutes: readonly number[]): Promise<RefreshedWindows[]> {
  const result = await client.query<RefreshedWindows>({ name: 'sensor-windows-refresh', text: refresh, values: [minutes] })
  return minutes.map(
    length => result.rows.find(row => row.window_minutes === length) ?? { window_minutes: length, windows: 0, corrected: 0 }
  )
}
