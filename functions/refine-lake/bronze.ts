// Which bronze objects are new, and in which groups are they read?
import { gunzipSync, gzipSync } from 'node:zlib'
import { PipelineError } from '../../layers/errors'
import type { Lake, LakeObject } from '../../layers/lake'
import type { LakeVersion } from '../../layers/lake-tables/versions'

/** Bytes of bronze, uncompressed, that are in memory at once. */
const GROUP_BYTES = 32 * 1024 * 1024
/** Objects that are read at once. */
const GROUP_OBJECTS = 500
/** Bytes of bronze, uncompressed, that one version takes; more waits for the next version of the same run. */
export const VERSION_BYTES = 4 * 1024 * 1024 * 1024
/** What compressed lines of JSON unfold to, in times of their size. */
const UNFOLDED = 10

export interface BronzeObject extends LakeObject {
  topic: string
  partition: number
  firstOffset: number
  lastOffset: number
}

const NAME = /\/dt=\d{4}-\d{2}-\d{2}\/(.+)-(\d+)-(\d+)-(\d+)-[^-/]+\.jsonl(\.gz|\.zst)?$/

/** What an object's name says of its records; undefined for an object that landing did not write. */
export function bronzeObject(object: LakeObject): BronzeObject | undefined {
  const match = NAME.exec(object.key)
  if (!match) return undefined
  const [, topic, partition, first, last] = match
  return { ...object, topic: topic!, partition: Number(partition), firstOffset: Number(first), lastOffset: Number(last) }
}

const unfoldedSize = (object: LakeObject) => (object.key.endsWith('.jsonl') ? object.size : object.size * UNFOLDED)

export interface NewBronze {
  objects: BronzeObject[]
  /** Objects whose names are not of landing's form: named in the report, never read. */
  strangers: LakeObject[]
  /** Whether there is more than one version takes. */
  isMore: boolean
}

/**
 * The objects that the newest version has not taken, in the order of their keys. One that was put into quarantine is tried again when its size
 * is another.
 * @param limit bytes, uncompressed, after which the rest waits
 */
export async function newBronze(lake: Lake, dataset: string, base: LakeVersion | undefined, limit: number): Promise<NewBronze> {
  const taken = await takenObjects(lake, base)
  const quarantined = new Map(base?.quarantined.map(({ object, size }) => [object, size]))
  const found: NewBronze = { objects: [], strangers: [], isMore: false }
  let bytes = 0
  for await (const object of lake.list(`bronze/${dataset}/`)) {
    if (taken.has(object.key) || quarantined.get(object.key) === object.size) continue
    const named = bronzeObject(object)
    if (!named) found.strangers.push(object)
    else if (bytes < limit) {
      found.objects.push(named)
      bytes += unfoldedSize(object)
    } else found.isMore = true
  }
  return found
}

/** The keys that a version has taken. */
export async function takenObjects(lake: Lake, base: LakeVersion | undefined): Promise<Set<string>> {
  if (!base?.taken) return new Set()
  const bytes = await lake.get(base.taken)
  if (!bytes)
    throw new PipelineError('LAKE_UNAVAILABLE', `${lake.url}: ${base.taken}, the list of what version ${base.version} has taken, is gone`, {
      remedy: 'Invoke refine-lake with {"full": true}: it reads every bronze object again.'
    })
  return new Set(gunzipSync(bytes).toString('utf8').split('\n').filter(Boolean))
}

/** The list as an object's bytes. */
export const takenBytes = (keys: Iterable<string>): Buffer => gzipSync([...keys].sort().join('\n'))

/** Objects in groups that fit into memory, in order. */
export function* groupsOf(objects: readonly BronzeObject[]): Generator<BronzeObject[]> {
  let group: BronzeObject[] = []
  let bytes = 0
  for (const object of objects) {
    if (group.length > 0 && (bytes + unfoldedSize(object) > GROUP_BYTES || group.length >= GROUP_OBJECTS)) {
      yield group
      group = []
      bytes = 0
    }
    group.push(object)
    bytes += unfoldedSize(object)
  }
  if (group.length > 0) yield group
}
