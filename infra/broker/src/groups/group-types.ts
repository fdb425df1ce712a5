// Which groups were last of the new consumer protocol, also after a restart? Their members are then told to join again, not that there is no group.
import { existsSync, readFileSync } from 'node:fs'
import { replaceFile } from '../log/atomic-file'
import type { ClassicGroup } from './classic-group'
import type { ConsumerGroup } from './consumer-group'

type GroupType = (ClassicGroup | ConsumerGroup)['type']

/** The ids of consumer groups, in a file when a path is given. All other groups are classic. */
export class GroupTypes {
  private readonly ids: Set<string>

  /** Throws when the file cannot be read. */
  constructor(private readonly path: string | undefined) {
    this.ids = new Set(path !== undefined && existsSync(path) ? this.load(path) : [])
  }

  private load(path: string): string[] {
    try {
      return JSON.parse(readFileSync(path, 'utf8'))
    } catch (cause) {
      throw new Error(`${path} cannot be read as JSON. Remove it: the groups it names are then taken for classic ones.`, { cause })
    }
  }

  consumerGroups(): ReadonlySet<string> {
    return this.ids
  }

  /** Remembers what a group is now; undefined forgets it. */
  set(id: string, type: GroupType | undefined): void {
    const isConsumer = type === 'consumer'
    if (isConsumer === this.ids.has(id)) return
    if (isConsumer) this.ids.add(id)
    else this.ids.delete(id)
    if (this.path !== undefined) replaceFile(this.path, `${JSON.stringify([...this.ids])}\n`)
  }
}
