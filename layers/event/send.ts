// How do chunks of records get to the topic?
import { CompressionTypes, type Message, type Producer } from 'kafkajs'
import type { Contract } from '../contract'
import { headers } from './kafka-event'

/** Records in one request: enough to make the answer's wait small, and far below a broker's limit of a request. */
const requestRecordsMax = 2_500
/** Bytes of values in one request, should they all go to one partition: a broker takes batches of a mebibyte unless told otherwise. */
const requestBytesMax = 900_000

const codecs = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP }

/** A record to send; `line` and `unparsable` say where in a file it came from. */
export interface OutgoingRecord {
  key?: string | null
  value: string | Buffer
  line?: number
  unparsable?: string
}

export interface Sent {
  /** Epoch milliseconds at which the first record was sent. */
  started_at: number
  produced: number
  /** Lines of a file that could not be parsed; sent as their bytes, so that they reach the quarantine. */
  unparsable: number
}

const bytesOf = (value: string | Buffer) => (typeof value === 'string' ? Buffer.byteLength(value) : value.length)

/** A chunk cut into requests; a record that is larger than a request goes alone. */
function* requestsOf(chunk: OutgoingRecord[]): Generator<OutgoingRecord[]> {
  let from = 0
  let bytes = 0
  for (const [index, { value }] of chunk.entries()) {
    const size = bytesOf(value)
    if (index > from && (index - from === requestRecordsMax || bytes + size > requestBytesMax)) {
      yield chunk.slice(from, index)
      from = index
      bytes = 0
    }
    bytes += size
  }
  if (from < chunk.length) yield chunk.slice(from)
}

function messageOf(record: OutgoingRecord, runHeader: Message['headers']): Message {
  const { key = null, value, line, unparsable } = record
  if (line === undefined && unparsable === undefined) return { key, value, headers: runHeader }
  return {
    key,
    value,
    headers: {
      ...runHeader,
      ...(line === undefined ? {} : { [headers.line]: String(line) }),
      ...(unparsable === undefined ? {} : { [headers.unparsable]: unparsable })
    }
  }
}

/**
 * Sends chunks in order, each as one request; the next is made while the last is on its way.
 * @param topic with the compression of the batches
 * @param run id written into a header of every record
 * @throws what the producer throws after its retries; what was acknowledged before stays
 */
export async function sendAll(
  producer: Producer,
  topic: Contract['topic'],
  chunks: AsyncIterable<OutgoingRecord[]> | Iterable<OutgoingRecord[]>,
  run: string | undefined
): Promise<Sent> {
  const sent: Sent = { started_at: Date.now(), produced: 0, unparsable: 0 }
  const runHeader = run === undefined ? undefined : { [headers.run]: run }
  let underWay: Promise<void> = Promise.resolve()
  const send = async (chunk: OutgoingRecord[]) => {
    for (const records of requestsOf(chunk)) {
      await producer.send({
        topic: topic.name,
        compression: codecs[topic.compression],
        acks: -1,
        messages: records.map(record => messageOf(record, runHeader))
      })
      sent.produced += records.length
      for (const record of records) if (record.unparsable !== undefined) sent.unparsable++
    }
  }
  for await (const records of chunks) {
    await underWay
    underWay = send(records)
    // awaited by the next turn or below; a failure in between must not count as unhandled
    underWay.catch(() => {})
  }
  await underWay
  return sent
}
