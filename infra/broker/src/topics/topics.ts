// Which topics are there, with which partitions, and how do they outlive the broker?
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { defaultLimits, type Limits } from '../limits'
import { replaceFile } from '../log/atomic-file'
import { type LogOptions, PartitionLog } from '../log/partition-log'
import { KafkaError } from '../protocol'
import { checkTopicConfigs, topicConfigs } from './topic-configs'

const nameCharsMax = 249

export interface Topic {
  readonly name: string
  readonly id: string
  /** Only what was set; what was not has its default. */
  readonly configs: Record<string, string>
  readonly partitions: PartitionLog[]
  /** Bound of one batch, from `max.message.bytes`. */
  readonly batchBytesMax: number
}

/** What is kept of the topics in `topics.json`; their records lie in `logs/<topic>-<partition>/`. */
interface Catalog {
  clusterId: string
  topics: { name: string; id: string; partitions: number; configs: Record<string, string> }[]
}

/** Throws KafkaError INVALID_TOPIC_EXCEPTION for a name that Kafka refuses; one that passes is also a safe file name. */
export function checkTopicName(name: string): void {
  if (name === '' || name === '.' || name === '..') throw new KafkaError('INVALID_TOPIC_EXCEPTION', `a topic cannot be named "${name}"`)
  if (name.length > nameCharsMax || !/^[a-zA-Z0-9._-]+$/.test(name)) {
    throw new KafkaError(
      'INVALID_TOPIC_EXCEPTION',
      `topic names hold letters, digits, '.', '_' and '-' only and at most ${nameCharsMax} of them`
    )
  }
}

export class Topics {
  private readonly byName = new Map<string, Topic>()
  private readonly byId = new Map<string, Topic>()
  readonly clusterId: string
  private readonly catalogPath: string | undefined

  /** Opens what `dataDir` holds. Throws when its catalog cannot be read. */
  constructor(
    private readonly dataDir: string | undefined,
    private readonly logOptions: Omit<LogOptions, 'folder'>,
    private readonly limits: Pick<Limits, 'topicsMax' | 'partitionsMax' | 'partitionsPerTopicMax'> = defaultLimits
  ) {
    this.catalogPath = dataDir && join(dataDir, 'topics.json')
    const catalog = this.loadCatalog()
    this.clusterId = catalog?.clusterId ?? Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
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
    if (!this.catalogPath) return
    const topics = this.all().map(({ configs, id, name, partitions }) => ({ name, id, partitions: partitions.length, configs }))
    const catalog: Catalog = { clusterId: this.clusterId, topics }
    replaceFile(this.catalogPath, `${JSON.stringify(catalog, null, 2)}\n`)
  }

  private folderOf(name: string, partition: number): string | undefined {
    return this.dataDir && join(this.dataDir, 'logs', `${name}-${partition}`)
  }

  private open(name: string, id: string, partitions: number, configs: Record<string, string>): Topic {
    const batchBytesMax = Number(configs['max.message.bytes'] ?? topicConfigs['max.message.bytes']!.default)
    const topic: Topic = { name, id, configs, batchBytesMax, partitions: [] }
    this.openPartitions(topic, partitions)
    this.byName.set(name, topic)
    this.byId.set(id, topic)
    return topic
  }

  private openPartitions(topic: Topic, total: number): void {
    for (let index = topic.partitions.length; index < total; index++) {
      topic.partitions.push(new PartitionLog({ ...this.logOptions, folder: this.folderOf(topic.name, index) }))
    }
  }

  private checkCount(partitions: number): void {
    const { partitionsMax, partitionsPerTopicMax } = this.limits
    if (partitions < 1 || partitions > partitionsPerTopicMax) {
      throw new KafkaError('INVALID_PARTITIONS', `Number of partitions must be between 1 and ${partitionsPerTopicMax}, not ${partitions}.`)
    }
    let all = partitions
    for (const topic of this.byName.values()) all += topic.partitions.length
    if (all > partitionsMax) throw new KafkaError('POLICY_VIOLATION', `the broker holds ${partitionsMax} partitions at most`)
  }

  /** Throws KafkaError with the reason why a topic cannot be created. */
  checkNew(name: string, partitions: number, configs: Record<string, string>): void {
    checkTopicName(name)
    if (this.byName.has(name)) throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
    if (this.byName.size >= this.limits.topicsMax)
      throw new KafkaError('POLICY_VIOLATION', `the broker holds ${this.limits.topicsMax} topics at most`)
    this.checkCount(partitions)
    checkTopicConfigs(configs)
  }

  /** Creates a topic; it is on disk when this returns. Throws KafkaError as `checkNew` does. */
  create(name: string, partitions: number, configs: Record<string, string> = {}): Topic {
    this.checkNew(name, partitions, configs)
    for (let index = 0; index < partitions; index++) {
      const folder = this.folderOf(name, index)
      // what a deletion that was cut short left behind must not come back as this topic's records
      if (folder) rmSync(folder, { recursive: true, force: true })
    }
    const topic = this.open(name, randomUUID(), partitions, configs)
    this.saveCatalog()
    return topic
  }

  /** Throws KafkaError INVALID_PARTITIONS unless `total` is more than there are. */
  checkGrowth(topic: Topic, total: number): void {
    const now = topic.partitions.length
    if (total <= now)
      throw new KafkaError('INVALID_PARTITIONS', `Topic currently has ${now} partitions, which is not less than the requested ${total}.`)
    this.checkCount(total)
  }

  /** Adds partitions up to `total`. Throws KafkaError as `checkGrowth` does. */
  grow(topic: Topic, total: number): void {
    this.checkGrowth(topic, total)
    this.openPartitions(topic, total)
    this.saveCatalog()
  }

  /** Removes a topic and its records. */
  delete(topic: Topic): void {
    this.byName.delete(topic.name)
    this.byId.delete(topic.id)
    this.saveCatalog()
    for (const partition of topic.partitions) partition.delete()
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

  async close(): Promise<void> {
    for (const topic of this.byName.values()) for (const partition of topic.partitions) await partition.close()
  }
}
