// What is delivered of a quarter, under which version, and what says that it is complete? The manifest, which is written last.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { PipelineError } from '../../layers/errors'
import type { Lake } from '../../layers/lake'

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
  time: { column: string; reading: unknown; zone: string; min: string; max: string }
  schema: { name: string; type: string; is_time: boolean; is_aggregated: boolean }[]
  /** source = delivered + rejected + duplicates + other_quarters */
  rows: { source: number; delivered: number; rejected: number; duplicates: number; other_quarters: number }
  /** Values by reason; a row can have several. */
  rejected_values: Record<string, number>
  other_quarters: { quarter: string; rows: number }[]
  files: DeliveredFile[]
}

export const folderOf = (name: string, quarter: string): string => `deliveries/${name}/${quarter}/`

const versionKey = /\/v(\d+)\/([^/]+)$/

/** Versions of a delivery that were begun, and the newest of those that are complete. */
export async function versionsOf(lake: Lake, name: string, quarter: string): Promise<{ begun: number; newest: Manifest | undefined }> {
  let begun = 0
  let complete: { version: number; key: string } | undefined
  for await (const { key } of lake.list(folderOf(name, quarter))) {
    const [, number, file] = versionKey.exec(key) ?? []
    const version = Number(number ?? 0)
    begun = Math.max(begun, version)
    if (file === 'manifest.json' && version > (complete?.version ?? 0)) complete = { version, key }
  }
  const bytes = complete && (await lake.get(complete.key))
  return { begun, newest: bytes && (JSON.parse(bytes.toString('utf8')) as Manifest) }
}

/** Quarters under which something was delivered with a name. */
export async function deliveredQuarters(lake: Lake, name: string): Promise<string[]> {
  const found = new Set<string>()
  for await (const { key } of lake.list(`deliveries/${name}/`)) {
    const [, , quarter, , file] = key.split('/')
    if (file === 'manifest.json') found.add(quarter!)
  }
  return [...found]
}

/** Size and checksum of a file, read in pieces. */
export async function fileFacts(file: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash)
  return { bytes: (await stat(file)).size, sha256: hash.digest('hex') }
}

/**
 * Writes the files of a version, then its manifest. A version without a manifest was interrupted and is none.
 * @param local paths of this machine by the files' names in the delivery
 * @throws PipelineError LAKE_CONFLICT when another run has taken the version meanwhile
 */
export async function publish(lake: Lake, manifest: Manifest, local: Record<string, string>): Promise<string> {
  const folder = `${folderOf(manifest.name, manifest.quarter)}v${manifest.version}/`
  const conflict = () => new PipelineError('LAKE_CONFLICT', `${folder} was written by another run meanwhile`)
  for (const { name } of manifest.files)
    if (!(await lake.put(`${folder}${name}`, { file: local[name]! }, { ifAbsent: true }))) throw conflict()
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  if (!(await lake.put(`${folder}manifest.json`, text, { ifAbsent: true }))) throw conflict()
  return folder
}
