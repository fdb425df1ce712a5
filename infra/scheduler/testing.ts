// What do the scheduler's tests share? A clock that they drive, the Lambda API's side of the border, and a way to the database that can break.
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import type { Clock } from './clock'

export class ManualClock implements Clock {
  #tasks: { due: number; task: () => void }[] = []

  constructor(private time: number) {}

  now(): number {
    return this.time
  }

  schedule(delayMs: number, task: () => void): () => void {
    const entry = { due: this.time + delayMs, task }
    this.#tasks.push(entry)
    return () => {
      this.#tasks = this.#tasks.filter(each => each !== entry)
    }
  }

  /** Moves time on to an instant, running what falls due on the way, in order. */
  to(instant: string): void {
    const end = Date.parse(instant)
    for (;;) {
      const next = this.#tasks.filter(({ due }) => due <= end).sort((left, right) => left.due - right.due)[0]
      if (!next) break
      this.#tasks = this.#tasks.filter(each => each !== next)
      this.time = Math.max(this.time, next.due)
      next.task()
    }
    this.time = end
  }

  advance(ms: number): void {
    this.to(new Date(this.time + ms).toISOString())
  }

  /** As after a sleep of the machine: time is over, and what was due comes late. */
  wakeAt(instant: string): void {
    this.time = Date.parse(instant)
    this.to(instant)
  }
}

export interface Invocation {
  functionName: string
  event: Record<string, unknown>
  answer(status?: number, body?: unknown, headers?: Record<string, string>): void
}

/** An HTTP server that takes invocations; the test answers them. */
export class LambdaEndpoint {
  readonly #waiting: ((invocation: Invocation) => void)[] = []
  readonly #arrived: Invocation[] = []

  private constructor(private readonly server: Server) {}

  static async start(): Promise<LambdaEndpoint> {
    const server = createServer()
    const endpoint = new LambdaEndpoint(server)
    server.on('request', async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const functionName = /functions\/([^/]+)\/invocations/.exec(request.url!)![1]!
      endpoint.#take({
        functionName,
        event: JSON.parse(body),
        answer(status = 200, answer = {}, headers = {}) {
          response.writeHead(status, headers).end(JSON.stringify(answer))
        }
      })
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return endpoint
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  #take(invocation: Invocation): void {
    const waiting = this.#waiting.shift()
    if (waiting) waiting(invocation)
    else this.#arrived.push(invocation)
  }

  /** The next invocation. */
  next(): Promise<Invocation> {
    const arrived = this.#arrived.shift()
    return arrived ? Promise.resolve(arrived) : new Promise(resolve => this.#waiting.push(resolve))
  }

  /** Invocations that nobody has taken. */
  get untaken(): number {
    return this.#arrived.length
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise(resolve => this.server.close(resolve))
  }
}

/** Hands a database's connections through, until it is told that the database is away, or that it does not answer. */
export class BreakableWay {
  readonly #sockets = new Set<Socket>()
  #isAway = false
  #isSilent = false
  #opened = 0

  private constructor(
    private readonly server: ReturnType<typeof createTcpServer>,
    private readonly target: URL
  ) {}

  static async to(url: string): Promise<BreakableWay> {
    const server = createTcpServer()
    const way = new BreakableWay(server, new URL(url))
    server.on('connection', socket => way.#through(socket))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return way
  }

  get url(): string {
    const url = new URL(this.target)
    url.hostname = '127.0.0.1'
    url.port = String((this.server.address() as AddressInfo).port)
    return url.href
  }

  #through(socket: Socket): void {
    if (this.#isAway) return void socket.destroy()
    this.#opened++
    const other = connect(Number(this.target.port), this.target.hostname)
    for (const each of [socket, other]) {
      this.#sockets.add(each)
      each.on('error', () => {})
      each.on('close', () => {
        this.#sockets.delete(each)
        socket.destroy()
        other.destroy()
      })
    }
    socket.pipe(other)
    other.on('data', chunk => this.#isSilent || socket.write(chunk))
    other.on('end', () => this.#isSilent || socket.end())
  }

  /** Connections that were handed through so far. */
  get opened(): number {
    return this.#opened
  }

  /** What the database says does not arrive any more. */
  silence(): void {
    this.#isSilent = true
  }

  break(): void {
    this.#isAway = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isAway = false
  }

  async close(): Promise<void> {
    this.break()
    await new Promise(resolve => this.server.close(resolve))
  }
}
