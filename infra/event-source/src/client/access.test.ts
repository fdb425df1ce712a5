// Is access that cannot work refused before a broker is asked, and do its secrets stay out of what is printed?
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { type ClusterAccess, checkAccess, hideSecrets, type SaslAccess, secureContextOf, type TlsAccess } from './access'

const folder = mkdtempSync(join(tmpdir(), 'access-'))
const openssl = (...options: string[]) => execFileSync('openssl', options, { cwd: folder, stdio: 'pipe' })
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
for (const name of ['one', 'two']) {
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.pem`,
    '-subj',
    '/CN=x'
  )
}
openssl('pkcs8', '-topk8', '-v2', 'aes256', '-in', 'one.key', '-out', 'locked.key', '-passout', 'pass:key-secret')
afterAll(() => rmSync(folder, { recursive: true }))

const [cert, key, locked] = [read('one.pem'), read('one.key'), read('locked.key')]
const bootstrapServers = ['localhost:9093']

test.each<[string, TlsAccess]>([
  ['nothing', {}],
  ['an authority', { ca: cert }],
  ['two authorities', { ca: cert + read('two.pem') }],
  ['a client certificate', { cert, key }],
  ['a client certificate with an encrypted key', { cert, key: locked, passphrase: 'key-secret' }]
])('TLS takes %s', (_, tls) => {
  checkAccess({ bootstrapServers, tls })
  expect(secureContextOf(tls)).toBe(secureContextOf(tls))
})

test.each<[string, TlsAccess, string]>([
  ['a CA that is no certificate', { ca: 'arn:aws:secretsmanager:x' }, 'tls.ca: this is no PEM certificate'],
  ['a CA that is damaged', { ca: cert.replace(/\n.{20}/, '\n') }, 'tls.ca: certificate 1 of 1 cannot be read'],
  ['a certificate without its key', { cert }, 'tls.key: the private key of the client certificate is missing'],
  ['a key without its certificate', { key }, 'tls.cert: the certificate of the private key is missing'],
  ["another certificate's key", { cert: read('two.pem'), key }, 'tls.key: this is the private key of another certificate'],
  ['a key that is none', { cert, key: 'key-secret' }, 'tls.key: this is no PEM'],
  ['an encrypted key without passphrase', { cert, key: locked }, 'tls.passphrase: the private key is encrypted'],
  [
    'an encrypted key with another passphrase',
    { cert, key: locked, passphrase: 'not-it' },
    'tls.passphrase: the private key opens with another'
  ]
])('TLS refuses %s', (_, tls, message) => {
  expect(() => checkAccess({ bootstrapServers, tls })).toThrow(message)
  expect(() => checkAccess({ bootstrapServers, tls })).not.toThrow(/key-secret|not-it/)
})

test.each<[string, Partial<Record<keyof SaslAccess, unknown>>, string]>([
  ['another mechanism', { mechanism: 'GSSAPI' }, 'sasl.mechanism: set one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512'],
  ['no user', { username: '' }, 'sasl.username: set a text'],
  ['no password', { password: undefined }, 'sasl.password: set a text'],
  ['a NUL', { password: 'a\0b' }, 'sasl.password: remove the NUL']
])('SASL refuses %s', (_, changes, message) => {
  const sasl = { mechanism: 'PLAIN', username: 'alice', password: 'alice-secret', ...changes } as SaslAccess
  expect(() => checkAccess({ bootstrapServers, sasl })).toThrow(message)
})

test('secrets are read as always, but never shown', () => {
  const open: ClusterAccess = {
    bootstrapServers,
    tls: { cert, key: locked, passphrase: 'key-secret' },
    sasl: { mechanism: 'PLAIN', username: 'alice', password: 'alice-secret' }
  }
  for (const access of [hideSecrets(open), hideSecrets(hideSecrets(open)), { ...hideSecrets(open) }]) {
    expect([access.sasl!.password, access.tls!.key, access.tls!.passphrase]).toEqual(['alice-secret', locked, 'key-secret'])
    checkAccess(access)
    for (const shown of [JSON.stringify(access), inspect(access, { depth: 9 }), JSON.stringify(structuredClone(access))]) {
      expect(shown).toContain('alice')
      expect(shown).not.toMatch(/-secret|PRIVATE KEY/)
    }
  }
})
