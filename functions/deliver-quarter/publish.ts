// What is delivered of a quarter, under which version, and what says that it is complete? The manifest, which is written last.
import type { Lake } from '../../layers/lake'
import { getJson, jsonBytes, putVersion, versionsIn } from '../../layers/lake/versions'

const MANIFEST = 'manifest.json'

export interface DeliveredFile {
  name: string
  bytes: number
  sha256: string
  rows: number
}

export interface Manifest {
  manifest_version: 1
  name: string
  quarter: string
  version: number
  /** ISO 8601; the first instant, and the first one after it. */
  from: string
  to: string
  created_at: string
  /** Of the source's bytes, the options and the code: the same fingerprint gives the same rows. */
  fingerprint: string
  source: { file: string; bytes: number; sha256: string; format: 'csv' | 'parquet'; rows: number; ignored_bytes: number; lake_key: string }
  options: Record<string, unknown>
  code: { name: string; version: string }
  contract: { name: string; version: string } | null
  time: { column: string; clock_column: string | null; reading: unknown; zone: string; min: string; max: string }
  schema: { name: string; type: string; is_time: boolean; is_aggregated: boolean }[]
  /** source = delivered + rejected + duplicates + other_quarters */
  rows: { source: number; delivered: number; rejected: number; duplicates: number; other_quarters: number }
  /** Values by reason; a row can have several. */
  rejected_values: Record<string, number>
  other_quarters: { quarter: string; rows: number }[]
  files: DeliveredFile[]
}

export const folderOf = (name: string, quarter: string): string => `deliveries/${name}/${quarter}/`

/** The highest version of a delivery that was begun, and the newest of those that are complete. */
export async function versionsOf(lake: Lake, name: string, quarter: string): Promise<{ begun: number; newest: Manifest | undefined }> {
  const folder = folderOf(name, quarter)
  const { begun, complete } = await versionsIn(lake, folder, MANIFEST)
  return { begun, newest: complete === 0 ? undefined : await getJson<Manifest>(lake, `${folder}v${complete}/${MANIFEST}`) }
}

/** Quarters under which something was delivered with a name. */
export async function deliveredQuarters(lake: Lake, name: string): Promise<string[]> {
  const found = new Set<string>()
  for await (const { key } of lake.list(`deliveries/${name}/`)) {
    const [, , quarter, , file] = key.split('/')
    if (file === MANIFEST) found.add(quarter!)
  }
  return [...found]
}

/**
 * Writes the files of a version, then its manifest. A version without a manifest was interrupted and is none.
 * @param local paths of this machine by the files' names in the delivery
 * @throws PipelineError LAKE_CONFLICT when another run has taken the version meanwhile
 */
export async function publish(lake: Lake, manifest: Manifest, local: Record<string, string>): Promise<string> {
  const folder = `${folderOf(manifest.name, manifest.quarter)}v${manifest.version}/`
  const files = manifest.files.map(({ name }): [string, { file: string }] => [name, { file: local[name]! }])
  await putVersion(lake, folder, [...files, [MANIFEST, jsonBytes(manifest)]])
  return folder
}
