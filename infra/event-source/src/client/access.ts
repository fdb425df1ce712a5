// How may a cluster be spoken to? Its servers, TLS and credentials; their check, and how they are kept out of logs.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'

export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
export type SaslMechanism = (typeof saslMechanisms)[number]

/** Certificates and keys are PEM texts; several certificates stand one after the other. */
export interface TlsAccess {
  /** The authorities that may have signed the servers' certificates; Node's own list without it. */
  ca?: string
  /** The client's certificate, followed by its intermediates, for mutual TLS. */
  cert?: string
  /** The private key of `cert`. */
  key?: string
  /** What `key` is encrypted with. */
  passphrase?: string
  /** Takes any certificate of the server, whoever signed it and for whatever name. */
  isUnverified?: boolean
}

export interface SaslAccess {
  mechanism: SaslMechanism
  username: string
  password: string
}

export interface ClusterAccess {
  /** host:port, an IPv6 address in brackets. */
  bootstrapServers: readonly string[]
  tls?: TlsAccess
  sasl?: SaslAccess
}

/** Credentials or certificates that cannot be used with any broker. The message names the field, never its value. */
export class AccessError extends Error {
  override name = 'AccessError'

  constructor(
    readonly field: string,
    readonly reason: string
  ) {
    super(`${field}: ${reason}`)
  }
}

/**
 * Checks what can be checked without a broker.
 * @throws AccessError for the first field that cannot be used
 */
export function checkAccess({ tls, sasl }: ClusterAccess): void {
  if (tls) secureContextOf(tls)
  if (!sasl) return
  if (!saslMechanisms.includes(sasl.mechanism)) throw new AccessError('sasl.mechanism', `set one of ${saslMechanisms.join(', ')}`)
  for (const field of ['username', 'password'] as const) {
    const value: unknown = sasl[field]
    if (typeof value !== 'string' || value === '') throw new AccessError(`sasl.${field}`, 'set a text that is not empty')
    if (value.includes('\0')) throw new AccessError(`sasl.${field}`, 'remove the NUL character, which separates the fields of SASL PLAIN')
  }
}

/**
 * The same access whose password, key and passphrase are read as always, but are no part of what JSON, util.inspect or a copy by spreading
 * of `tls` and `sasl` shows: no log of a mapping can tell them.
 */
export function hideSecrets(access: ClusterAccess): ClusterAccess {
  return {
    ...access,
    ...(access.tls && { tls: hidden(access.tls, ['key', 'passphrase']) }),
    ...(access.sasl && { sasl: hidden(access.sasl, ['password']) })
  }
}

function hidden<T extends object>(from: T, secrets: ReadonlyArray<keyof T>): T {
  const to = { ...from }
  for (const secret of secrets) {
    // read from `from` itself: there it may be hidden already
    if (from[secret] !== undefined) Object.defineProperty(to, secret, { value: from[secret], enumerable: false })
  }
  return to
}

const contexts = new WeakMap<TlsAccess, SecureContext>()

/**
 * What TLS connections with this access share: read and checked once.
 * @throws AccessError when a certificate or the key cannot be read, or they do not belong together
 */
export function secureContextOf(tls: TlsAccess): SecureContext {
  const made = contexts.get(tls)
  if (made) return made
  const { ca, cert, key, passphrase } = tls
  if (ca !== undefined) checkCertificates('tls.ca', ca)
  if (cert !== undefined) checkCertificates('tls.cert', cert)
  if (cert !== undefined && key === undefined) throw new AccessError('tls.key', 'the private key of the client certificate is missing')
  if (key !== undefined && cert === undefined) throw new AccessError('tls.cert', 'the certificate of the private key is missing')
  if (key !== undefined && cert !== undefined) checkKey(key, passphrase, cert)
  try {
    const context = createSecureContext({ ca, cert, key, passphrase, minVersion: 'TLSv1.2' })
    contexts.set(tls, context)
    return context
  } catch (error) {
    throw new AccessError('tls', `OpenSSL takes neither or not all of ca, cert and key (${codeOf(error)})`)
  }
}

const certificatePem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

function checkCertificates(field: string, text: string): void {
  const found = text.match(certificatePem)
  if (!found) throw new AccessError(field, 'this is no PEM certificate: it has no line -----BEGIN CERTIFICATE-----')
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem)
    } catch (error) {
      throw new AccessError(field, `certificate ${index + 1} of ${found.length} cannot be read (${codeOf(error)})`)
    }
  }
}

function checkKey(key: string, passphrase: string | undefined, cert: string): void {
  let isPair: boolean
  try {
    isPair = new X509Certificate(cert.match(certificatePem)![0]).checkPrivateKey(createPrivateKey({ key, passphrase }))
  } catch (error) {
    throw keyError(codeOf(error), passphrase)
  }
  if (!isPair) throw new AccessError('tls.key', 'this is the private key of another certificate than the first of tls.cert')
}

function keyError(code: string, passphrase: string | undefined): AccessError {
  if (code === 'ERR_MISSING_PASSPHRASE' || (code === 'ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED' && passphrase === undefined))
    return new AccessError('tls.passphrase', 'the private key is encrypted: set its passphrase')
  if (/BAD_DECRYPT|BAD_PASSWORD|CIPHERFINAL/.test(code))
    return new AccessError('tls.passphrase', 'the private key opens with another passphrase')
  if (code === 'ERR_OSSL_UNSUPPORTED' || code === 'ERR_OSSL_EVP_UNSUPPORTED') {
    const remedy = 'openssl pkcs8 -topk8 -v2 aes256 -in <old> -out <new>'
    return new AccessError(
      'tls.key',
      `this is no PEM key, or encrypted in a way that OpenSSL 3 no longer reads; then convert it: ${remedy}`
    )
  }
  return new AccessError('tls.key', `this is no PEM private key (${code})`)
}

// A code only: the messages of OpenSSL are not ours to promise anything about.
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown error'
