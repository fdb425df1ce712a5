// Is the embedded broker reached over TLS, by name and by address, and what is said to listeners of another kind? No Java needed.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, type Server } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TLSSocket } from 'node:tls'
import { type Broker, startBroker } from 'sluice-broker'
import { lastingPort } from '../../../broker/test/port'
import type { ClusterAccess, TlsAccess } from './access'
import { Cluster } from './cluster'
import { Connection } from './connection'
import { AccessRefused, ConnectionError } from './connection-error'

const folder = mkdtempSync(join(tmpdir(), 'connection-'))
const openssl = (...options: string[]) => execFileSync('openssl', options, { cwd: folder, stdio: 'pipe' })
const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'
const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
openssl('req', '-x509', ...key, '-keyout', 'key.pem', '-out', 'cert.pem', '-subj', '/CN=broker', '-addext', names)
const pem = { cert: readFileSync(join(folder, 'cert.pem'), 'utf8'), key: readFileSync(join(folder, 'key.pem'), 'utf8') }
const tls: TlsAccess = { ca: pem.cert }

const hasIpv6 = Object.values(networkInterfaces()).some(all => all?.some(({ address }) => address === '::1'))

let broker: Broker
const servers: Server[] = []
/** The names that TLS clients asked for. */
const asked: Array<string | false | null | undefined> = []

beforeAll(async () => {
  broker = await startBroker()
})
afterAll(async () => {
  for (const server of servers) server.close()
  await broker.close()
  rmSync(folder, { recursive: true })
})

/** A TLS listener before the broker. Returns its port. */
async function tlsListener(host: string): Promise<number> {
  const port = Number(broker.address.split(':').pop())
  const server = createServer(pem, (socket: TLSSocket) => {
    asked.push(socket.servername)
    const inner = connect(port, '127.0.0.1')
    socket.on('error', () => inner.destroy())
    inner.on('error', () => socket.destroy())
    socket.pipe(inner).pipe(socket)
  })
  server.on('tlsClientError', () => {})
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, host, resolve))
  return (server.address() as AddressInfo).port
}

async function failureOf(host: string, port: number, access: Pick<ClusterAccess, 'tls' | 'sasl'>): Promise<Error> {
  const opened = await Connection.open(host, port, access).catch(error => error)
  if (opened instanceof Error) return opened
  opened.close()
  throw new Error('it was opened')
}

test.each([
  ['a name is asked for and checked', '127.0.0.1', 'localhost', 'localhost'],
  ['an IPv4 address is checked', '127.0.0.1', '127.0.0.1', false],
  ...(hasIpv6 ? [['an IPv6 address is checked', '::1', '::1', false] as const] : [])
] as const)('TLS: %s', async (_, listened, host, servername) => {
  const port = await tlsListener(listened)
  const connection = await Connection.open(host, port, { tls })
  const { brokers } = await connection.request('metadata', { topics: [] })
  expect(brokers).toHaveLength(1)
  connection.close()
  expect(asked.pop()).toBe(servername)
})

const testWithIpv6 = hasIpv6 ? test : test.skip
testWithIpv6('a bootstrap server may be an IPv6 address in brackets', async () => {
  const cluster = new Cluster({ bootstrapServers: [`[::1]:${await tlsListener('::1')}`], tls })
  expect(await cluster.topic('none')).toBeUndefined()
  cluster.close()
})

test('a certificate of an authority that is not set is refused', async () => {
  const failure = await failureOf('localhost', await tlsListener('127.0.0.1'), { tls: {} })
  expect(failure).toBeInstanceOf(AccessRefused)
  expect(failure.message).toMatch(
    /^localhost:\d+: the server's certificate is signed by an authority that is not trusted .*: set the CA that signed it$/
  )
})

test('TLS to a plaintext port says so', async () => {
  const failure = await failureOf('127.0.0.1', Number(broker.address.split(':').pop()), { tls })
  expect(failure).toBeInstanceOf(AccessRefused)
  expect(failure.message).toMatch(/ended the TLS handshake, as a port without TLS does: remove the TLS settings/)
})

test('plaintext to a TLS port says so', async () => {
  const failure = await failureOf('127.0.0.1', await tlsListener('127.0.0.1'), {})
  expect(failure).toBeInstanceOf(ConnectionError)
  expect(failure.message).toMatch(/answers with TLS: set TLS|at the first request \(if this is a listener with TLS: set TLS/)
})

test('credentials for a listener without SASL say so, without the password', async () => {
  const sasl = { mechanism: 'PLAIN', username: 'alice', password: 'alice-secret' } as const
  const failure = await failureOf('127.0.0.1', Number(broker.address.split(':').pop()), { sasl })
  expect(failure).toBeInstanceOf(AccessRefused)
  expect(failure.message).toMatch(/is a listener without SASL: remove the credentials/)
  expect(failure.message).not.toContain('alice-secret')
})

test('a broker that moves is followed, and its old connections are forgotten', async () => {
  const dataDir = join(folder, 'data')
  let place = await startBroker({ dataDir })
  const spare = await lastingPort()
  const cluster = new Cluster({ bootstrapServers: [place.address, `127.0.0.1:${spare}`] })
  // as a poller does: of each purpose, a connection that ended is met once, then another is opened
  const use = async (attempts = 4): Promise<void> => {
    try {
      await useOnce()
    } catch (error) {
      if (!(error instanceof ConnectionError) || attempts === 1) throw error
      await use(attempts - 1)
    }
  }
  const useOnce = async () => {
    await cluster.topic('none')
    for (const purpose of ['control', 'fetch', 'leave']) {
      await cluster.broker(0, purpose)
      await (await cluster.coordinator('group', purpose)).request('describeGroups', { groups: ['group'] })
    }
  }
  await use()
  const connections = cluster.connectionCount
  for (let move = 0; move < 3; move++) {
    await place.close()
    place = await startBroker({ dataDir, port: spare })
    await use()
    expect(cluster.connectionCount).toBeLessThanOrEqual(connections)
  }
  cluster.close()
  await place.close()
})
