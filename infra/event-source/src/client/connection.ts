// How does one connection to one broker carry requests? Authenticated, pipelined, answered in order of correlation id, each in time.
import type { Socket } from 'node:net'
import { hostname } from 'node:os'
import {
  type AnyApi,
  type ApiName,
  type Apis,
  apis,
  correlationIdOf,
  decodeResponse,
  encodeRequestParts,
  errorCodes,
  errorName,
  FrameSplitter,
  KafkaError,
  type RequestInput,
  type ResponseOf
} from 'sluice-broker/protocol'
import type { ClusterAccess, SaslAccess } from './access'
import { AccessRefused, ConnectionError } from './connection-error'
import { authenticate, SaslError } from './sasl'
import { addressOf, openSocket, tlsFailure } from './socket'

/** For an answer, beyond what a request itself asks the broker to wait. */
export const REQUEST_MS_MAX = 15_000
/** Names host and process, so that a later process can tell members that a killed one left behind. */
export const CLIENT_ID = `kafka-event-source-${hostname()}-${process.pid}`
const SOFTWARE_NAME = 'serverless-offline-kafka-event-source'

/**
 * Highest version used where the newest one needs what this client does without: topic ids (fetch, offset commit),
 * several groups in a request (offset fetch) or several keys (coordinators).
 */
const versionCaps: Partial<Record<ApiName, number>> = {
  fetch: 12,
  offsetCommit: 9,
  offsetFetch: 7,
  findCoordinator: 3,
  apiVersions: 3,
  produce: 12
}

/** Part of a session's lifetime after which its next request authenticates anew first (KIP-368), as Apache Kafka's client does at the earliest. */
const SESSION_PART = 0.85
/** Characters of a broker's own words that are repeated. */
const BROKER_TEXT_MAX = 200
/** First bytes of a TLS record: alert or handshake, of version 3.x. */
const isTlsRecord = (chunk: Buffer) => (chunk[0] === 0x15 || chunk[0] === 0x16) && chunk[1] === 0x03

interface Pending {
  resolve: (frame: Buffer) => void
  reject: (error: Error) => void
  timer: NodeJS.Timeout
}

export class Connection {
  private readonly pending = new Map<number, Pending>()
  private readonly frames = new FrameSplitter()
  private readonly versions = new Map<ApiName, number>()
  private nextCorrelationId = 0
  private answers = 0
  private closedBy?: Error
  /** When the next request has to authenticate first, by performance.now(). */
  private authenticateAt = Infinity
  private authenticating?: Promise<void>

  private constructor(
    private readonly socket: Socket,
    readonly address: string,
    private readonly access: Pick<ClusterAccess, 'tls' | 'sasl'>
  ) {
    const { tls } = access
    socket.setNoDelay(true)
    socket.on('data', chunk => this.receive(chunk))
    socket.on('error', error =>
      this.close(
        tls ? tlsFailure(address, error, tls) : new ConnectionError(`${address}: ${error.message}${this.hint()}`, { cause: error })
      )
    )
    socket.on('close', () => this.close(new ConnectionError(`${address} closed the connection${this.hint()}`)))
  }

  /**
   * Connects, agrees on TLS and versions, and authenticates, as far as `access` says.
   * @throws ConnectionError when the broker does not answer in time; AccessRefused when it does not accept the access
   */
  static async open(host: string, port: number, access: Pick<ClusterAccess, 'tls' | 'sasl'>): Promise<Connection> {
    const connection = new Connection(await openSocket(host, port, access.tls), addressOf(host, port), access)
    try {
      await connection.agreeOnVersions()
      if (access.sasl) await connection.authenticate(access.sasl)
      return connection
    } catch (error) {
      connection.close(error as Error)
      throw error
    }
  }

  /** What an end at this point is a sign of: listeners close connections that speak otherwise than they are set up for. */
  private hint(): string {
    const { tls, sasl } = this.access
    if (this.answers === 0 && !tls)
      return ' at the first request (if this is a listener with TLS: set TLS, or use the port of a plaintext one)'
    if (this.answers === 0 && tls && !tls.cert) return ' at the first request (if this listener wants client certificates: none is set)'
    if (this.answers === 1 && !sasl)
      return ' at the first request of a client without credentials (if this is a listener with SASL: set them)'
    return ''
  }

  get isClosed(): boolean {
    return this.closedBy !== undefined
  }

  /** Whether nothing is asked for at the moment. */
  get isIdle(): boolean {
    return this.pending.size === 0 && !this.authenticating
  }

  /** Calls back once, when the connection has ended. */
  whenClosed(callback: () => void): void {
    if (this.closedBy) callback()
    else this.socket.once('close', callback)
  }

  // A broker that does not know our ApiVersions version answers in version 0 (KIP-511).
  private async agreeOnVersions(): Promise<void> {
    this.versions.set('apiVersions', versionCaps.apiVersions!)
    const body = { clientSoftwareName: SOFTWARE_NAME, clientSoftwareVersion: '1' }
    const answer = await this.send(apis.apiVersions, versionCaps.apiVersions!, body, REQUEST_MS_MAX)
    const isUnsupported = answer.readInt16BE(4) === errorCodes.UNSUPPORTED_VERSION
    const { apiKeys } = decodeResponse(apis.apiVersions, isUnsupported ? 0 : versionCaps.apiVersions!, answer).body
    for (const [name, api] of Object.entries(apis) as Array<[ApiName, AnyApi]>) {
      const spoken = apiKeys.find(({ apiKey }) => apiKey === api.key)
      if (!spoken) continue
      const version = Math.min(api.max, spoken.maxVersion, versionCaps[name] ?? api.max)
      if (version >= Math.max(api.min, spoken.minVersion)) this.versions.set(name, version)
    }
  }

  // KIP-152: SaslHandshake, then the mechanism's messages. Between them the broker takes no other request.
  private async authenticate(sasl: SaslAccess): Promise<void> {
    const { mechanism, username } = sasl
    if (!this.versions.has('saslHandshake') || !this.versions.has('saslAuthenticate'))
      throw new AccessRefused(`${this.address} does not speak SASL: remove the credentials or use a listener with SASL`)
    const handshake = await this.call('saslHandshake', { mechanism }, REQUEST_MS_MAX)
    if (handshake.errorCode === errorCodes.ILLEGAL_SASL_STATE)
      throw new AccessRefused(`${this.address} is a listener without SASL: remove the credentials or use the port of one with SASL`)
    if (handshake.errorCode !== 0)
      throw new AccessRefused(`${this.address} does not offer ${mechanism} but ${handshake.mechanisms.join(', ') || 'no mechanism'}`)
    let lifetimeMs = 0
    try {
      await authenticate(sasl, async message => {
        const answer = await this.call('saslAuthenticate', { authBytes: message }, REQUEST_MS_MAX)
        if (answer.errorCode !== 0) throw new SaslError(harmless(answer.errorMessage || errorName(answer.errorCode), sasl))
        lifetimeMs = answer.sessionLifetimeMs
        return answer.authBytes
      })
    } catch (error) {
      if (!(error instanceof SaslError)) throw error
      throw new AccessRefused(`${this.address} does not accept user ${username} with ${mechanism}: ${harmless(error.message, sasl)}`)
    }
    this.authenticateAt = lifetimeMs > 0 ? performance.now() + lifetimeMs * SESSION_PART : Infinity
  }

  /** Requests that were sent before are answered first, those that come meanwhile wait. */
  private authenticateAnew(): Promise<void> {
    this.authenticating ??= this.authenticate(this.access.sasl!)
      .catch(error => {
        this.close(error)
        throw error
      })
      .finally(() => {
        this.authenticating = undefined
      })
    return this.authenticating
  }

  /**
   * Sends one request and waits for its response.
   * @param waitMs how long the request itself lets the broker wait before it answers
   * @throws ConnectionError when the connection ends first; KafkaError when the broker speaks no common version
   */
  async request<N extends ApiName>(name: N, body: RequestInput<Apis[N]>, waitMs = 0): Promise<ResponseOf<Apis[N]>> {
    if (this.authenticating || performance.now() >= this.authenticateAt) await this.authenticateAnew()
    return this.call(name, body as never, REQUEST_MS_MAX + waitMs) as Promise<ResponseOf<Apis[N]>>
  }

  private async call<N extends ApiName>(name: N, body: RequestInput<Apis[N]>, limitMs: number): Promise<ResponseOf<Apis[N]>> {
    const version = this.versions.get(name)
    if (version === undefined) throw new KafkaError('UNSUPPORTED_VERSION', `${this.address} speaks no common version of ${name}`)
    const api: AnyApi = apis[name]
    const frame = await this.send(api, version, body, limitMs)
    try {
      return decodeResponse(api, version, frame).body as ResponseOf<Apis[N]>
    } catch (cause) {
      // what follows on this connection cannot be trusted either
      const error = new ConnectionError(`${this.address}: its answer to ${api.name} cannot be read: ${(cause as Error).message}`, { cause })
      this.close(error)
      throw error
    }
  }

  private send(api: AnyApi, version: number, body: unknown, limitMs: number): Promise<Buffer> {
    if (this.closedBy) return Promise.reject(this.closedBy)
    const correlationId = this.nextCorrelationId++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.close(new ConnectionError(`${this.address}: no answer to ${api.name} within ${limitMs} ms`)),
        limitMs
      )
      this.pending.set(correlationId, { resolve, reject, timer })
      this.socket.cork()
      for (const part of encodeRequestParts(api, version, { correlationId, clientId: CLIENT_ID }, body)) this.socket.write(part)
      this.socket.uncork()
    })
  }

  private receive(chunk: Buffer): void {
    try {
      if (this.answers === 0 && isTlsRecord(chunk))
        throw new AccessRefused(`${this.address} answers with TLS: set TLS, or use the port of a plaintext listener`)
      for (const frame of this.frames.push(chunk)) {
        const correlationId = correlationIdOf(frame)
        const pending = this.pending.get(correlationId)
        if (!pending) throw new ConnectionError(`${this.address} answers request ${correlationId}, which was not sent`)
        this.pending.delete(correlationId)
        clearTimeout(pending.timer)
        this.answers++
        pending.resolve(frame)
      }
    } catch (error) {
      this.close(error as Error)
    }
  }

  /** Ends the connection; requests without an answer fail with `reason`. */
  close(reason: Error = new ConnectionError(`${this.address}: closed here`)): void {
    if (this.closedBy) return
    this.closedBy = reason
    this.socket.destroy()
    for (const { reject, timer } of this.pending.values()) {
      clearTimeout(timer)
      reject(reason)
    }
    this.pending.clear()
  }
}

/** A broker's words without the password, should it repeat what it got, and not without end. */
function harmless(text: string, { password }: SaslAccess): string {
  return text.replaceAll(password, '…').slice(0, BROKER_TEXT_MAX)
}
