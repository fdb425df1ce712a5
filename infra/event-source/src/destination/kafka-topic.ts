// How do discarded records become messages of a topic? One per record, with its key, in its order, on the mapping's own cluster.
import { errorCodes, KafkaError } from 'sluice-broker/protocol'
import type { Cluster, Topic } from '../client/cluster'
import { partitionOf } from '../client/partition-of'
import { type OutgoingRecord, produce } from '../client/produce'
import type { EventRecord } from '../event/event'
import type { Destination } from './destination'
import { type Discarded, type EnvelopeOrigin, recordEnvelope } from './envelope'

/** Bytes of messages in one batch, well under the megabyte that brokers take by default; one message alone may be larger. */
const BATCH_BYTES_MAX = 512 * 1024
/** Of the broker: a batch, or a message in it, exceeds `max.message.bytes`. */
const tooLarge: ReadonlySet<number> = new Set([errorCodes.MESSAGE_TOO_LARGE, errorCodes.RECORD_LIST_TOO_LARGE])

export interface KafkaTopicSettings {
  topic: string
  origin: EnvelopeOrigin
  cluster: Cluster
  onNotice: (text: string) => void
}

interface Message extends OutgoingRecord {
  /** As a log names it. */
  name: string
  isBare: boolean
  withoutPayload: () => Message
}

interface Batch {
  partition: number
  messages: Message[]
}

function messageOf(record: EventRecord, envelope: object): Message {
  const key = record.key === undefined ? null : Buffer.from(record.key, 'base64')
  const name = `the record at offset ${record.offset} of ${record.topic}-${record.partition}`
  const withoutPayload = (): Message => {
    const value = Buffer.from(JSON.stringify({ ...envelope, payload: undefined }))
    return { key, value, name, isBare: true, withoutPayload }
  }
  return { key, value: Buffer.from(JSON.stringify(envelope)), name, isBare: false, withoutPayload }
}

/** A topic must be there: the broker is not asked to create it. */
export function openKafkaTopic({ topic: name, origin, cluster, onNotice }: KafkaTopicSettings): Destination {
  let keyless = 0

  function partitionFor(key: Buffer | null, partitions: number): number {
    return key ? partitionOf(key, partitions) : keyless++ % partitions
  }

  /**
   * Sends the first batch of the list and takes it off. One that the broker finds too large is sent message by message, and such a message
   * without its payload: undocumented on AWS; described without its content it is neither lost nor tried forever.
   */
  async function sendFirst(topic: Topic, batches: Batch[]): Promise<void> {
    const { partition, messages } = batches[0]!
    try {
      const outgoing = messages.map(({ key, value }) => ({ key, value }))
      await produce(cluster, topic, partition, outgoing)
      batches.shift()
    } catch (error) {
      const [first] = messages as [Message]
      if (!(error instanceof KafkaError) || !tooLarge.has(error.code) || first.isBare) throw error
      if (messages.length > 1) batches.splice(0, 1, ...messages.map(message => ({ partition, messages: [message] })))
      else {
        onNotice(`${first.name} is too large for the topic ${name}: it goes there without its payload`)
        batches[0] = { partition, messages: [first.withoutPayload()] }
      }
    }
  }

  return {
    name: `kafka://${name}`,
    prepare: (discarded: Discarded) => {
      const timestamp = Date.now()
      const messages = discarded.records.map(record => messageOf(record, recordEnvelope(origin, discarded, record, timestamp)))
      let batches: Batch[] | undefined
      return async signal => {
        const topic = await cluster.topic(name)
        const count = topic?.leaders.size ?? 0
        if (!topic || count === 0) throw new Error(`the topic ${name} does not exist; create it on the mapping's cluster`)
        batches ??= cut(messages, key => partitionFor(key, count))
        while (batches.length > 0 && !signal.aborted) await sendFirst(topic, batches)
        if (batches.length > 0) throw new Error('stopped before every message was written')
      }
    },
    close: () => {}
  }
}

/** Batches by partition, in order. */
function cut(messages: readonly Message[], partitionFor: (key: Buffer | null) => number): Batch[] {
  const open = new Map<number, Batch & { bytes: number }>()
  const batches: Batch[] = []
  for (const message of messages) {
    const partition = partitionFor(message.key)
    const bytes = message.value.length + (message.key?.length ?? 0)
    const batch = open.get(partition)
    if (batch && batch.bytes + bytes <= BATCH_BYTES_MAX) {
      batch.messages.push(message)
      batch.bytes += bytes
    } else {
      const begun = { partition, messages: [message], bytes }
      open.set(partition, begun)
      batches.push(begun)
    }
  }
  return batches
}
