// How does a socket to a broker come about, over TCP or TLS, and what does its failure mean to the user?
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { AccessError, secureContextOf, type TlsAccess } from './access'
import { AccessRefused, ConnectionError } from './connection-error'

/** For the TCP handshake, and again for that of TLS. */
const CONNECT_MS_MAX = 5_000

/** The code of an end without an error. */
const CLOSED = 'CLOSED'

/** host:port as a user writes it. */
export const addressOf = (host: string, port: number): string => (isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`)

/** The parts of host:port. */
export function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

/**
 * Connects, and agrees on TLS where it is wanted.
 * @throws ConnectionError when the broker does not answer in time; AccessRefused when TLS cannot be agreed on
 */
export async function openSocket(host: string, port: number, tls?: TlsAccess): Promise<Socket> {
  const address = addressOf(host, port)
  const tcp = connect({ host, port })
  await ready(tcp, 'connect', `${address}: no connection within ${CONNECT_MS_MAX} ms`, error => {
    const first = error instanceof AggregateError ? (error.errors[0] as Error) : error
    return new ConnectionError(`${address}: ${first.message || codeOf(error) || 'not reachable'}`, { cause: error })
  })
  if (!tls) return tcp
  let socket: TLSSocket
  try {
    // SNI carries names only; without one the certificate is compared with the address (RFC 6066 §3)
    const servername = isIP(host) ? '' : host
    socket = connectTls({ socket: tcp, host, servername, secureContext: secureContextOf(tls), rejectUnauthorized: !tls.isUnverified })
  } catch (error) {
    tcp.destroy()
    throw error instanceof AccessError ? new AccessRefused(`the access to ${address} cannot be used: ${error.message}`) : error
  }
  const late = `${address}: no TLS handshake within ${CONNECT_MS_MAX} ms; does this port speak TLS?`
  await ready(socket, 'secureConnect', late, error => {
    if (codeOf(error) !== 'ECONNRESET' && codeOf(error) !== CLOSED) return tlsFailure(address, error, tls)
    const remedy = 'remove the TLS settings or use the port of an SSL listener'
    return new AccessRefused(`${address}: the server ended the TLS handshake, as a port without TLS does: ${remedy}`, { cause: error })
  })
  return socket
}

function ready(socket: Socket, event: 'connect' | 'secureConnect', late: string, explain: (error: Error) => Error): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      clearTimeout(timer)
      socket.off(event, settle).off('error', fail).off('close', close)
      if (!error) return resolve()
      // an error may still follow, and nobody else listens
      socket.on('error', () => {}).destroy()
      reject(error)
    }
    const fail = (error: Error) => settle(explain(error))
    const close = () => fail(Object.assign(new Error('the server closed the connection'), { code: CLOSED }))
    const timer = setTimeout(() => settle(new ConnectionError(late)), CONNECT_MS_MAX)
    socket.once(event, () => settle())
    socket.once('error', fail).once('close', close)
  })
}

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? ''

/** What OpenSSL says of a chain that ends nowhere. */
const untrusted = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE'
])
const otherDate = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

/** An error of a TLS socket as what the user can do about it. In TLS 1.3 what a server finds wrong arrives after the handshake. */
export function tlsFailure(address: string, error: Error, tls: TlsAccess): ConnectionError {
  const code = codeOf(error)
  const refused = (text: string) => new AccessRefused(`${address}: ${text}`, { cause: error })
  if (untrusted.has(code)) {
    const remedy = tls.ca === undefined ? 'set the CA that signed it' : 'the CA that is set has not signed it'
    return refused(`the server's certificate is signed by an authority that is not trusted (${code}): ${remedy}`)
  }
  if (otherDate.has(code)) return refused(`the server's certificate is not valid today (${code})`)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return refused(`the server's certificate is for other names (${(error as Error & { reason?: string }).reason ?? code})`)
  if (/ALERT/i.test(code) || /\balert\b/.test(error.message)) return refused(alertMeaning(code || error.message, tls))
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH|RECORD|UNEXPECTED_MESSAGE|EPROTO/.test(code))
    return refused(
      `the server answers something else than TLS (${code}): this is no port for TLS, remove the TLS settings or use that of an SSL listener`
    )
  return new ConnectionError(`${address}: ${error.message || code}`, { cause: error })
}

function alertMeaning(code: string, tls: TlsAccess): string {
  if (/PROTOCOL_VERSION|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY/i.test(code))
    return `no TLS version or cipher in common with the server (${code})`
  if (tls.cert === undefined) return `the server ends TLS (${code}): it wants a client certificate, and none is set`
  return `the server does not take the client certificate (${code}): has the CA that the server trusts signed it, and is it still valid?`
}
