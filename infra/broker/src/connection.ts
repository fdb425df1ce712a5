// How are the requests of one client read, answered in order, and refused when they are no requests?
import type { Socket } from 'node:net'
import { advertised } from './handlers/api-versions'
import type { BrokerState, Caller, Handler } from './handlers/handler'
import { handlers } from './handlers/index'
import { type ApiName, decodeRequest, decodeRequestHeader, encodeResponseParts, errorCodes, FrameSplitter } from './protocol'

export interface ConnectionOptions {
  socket: Socket
  state: BrokerState
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

  constructor(private readonly options: ConnectionOptions) {
    const { socket, state } = options
    this.splitter = new FrameSplitter(state.limits.frameBytesMax)
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
    const header = decodeRequestHeader(frame)
    const { correlationId, version } = header
    if (!header.isSupported && header.apiName === 'apiVersions') {
      // KIP-511: a newer version than ours is answered in version 0, which every client can read
      await this.write(
        encodeResponseParts('apiVersions', 0, correlationId, { errorCode: errorCodes.UNSUPPORTED_VERSION, apiKeys: advertised() })
      )
      return
    }
    const { body, name } = decodeRequest(frame, this.options.state.limits.requestElementsMax)
    let after: (() => void) | undefined
    const caller: Caller = {
      version,
      clientId: header.clientId ?? '',
      clientHost: this.clientHost,
      signal: this.gone.signal,
      afterAnswer: task => {
        after = task
      }
    }
    try {
      const answered = (handlers[name] as Handler<ApiName>)(this.options.state, body as never, caller)
      const response = answered instanceof Promise ? await answered : answered
      if (response) await this.write(encodeResponseParts(name, version, correlationId, response as never))
    } finally {
      after?.()
    }
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
