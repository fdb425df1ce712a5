// How does a test deliver a file, and read what was delivered?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLake } from '../../layers/lake'
import { literal, withDuckDb } from '../../layers/lake/duckdb'
import { type Delivery, deliverFile } from './deliver'
import type { Manifest } from './publish'
import { deliverRequest } from './request'

/** All of 2024 is closed. */
export const NOW = Date.parse('2025-02-01T00:00:00Z')

export function deliveryTrial() {
  const root = mkdtempSync(join(tmpdir(), 'sluice-deliver-'))
  const lakeFolder = join(root, 'lake')
  const lake = openLake(`file:${lakeFolder}`)
  return {
    root,
    lake,
    lakeFolder,
    /** Writes a source file. @returns its path */
    write(name: string, content: string | Buffer): string {
      const file = join(root, name)
      writeFileSync(file, content)
      return file
    },
    deliver: (file: string, event: object = {}, now = NOW): Promise<Delivery[]> =>
      deliverFile(file, deliverRequest.parse(event), { lake, now }),
    manifest: (key: string): Manifest => JSON.parse(readFileSync(join(lakeFolder, key, 'manifest.json'), 'utf8')),
    /** Rows of a delivered file, as JSON. */
    rows: (key: string, file = 'data.parquet', sql = '*', rest = '') =>
      withDuckDb(async connection => {
        const path = literal(join(lakeFolder, key, file))
        const reader = file.endsWith('.csv') ? `read_csv(${path}, header = true, all_varchar = true)` : `read_parquet(${path})`
        return (await connection.runAndReadAll(`select ${sql} from ${reader} ${rest}`)).getRowObjectsJson()
      }),
    remove: () => rmSync(root, { recursive: true, force: true })
  }
}
