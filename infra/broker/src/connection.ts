// How are the requests of one client read, answered in order, and refused when they are no requests?
import type { Socket } from 'node:net'
import type { Message } from './faults/placement'
import { advertised } from './handlers/api-versions'
import type { BrokerState, Caller, Handler } from './handlers/handler'
import { handlers } from './handlers/index'
import {
  type ApiName,
  type Apis,
  decodeRequest,
  decodeRequestHeader,
  encodeResponseParts,
  errorCodes,
  FrameSplitter,
  type RequestHeader,
  type RequestOf
} from './protocol'
import { Authentication, type Step, tokenBytesMax } from './security/authentication'
import type { Users } from './security/users'

/** Answers a request, at once or later; with nothing where the client wants no answer. */
type Handle = (request: unknown, caller: Caller) => unknown

export interface ConnectionOptions {
  socket: Socket
  state: BrokerState
  /** Who is let in; without them everybody is. */
  users: Users | undefined
  onWarning: (message: string) => void
}

/**
 * One client. Requests are answered one after the other, as Apache Kafka does: a fetch that waits holds up what was sent behind it. A frame
 * that is no request closes this connection; no other notices.
 */
export class Connection {
  private readonly splitter: FrameSplitter
  private readonly waiting: Buffer[] = []
  private readonly gone = new AbortController()
  private readonly peer: string
  private readonly clientHost: string
  private isServing = false
  private readonly authentication: Authentication | undefined

  constructor(private readonly options: ConnectionOptions) {
    const { socket, state, users } = options
    this.authentication = users && new Authentication(users)
    this.splitter = new FrameSplitter(users ? tokenBytesMax : state.limits.frameBytesMax)
    this.clientHost = socket.remoteAddress ?? ''
    this.peer = `${this.clientHost}:${socket.remotePort}`
    socket.setNoDelay(true)
    socket.on('data', chunk => this.receive(chunk))
    // an error is followed by 'close'
    socket.on('error', () => {})
    socket.on('close', () => this.gone.abort())
  }

  /** Ends the connection at once; a fetch that waits is released. */
  close(): void {
    this.gone.abort()
    this.options.socket.destroy()
  }

  private receive(chunk: Buffer): void {
    try {
      this.waiting.push(...this.splitter.push(chunk))
    } catch (error) {
      this.refuse(error)
      return
    }
    if (this.waiting.length >= this.options.state.limits.requestsInFlightMax) this.options.socket.pause()
    if (!this.isServing) void this.serve()
  }

  private refuse(error: unknown): void {
    if (!this.gone.signal.aborted)
      this.options.onWarning(`closed the connection of ${this.peer}: ${error instanceof Error ? error.message : error}`)
    this.close()
  }

  private async serve(): Promise<void> {
    const { socket } = this.options
    this.isServing = true
    try {
      for (let frame = this.waiting.shift(); frame && !this.gone.signal.aborted; frame = this.waiting.shift()) {
        await this.answer(frame)
        if (this.waiting.length === 0 && socket.isPaused()) socket.resume()
      }
    } catch (error) {
      this.refuse(error)
    } finally {
      this.isServing = false
    }
  }

  private async answer(frame: Buffer): Promise<void> {
    const { authentication } = this
    if (authentication?.isRaw) return this.answerRaw(authentication, frame)
    const header = decodeRequestHeader(frame)
    const { correlationId } = header
    if (!header.isSupported && header.apiName === 'apiVersions') {
      // KIP-511: a newer version than ours is answered in version 0, which every client can read
      await this.write(
        encodeResponseParts('apiVersions', 0, correlationId, { errorCode: errorCodes.UNSUPPORTED_VERSION, apiKeys: advertised() })
      )
      return
    }
    if (authentication && !authentication.isDone && header.apiName !== 'apiVersions') return this.authenticate(authentication, frame)
    const { state } = this.options
    const { body, name } = decodeRequest(frame, state.limits.requestElementsMax)
    await this.respond(header, name, body, (request, caller) => (handlers[name] as Handler<ApiName>)(state, request as never, caller))
  }

  /** Writes what `handle` answers, unless a fault changes it. */
  private async respond({ clientId, correlationId, version }: RequestHeader, name: ApiName, body: unknown, handle: Handle): Promise<void> {
    let after: (() => void) | undefined
    const caller: Caller = {
      version,
      clientId: clientId ?? '',
      clientHost: this.clientHost,
      signal: this.gone.signal,
      afterAnswer: task => {
        after = task
      }
    }
    try {
      const { faults } = this.options.state
      const answered = faults.isActive
        ? faults.answer(name, body as Message, caller, request => handle(request, caller))
        : handle(body, caller)
      const response = answered instanceof Promise ? await answered : answered
      if (response) await this.write(encodeResponseParts(name, version, correlationId, response as never))
    } finally {
      after?.()
    }
  }

  private async answerRaw(authentication: Authentication, message: Buffer): Promise<void> {
    const answer = authentication.proceed(message)
    const size = Buffer.alloc(4)
    size.writeInt32BE(answer.length)
    await this.write([size, answer])
    this.admit(authentication)
  }

  /** Answers what leads to an authenticated connection. Throws, which closes this one, at any other request. */
  private async authenticate(authentication: Authentication, frame: Buffer): Promise<void> {
    const { body, header, name } = decodeRequest(frame)
    let step = undefined as Step<object> | undefined
    await this.respond(header, name, body, request => {
      if (name === 'saslHandshake') {
        step = authentication.handshake((request as RequestOf<Apis['saslHandshake']>).mechanism, header.version)
      } else if (name === 'saslAuthenticate') {
        step = authentication.authenticate((request as RequestOf<Apis['saslAuthenticate']>).authBytes)
      } else {
        throw new Error(`${name} before it has authenticated`)
      }
      return step.response
    })
    if (!step || step.isLast) this.dismiss(`it did not authenticate (${name})`)
    else this.admit(authentication)
  }

  private admit({ isDone }: Authentication): void {
    if (isDone) this.splitter.frameBytesMax = this.options.state.limits.frameBytesMax
  }

  /** Ends the connection once the client has been told why. */
  private dismiss(reason: string): void {
    this.options.onWarning(`closed the connection of ${this.peer}: ${reason}`)
    this.gone.abort()
    this.options.socket.destroySoon()
  }

  /** Hands one response to the socket; waits when the client reads slower than it asks. */
  private async write(parts: Buffer[]): Promise<void> {
    const { socket } = this.options
    if (socket.destroyed) return
    socket.cork()
    for (const part of parts) socket.write(part)
    socket.uncork()
    if (!socket.writableNeedDrain) return
    await new Promise<void>(resolve => {
      const done = (): void => {
        socket.off('drain', done)
        socket.off('close', done)
        resolve()
      }
      socket.on('drain', done)
      socket.on('close', done)
    })
  }
}
