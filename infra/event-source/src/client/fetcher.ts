// How do records come from the brokers into a poller's buffer? One long poll per leading broker, as long as there is room.
import { errorCodes, errorName, KafkaError } from 'sluice-broker/protocol'
import { Scope, unlessAborted } from '../abort'
import { DamagedBatch } from '../event/record-batch'
import type { StartingPosition } from '../mapping/mapping'
import type { RecordBuffer } from '../record-buffer'
import { backoffMs, RECONNECT_BACKOFF } from './backoff'
import type { Cluster, Topic } from './cluster'
import { startingOffsets } from './offsets'

/** How long a broker may hold a fetch back until there are records. */
const WAIT_MS = 500
/** Bytes of one response, and of one partition in it: big, as each response costs a round trip. */
const RESPONSE_BYTES_MAX = 4 * 1024 * 1024
const PARTITION_RESPONSE_BYTES_MAX = 2 * 1024 * 1024

export interface FetchSettings {
  cluster: Cluster
  topic: Topic
  partitions: readonly number[]
  /** Where to go on when the broker no longer has the offset asked for. */
  startingPosition: StartingPosition
  /** Told of every partition's end with each fetch. */
  onHighWatermark: (partition: number, offset: number) => void
  onReset: (partition: number, from: number, to: number) => void
  /** Told of every fetch that was answered without an error. */
  onAnswer: () => void
  /**
   * Told, with topic and offset, each time the next batch of a partition cannot be read. It is asked for again, with growing pauses, and
   * never passed over: undocumented on AWS. The other partitions go on.
   */
  onDamage: (partition: number, error: Error) => void
  /** Told each time a partition's records could be read. */
  onRead: (partition: number) => void
}

/** Partitions that rest after a damaged batch: how often it came, and until when by performance.now(). */
class Resting {
  private readonly partitions = new Map<number, { failures: number; until: number }>()

  add(partition: number): void {
    const failures = (this.partitions.get(partition)?.failures ?? 0) + 1
    this.partitions.set(partition, { failures, until: performance.now() + backoffMs(failures, RECONNECT_BACKOFF) })
  }

  remove(partition: number): void {
    this.partitions.delete(partition)
  }

  /** Milliseconds until a partition may be asked for again; 0 or less when it may. */
  left(partition: number): number {
    return (this.partitions.get(partition)?.until ?? 0) - performance.now()
  }
}

/**
 * Fetches until the signal aborts.
 * @throws KafkaError or ConnectionError when leaders changed or a broker went away: begin again with fresh metadata
 */
export async function fetchInto(buffer: RecordBuffer, settings: FetchSettings, signal: AbortSignal): Promise<void> {
  const byLeader = new Map<number, number[]>()
  for (const partition of settings.partitions) {
    const leader = settings.topic.leaders.get(partition) ?? -1
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
  }
  const scope = new Scope(signal)
  try {
    await Promise.all([...byLeader].map(([leader, partitions]) => fetchFrom(leader, partitions, buffer, settings, scope.signal)))
  } finally {
    scope.end()
  }
}

async function fetchFrom(leader: number, led: number[], buffer: RecordBuffer, settings: FetchSettings, signal: AbortSignal): Promise<void> {
  const { cluster, topic } = settings
  const resting = new Resting()
  while (!signal.aborted) {
    const open = buffer.wanted(led)
    const wanted = open.filter(({ partition }) => resting.left(partition) <= 0)
    if (wanted.length === 0) {
      await buffer.change(signal, open.length > 0 ? Math.min(...open.map(({ partition }) => resting.left(partition))) : undefined)
      continue
    }
    // a stop does not wait for the long poll; its late answer is dropped
    const body = await unlessAborted(fetchOnce(cluster, leader, topic.name, wanted), signal)
    if (!body || signal.aborted) return
    if (body.errorCode !== 0) throw new KafkaError(errorName(body.errorCode), `fetching ${topic.name}`)
    const arrivedAt = Date.now()
    for (const each of body.responses.flatMap(({ partitions }) => partitions)) {
      if (each.errorCode === errorCodes.OFFSET_OUT_OF_RANGE) await resetOffset(each.partitionIndex, buffer, settings)
      else if (each.errorCode !== 0) {
        throw new KafkaError(errorName(each.errorCode), `fetching ${topic.name}-${each.partitionIndex}`)
      } else {
        settings.onHighWatermark(each.partitionIndex, each.highWatermark)
        if (each.records) addRecords(each.partitionIndex, each.records, arrivedAt, buffer, resting, settings)
      }
    }
    settings.onAnswer()
    // the partition that filled this response comes last in the next request
    led.push(led.shift()!)
  }
}

function addRecords(
  partition: number,
  records: Buffer,
  arrivedAt: number,
  buffer: RecordBuffer,
  resting: Resting,
  settings: FetchSettings
): void {
  try {
    buffer.add(partition, records, arrivedAt)
    resting.remove(partition)
    if (records.length > 0) settings.onRead(partition)
  } catch (error) {
    if (!((error as Error).cause instanceof DamagedBatch)) throw error
    resting.add(partition)
    settings.onDamage(partition, error as Error)
  }
}

async function fetchOnce(cluster: Cluster, leader: number, topic: string, wanted: ReadonlyArray<{ partition: number; offset: number }>) {
  const connection = await cluster.broker(leader, 'fetch')
  const partitions = wanted.map(({ partition, offset }) => ({
    partition,
    fetchOffset: offset,
    partitionMaxBytes: PARTITION_RESPONSE_BYTES_MAX
  }))
  return connection.request(
    'fetch',
    { maxWaitMs: WAIT_MS, minBytes: 1, maxBytes: RESPONSE_BYTES_MAX, topics: [{ topic, partitions }] },
    WAIT_MS
  )
}

// The broker deleted what comes next (retention), or the topic was made anew: go on where a new group would start.
async function resetOffset(partition: number, buffer: RecordBuffer, settings: FetchSettings): Promise<void> {
  const position = settings.startingPosition.at === 'LATEST' ? settings.startingPosition : ({ at: 'TRIM_HORIZON' } as const)
  const offsets = await startingOffsets(settings.cluster, settings.topic, [partition], position)
  const offset = offsets.get(partition)!
  settings.onReset(partition, buffer.wanted([partition])[0]?.offset ?? 0, offset)
  buffer.reset(partition, offset)
}
