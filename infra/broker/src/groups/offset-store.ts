// How far has each group read in each partition?
import type { Flusher } from '../log/flusher'
import { JsonLines } from '../log/json-lines'

/** One committed offset, as a line of the file says it; `null` in place of the offset forgets it. */
export type OffsetEntry = [
  group: string,
  topic: string,
  partition: number,
  offset: number | null,
  leaderEpoch: number,
  metadata: string | null
]

export interface CommittedOffset {
  offset: number
  leaderEpoch: number
  metadata: string | null
}

type Partitions = Map<number, CommittedOffset>
type Topics = Map<string, Partitions>

/** Committed offsets of all groups, in memory and, given a path, in a file. */
export class OffsetStore {
  private readonly groups = new Map<string, Topics>()
  /** Partitions of all groups with an offset. */
  private count = 0
  private readonly file: JsonLines<OffsetEntry> | undefined

  constructor(
    path: string | undefined,
    private readonly flusher: Flusher
  ) {
    if (path === undefined) return
    this.file = new JsonLines(path)
    for (const entry of this.file.load()) this.apply(entry)
    if (this.file.isWorthRewriting(this.count)) this.file.rewrite(this.entries())
  }

  private apply([group, topic, partition, offset, leaderEpoch, metadata]: OffsetEntry): void {
    if (offset === null) {
      const topics = this.groups.get(group)
      if (topics?.get(topic)?.delete(partition)) this.count--
      if (topics?.get(topic)?.size === 0) topics.delete(topic)
      if (topics?.size === 0) this.groups.delete(group)
      return
    }
    let topics = this.groups.get(group)
    if (!topics) this.groups.set(group, (topics = new Map()))
    let partitions = topics.get(topic)
    if (!partitions) topics.set(topic, (partitions = new Map()))
    if (!partitions.has(partition)) this.count++
    partitions.set(partition, { offset, leaderEpoch, metadata })
  }

  /** Keeps offsets; in the file before it returns. Throws KafkaError when the disk refuses, and keeps none then. */
  commit(entries: OffsetEntry[]): void {
    if (entries.length === 0) return
    if (this.file) {
      this.file.append(entries)
      this.flusher.appended(this.file)
    }
    for (const entry of entries) this.apply(entry)
    if (this.file?.isWorthRewriting(this.count)) this.file.rewrite(this.entries())
  }

  get(group: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.groups.get(group)?.get(topic)?.get(partition)
  }

  /** The topics and partitions that a group has committed. */
  topicsOf(group: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.groups.get(group) ?? new Map()
  }

  /** Groups with an offset at least. */
  groupIds(): IterableIterator<string> {
    return this.groups.keys()
  }

  /** Forgets a group; whether there was one. */
  deleteGroup(group: string): boolean {
    const topics = [...this.topicsOf(group)]
    this.commit(topics.flatMap(([topic, partitions]) => forgetting(group, topic, partitions)))
    return topics.length > 0
  }

  /** Forgets what all groups read of a topic that is deleted. */
  deleteTopic(name: string): void {
    this.commit([...this.groups].flatMap(([group, topics]) => forgetting(group, name, topics.get(name))))
  }

  private entries(): OffsetEntry[] {
    const entries: OffsetEntry[] = []
    for (const [group, topics] of this.groups) {
      for (const [topic, partitions] of topics) {
        for (const [partition, { leaderEpoch, metadata, offset }] of partitions) {
          entries.push([group, topic, partition, offset, leaderEpoch, metadata])
        }
      }
    }
    return entries
  }

  close(): void {
    this.file?.close()
  }
}

function forgetting(group: string, topic: string, partitions: ReadonlyMap<number, unknown> = new Map()): OffsetEntry[] {
  return [...partitions.keys()].map(partition => [group, topic, partition, null, -1, null])
}
