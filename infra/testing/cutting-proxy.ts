// How does a test take a server away for a moment? A proxy before it that cuts connections when it is told to.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy {
  port: number
  /** Cuts each of the next `times` connections once `bytes` have gone through it in this direction. */
  cutAfter(direction: 'up' | 'down', bytes: number, times: number): void
  /** How many connections were cut. */
  readonly cuts: number
  close(): Promise<void>
}

/** A TCP proxy on loopback, on a port that the system chooses. */
export async function cuttingProxy(target: { host: string; port: number }): Promise<CuttingProxy> {
  let rule: { direction: 'up' | 'down'; bytes: number; times: number } | undefined
  let cuts = 0
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = connect(target)
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    const relay = (direction: 'up' | 'down', from: Socket, to: Socket) => {
      let passed = 0
      from.on('data', chunk => {
        passed += chunk.length
        if (rule?.direction === direction && rule.times > 0 && passed > rule.bytes) {
          rule.times--
          cuts++
          end()
        } else if (!to.write(chunk)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
      })
      from.on('end', () => to.end())
      from.on('error', end)
      from.on('close', () => sockets.delete(from))
      sockets.add(from)
    }
    relay('up', client, upstream)
    relay('down', upstream, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    cutAfter: (direction, bytes, times) => {
      rule = { direction, bytes, times }
    },
    get cuts() {
      return cuts
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    }
  }
}
