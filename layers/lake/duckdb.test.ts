import { existsSync } from 'node:fs'
import { literal, withDuckDb } from './duckdb'

test('sessions are in UTC, literals are quoted, and the folder is gone afterwards', async () => {
  let used = ''
  const rows = await withDuckDb(async (connection, folder) => {
    used = folder
    return (await connection.runAndReadAll(`select current_setting('TimeZone') as zone, ${literal("it's")} as text`)).getRowObjectsJson()
  })
  expect(rows).toEqual([{ zone: 'UTC', text: "it's" }])
  expect(existsSync(used)).toBe(false)
})
