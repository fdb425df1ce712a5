// How does a test damage what a broker sends? A proxy that stands for the broker, also in its metadata, and alters the answers to fetches.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { apis, correlationIdOf, decodeRequestHeader, decodeResponse, encodeResponse, FrameSplitter } from 'sluice-broker/protocol'

/** What one partition's records become; `null` cuts the whole answer off behind its first bytes. */
export type Alter = (records: Buffer, partition: number) => Buffer | null

export interface AlteringProxy {
  address: string
  alter?: Alter
  /** Answers that brought records of a partition, altered or not, by partition. */
  readonly answers: Map<number, number>
  close(): Promise<void>
}

const sized = (frame: Buffer): Buffer => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(frame.length)
  return Buffer.concat([size, frame])
}

/** Bytes that are left of an answer that is cut off. */
const CUT_BYTES = 20

/** @param target the broker: one that is alone in its cluster */
export async function alteringProxy(target: { host: string; port: number }): Promise<AlteringProxy> {
  const sockets = new Set<Socket>()
  const proxy: AlteringProxy = { address: '', answers: new Map(), close: async () => {} }
  const own = { host: '127.0.0.1', port: 0 }

  const altered = (name: string, version: number, frame: Buffer): Buffer => {
    if (name === 'metadata') {
      const { correlationId, body } = decodeResponse(apis.metadata, version, frame)
      return encodeResponse('metadata', version, correlationId, { ...body, brokers: body.brokers.map(broker => ({ ...broker, ...own })) })
    }
    if (name === 'findCoordinator') {
      const { correlationId, body } = decodeResponse(apis.findCoordinator, version, frame)
      const coordinators = body.coordinators.map(coordinator => ({ ...coordinator, ...own }))
      return encodeResponse('findCoordinator', version, correlationId, { ...body, ...own, coordinators })
    }
    const { correlationId, body } = decodeResponse(apis.fetch, version, frame)
    for (const partition of body.responses.flatMap(({ partitions }) => partitions)) {
      if (!partition.records?.length) continue
      proxy.answers.set(partition.partitionIndex, (proxy.answers.get(partition.partitionIndex) ?? 0) + 1)
      const records = proxy.alter ? proxy.alter(Buffer.from(partition.records), partition.partitionIndex) : partition.records
      if (records === null) return sized(frame.subarray(0, CUT_BYTES))
      partition.records = records
    }
    return encodeResponse('fetch', version, correlationId, body)
  }

  const server = createServer(client => {
    const broker = connect(target)
    const asked = new Map<number, { name: string; version: number }>()
    const [up, down] = [new FrameSplitter(), new FrameSplitter()]
    const end = () => {
      client.destroy()
      broker.destroy()
    }
    client.on('data', chunk => {
      for (const frame of up.push(chunk)) {
        const { apiName, version, correlationId } = decodeRequestHeader(frame)
        if (apiName === 'metadata' || apiName === 'findCoordinator' || apiName === 'fetch') {
          asked.set(correlationId, { name: apiName, version })
        }
        broker.write(sized(frame))
      }
    })
    broker.on('data', chunk => {
      for (const frame of down.push(chunk)) {
        const question = asked.get(correlationIdOf(frame))
        asked.delete(correlationIdOf(frame))
        client.write(question ? altered(question.name, question.version, frame) : sized(frame))
      }
    })
    for (const socket of [client, broker]) {
      sockets.add(socket)
      socket.on('error', end).on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
  })
  server.listen(own.port, own.host)
  await once(server, 'listening')
  own.port = (server.address() as AddressInfo).port
  proxy.address = `${own.host}:${own.port}`
  proxy.close = async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return proxy
}
