// How do tests debug a running command? As editors do: over the inspector's WebSocket, in the threads that it tells of.
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

interface Socket {
  send: (text: string) => void
  close: () => void
  on: (event: 'open' | 'message', listener: (data: Buffer) => void) => void
}
interface Message {
  method: string
  params: Record<string, unknown>
}

// serverless-offline's own, whose package.json cannot be resolved by name
const { WebSocket } = createRequire(resolve(require.resolve('serverless/package.json'), '../../serverless-offline/package.json'))('ws') as {
  WebSocket: new (url: string) => Socket
}

/** Sets one breakpoint in every thread of a process. */
export class Debugger {
  private serial = 0

  private constructor(
    private readonly socket: Socket,
    private readonly onPaused: () => void
  ) {}

  /**
   * @param url as `node --inspect` prints it
   * @param place a file's name as regular expression, and a line from 0
   * @param onPaused called whenever a thread stops there; it goes on by itself then
   */
  static async attach(url: string, place: { urlRegex: string; lineNumber: number }, onPaused: () => void): Promise<Debugger> {
    const socket = new WebSocket(url)
    const attached = new Debugger(socket, onPaused)
    await new Promise<void>(resolve => {
      socket.on('message', data => {
        const { method, params } = JSON.parse(data.toString()) as Message
        if (method === 'NodeWorker.attachedToWorker') {
          attached.inThread(params['sessionId'], 'Debugger.enable')
          attached.inThread(params['sessionId'], 'Debugger.setBreakpointByUrl', place)
        } else if (method === 'NodeWorker.receivedMessageFromWorker') {
          attached.heard(params['sessionId'], JSON.parse(params['message'] as string))
          resolve()
        }
      })
      socket.on('open', () => attached.send('NodeWorker.enable', { waitForDebuggerOnStart: false }))
    })
    return attached
  }

  private heard(sessionId: unknown, { method }: Message): void {
    if (method !== 'Debugger.paused') return
    this.onPaused()
    this.inThread(sessionId, 'Debugger.resume')
  }

  private send(method: string, params: object): void {
    this.socket.send(JSON.stringify({ id: ++this.serial, method, params }))
  }

  private inThread(sessionId: unknown, method: string, params: object = {}): void {
    this.send('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id: ++this.serial, method, params }) })
  }

  close(): void {
    this.socket.close()
  }
}
