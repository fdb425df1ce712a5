// What does fetching do with bytes that are no records? It says where, asks again with growing pauses, and never passes them over.
import { type Broker, startBroker } from 'sluice-broker'
import { temporaryFolder } from '../../../broker/test/folder'
import { type Alter, type AlteringProxy, alteringProxy } from '../../test/altering-proxy'
import { attemptsWithin } from '../../test/growing-pauses'
import { encodeBatch } from '../../test/record-batches'
import { EventWriter } from '../event/event-writer'
import { RecordBuffer } from '../record-buffer'
import { Cluster } from './cluster'
import { ConnectionError } from './connection-error'
import { fetchInto } from './fetcher'

const TOPIC = 'orders'
/** For so long a damaged partition is watched, or a little longer on a busy machine. */
const WATCHED_MS = 500

let broker: Broker
let proxy: AlteringProxy
let cluster: Cluster

beforeEach(async () => {
  broker = await startBroker({ port: 0, dataDir: temporaryFolder(), configs: { 'log.retention.ms': '-1' } })
  proxy = await alteringProxy({ host: '127.0.0.1', port: Number(broker.address.split(':').at(-1)) })
  cluster = new Cluster({ bootstrapServers: [proxy.address] })
  await cluster.createTopic(TOPIC, 2, 5_000)
})
afterEach(async () => {
  cluster.close()
  await proxy.close()
  await broker.close()
})

async function produce(partition: number, value: string): Promise<void> {
  const leader = await cluster.broker((await cluster.topic(TOPIC))!.leaders.get(partition)!, 'test')
  const partitionData = [{ index: partition, records: encodeBatch([{ key: null, value: Buffer.from(value) }]) }]
  const { responses } = await leader.request('produce', { acks: -1, timeoutMs: 5_000, topicData: [{ name: TOPIC, partitionData }] })
  expect(responses[0]!.partitionResponses).toMatchObject([{ errorCode: 0 }])
}

/** Fetches both partitions from their beginnings, until it is stopped; `until` looks at each new message and record. */
async function fetching() {
  const topic = (await cluster.topic(TOPIC))!
  const buffer = new RecordBuffer(TOPIC, new Map([0, 1].map(partition => [partition, 0])))
  const writer = new EventWriter({ source: 'kafka', bootstrapServers: [] })
  const stopping = new AbortController()
  const damage: string[] = []
  const values: Record<number, string[]> = { 0: [], 1: [] }
  let readable: number[] = []
  const running = fetchInto(
    buffer,
    {
      cluster,
      topic,
      partitions: [0, 1],
      startingPosition: { at: 'TRIM_HORIZON' },
      onHighWatermark: () => {},
      onReset: () => {},
      onAnswer: () => {},
      onDamage: (partition, { message }) => damage.push(`${partition}: ${message}`),
      onRead: partition => readable.push(partition)
    },
    stopping.signal
  )
  const take = () => {
    const batch = buffer.take(writer, 1000, buffer)
    if (batch.records > 0) {
      const { records } = JSON.parse(Buffer.from(writer.memory).toString('latin1', 0, batch.bytes))
      for (const { partition, value } of Object.values<Array<{ partition: number; value: string }>>(records).flat()) {
        values[partition]!.push(Buffer.from(value, 'base64').toString())
      }
    }
    buffer.release(batch)
  }
  const until = async (condition: () => boolean) => {
    for (take(); !condition(); take()) await new Promise(done => setImmediate(done))
  }
  const stop = async () => {
    stopping.abort()
    await running
  }
  return { damage, values, running, until, stop, readable: () => readable, forget: () => (readable = []) }
}

const flipped = (records: Buffer) => {
  records[records.length - 1]! ^= 1
  return records
}
/** The header promises more than ever comes. */
const cut = (records: Buffer) => records.subarray(0, records.length - 5)
const cutInHeader = (records: Buffer) => records.subarray(0, 9)
const negativeLength = (records: Buffer) => {
  records.writeInt32BE(-100, 8)
  return records
}
const oldFormat = (records: Buffer) => {
  records[16] = 1
  return records
}
const one = [{ key: null, value: Buffer.from('one') }]
/** A good checksum over records that are not what the header says. */
const miscounted = () => encodeBatch(one, { count: 2, lastOffsetDelta: 1 })
const misplaced = () => encodeBatch([{ ...one[0]!, offsetDelta: 5 }])
const notGzip = () => encodeBatch(one, { codec: 1 })

test.each<[string, Alter, RegExp]>([
  ['a changed byte', flipped, /CRC-32C does not match/],
  ['a batch that is cut off', cut, /cut off after \d+ bytes/],
  ['a batch that is cut off in its header', cutInHeader, /cut off after 9 bytes/],
  ['a negative length', negativeLength, /12 bytes are fewer than a header/],
  ['an old message format', oldFormat, /message format 1/],
  ['more records promised than there are', miscounted, /corrupt: /],
  ['a record outside of its batch', misplaced, /record with offset 5 stands between -1 and 1/],
  ['a codec that the bytes do not follow', notGzip, /gzip data .* cannot be decompressed/]
])(
  '%s: the message names topic, partition and offset; the partition waits and the others go on, until good bytes come',
  async (_, alter, reason) => {
    proxy.alter = (records, partition) => (partition === 1 ? alter(records, partition) : records)
    await produce(1, 'damaged on its way')
    const from = performance.now()
    const { damage, values, until, stop, readable, forget } = await fetching()
    await until(() => damage.length > 0)
    const watched = performance.now() + WATCHED_MS
    for (let count = 1; performance.now() < watched; count++) {
      await produce(0, `good ${count}`)
      await until(() => values[0]!.length === count)
    }
    expect(proxy.answers.get(1)).toBeLessThanOrEqual(attemptsWithin(performance.now() - from))
    expect(damage[0]).toMatch(/^1: orders-1: the batch at offset 0 is corrupt: /)
    expect(damage[0]).toMatch(reason)
    expect(values[1]).toEqual([])
    expect(readable()).not.toContain(1)

    forget()
    proxy.alter = undefined
    await until(() => values[1]!.length > 0)
    expect(values[1]).toEqual(['damaged on its way'])
    expect(readable()).toContain(1)
    await stop()
  }
)

test('what stands before a damaged batch in the same answer is delivered, and what stands behind it is not', async () => {
  for (const value of ['before', 'damaged', 'behind']) await produce(0, value)
  proxy.alter = records => {
    const at = records.lastIndexOf('damaged')
    if (at >= 0) records[at]! ^= 1
    return records
  }
  const { damage, values, until, stop } = await fetching()
  await until(() => damage.length === 2)
  expect(values[0]).toEqual(['before'])
  expect(damage[1]).toMatch(/^0: orders-0: the batch at offset 1 is corrupt: /)
  proxy.alter = undefined
  await until(() => values[0]!.length === 3)
  expect(values[0]).toEqual(['before', 'damaged', 'behind'])
  await stop()
})

test('an answer that ends too early ends the fetching, with what could not be read, and its connection', async () => {
  await produce(0, 'never read')
  proxy.alter = () => null
  const { running } = await fetching()
  const error = await running.catch(error => error)
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.message).toMatch(new RegExp(`^${proxy.address}: its answer to Fetch cannot be read: `))
})
