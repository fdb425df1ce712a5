// Is a client let in exactly when it is who it says, and told why when it is not?
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { makeCertificates } from '../../test/certificates'
import { TestClient } from '../../test/client'
import { isInstalled, run } from '../../test/command'
import { type Broker, type BrokerOptions, startBroker } from '../index'
import { errorName } from '../protocol'

const password = 'a=secret, and "more"'
const users = { ann: password, 'b,o=b': 'other' }
const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function start(options: BrokerOptions): Promise<{ broker: Broker; warnings: string[] }> {
  const warnings: string[] = []
  const broker = await startBroker({ log: message => warnings.push(message), ...options })
  opened.push(broker)
  return { broker, warnings }
}

async function connectTo(broker: Broker): Promise<TestClient> {
  const client = await TestClient.connect(broker.port)
  opened.push(client)
  return client
}

async function topicsSeenBy(broker: Broker, sasl: SASLOptions | undefined, ssl?: object): Promise<string[]> {
  const kafka = new Kafka({
    brokers: [broker.address],
    sasl,
    ssl,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 20_000,
    retry: { retries: 0 }
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
const credentials = (mechanism: (typeof mechanisms)[number], username: string, given: string) =>
  ({ mechanism, username, password: given }) as SASLOptions

describe.each(mechanisms)('kafkajs with %s', mechanism => {
  it('is let in with the right password, for every user', async () => {
    const { broker } = await start({ sasl: { users } })
    expect(await topicsSeenBy(broker, credentials(mechanism, 'ann', password))).toEqual([])
    expect(await topicsSeenBy(broker, credentials(mechanism, 'b,o=b', 'other'))).toEqual([])
  })

  it.each([
    ['a wrong password', 'ann', 'wrong'],
    ["another user's password", 'ann', 'other'],
    ['an unknown user', 'eve', password]
  ])('is refused with %s, and nothing that is logged tells one', async (_, username, given) => {
    const { broker, warnings } = await start({ sasl: { users } })
    await expect(topicsSeenBy(broker, credentials(mechanism, username, given))).rejects.toThrow(/Authentication failed|invalid/i)
    expect(warnings.join()).toContain('did not authenticate')
    for (const secret of [password, 'other', 'wrong']) expect(warnings.join()).not.toContain(secret)
  })
})

it('a mechanism that is not offered is named with those that are', async () => {
  const { broker } = await start({ sasl: { users, mechanisms: ['SCRAM-SHA-512'] } })
  const client = await connectTo(broker)
  const { errorCode, mechanisms } = await client.call('saslHandshake', { mechanism: 'PLAIN' })
  expect([errorName(errorCode), mechanisms]).toEqual(['UNSUPPORTED_SASL_MECHANISM', ['SCRAM-SHA-512']])
  expect(await client.nextFrame()).toBeUndefined()
})

it('before it has authenticated, a client may ask for versions and nothing else', async () => {
  const { broker, warnings } = await start({ sasl: { users } })
  const client = await connectTo(broker)
  expect((await client.call('apiVersions', {})).errorCode).toBe(0)
  await expect(client.call('metadata', { topics: null })).rejects.toThrow('closed')
  expect(warnings.join()).toContain('metadata before it has authenticated')
  const other = await connectTo(broker)
  await expect(other.call('saslAuthenticate', { authBytes: Buffer.from('\0ann\0x') })).rejects.toThrow('closed')
  const third = await connectTo(broker)
  await third.call('saslHandshake', { mechanism: 'PLAIN' })
  await expect(third.call('metadata', { topics: null })).rejects.toThrow('closed')
})

it.each([0, 1, 2])('SaslAuthenticate v%i says who is let in and why not', async version => {
  const { broker } = await start({ sasl: { users } })
  const client = await connectTo(broker)
  await client.call('saslHandshake', { mechanism: 'PLAIN' })
  const authBytes = Buffer.from(`\0ann\0${password}`)
  expect(await client.call('saslAuthenticate', { authBytes }, version)).toMatchObject({ errorCode: 0, sessionLifetimeMs: 0 })
  expect((await client.call('metadata', { topics: null })).topics).toEqual([])
  expect(errorName((await client.call('saslHandshake', { mechanism: 'PLAIN' })).errorCode)).toBe('ILLEGAL_SASL_STATE')
  expect(errorName((await client.call('saslAuthenticate', { authBytes }, version)).errorCode)).toBe('ILLEGAL_SASL_STATE')

  const refused = await connectTo(broker)
  await refused.call('saslHandshake', { mechanism: 'PLAIN' })
  const answer = await refused.call('saslAuthenticate', { authBytes: Buffer.from('\0ann\0no') }, version)
  expect(answer).toMatchObject({ errorCode: 58, errorMessage: 'Authentication failed: Invalid username or password' })
  expect(await refused.nextFrame()).toBeUndefined()
})

it('after a handshake of version 0 the messages come without headers', async () => {
  const { broker } = await start({ sasl: { users } })
  const framed = (text: string) => {
    const frame = Buffer.from(`    ${text}`)
    frame.writeInt32BE(frame.length - 4)
    return frame
  }
  const client = await connectTo(broker)
  await client.call('saslHandshake', { mechanism: 'PLAIN' }, 0)
  client.socket.write(framed(`\0ann\0${password}`))
  expect(await client.nextFrame()).toHaveLength(0)
  expect((await client.call('metadata', { topics: null })).topics).toEqual([])
  const refused = await connectTo(broker)
  await refused.call('saslHandshake', { mechanism: 'PLAIN' }, 0)
  refused.socket.write(framed('\0ann\0wrong'))
  expect(await refused.nextFrame()).toBeUndefined()
})

describe('SCRAM', () => {
  const hash = 'sha256'
  const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text).digest()

  /** A client by the letter of RFC 5802, that can be told to break it. */
  async function exchange(changes: { first?: string; final?: (text: string) => string; proofOf?: string }) {
    const { broker } = await start({ sasl: { users } })
    const client = await connectTo(broker)
    await client.call('saslHandshake', { mechanism: 'SCRAM-SHA-256' })
    const say = async (text: string) => {
      const { authBytes, errorCode, errorMessage } = await client.call('saslAuthenticate', { authBytes: Buffer.from(text) })
      return { error: errorMessage ?? '', errorCode, text: authBytes.toString() }
    }
    const bare = 'n=ann,r=abc'
    const first = await say(changes.first ?? `n,,${bare}`)
    if (first.errorCode !== 0) return first
    const [, nonce, salt, rounds] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(first.text)!
    const salted = pbkdf2Sync(changes.proofOf ?? password, Buffer.from(salt!, 'base64'), Number(rounds), 32, hash)
    const withoutProof = changes.final ? changes.final(`c=biws,r=${nonce}`) : `c=biws,r=${nonce}`
    const authMessage = `${bare},${first.text},${withoutProof}`
    const clientKey = hmac(salted, 'Client Key')
    const signature = hmac(createHash(hash).update(clientKey).digest(), authMessage)
    const proof = clientKey.map((byte, index) => byte ^ signature[index]!)
    const last = await say(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`)
    return { ...last, expected: `v=${hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')}` }
  }

  it('the broker, too, proves that it knows the password', async () => {
    const { errorCode, expected, text } = (await exchange({})) as { errorCode: number; expected: string; text: string }
    expect([errorCode, text]).toEqual([0, expected])
  })

  it.each([
    ['a wrong proof', { proofOf: 'wrong' }, 'invalid credentials'],
    ['an unknown user', { first: 'n,,n=eve,r=abc' }, 'invalid credentials'],
    ['another authorization id', { first: 'n,a=bob,n=ann,r=abc' }, 'authorization id'],
    ['channel binding, which is not offered', { first: 'p=tls-unique,,n=ann,r=abc' }, 'client first'],
    ['an empty message', { first: '' }, 'client first'],
    ['another nonce', { final: (text: string) => text.replace('r=abc', 'r=abd') }, 'client final'],
    ['another header', { final: (text: string) => text.replace('biws', 'eSws') }, 'client final']
  ])('%s is refused', async (_, changes, message) => {
    const { error, errorCode } = await exchange(changes)
    expect([errorName(errorCode), error]).toEqual(['SASL_AUTHENTICATION_FAILED', expect.stringContaining(message)])
  })
})

describe('TLS', () => {
  const whereInstalled = isInstalled('openssl', 'version') ? it : it.skip
  let made: ReturnType<typeof makeCertificates> | undefined
  const certificates = () => (made ??= makeCertificates())

  whereInstalled('a client speaks to it under its certificate, with credentials too', async () => {
    const { broker: tls, ca } = certificates()
    const { broker } = await start({ tls, sasl: { users } })
    expect(await topicsSeenBy(broker, credentials('scram-sha-512', 'ann', password), { ca: [ca] })).toEqual([])
    await expect(topicsSeenBy(broker, credentials('plain', 'ann', 'wrong'), { ca: [ca] })).rejects.toThrow()
  })

  whereInstalled('with an authority, clients need a certificate of it', async () => {
    const { broker: tls, ca, client } = certificates()
    const { broker, warnings } = await start({ tls: { ...tls, ca } })
    expect(await topicsSeenBy(broker, undefined, { ca: [ca], ...client })).toEqual([])
    await expect(topicsSeenBy(broker, undefined, { ca: [ca] })).rejects.toThrow()
    expect(warnings.join()).toContain('no TLS connection of')
  })

  whereInstalled('who speaks without it is closed, and a handshake that never ends does not hold up the end', async () => {
    const { broker: tls } = certificates()
    const { broker, warnings } = await start({ tls })
    const plain = await connectTo(broker)
    await expect(plain.call('apiVersions', {})).rejects.toThrow('closed')
    expect(warnings).toHaveLength(1)
    const silent = connect(broker.port, '127.0.0.1')
    const closed = new Promise(done => silent.on('close', done))
    await new Promise(done => silent.on('connect', done))
    const secure = connectTls({ port: broker.port, host: '127.0.0.1', rejectUnauthorized: false })
    secure.on('error', () => {})
    await new Promise(done => secure.on('secureConnect', done))
    await broker.close()
    await closed
  })

  const withKcat = isInstalled('kcat', '-V') && isInstalled('openssl', 'version') ? it : it.skip
  withKcat.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])('kcat produces and consumes over SASL_SSL with %s', async mechanism => {
    const { broker: tls, folder } = certificates()
    const { broker } = await start({ tls, sasl: { users } })
    const settings = {
      'security.protocol': 'SASL_SSL',
      'ssl.ca.location': `${folder}/ca.pem`,
      'sasl.mechanism': mechanism,
      'sasl.username': 'ann',
      'sasl.password': password
    }
    const args = ['-b', broker.address, '-t', 't', ...Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`])]
    expect((await run('kcat', ['-P', ...args], 'a\nb')).code).toBe(0)
    expect((await run('kcat', ['-C', '-e', '-q', ...args])).stdout).toBe('a\nb\n')
  })
})

describe('what cannot be used stops the start', () => {
  it.each([
    ['no user', { sasl: { users: {} } }, 'SASL_UNUSABLE', 'no SASL user'],
    ['a user without a password', { sasl: { users: { ann: '' } } }, 'SASL_UNUSABLE', 'ann has no password'],
    ['no mechanism', { sasl: { users, mechanisms: [] } }, 'SASL_UNUSABLE', 'No SASL mechanism'],
    ['an unknown mechanism', { sasl: { users, mechanisms: ['GSSAPI' as 'PLAIN'] } }, 'SASL_UNUSABLE', 'GSSAPI'],
    ['a key that is none', { tls: { key: 'x', cert: 'y' } }, 'TLS_UNUSABLE', 'PEM']
  ])('%s', async (_, options, problem, message) => {
    await expect(startBroker(options)).rejects.toMatchObject({ problem, message: expect.stringContaining(message) })
  })
})
