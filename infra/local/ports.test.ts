import { createServer, type Server } from 'node:net'
import { choosePorts, freePort, isFree } from './ports'

const open: Server[] = []

function listen(host: string, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    open.push(server)
    server.once('error', reject)
    server.listen({ port, host }, () => resolve((server.address() as { port: number }).port))
  })
}

afterEach(() => Promise.all(open.splice(0).map(server => new Promise(resolve => server.close(resolve)))))

test.each(['127.0.0.1', '0.0.0.0', '::1', '::'])('a port with a listener on %s is taken', async host => {
  const port = await listen(host).catch(error => {
    // a machine without IPv6 has no such listener
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') return undefined
    throw error
  })
  if (port !== undefined) expect(await isFree(port)).toBe(false)
})

test('a port is free again after its listener closed, and asking does not keep it', async () => {
  const port = await freePort([26_000])
  expect(await isFree(port)).toBe(true)
  await listen('127.0.0.1', port)
})

test('the last recorded port comes first, and a taken one gives way to the default and then to the next free one', async () => {
  const recorded = await listen('127.0.0.1')
  const wanted = await freePort([26_300])
  expect(await freePort([recorded, wanted])).toBe(wanted)
  expect(await freePort([recorded])).toBeGreaterThan(recorded)
})

test('no two services get the same port', async () => {
  const same = await freePort([26_600])
  const ports = await choosePorts({ kafka: same, postgres: same, http: same, lambda: same, mappings: same })
  expect(ports.kafka).toBe(same)
  expect(new Set(Object.values(ports)).size).toBe(5)
})
