// Does anything that a client may send crash a broker, hang it, or leave something in it? Bursts of mutated frames over several connections.
import { connect, type Socket } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import recorded from '../../fixtures/frames.json'
import { type Broker, type BrokerOptions, ManualClock, startBroker } from '../../src/index'
import { type Apis, apiNames, apis, decodeRequest, encodeRequest, type RequestInput, type ResponseOf } from '../../src/protocol'
import { TestClient } from '../client'
import { burstOf, framed } from './mutations'
import { Random } from './random'

export interface FuzzOptions {
  seed: number
  frames: number
  dataDir?: string
  /** Lets nobody in who has not authenticated. */
  isClosed?: boolean
}

export interface FuzzReport {
  frames: number
  connectionsClosed: number
  /** Bytes in use after everything was deleted, in front of the run and behind it. */
  bytesBefore: number
  bytesAfter: number
  /** What keeps the process alive after the broker was closed. */
  handlesLeft: string[]
}

const connectionsAtOnce = 32
const framesPerBurstMax = 20
const hangMsMax = 60_000
/** Steps in which the broker's clock is driven, so that joins and sessions end. */
const tickMs = 1_800_000
const warmUpFrames = 3000
const sentinelId = 0x5e271e1
const sentinel = encodeRequest(apis.apiVersions, 0, { correlationId: sentinelId }, {})

/** What each connection has sent since the broker was last heard of, to be printed should it crash or hang. */
const underWay = new Map<number, { burst: number; bytes: Buffer }>()

export function describeUnderWay(seed: number): string {
  const bursts = [...underWay.values()].map(({ burst, bytes }) => `burst ${burst}: ${bytes.toString('hex')}`)
  return `seed ${seed}, bytes under way on each connection:\n${bursts.join('\n')}`
}

/** The requests of foreign clients, about the topics that this broker has. */
function baseFrames(topicIds: Map<string, string>): Buffer[] {
  const spoken = recorded.filter(({ apiKey }) => apiNames.has(apiKey)).map(({ request }) => Buffer.from(request, 'hex'))
  const idsIn = (value: unknown): string[] =>
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).flatMap(([field, each]) => (field === 'topicId' ? [each as string] : idsIn(each)))
  const [someId] = topicIds.values()
  return spoken.map(frame => {
    let hex = frame.toString('hex')
    for (const id of idsIn(decodeRequest(frame).body)) {
      if (!/^[0-]+$/.test(id)) hex = hex.replaceAll(id.replaceAll('-', ''), someId!.replaceAll('-', ''))
    }
    return Buffer.from(hex, 'hex')
  })
}

/** Sends one burst and resolves when the broker has answered the last request or closed the connection. */
class Peer {
  private socket: Socket | undefined
  private heard = Buffer.alloc(0)
  private done: ((isClosed: boolean) => void) | undefined

  constructor(
    private readonly port: number,
    private readonly id: number
  ) {}

  private open(): Socket {
    // addresses of its own, so that ports in TIME_WAIT do not run out
    const localAddress = process.platform === 'linux' ? `127.0.1.${this.id + 1}` : undefined
    const socket = connect({ port: this.port, host: '127.0.0.1', localAddress })
    this.heard = Buffer.alloc(0)
    socket.on('data', chunk => {
      this.heard = Buffer.concat([this.heard.subarray(-64), chunk])
      if (this.heard.includes(sentinel.subarray(8, 12))) this.done?.(false)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.socket = undefined
      this.done?.(true)
    })
    return socket
  }

  /** @param isEnded hang up behind the burst, whose last frame may be no whole one, instead of asking for a last answer */
  send(burst: number, bytes: Buffer, isEnded: boolean, random: Random): Promise<boolean> {
    underWay.set(this.id, { burst, bytes })
    this.socket ??= this.open()
    this.heard = Buffer.alloc(0)
    const socket = this.socket
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to burst ${burst}, and no end of its connection`)), hangMsMax)
      this.done = isClosed => {
        clearTimeout(timer)
        this.done = undefined
        // what is still to come of one burst must not be taken for the next one's
        if (random.chance(20)) socket.destroy()
        resolve(isClosed)
      }
      const all = isEnded ? bytes : Buffer.concat([bytes, sentinel])
      for (let at = 0; at < all.length; ) {
        const size = random.chance(4) ? 1 + random.below(all.length) : all.length
        socket.write(all.subarray(at, at + size))
        at += size
      }
      if (isEnded) socket.end()
    })
  }

  close(): void {
    this.socket?.destroy()
  }
}

async function ask<N extends keyof Apis>(port: number, name: N, request: RequestInput<Apis[N]>): Promise<ResponseOf<Apis[N]>> {
  const client = await TestClient.connect(port)
  try {
    return await client.call(name, request)
  } finally {
    client.close()
  }
}

/** Deletes all that the frames have made, by the ways that a client has. */
async function deleteAll({ port }: Broker, clock: ManualClock): Promise<void> {
  clock.advance(tickMs)
  const { topics } = await ask(port, 'metadata', { topics: null })
  await ask(port, 'deleteTopics', { topics: topics.map(({ topicId }) => ({ topicId })) })
  const { groups } = await ask(port, 'listGroups', {})
  await ask(port, 'deleteGroups', { groupsNames: groups.map(({ groupId }) => groupId) })
}

async function createTopics({ port }: Broker): Promise<Map<string, string>> {
  const topics = ['trades', 'f', 'p1', 'g1'].map(name => ({ name, numPartitions: 3, replicationFactor: 1 }))
  const created = await ask(port, 'createTopics', { topics })
  return new Map(created.topics.map(({ name, topicId }) => [name, topicId]))
}

/** Throws unless a client can produce and consume as always. */
async function checkService({ address }: Broker, isClosed = false): Promise<void> {
  const sasl = isClosed ? ({ mechanism: 'plain', username: 'ann', password: 'secret' } as const) : undefined
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, sasl })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'after', messages: [{ value: 'as always' }] })
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: 'after', maxWaitTimeInMs: 10 })
  await consumer.connect()
  await consumer.subscribe({ topic: 'after', fromBeginning: true })
  const read = await new Promise(resolve => consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) }))
  await consumer.disconnect()
  if (read !== 'as always') throw new Error(`a consumer read ${read}`)
}

function bytesInUse(): number {
  for (let count = 0; count < 3; count++) (globalThis as { gc?: () => void }).gc?.()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Runs frames numbered from `from`, on all connections, and tells how many connections the broker closed. */
async function runFrames(broker: Broker, bases: readonly Buffer[], seed: number, from: number, frames: number): Promise<number> {
  let next = from
  let closed = 0
  const serve = async (id: number): Promise<void> => {
    const peer = new Peer(broker.port, id)
    try {
      while (next < from + frames) {
        const burst = next
        const random = new Random(seed * 7919 + burst)
        const sent = burstOf(bases, random, Math.min(framesPerBurstMax, from + frames - burst), tickMs)
        next += Math.max(1, sent.length)
        const mayLie = random.chance(8)
        const bytes = Buffer.concat(sent.map(frame => framed(frame, random, mayLie)))
        if (await peer.send(burst, bytes, mayLie, random)) closed++
      }
    } finally {
      peer.close()
    }
  }
  await Promise.all(Array.from({ length: connectionsAtOnce }, (_, id) => serve(id)))
  underWay.clear()
  return closed
}

/** Throws when the broker hangs. A crash is the process's. */
export async function fuzz({ dataDir, frames, isClosed, seed }: FuzzOptions): Promise<FuzzReport> {
  const clock = new ManualClock()
  const options: BrokerOptions = { dataDir, clock, flushMs: 10, limits: { fetchWaitMsMax: 2, topicsMax: 50, partitionsMax: 150 } }
  if (isClosed) options.sasl = { users: { ann: 'secret' } }
  const broker = await startBroker(options)
  let report: Omit<FuzzReport, 'handlesLeft'>
  const ticking = setInterval(() => clock.advance(tickMs), 25)
  try {
    let connectionsClosed = 0
    const run = async (from: number, count: number): Promise<number> => {
      console.error(`frames ${from} to ${from + count}`)
      const topicIds = isClosed ? new Map([['', '01234567-89ab-cdef-0123-456789abcdef']]) : await createTopics(broker)
      connectionsClosed += await runFrames(broker, baseFrames(topicIds), seed, from, count)
      if (!isClosed) await deleteAll(broker, clock)
      return bytesInUse()
    }
    const roundFrames = 50_000
    const bytesBefore = await run(0, Math.min(warmUpFrames, frames))
    let bytesAfter = bytesBefore
    for (let from = warmUpFrames; from < frames; from += roundFrames) bytesAfter = await run(from, Math.min(roundFrames, frames - from))
    clearInterval(ticking)
    await checkService(broker, isClosed)
    report = { frames, connectionsClosed, bytesBefore, bytesAfter }
  } finally {
    clearInterval(ticking)
    await broker.close()
  }
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
  return { ...report, handlesLeft: process.getActiveResourcesInfo().filter(name => /TCP|Timeout|FSReq/.test(name)) }
}
