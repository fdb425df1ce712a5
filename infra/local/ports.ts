// Which ports do the services of this checkout listen on?
import { createServer } from 'node:net'

export const defaultPorts = { kafka: 9092, postgres: 5432, http: 3000, lambda: 3002, mappings: 3004 } as const
export type PortName = keyof typeof defaultPorts
export type Ports = Record<PortName, number>

/** Where the Kafka event source says how its mappings are. */
export const mappingsUrl = (port: number) => `http://127.0.0.1:${port}/status`

/** How far above a default the search for a free port goes. */
const SEARCH_LIMIT = 200

// A listener on any of these is one that a client of 127.0.0.1 or of `localhost` could reach instead of ours.
const ADDRESSES = ['127.0.0.1', '0.0.0.0', '::1', '::']

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      // a machine without IPv6 has no listener there that could be in the way
      resolve(error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT' || error.code === 'EINVAL')
    })
    server.listen({ port, host, ipv6Only: host === '::', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** Whether nobody listens on the port, on either loopback address or on all of them. */
export async function isFree(port: number): Promise<boolean> {
  // one after the other: our own listener on 0.0.0.0 would be in the way of the one on 127.0.0.1
  for (const host of ADDRESSES) if (!(await canListen(port, host))) return false
  return true
}

/**
 * The first free port: the preferred ones in their order, then upwards from the last of them.
 * @param taken ports that are promised to somebody else
 * @throws Error when none of the next 200 is free
 */
export async function freePort(preferred: number[], taken: ReadonlySet<number> = new Set()): Promise<number> {
  const last = preferred.at(-1)!
  const candidates = [...preferred, ...Array.from({ length: SEARCH_LIMIT }, (_, index) => last + 1 + index)]
  for (const port of candidates) if (port < 65_536 && !taken.has(port) && (await isFree(port))) return port
  throw new Error(`no free port in ${last}–${last + SEARCH_LIMIT}`)
}

/**
 * One port per name: the recorded one (so that addresses stay from start to start), else the default, else the next free one.
 * @param recorded what the last start used
 * @param avoid ports found to be in use although they looked free
 */
export async function choosePorts(recorded: Partial<Ports> = {}, avoid: ReadonlySet<number> = new Set()): Promise<Ports> {
  const chosen = {} as Ports
  const taken = new Set(avoid)
  for (const name of Object.keys(defaultPorts) as PortName[]) {
    const preferred = recorded[name] === undefined ? [defaultPorts[name]] : [recorded[name], defaultPorts[name]]
    chosen[name] = await freePort(preferred, taken)
    taken.add(chosen[name])
  }
  return chosen
}
