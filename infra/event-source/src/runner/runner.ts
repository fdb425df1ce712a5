// How does a poller invoke its function? One thread at a time, kept warm between invocations and replaced when it died or its code changed.
import { randomUUID } from 'node:crypto'
import type { FunctionDefinition } from './function-definition'
import { HandlerThread } from './handler-thread'
import type { Failure, Outcome } from './outcome'

let turn: Promise<void> = Promise.resolve()

export class Runner {
  private thread?: HandlerThread
  private isBusy = false
  private isStale = false
  private isStopped = false

  /**
   * @param threadFile the bundled `runner-thread.js`
   * @param onIdleFailure told of a thread that died between invocations
   * @param onRefusedOptions told why the function runs without its NODE_OPTIONS
   */
  constructor(
    private readonly definition: FunctionDefinition,
    private readonly threadFile: URL,
    private readonly onIdleFailure: (failure: Failure) => void = () => {},
    private readonly onRefusedOptions: (reason: string) => void = () => {}
  ) {}

  /** Loads the handler ahead of the first invocation. */
  warm(): void {
    if (this.isStopped || (this.thread && !this.thread.isDead)) return
    this.thread = new HandlerThread(this.definition, this.threadFile, this.onIdleFailure, this.onRefusedOptions)
  }

  /** The same, after the handlers that wait their turn: side by side they would all be ready only when the last one is. */
  warmInTurn(): void {
    turn = turn.then(async () => {
      this.warm()
      await this.thread?.loaded()
    })
  }

  /** Invokes the function with the JSON event in the first `bytes` of `memory`. Never rejects; call it again only after it resolved. */
  async invoke(memory: SharedArrayBuffer, bytes: number, requestId: string = randomUUID()): Promise<Outcome> {
    this.isBusy = true
    try {
      this.warm()
      if (!this.thread) return { ok: false, failure: { errorType: 'Stopped', message: 'the runner was stopped', isService: true } }
      return await this.thread.invoke(requestId, memory, bytes)
    } finally {
      this.isBusy = false
      if (this.isStale) await this.reload()
    }
  }

  /** Takes a fresh thread, which loads the code anew: at once, or after the invocation that is running. */
  async reload(): Promise<void> {
    if (this.isBusy) {
      this.isStale = true
      return
    }
    this.isStale = false
    const old = this.thread
    if (!old) return
    this.thread = undefined
    this.warm()
    await old.terminate()
  }

  /** Ends the thread. An invocation that still runs fails. */
  async stop(): Promise<void> {
    this.isStopped = true
    await this.thread?.terminate()
  }
}
