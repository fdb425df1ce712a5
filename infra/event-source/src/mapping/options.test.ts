import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { OPTIONS_KEY, readOptions } from './options'
import { readMappings } from './read-mappings'

const read = (options: unknown, servicePath?: string) => readOptions({ [OPTIONS_KEY]: options }, servicePath)
const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:kafka-AbCdEf'
const cluster = 'arn:aws:kafka:eu-west-1:123456789012:cluster/main/0-1'
const queue = 'arn:aws:sqs:eu-west-1:123456789012:failed'

test('without options nothing is changed', () => {
  expect(readOptions(undefined)).toEqual({})
  expect(readOptions({})).toEqual({})
})

test.each([
  ['servers for every mapping', { bootstrapServers: 'l:1, m:2' }, { bootstrapServers: ['l:1', 'm:2'] }],
  [
    'a cluster by its ARN',
    { clusters: { [cluster]: { bootstrapServers: 'l:1' } } },
    { clusters: { [cluster]: { bootstrapServers: ['l:1'] } } }
  ],
  ['a cluster by its servers, in any order', { clusters: { 'b:2,a:1': { tls: false } } }, { clusters: { 'a:1,b:2': { tls: false } } }],
  ['TLS with public authorities', { clusters: { 'a:1': { tls: true } } }, { clusters: { 'a:1': { tls: {} } } }],
  [
    'SASL',
    { clusters: { 'a:1': { sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' } } } },
    { clusters: { 'a:1': { sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' } } } }
  ],
  [
    'what a secret holds',
    { credentials: { [secret]: { username: 'u', password: 'p' } } },
    { credentials: { [secret]: { username: 'u', password: 'p' } } }
  ],
  ['the pauses between attempts', { retryBackoff: { firstMs: 10, mostMs: 20 } }, { retryBackoff: { firstMs: 10, mostMs: 20 } }],
  ['the first pause alone', { retryBackoff: { firstMs: 20_000 } }, { retryBackoff: { firstMs: 20_000, mostMs: 20_000 } }],
  ['the longest pause alone', { retryBackoff: { mostMs: 100 } }, { retryBackoff: { firstMs: 100, mostMs: 100 } }],
  [
    'a directory of the service',
    { destinations: { [queue]: { directory: 'failed' } } },
    { destinations: { [queue]: { directory: '/service/failed' } } }
  ],
  [
    'a server for a destination',
    { destinations: { [queue]: { endpoint: 'http://127.0.0.1:4566' } } },
    { destinations: { [queue]: { endpoint: 'http://127.0.0.1:4566' } } }
  ],
  ['AWS itself', { destinations: { [queue]: { endpoint: 'aws' } } }, { destinations: { [queue]: { endpoint: 'aws' } } }],
  ['topics to be created', { createTopics: { partitions: 3 } }, { createTopics: { partitions: 3 } }],
  ['text from an environment variable', { stopTimeoutMs: '500' }, { stopTimeoutMs: 500 }]
])('%s', (_, options, expected) => {
  expect(read(options, '/service')).toEqual(expected)
})

test.each([
  [{ bootstrapServer: 'l:1' }, /did you mean bootstrapServers/],
  [{ bootstrapServers: 'l' }, /host:port/],
  [{ bootstrapServers: [] }, /host:port/],
  [{ clusters: { main: {} } }, /clusters\.main is missing\. Name the cluster by its ARN, or by its bootstrap servers/],
  [{ clusters: { 'a:1': { tsl: true } } }, /did you mean tls/],
  [{ clusters: { 'a:1': { sasl: { mechanism: 'GSSAPI' } } } }, /Set PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512/],
  [{ clusters: { 'a:1': { sasl: { mechanism: 'PLAIN', username: 'u' } } } }, /password is missing/],
  [{ credentials: { [secret]: { user: 'u' } } }, /did you mean username/],
  [{ credentials: { [secret]: 'u:p' } }, /a map with what the secret holds/],
  [{ credentials: { [secret]: { certificate: 'no-such.pem' } } }, /neither PEM text nor a file that can be read \(ENOENT\)/],
  [{ retryBackoff: { firstMs: 0 } }, /from 1 to/],
  [{ retryBackoff: { firstMs: 5, mostMs: 4 } }, /at most mostMs, 4/],
  [{ destinations: { [queue]: {} } }, /either \{ directory \} or \{ endpoint \}/],
  [{ destinations: { [queue]: { directory: 'a', endpoint: 'aws' } } }, /either/],
  [{ destinations: { [queue]: { endpoint: 'localhost' } } }, /server's URL/],
  [{ destinations: { 'kafka://lost': { directory: 'a' } } }, /in the cluster itself/],
  [{ createTopics: {} }, /partitions/],
  [{ createTopics: { partitions: 0 } }, /from 1 to/],
  [{ stopTimeoutMs: -1 }, /milliseconds/],
  ['text', /map of options/]
])('%j is refused with its place and a remedy', (options, message) => {
  expect(() => read(options)).toThrow(message)
  expect(() => read(options)).toThrow(/^serverless\.yml: custom\./)
})

test.each([
  { credentials: { [secret]: { usrname: 's3cr3t' } } },
  { credentials: { [secret]: { password: ['s3cr3t'] } } },
  { credentials: { [secret]: 's3cr3t' } },
  { credentials: 's3cr3t' },
  { credential: { [secret]: { password: 's3cr3t' } } },
  { clusters: { 'a:1': { sals: { password: 's3cr3t' } } } },
  { clusters: { 'a:1': { sasl: { mechanism: 's3cr3t' } } } },
  { clusters: { 'a:1': { sasl: 's3cr3t' } } },
  { clusters: { 'a:1': { tls: { key: '-----BEGIN s3cr3t' } } } },
  { credentials: { [secret]: { certificate: 's3cr3t' } } }
])('no message tells a secret: %j', options => {
  expect(() => read(options)).toThrow(/what is not shown here/)
  expect(() => read(options)).not.toThrow(/s3cr3t/)
})

const service = (accessConfigurations: object) => ({
  service: 'shop',
  stage: 'dev',
  functions: { take: { events: [{ kafka: { topic: 'orders', bootstrapServers: ['b:2', 'a:1'], accessConfigurations } }] } }
})
const accessOf = (accessConfigurations: object, options: object) =>
  readMappings(service(accessConfigurations), read(options)).mappings[0]!.access
const login = { credentials: { [secret]: { username: 'u', password: 's3cr3t' } } }

test.each([
  ['saslPlainAuth', 'PLAIN'],
  ['saslScram256Auth', 'SCRAM-SHA-256'],
  ['saslScram512Auth', 'SCRAM-SHA-512']
])('%s is %s over TLS, with what the secret holds', (key, mechanism) => {
  const { tls, sasl } = accessOf({ [key]: [secret] }, login)
  expect([tls, sasl!.mechanism, sasl!.username, sasl!.password]).toEqual([{}, mechanism, 'u', 's3cr3t'])
})

test('saslScram512 of an msk event is the same', () => {
  const functions = { take: { events: [{ msk: { topic: 'orders', arn: cluster, saslScram512: secret } }] } }
  const options = read({ ...login, clusters: { [cluster]: { bootstrapServers: 'l:9096' } } })
  const [mapping] = readMappings({ service: 'shop', stage: 'dev', functions }, options).mappings
  expect(mapping!.access).toMatchObject({ bootstrapServers: ['l:9096'], tls: {}, sasl: { mechanism: 'SCRAM-SHA-512', username: 'u' } })
})

test('what a mapping shows of its access is no secret', () => {
  const access = accessOf({ saslPlainAuth: [secret] }, login)
  expect(JSON.stringify(access) + inspect(access)).not.toMatch(/s3cr3t/)
})

test('settings of the cluster win over those of every mapping, and over TLS and SASL of the event', () => {
  const clusters = {
    'a:1,b:2': { bootstrapServers: 'c:3', tls: false, sasl: { mechanism: 'SCRAM-SHA-256', username: 'v', password: 'q' } }
  }
  const access = accessOf({ saslPlainAuth: [secret] }, { bootstrapServers: 'l:1', clusters, ...login })
  expect(access).toEqual({ bootstrapServers: ['c:3'], sasl: expect.objectContaining({ mechanism: 'SCRAM-SHA-256', username: 'v' }) })
})

test('a secret that nothing is set for stops the start, unless another broker stands in', () => {
  const access = { saslPlainAuth: [secret] }
  expect(() => accessOf(access, {})).toThrow(
    /Secrets are not read from AWS: set what it holds under custom\..*credentials\["arn:aws:secretsmanager/
  )
  expect(accessOf(access, { bootstrapServers: 'l:1' })).toEqual({ bootstrapServers: ['l:1'] })
  expect(accessOf(access, { clusters: { 'a:1,b:2': { bootstrapServers: 'l:1' } } })).toEqual({ bootstrapServers: ['l:1'] })
})

test('a secret without what its authentication needs is refused', () => {
  expect(() => accessOf({ clientCertificateTlsAuth: [secret] }, login)).toThrow(/certificate is missing.*needs certificate and privateKey/)
})

test('a connection authenticates once', () => {
  expect(() => accessOf({ saslPlainAuth: [secret], saslScram512Auth: [secret] }, login)).toThrow(/already with PLAIN: keep one/)
})

test('a certificate may be a file of the service; one that is none is refused without its text', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mapping-'))
  writeFileSync(join(folder, 'ca.pem'), 'not a s3cr3t certificate')
  const options = readOptions({ [OPTIONS_KEY]: { credentials: { [secret]: { certificate: 'ca.pem' } } } }, folder)
  const attempt = () => readMappings(service({ serverRootCaCertificate: [secret] }), options)
  expect(attempt).toThrow(/It cannot be used/)
  expect(attempt).not.toThrow(/s3cr3t/)
  rmSync(folder, { recursive: true })
})

test('backoff and topics to be created reach every mapping', () => {
  const options = read({ retryBackoff: { firstMs: 10, mostMs: 20 }, createTopics: { partitions: 3 } })
  expect(readMappings(service({ vpcSubnet: ['subnet-1'], vpcSecurityGroup: ['sg-1'] }), options).mappings[0]).toMatchObject({
    backoff: { firstMs: 10, mostMs: 20 },
    createTopicPartitions: 3
  })
})

test('settings for what no mapping has: a warning each', () => {
  const options = read({
    clusters: { 'x:1': { tls: false }, 'a:1,b:2': {} },
    credentials: { [secret]: { username: 'u' } },
    destinations: { [queue]: { endpoint: 'aws' } }
  })
  const { warnings } = readMappings(service({ vpcSubnet: ['subnet-1'], vpcSecurityGroup: ['sg-1'] }), options)
  expect(warnings).toEqual(
    [/clusters\.x:1 belongs to no mapping/, /credentials\.arn.* belongs to no/, /destinations\.arn.* belongs/].map(each =>
      expect.stringMatching(each)
    )
  )
})
