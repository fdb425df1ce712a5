// Which topics are there, with which partitions, and how do they outlive the broker?
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { defaultLimits, type Limits } from '../limits'
import { replaceFile } from '../log/atomic-file'
import { type LogOptions, PartitionLog } from '../log/partition-log'
import type { LogSettings } from '../log/settings'
import { KafkaError } from '../protocol'
import { type BrokerConfigs, checkBrokerConfigs, topicDefaults } from './broker-configs'
import { type Configs, checkTopicConfigs, readLogSettings } from './topic-configs'

const nameCharsMax = 249

export interface Topic {
  readonly name: string
  readonly id: string
  /** Only what was set; what was not has its default. */
  configs: Configs
  /** What its logs act on: what was set, and else the defaults. */
  settings: LogSettings
  readonly partitions: PartitionLog[]
}

/** What is kept of the topics in `topics.json`; their records lie in `logs/<topic>-<partition>/`. */
interface Catalog {
  clusterId: string
  topics: { name: string; id: string; partitions: number; configs: Configs }[]
  brokerConfigs?: BrokerConfigs
}

/** Throws KafkaError INVALID_TOPIC_EXCEPTION for a name that Kafka refuses; one that passes is also a safe file name. */
export function checkTopicName(name: string): void {
  const refuse = (why: string): never => {
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${why}`)
  }
  if (name === '') refuse('the empty string is not allowed')
  if (name === '.' || name === '..') refuse(`'${name}' is not allowed`)
  if (name.length > nameCharsMax) refuse(`the length of '${name}' is longer than the max allowed length ${nameCharsMax}`)
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    refuse(`'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`)
  }
}

/** Two names that differ in dots and underscores only would be one in the names of metrics, so that Kafka takes the first alone. */
const likenessOf = (name: string): string => name.replaceAll('.', '_')

/** A change that the catalog does not have yet. */
interface Unsaved {
  /** Should the disk refuse. */
  undo: () => void
  /** Once it cannot be lost. */
  done?: () => void
}

/** Runs `write`; what the disk refuses becomes KafkaError KAFKA_STORAGE_ERROR. */
function storing(write: () => void): void {
  try {
    write()
  } catch (cause) {
    throw new KafkaError('KAFKA_STORAGE_ERROR', `cannot be written to disk: ${(cause as Error).message}`, { cause })
  }
}

export class Topics {
  private readonly byName = new Map<string, Topic>()
  private readonly byId = new Map<string, Topic>()
  /** Names by what metrics make of them. */
  private readonly byLikeness = new Map<string, string>()
  readonly clusterId: string
  /** Counts what was created, grown and deleted, so that somebody who keeps what it saw can tell that it is old. */
  changes = 0
  private readonly catalogPath: string | undefined
  private changedConfigs: BrokerConfigs
  private readonly unsaved: Unsaved[] = []
  private isTogether = false

  /**
   * Opens what `dataDir` holds. Throws when its catalog cannot be read.
   * @param startConfigs settings of the broker that it was started with
   */
  constructor(
    readonly dataDir: string | undefined,
    private readonly logOptions: Omit<LogOptions, 'folder' | 'name' | 'settings'>,
    private readonly limits: Pick<Limits, 'topicsMax' | 'partitionsMax' | 'partitionsPerTopicMax'> = defaultLimits,
    readonly startConfigs: Configs = {}
  ) {
    this.catalogPath = dataDir && join(dataDir, 'topics.json')
    const catalog = this.loadCatalog()
    this.clusterId = catalog?.clusterId ?? Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
    this.changedConfigs = catalog?.brokerConfigs ?? { cluster: {}, broker: {} }
    for (const { configs, id, name, partitions } of catalog?.topics ?? []) this.open(name, id, partitions, configs)
    if (!catalog) this.saveCatalog()
  }

  private loadCatalog(): Catalog | undefined {
    if (!this.catalogPath || !existsSync(this.catalogPath)) return undefined
    try {
      return JSON.parse(readFileSync(this.catalogPath, 'utf8'))
    } catch (cause) {
      throw new Error(`${this.catalogPath} cannot be read as JSON. Restore it, or remove the data directory to begin anew.`, { cause })
    }
  }

  private saveCatalog(): void {
    this.changes++
    if (!this.catalogPath) return
    const topics = this.all().map(({ configs, id, name, partitions }) => ({ name, id, partitions: partitions.length, configs }))
    const catalog: Catalog = { clusterId: this.clusterId, topics, brokerConfigs: this.changedConfigs }
    storing(() => replaceFile(this.catalogPath!, `${JSON.stringify(catalog, null, 2)}\n`))
  }

  /**
   * Runs `change`, and writes the catalog once for all that it creates, grows, deletes and sets.
   * @throws KafkaError KAFKA_STORAGE_ERROR when the disk refuses; all of it is undone then
   */
  together<T>(change: () => T): T {
    this.isTogether = true
    try {
      return change()
    } finally {
      this.isTogether = false
      this.save()
    }
  }

  /** Brings a change into the catalog: at once, or with all others of the same `together`. */
  private keep(change: Unsaved): void {
    this.unsaved.push(change)
    if (!this.isTogether) this.save()
  }

  private save(): void {
    const changes = this.unsaved.splice(0)
    if (changes.length === 0) return
    try {
      this.saveCatalog()
    } catch (error) {
      for (const { undo } of changes.reverse()) undo()
      throw error
    }
    for (const { done } of changes) done?.()
  }

  private folderOf(name: string, partition: number): string | undefined {
    return this.dataDir && join(this.dataDir, 'logs', `${name}-${partition}`)
  }

  private open(name: string, id: string, partitions: number, configs: Configs): Topic {
    const topic: Topic = { name, id, configs, settings: readLogSettings(configs, this.topicDefaults), partitions: [] }
    this.openPartitions(topic, partitions)
    this.enter(topic)
    return topic
  }

  private enter(topic: Topic): void {
    this.byName.set(topic.name, topic)
    this.byId.set(topic.id, topic)
    this.byLikeness.set(likenessOf(topic.name), topic.name)
  }

  private leave({ id, name }: Topic): void {
    this.byName.delete(name)
    this.byId.delete(id)
    this.byLikeness.delete(likenessOf(name))
  }

  private openPartitions(topic: Topic, total: number): void {
    for (let index = topic.partitions.length; index < total; index++) {
      const place = { folder: this.folderOf(topic.name, index), name: `${topic.name}-${index}` }
      topic.partitions.push(new PartitionLog({ ...this.logOptions, ...place, settings: topic.settings }))
    }
  }

  private checkCount(partitions: number, before = 0): void {
    const { partitionsMax, partitionsPerTopicMax } = this.limits
    if (partitions < 1) throw new KafkaError('INVALID_PARTITIONS', 'Number of partitions was set to an invalid non-positive value.')
    if (partitions > partitionsPerTopicMax)
      throw new KafkaError('INVALID_PARTITIONS', `a topic has ${partitionsPerTopicMax} partitions at most, not ${partitions}`)
    let all = partitions - before
    for (const topic of this.byName.values()) all += topic.partitions.length
    if (all > partitionsMax) throw new KafkaError('POLICY_VIOLATION', `the broker holds ${partitionsMax} partitions at most`)
  }

  /** Throws KafkaError with the reason why a topic cannot be created. */
  checkNew(name: string, partitions: number, configs: Configs): void {
    checkTopicName(name)
    if (this.byName.has(name)) throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
    const like = this.byLikeness.get(likenessOf(name))
    if (like !== undefined) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic: ${like}`)
    if (this.byName.size >= this.limits.topicsMax)
      throw new KafkaError('POLICY_VIOLATION', `the broker holds ${this.limits.topicsMax} topics at most`)
    this.checkCount(partitions)
    checkTopicConfigs(configs)
  }

  /** Creates a topic; it is on disk when this returns. Throws KafkaError as `checkNew` does. */
  create(name: string, partitions: number, configs: Configs = {}): Topic {
    this.checkNew(name, partitions, configs)
    for (let index = 0; index < partitions; index++) {
      const folder = this.folderOf(name, index)
      // what a deletion that was cut short left behind must not come back as this topic's records
      if (folder) rmSync(folder, { recursive: true, force: true })
    }
    const topic = this.open(name, randomUUID(), partitions, configs)
    this.keep({
      undo: () => {
        this.leave(topic)
        for (const log of topic.partitions) log.delete()
      }
    })
    return topic
  }

  /** Throws KafkaError INVALID_PARTITIONS unless `total` is more than there are. */
  checkGrowth(topic: Topic, total: number): void {
    const now = topic.partitions.length
    if (total === now) throw new KafkaError('INVALID_PARTITIONS', `Topic already has ${now} partition(s).`)
    if (total < now) {
      const reason = `The topic ${topic.name} currently has ${now} partition(s); ${total} would not be an increase.`
      throw new KafkaError('INVALID_PARTITIONS', reason)
    }
    this.checkCount(total, now)
  }

  /** Adds partitions up to `total`. Throws KafkaError as `checkGrowth` does. */
  grow(topic: Topic, total: number): void {
    this.checkGrowth(topic, total)
    const before = topic.partitions.length
    this.openPartitions(topic, total)
    this.keep({
      undo: () => {
        for (const log of topic.partitions.splice(before)) log.delete()
      }
    })
  }

  /** Settings of the broker that were changed while it ran. */
  get brokerConfigs(): BrokerConfigs {
    return this.changedConfigs
  }

  private get topicDefaults(): Configs {
    const { broker, cluster } = this.changedConfigs
    return topicDefaults({ broker, cluster: { ...this.startConfigs, ...cluster } })
  }

  private apply(topic: Topic, configs: Configs): void {
    topic.configs = configs
    topic.settings = readLogSettings(configs, this.topicDefaults)
    for (const log of topic.partitions) log.settings = topic.settings
  }

  /** Gives a topic these settings and no others, from the next record on. Throws KafkaError INVALID_CONFIG when one cannot be kept. */
  setConfigs(topic: Topic, configs: Configs, validateOnly: boolean): void {
    checkTopicConfigs(configs)
    if (validateOnly) return
    const before = topic.configs
    topic.configs = configs
    this.keep({
      undo: () => {
        topic.configs = before
      },
      done: () => this.apply(topic, configs)
    })
  }

  /** Gives the broker, or the cluster, these settings and no others. Throws KafkaError INVALID_REQUEST when one cannot be changed. */
  setBrokerConfigs(scope: keyof BrokerConfigs, configs: Configs, validateOnly: boolean): void {
    checkBrokerConfigs(configs)
    if (validateOnly) return
    const before = this.changedConfigs
    this.changedConfigs = { ...before, [scope]: configs }
    this.keep({
      undo: () => {
        this.changedConfigs = before
      },
      done: () => {
        for (const topic of this.byName.values()) this.apply(topic, topic.configs)
      }
    })
  }

  /**
   * Removes a topic, then its records, and runs `done`.
   * @throws KafkaError KAFKA_STORAGE_ERROR when that cannot be kept; the topic stays then
   */
  delete(topic: Topic, done: () => void): void {
    this.leave(topic)
    this.keep({
      undo: () => this.enter(topic),
      done: () => {
        for (const partition of topic.partitions) partition.delete()
        done()
      }
    })
  }

  find(name: string): Topic | undefined {
    return this.byName.get(name)
  }

  findById(id: string): Topic | undefined {
    return this.byId.get(id)
  }

  all(): Topic[] {
    return [...this.byName.values()]
  }

  /** The logs of all partitions. */
  *logs(): Generator<PartitionLog> {
    for (const { partitions } of this.byName.values()) yield* partitions
  }

  async close(): Promise<void> {
    for (const topic of this.byName.values()) for (const partition of topic.partitions) await partition.close()
  }
}
