// Which files are the tables of the lake made of, now? A log of versions: who writes the next entry first has made the next version.
import { z } from 'zod'
import { PipelineError } from '../errors'
import type { Lake } from '../lake'

/** Versions whose files stay, for readers that began with an older one. */
export const KEPT_VERSIONS = 10
const VERSION_DIGITS = 8

const tableFile = z.object({
  key: z.string(),
  rows: z.number(),
  /** Of the rows; equal where they are. */
  digest: z.string()
})

const lakeVersion = z.object({
  version: z.number().int().positive(),
  /** When it was written, ISO 8601. */
  at: z.string(),
  /** Tells this lake's versions from those of another that was there before. */
  lakeId: z.string(),
  contractVersion: z.string(),
  /** The months of silver_transactions, `2010-12`, and the file of each. */
  months: z.record(z.string(), tableFile),
  /** silver_cancellations and the gold tables, one file each. */
  tables: z.record(z.string(), tableFile),
  /** The list of the bronze objects that are in this version: gzip, one key a line. */
  taken: z.string(),
  takenObjects: z.number(),
  /** Bronze objects that could not be read whole; they are not in the tables. */
  quarantined: z.array(z.object({ object: z.string(), size: z.number(), reason: z.string() })),
  /** What became of the records of the bronze objects that this version took. */
  records: z.record(z.string(), z.number())
})

export type TableFile = z.infer<typeof tableFile>
export type LakeVersion = z.infer<typeof lakeVersion>

const logPrefix = (dataset: string) => `silver/${dataset}/_log/`
const logKey = (dataset: string, version: number) => `${logPrefix(dataset)}${versionText(version)}.json`

/** `00000012`, so that keys sort as their versions do. */
export const versionText = (version: number): string => String(version).padStart(VERSION_DIGITS, '0')

const versionOf = (key: string): number | undefined => {
  const match = /\/(\d{8,})\.json$/.exec(key)
  return match ? Number(match[1]) : undefined
}

async function loggedVersions(lake: Lake, dataset: string): Promise<number[]> {
  const versions: number[] = []
  for await (const { key } of lake.list(logPrefix(dataset))) {
    const version = versionOf(key)
    if (version !== undefined) versions.push(version)
  }
  return versions.sort((one, other) => one - other)
}

async function readVersion(lake: Lake, dataset: string, version: number): Promise<LakeVersion | undefined> {
  const key = logKey(dataset, version)
  const bytes = await lake.get(key)
  if (bytes === undefined) return undefined
  try {
    return lakeVersion.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw new PipelineError('LAKE_UNAVAILABLE', `${lake.url}: ${key} is no entry of the log of versions`, {
      remedy: 'Remove that object: the version before it is then the current one.',
      cause
    })
  }
}

/**
 * The newest version of a dataset's tables.
 * @returns undefined where the dataset was never refined
 * @throws PipelineError LAKE_UNAVAILABLE, also for an entry that cannot be read
 */
export async function newestVersion(lake: Lake, dataset: string): Promise<LakeVersion | undefined> {
  for (;;) {
    const newest = (await loggedVersions(lake, dataset)).at(-1)
    if (newest === undefined) return undefined
    const entry = await readVersion(lake, dataset, newest)
    // removed between the list and the read: then there are newer ones
    if (entry) return entry
  }
}

/**
 * Makes a version the newest one, if nobody was faster.
 * @throws PipelineError LAKE_CONFLICT when another run wrote this version, or so many newer ones that this one is no longer kept
 */
export async function commitVersion(lake: Lake, dataset: string, entry: LakeVersion): Promise<void> {
  const conflict = (what: string) => new PipelineError('LAKE_CONFLICT', `${lake.url}: ${what}; nothing of this run is in the tables`)
  if (!(await lake.put(logKey(dataset, entry.version), Buffer.from(JSON.stringify(entry)), { ifAbsent: true })))
    throw conflict(`another run wrote version ${entry.version} of ${dataset} first`)
  const newest = (await loggedVersions(lake, dataset)).at(-1) ?? entry.version
  if (newest >= entry.version + KEPT_VERSIONS) throw conflict(`${dataset} is at version ${newest} already`)
}

/** Every object that an entry names. */
const keysOf = (entry: LakeVersion): string[] => [
  entry.taken,
  ...Object.values(entry.months).map(file => file.key),
  ...Object.values(entry.tables).map(file => file.key)
]

/**
 * Removes entries before the last KEPT_VERSIONS, and files that no entry names and that were written for a version before those.
 * @param prefixes where the files of versions are; a file's name begins with the version it was written for
 * @returns how many objects were removed
 */
export async function removeOldVersions(lake: Lake, dataset: string, prefixes: readonly string[]): Promise<number> {
  const versions = await loggedVersions(lake, dataset)
  const kept = versions.slice(-KEPT_VERSIONS)
  const oldest = kept[0]
  if (oldest === undefined || oldest === 1) return 0
  const entries = await Promise.all(kept.map(version => readVersion(lake, dataset, version)))
  // an entry that is gone means that another run is tidying with newer knowledge
  if (entries.includes(undefined)) return 0
  const named = new Set(entries.flatMap(entry => keysOf(entry!)))
  const unneeded = versions.slice(0, -KEPT_VERSIONS).map(version => logKey(dataset, version))
  for (const prefix of prefixes)
    for await (const { key } of lake.list(prefix)) {
      const writtenFor = /\/(\d{8,})-[0-9a-f]+\.[a-z.]+$/.exec(key)
      if (writtenFor && Number(writtenFor[1]) < oldest && !named.has(key)) unneeded.push(key)
    }
  for (const key of unneeded) await lake.remove(key)
  return unneeded.length
}
