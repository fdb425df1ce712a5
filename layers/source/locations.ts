// Where do devices hang, as the facility managers' database says?
import type pg from 'pg'
import locationsPage from '../../sql/warehouse/locations-page.sql'
import { PipelineError } from '../errors'

/** A location; decimals as text. */
export interface LocationRow {
  location_id: string
  name: string
  building: string
  floor: number
  city: string
  country: string
  timezone: string
  latitude: string
  longitude: string
  updated_at: Date
}

/** Rows in memory at once. */
const PAGE_ROWS = 1000

/**
 * All locations, in pages in the order of their ids.
 * @throws PipelineError SOURCE_UNAVAILABLE
 */
export async function* readLocations(pool: pg.Pool): AsyncGenerator<LocationRow[]> {
  for (let after = ''; ; ) {
    const { rows } = await pool.query<LocationRow>(locationsPage, [after, PAGE_ROWS]).catch(cause => {
      throw new PipelineError('SOURCE_UNAVAILABLE', `the locations' database does not answer: ${cause.message || cause.code}`, { cause })
    })
    if (rows.length > 0) yield rows
    if (rows.length < PAGE_ROWS) return
    after = rows.at(-1)!.location_id
  }
}
