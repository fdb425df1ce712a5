// How does something get into the lake that is never changed again? As a numbered version, complete once its manifest is there.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { PipelineError } from '../errors'
import type { Lake } from './types'

export interface FileFacts {
  bytes: number
  sha256: string
}

/** Size and checksum of a file, read in pieces. */
export async function fileFacts(file: string): Promise<FileFacts> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash)
  return { bytes: (await stat(file)).size, sha256: hash.digest('hex') }
}

/**
 * Which versions are there below a folder?
 * @param folder ends with a slash; a version's objects are below `v<number>/`
 * @param manifest name of the object that is written last
 * @returns the highest number that was begun, whose number is not used again, and the highest that is complete; 0 where there is none
 */
export async function versionsIn(lake: Lake, folder: string, manifest: string): Promise<{ begun: number; complete: number }> {
  const found = { begun: 0, complete: 0 }
  for await (const { key } of lake.list(folder)) {
    const [, number, name] = /^v(\d+)\/(.+)$/.exec(key.slice(folder.length)) ?? []
    const version = Number(number ?? 0)
    found.begun = Math.max(found.begun, version)
    if (name === manifest) found.complete = Math.max(found.complete, version)
  }
  return found
}

/** An object of JSON, as it was written; undefined where there is none. */
export async function getJson<T>(lake: Lake, key: string): Promise<T | undefined> {
  const bytes = await lake.get(key)
  return bytes && (JSON.parse(bytes.toString('utf8')) as T)
}

/**
 * Writes objects that must not be there yet, in the given order: the manifest is the last.
 * @throws PipelineError LAKE_CONFLICT when another run has taken the version meanwhile; LAKE_UNAVAILABLE
 */
export async function putVersion(
  lake: Lake,
  folder: string,
  objects: readonly [name: string, body: Buffer | { file: string }][]
): Promise<void> {
  for (const [name, body] of objects)
    if (!(await lake.put(`${folder}${name}`, body, { ifAbsent: true })))
      throw new PipelineError('LAKE_CONFLICT', `${folder} was written by another run meanwhile`)
}

/** The text of a manifest. */
export const jsonBytes = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
