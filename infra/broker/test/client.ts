// How does a test speak to a broker without a Kafka client? A socket that sends requests and reads answers, or sends anything at all.
import { connect, type Socket } from 'node:net'
import {
  type AnyApi,
  type Api,
  type ApiName,
  type Apis,
  apis,
  decodeResponse,
  encodeRequest,
  FrameSplitter,
  type RequestInput,
  type ResponseOf
} from '../src/protocol'

export class TestClient {
  private readonly splitter = new FrameSplitter()
  private readonly frames: Buffer[] = []
  private waiting: (() => void) | undefined
  private correlationId = 0
  isClosed = false

  private constructor(readonly socket: Socket) {
    socket.on('data', chunk => {
      this.frames.push(...this.splitter.push(chunk))
      this.waiting?.()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
      this.waiting?.()
    })
  }

  static connect(port: number): Promise<TestClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new TestClient(socket)))
      socket.once('error', reject)
    })
  }

  /** The next frame; undefined when the connection is closed instead. */
  async nextFrame(): Promise<Buffer | undefined> {
    while (this.frames.length === 0 && !this.isClosed) {
      await new Promise<void>(resolve => {
        this.waiting = resolve
      })
    }
    return this.frames.shift()
  }

  /** Sends a request and reads its answer, at the API's highest version unless told. */
  async call<N extends ApiName>(name: N, body: RequestInput<Apis[N]>, version = apis[name].max): Promise<ResponseOf<Apis[N]>> {
    this.socket.write(encodeRequest(apis[name] as AnyApi, version, { correlationId: ++this.correlationId, clientId: 'test' }, body))
    const frame = await this.nextFrame()
    if (!frame) throw new Error(`the connection was closed instead of answering ${name}`)
    const answer = decodeResponse(apis[name] as Api<unknown, never, ResponseOf<Apis[N]>, never>, version, frame)
    if (answer.correlationId !== this.correlationId) throw new Error(`answer ${answer.correlationId} to request ${this.correlationId}`)
    return answer.body
  }

  close(): void {
    this.socket.destroy()
  }
}
