// How does one connection to one broker carry requests? Pipelined, answered in order of correlation id, each within a time limit.
import { connect, type Socket } from 'node:net'
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
  FrameSplitter,
  KafkaError,
  type RequestInput,
  type ResponseOf
} from 'sluice-broker/protocol'

/** For the TCP handshake. */
const CONNECT_MS_MAX = 5_000
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

/** The broker cannot be reached, or went away with requests unanswered. */
export class ConnectionError extends Error {
  override name = 'ConnectionError'
}

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
  private closedBy?: Error

  private constructor(
    private readonly socket: Socket,
    readonly address: string
  ) {
    socket.setNoDelay(true)
    socket.on('data', chunk => this.receive(chunk))
    socket.on('error', error => this.close(new ConnectionError(`${address}: ${error.message}`, { cause: error })))
    socket.on('close', () => this.close(new ConnectionError(`${address} closed the connection`)))
  }

  /**
   * Connects and agrees on versions.
   * @throws ConnectionError when the broker does not answer in time
   */
  static async open(host: string, port: number): Promise<Connection> {
    const address = `${host}:${port}`
    const socket = await new Promise<Socket>((resolve, reject) => {
      const opening = connect({ host, port })
      const fail = (reason: string, cause?: Error) => {
        opening.destroy()
        reject(new ConnectionError(`${address}: ${reason}`, { cause }))
      }
      const timer = setTimeout(() => fail(`no connection within ${CONNECT_MS_MAX} ms`), CONNECT_MS_MAX)
      opening.once('error', error => {
        clearTimeout(timer)
        fail(error.message || (error as NodeJS.ErrnoException).code || 'not reachable', error)
      })
      opening.once('connect', () => {
        clearTimeout(timer)
        opening.removeAllListeners('error')
        resolve(opening)
      })
    })
    const connection = new Connection(socket, address)
    await connection.agreeOnVersions()
    return connection
  }

  get isClosed(): boolean {
    return this.closedBy !== undefined
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

  /**
   * Sends one request and waits for its response.
   * @param waitMs how long the request itself lets the broker wait before it answers
   * @throws ConnectionError when the connection ends first; KafkaError when the broker speaks no common version
   */
  async request<N extends ApiName>(name: N, body: RequestInput<Apis[N]>, waitMs = 0): Promise<ResponseOf<Apis[N]>> {
    const version = this.versions.get(name)
    if (version === undefined) throw new KafkaError('UNSUPPORTED_VERSION', `${this.address} speaks no common version of ${name}`)
    const api: AnyApi = apis[name]
    const frame = await this.send(api, version, body, REQUEST_MS_MAX + waitMs)
    return decodeResponse(api, version, frame).body as ResponseOf<Apis[N]>
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
      for (const frame of this.frames.push(chunk)) {
        const correlationId = correlationIdOf(frame)
        const pending = this.pending.get(correlationId)
        if (!pending) throw new ConnectionError(`${this.address} answers request ${correlationId}, which was not sent`)
        this.pending.delete(correlationId)
        clearTimeout(pending.timer)
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
