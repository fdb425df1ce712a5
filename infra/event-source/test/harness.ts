// How do the end-to-end suites run mappings? Against any broker, with a handler that reports each delivery to the test.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { BroadcastChannel } from 'node:worker_threads'
import { type EachMessagePayload, Kafka, type KafkaConfig, logLevel, type Message, type SASLOptions } from 'kafkajs'
import { errorName, isRetriable, KafkaError } from 'sluice-broker/protocol'
import type { ClusterAccess } from '../src/client/access'
import { Cluster } from '../src/client/cluster'
import { EventSourceMapping } from '../src/event-source-mapping'
import { type Mapping, mappingDefaults } from '../src/mapping/mapping'
import type { FunctionDefinition } from '../src/runner/function-definition'
import { bundle } from './bundle'
import { encodeBatch, type SampleBatch, type SampleRecord } from './record-batches'
import { untilReady } from './until-ready'

export interface Delivery {
  threadId: number
  result: 'ok' | 'fail' | 'exit'
  records: Array<{ partition: number; offset: number; value: string | null }>
  /** The whole event, when it is small. */
  event?: { eventSource: string; bootstrapServers: string; records: Record<string, Array<Record<string, unknown>>> }
}

export type Security = Pick<ClusterAccess, 'tls' | 'sasl'>

/** The same access for kafkajs. */
export function kafkaJsSecurity({ tls, sasl }: Security): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const mechanisms = { PLAIN: 'plain', 'SCRAM-SHA-256': 'scram-sha-256', 'SCRAM-SHA-512': 'scram-sha-512' } as const
  return {
    ...(tls && { ssl: { ca: tls.ca, cert: tls.cert, key: tls.key, passphrase: tls.passphrase, rejectUnauthorized: !tls.isUnverified } }),
    ...(sasl && { sasl: { mechanism: mechanisms[sasl.mechanism], username: sasl.username, password: sasl.password } as SASLOptions })
  }
}

let serial = 0

function orThrow(errorCode: number, what: string): void {
  if (errorCode !== 0) throw new KafkaError(errorName(errorCode), what)
}

/** A topic of its own, the mappings on it, what their functions got and what they logged. */
export class Harness {
  readonly topic = `event-source-${process.pid}-${Date.now()}-${serial++}`
  readonly deliveries: Delivery[] = []
  /** What the function holds at the moment or held before, by the ids in values `held:<id>`; the attempts of an id are told apart. */
  readonly held: string[] = []
  readonly logged: string[] = []
  private readonly channel = new BroadcastChannel(this.topic)
  /** Of the test, and the service's: relative folders of destinations are in it. */
  readonly folder = mkdtempSync(join(tmpdir(), 'event-source-'))
  private readonly running = new Set<EventSourceMapping>()
  private readonly kafka: Kafka
  private readonly access: ClusterAccess
  private watchers: Array<() => void> = []

  private constructor(
    readonly brokers: string[],
    private readonly threadFile: URL,
    security: Security
  ) {
    this.access = { bootstrapServers: brokers, ...security }
    this.kafka = new Kafka({ brokers, connectionTimeout: 10_000, logLevel: logLevel.NOTHING, ...kafkaJsSecurity(security) })
    this.channel.onmessage = ((message: { data: Delivery | { held: string } }) => {
      if ('held' in message.data) this.held.push(message.data.held)
      else this.deliveries.push(message.data)
      this.wake()
    }) as never
  }

  static readonly bundled = { current: undefined as Awaited<ReturnType<typeof bundle>> | undefined }

  /** @param security how mappings and the test's own clients speak to the brokers; plainly without */
  static async create(brokers: string[], partitions?: number, security: Security = {}): Promise<Harness> {
    Harness.bundled.current ??= await bundle()
    const harness = new Harness(brokers, Harness.bundled.current.threadFile, security)
    if (partitions !== undefined) await harness.createTopic(partitions)
    return harness
  }

  /** A topic that keeps its records, also those whose times are years ago: with Kafka's default they may be gone before they are read. */
  async createTopic(partitions: number, topic = this.topic, configs: Array<{ name: string; value: string }> = []): Promise<void> {
    const admin = this.kafka.admin()
    await admin.connect()
    const configEntries = [{ name: 'retention.ms', value: '-1' }, ...configs]
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: partitions, configEntries }] })
    // a leader that is known may not have taken up each partition yet: kafkajs then writes again what the others have already taken
    await untilReady(() => admin.fetchTopicOffsets(topic))
    await admin.disconnect()
  }

  async addPartitions(count: number): Promise<void> {
    const admin = this.kafka.admin()
    await admin.connect()
    await admin.createPartitions({ topicPartitions: [{ topic: this.topic, count }] })
    // kafkajs drops without a word what is for a partition that its broker has not heard of yet
    await this.poll(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [this.topic] })
      return topics[0]!.partitions.length === count
    })
    await untilReady(() => admin.fetchTopicOffsets(this.topic))
    await admin.disconnect()
  }

  async produce(messages: Message[], compression = 0): Promise<void> {
    const producer = this.kafka.producer()
    await producer.connect()
    await producer.send({ topic: this.topic, messages, compression })
    await producer.disconnect()
  }

  /** Writes a record batch as it is, also one that client libraries cannot make. */
  async append(partition: number, records: readonly SampleRecord[], batch: SampleBatch = {}): Promise<void> {
    const partitionData = [{ index: partition, records: encodeBatch(records, batch) }]
    const body = { acks: -1, timeoutMs: 10_000, topicData: [{ name: this.topic, partitionData }] }
    await this.asked(async cluster => {
      const topic = await cluster.topic(this.topic)
      const leader = await cluster.broker(topic!.leaders.get(partition)!, 'test')
      const { responses } = await leader.request('produce', body)
      orThrow(responses[0]!.partitionResponses[0]!.errorCode, 'produce')
    })
  }

  /** Asks with a client of its own, again as long as the answer is that a leader or coordinator is not ready yet. */
  private async asked<Answer>(ask: (cluster: Cluster) => Promise<Answer>): Promise<Answer> {
    const cluster = new Cluster(this.access)
    try {
      return await untilReady(() => ask(cluster))
    } finally {
      cluster.close()
    }
  }

  /** `count` records in each of the partitions, valued by partition and number. */
  async fill(partitions: number, count: number, from = 0): Promise<void> {
    const messages: Message[] = []
    for (let index = from; index < from + count; index++) {
      for (let partition = 0; partition < partitions; partition++) messages.push({ partition, value: `${partition}-${index}` })
    }
    await this.produce(messages)
  }

  start(changes: Partial<Mapping> = {}, timeoutMs = 10_000, serviceFolder = this.folder): EventSourceMapping {
    const mapping: Mapping = {
      ...mappingDefaults,
      uuid: this.topic,
      functionKey: 'collect',
      source: 'kafka',
      topic: this.topic,
      group: this.topic,
      windowMs: 50,
      maximumPollers: 1,
      bootstrapServers: this.brokers,
      access: this.access,
      ...changes
    }
    const definition: FunctionDefinition = {
      functionKey: 'collect',
      functionName: 'collect',
      codeDir: resolve(__dirname, '../fixtures'),
      handler: 'handlers/collect.handler',
      timeoutMs,
      memoryMb: 512,
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:collect',
      environment: { CHANNEL: this.topic, FOLDER: this.folder }
    }
    const keep = (text: string) => {
      this.logged.push(text)
      this.wake()
    }
    const log = { error: keep, warning: keep, notice: keep, info: keep, debug: () => {} }
    const source = new EventSourceMapping(mapping, definition, this.threadFile, log, serviceFolder)
    this.running.add(source)
    source.start()
    return source
  }

  async stop(source: EventSourceMapping, limitMs?: number): Promise<void> {
    await source.stop(limitMs)
    this.running.delete(source)
  }

  /** The first `count` messages of a topic, in order per partition. */
  async read(topic: string, count: number): Promise<Array<{ partition: number; key: string | null; value: unknown }>> {
    const consumer = this.kafka.consumer({ groupId: `${topic}-${serial++}` })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const messages: Array<{ partition: number; key: string | null; value: unknown }> = []
    await new Promise<void>(resolve => {
      const eachMessage = async ({ partition, message: { key, value } }: EachMessagePayload) => {
        messages.push({ partition, key: key?.toString() ?? null, value: JSON.parse(value!.toString()) })
        if (messages.length === count) resolve()
      }
      void consumer.run({ eachMessage })
    })
    await consumer.disconnect()
    return messages
  }

  /** The documents of a destination's folder, in the order of their names; nothing else is in it. */
  documents(folder: string): Array<Record<string, unknown>> {
    const path = join(this.folder, folder)
    const names = existsSync(path) ? readdirSync(path).sort() : []
    return names.map(name => JSON.parse(readFileSync(join(path, name), 'utf8')))
  }

  /** Lets an attempt with the value `held:<id>` end; also one that is yet to come. */
  release(id: string, attempt: number): void {
    writeFileSync(join(this.folder, `${id}.${attempt}.released`), '')
  }

  /** Makes the next attempt of a batch that has failed `times` times and has a long pause before it. */
  async retryNow(source: EventSourceMapping, times: number): Promise<void> {
    await this.until(() => this.logged.filter(line => line.includes('is delivered again in')).length === times)
    await source.reload(true)
  }

  private wake(): void {
    for (const watcher of this.watchers.splice(0)) watcher()
  }

  /** Resolves when the condition holds, looked at after every delivery and log line. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>(resolve => this.watchers.push(resolve))
  }

  /** Resolves when the condition holds, asked again and again: for what only the brokers know. */
  async poll(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) await new Promise(resolve => setTimeout(resolve, 5))
  }

  /** Resolves when the group's committed offsets are these. */
  async untilCommitted(offsets: Record<number, number>, group = this.topic): Promise<void> {
    await this.poll(async () => isDeepStrictEqual(await this.committed(group), offsets))
  }

  /** The records of all events, as the function got them; of large events none. */
  eventRecords(): Array<Record<string, unknown>> {
    return this.deliveries.flatMap(({ event }) => Object.values(event?.records ?? {}).flat())
  }

  /** Values that successful invocations got, per partition, in the order they came. */
  values(): Record<number, string[]> {
    const values: Record<number, string[]> = {}
    for (const { partition, value } of this.succeeded()) (values[partition] ??= []).push(value ?? '')
    return values
  }

  succeeded(): Delivery['records'] {
    return this.deliveries.filter(({ result }) => result === 'ok').flatMap(({ records }) => records)
  }

  /** Committed next offsets of the group by partition; -1 where none. */
  async committed(group = this.topic): Promise<Record<number, number>> {
    const admin = this.kafka.admin()
    await admin.connect()
    const [found] = await untilReady(() => admin.fetchOffsets({ groupId: group, topics: [this.topic] }))
    await admin.disconnect()
    return Object.fromEntries(found!.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
  }

  /** Sets what a group without members has committed in partition 0. */
  async setCommitted(committedOffset: number, group = this.topic): Promise<void> {
    const topics = [{ name: this.topic, partitions: [{ partitionIndex: 0, committedOffset }] }]
    await this.asked(async cluster => {
      const coordinator = await cluster.coordinator(group, 'test')
      const answer = await coordinator.request('offsetCommit', { groupId: group, generationIdOrMemberEpoch: -1, memberId: '', topics })
      orThrow(answer.topics[0]!.partitions[0]!.errorCode, 'offsetCommit')
    })
  }

  /** Removes every member from the group, as its coordinator does with those that it hears nothing of. */
  async evict(group = this.topic): Promise<void> {
    await this.asked(async cluster => {
      const coordinator = await cluster.coordinator(group, 'test')
      for (const { memberId } of (await this.group(group)).members) {
        const { errorCode } = await coordinator.request('leaveGroup', { groupId: group, memberId, members: [{ memberId }] })
        orThrow(errorCode, 'leaveGroup')
      }
    })
  }

  private async group(name: string) {
    return this.asked(async cluster => {
      const coordinator = await cluster.coordinator(name, 'test')
      const [group] = (await coordinator.request('describeGroups', { groups: [name] })).groups
      if (isRetriable(group!.errorCode)) orThrow(group!.errorCode, 'describeGroups')
      return group!
    })
  }

  async members(group = this.topic): Promise<number> {
    return (await this.group(group)).members.length
  }

  /** Members that have their partitions; 0 while the group still shares them out. */
  async settledMembers(group = this.topic): Promise<number> {
    const { groupState, members } = await this.group(group)
    return groupState === 'Stable' ? members.length : 0
  }

  async close(): Promise<void> {
    await Promise.all([...this.running].map(source => source.stop(0)))
    this.channel.close()
    rmSync(this.folder, { recursive: true })
  }
}
