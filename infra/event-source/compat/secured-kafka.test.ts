// Does a mapping work through every way to secure Apache Kafka, and say what is wrong where it cannot? Run with KAFKA_SECURED set to the
// secured.json that .ci/kafka writes; skipped by name without.
import { execFile } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { SaslMechanism, TlsAccess } from '../src/client/access'
import { Cluster } from '../src/client/cluster'
import { Harness, type Security } from '../test/harness'

interface Secured {
  plaintext: string
  sasl: string
  saslTls: string
  tls: string
  mutualTls: string
  shortSessions: string
  certificates: string
  passphrase: string
  users: Record<'alice' | 'bob', string>
}

const file = process.env.KAFKA_SECURED

if (file) describe('secured Apache Kafka', () => securitySuite(JSON.parse(readFileSync(file, 'utf8'))))
else test.skip('secured Apache Kafka: KAFKA_SECURED is not set', () => {})

function securitySuite(kafka: Secured): void {
  const pem = (name: string) => readFileSync(join(kafka.certificates, name), 'utf8')
  const user = (mechanism: SaslMechanism, username: keyof Secured['users'] = 'alice') => ({
    mechanism,
    username,
    password: kafka.users[username]
  })
  const ca: TlsAccess = { ca: pem('ca.pem') }
  const client: TlsAccess = { ...ca, cert: pem('client.pem'), key: pem('client.key') }
  const locked: TlsAccess = { ...client, key: pem('client-encrypted.key'), passphrase: kafka.passphrase }
  const secrets = [...Object.values(kafka.users), kafka.passphrase, 'wrong-secret', 'PRIVATE KEY']

  const open: Harness[] = []
  afterEach(() => Promise.all(open.splice(0).map(harness => harness.close())))
  afterAll(() => {
    Harness.bundled.current?.remove()
    Harness.bundled.current = undefined
  })
  const create = async (broker: string, partitions?: number, security?: Security) => {
    const harness = await Harness.create([broker], partitions, security)
    open.push(harness)
    return harness
  }
  const expectNoSecrets = (harness: Harness) => {
    for (const secret of secrets) expect(harness.logged.join('\n')).not.toContain(secret)
  }

  test.each<[string, string, Security]>([
    ['SASL_PLAINTEXT with PLAIN', kafka.sasl, { sasl: user('PLAIN') }],
    ['SASL_PLAINTEXT with SCRAM-SHA-256', kafka.sasl, { sasl: user('SCRAM-SHA-256') }],
    ['SASL_PLAINTEXT with SCRAM-SHA-512', kafka.sasl, { sasl: user('SCRAM-SHA-512') }],
    ['SASL_PLAINTEXT with a password that SASLprep would change', kafka.sasl, { sasl: user('SCRAM-SHA-512', 'bob') }],
    ['SASL_SSL with PLAIN', kafka.saslTls, { tls: ca, sasl: user('PLAIN') }],
    ['SASL_SSL with SCRAM-SHA-256', kafka.saslTls, { tls: ca, sasl: user('SCRAM-SHA-256') }],
    ['SASL_SSL with SCRAM-SHA-512', kafka.saslTls, { tls: ca, sasl: user('SCRAM-SHA-512') }],
    ['SSL', kafka.tls, { tls: ca }],
    ['SSL without a look at the certificate', kafka.tls, { tls: { isUnverified: true } }],
    ['SSL with a client certificate', kafka.mutualTls, { tls: client }],
    ['SSL with a client certificate whose key is encrypted', kafka.mutualTls, { tls: locked }]
  ])('%s: records are delivered and their offsets committed', async (_, broker, security) => {
    const harness = await create(broker, 2, security)
    await harness.fill(2, 50)
    const source = harness.start()
    await harness.until(() => harness.succeeded().length === 100)
    await harness.stop(source)
    expect(await harness.committed()).toEqual({ 0: 50, 1: 50 })
    expect(await harness.members()).toBe(0)
    expectNoSecrets(harness)
  })

  const wrong = (mechanism: SaslMechanism) => ({ sasl: { ...user(mechanism), password: 'wrong-secret' } })
  test.each<[string, string, Security, RegExp]>([
    ['a wrong password for PLAIN', kafka.sasl, wrong('PLAIN'), /does not accept user alice with PLAIN/],
    [
      'a wrong password for SCRAM',
      kafka.sasl,
      wrong('SCRAM-SHA-512'),
      /does not accept user alice with SCRAM-SHA-512: Authentication failed/
    ],
    ['an unknown user', kafka.sasl, { sasl: { ...user('SCRAM-SHA-256'), username: 'eve' } }, /does not accept user eve with SCRAM-SHA-256/],
    ['no credentials for SASL', kafka.sasl, {}, /closed the connection at the first request of a client without credentials/],
    [
      'credentials for a listener without SASL',
      kafka.plaintext,
      { sasl: user('PLAIN') },
      /is a listener without SASL: remove the credentials/
    ],
    ['TLS to a plaintext port', kafka.plaintext, { tls: ca }, /the server ended the TLS handshake, as a port without TLS does/],
    ['plaintext to a TLS port', kafka.tls, {}, /answers with TLS: set TLS|at the first request \(if this is a listener with TLS/],
    [
      'plaintext SASL to a SASL_SSL port',
      kafka.saslTls,
      { sasl: user('PLAIN') },
      /answers with TLS|at the first request \(if this is a listener with TLS/
    ],
    ['no CA', kafka.tls, { tls: {} }, /signed by an authority that is not trusted \(\w+\): set the CA that signed it/],
    ['another CA', kafka.tls, { tls: { ca: pem('other-ca.pem') } }, /not trusted \(\w+\): the CA that is set has not signed it/],
    ['no client certificate', kafka.mutualTls, { tls: ca }, /wants (a client certificate, and|client certificates:) none is set/],
    [
      'a client certificate of another CA',
      kafka.mutualTls,
      { tls: { ...ca, cert: pem('other-ca.pem'), key: pem('other-ca.key') } },
      /does not take the client certificate/
    ],
    [
      'a passphrase that does not open the key',
      kafka.mutualTls,
      { tls: { ...locked, passphrase: 'wrong-secret' } },
      /tls.passphrase: .* another/
    ]
  ])('%s: said once, without secrets, and tried again', async (_, broker, security, message) => {
    const listener = await counted(broker)
    const harness = await create(listener.address, undefined, security)
    const source = harness.start()
    await harness.until(() => harness.logged.some(line => message.test(line)))
    await listener.until(5)
    await harness.stop(source, 0)
    listener.close()
    expect(harness.logged.filter(line => /trying again/.test(line))).toHaveLength(1)
    expectNoSecrets(harness)
  })

  /** A listener before the broker that counts connections. */
  async function counted(broker: string): Promise<{ address: string; until: (count: number) => Promise<void>; close: () => void }> {
    const port = Number(broker.split(':').pop())
    let connections = 0
    const counter = new EventEmitter()
    const server = createServer(outer => {
      connections++
      counter.emit('connection')
      const inner = connect(port, '127.0.0.1')
      outer.on('error', () => inner.destroy()).on('close', () => inner.destroy())
      inner.on('error', () => outer.resetAndDestroy()).on('close', () => outer.destroy())
      outer.pipe(inner).pipe(outer)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return {
      address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      until: async count => {
        while (connections < count) await once(counter, 'connection')
      },
      close: () => server.close()
    }
  }

  test.each<SaslMechanism>(['PLAIN', 'SCRAM-SHA-256'])('sessions of two seconds end unnoticed with %s', async mechanism => {
    const security = { sasl: user(mechanism) }
    // kafkajs cannot produce there: it authenticates anew ten seconds before the end, and Kafka allows that once a second
    const harness = await create(kafka.sasl, 1, security)
    const access = { bootstrapServers: [kafka.shortSessions], ...security }
    const cluster = new Cluster(access)
    const source = harness.start({ access })
    const connection = await cluster.coordinator(harness.topic, 'test')
    const until = Date.now() + 7_000
    for (let sent = 0; Date.now() < until; sent++) {
      await harness.fill(1, 1, sent)
      await harness.until(() => harness.succeeded().length === sent + 1)
      // one connection through several sessions, with requests in flight while it authenticates anew
      await Promise.all([1, 2, 3].map(() => connection.request('metadata', { topics: [{ name: harness.topic }] })))
      expect(connection.isClosed).toBe(false)
    }
    cluster.close()
    await harness.stop(source)
    expect(harness.logged.filter(line => /trying again/.test(line))).toEqual([])
    expect(source.status().counters).toMatchObject({ failures: 0, lag: 0 })
  })

  const jars = process.env.KAFKA_JARS
  const testWithTools = jars ? test : test.skip
  testWithTools('a user that is made while the mapping waits is let in without a restart', async () => {
    const sasl = { mechanism: 'SCRAM-SHA-256', username: `carol-${Date.now()}`, password: 'carol-secret' } as const
    const harness = await create(kafka.sasl, undefined, { sasl })
    const alice = await create(kafka.sasl, 1, { sasl: user('PLAIN') })
    await alice.fill(1, 10)
    const source = harness.start({ topic: alice.topic })
    await harness.until(() => harness.logged.some(line => line.includes(`does not accept user ${sasl.username} with SCRAM-SHA-256`)))
    const credentials = `SCRAM-SHA-256=[password=${sasl.password}]`
    const entity = ['--entity-type', 'users', '--entity-name', sasl.username]
    const tool = ['-cp', `${jars}/*`, 'kafka.admin.ConfigCommand', '--bootstrap-server', kafka.plaintext]
    await promisify(execFile)('java', [...tool, '--alter', '--add-config', credentials, ...entity])
    await harness.until(() => harness.succeeded().length === 10)
    await harness.stop(source)
    expect(harness.logged.filter(line => line.includes('trying again'))).toHaveLength(1)
    expect(harness.logged.filter(line => line.includes('the broker accepts this mapping again'))).toHaveLength(1)
  })
}
