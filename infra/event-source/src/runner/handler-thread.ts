// What is one sandbox? A worker thread with the handler loaded, which either answers an invocation or dies in a way that has a name.
import { Worker, type WorkerOptions } from 'node:worker_threads'
import type { FunctionDefinition } from './function-definition'
import type { Invoke, ThreadData, ThreadMessage } from './messages'
import { errorTypes, type Failure, type Outcome } from './outcome'

/** Lambda's limit for loading a function's code ahead of its first invocation. */
const INIT_MS_MAX = 10_000
/** The longest that a timer can wait. */
const TIMER_MS_MAX = 2 ** 31 - 1

/**
 * How long a handler may take to load: what does not load ahead in time does so in Lambda's first invocation, for as long as the timeout.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib
 */
export const loadingMs = (timeoutMs: number): number => Math.min(TIMER_MS_MAX, Math.max(INIT_MS_MAX, timeoutMs))

// loading --ready--> idle --invoke--> busy --done--> idle
//    |                                  |
//    +--unloadable, error, exit, limit--+--error, exit, timeout--> dead
export class HandlerThread {
  private readonly worker: Worker
  private settleReady!: (failure?: Failure) => void
  private readonly ready: Promise<Failure | undefined>
  private settleRun?: (outcome: Outcome) => void
  private readonly initTimer: NodeJS.Timeout
  private isAwaited = false
  isDead = false

  /** @param threadFile the bundled `runner-thread.js` */
  constructor(
    private readonly definition: FunctionDefinition,
    threadFile: URL,
    private readonly onLateFailure: (failure: Failure) => void,
    onRefusedOptions: (reason: string) => void
  ) {
    this.ready = new Promise(resolve => {
      this.settleReady = resolve
    })
    const workerData: ThreadData = definition
    const options = {
      name: definition.functionName,
      env: definition.environment,
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: definition.memoryMb }
    }
    this.worker = startWorker(threadFile, options, onRefusedOptions)
    // the plugin's own lifetime is not the thread's business
    this.worker.unref()
    const limitMs = loadingMs(definition.timeoutMs)
    this.initTimer = setTimeout(() => this.die(this.timeoutFailure(limitMs, 'Init')), limitMs)
    this.initTimer.unref()
    this.worker.on('message', (message: ThreadMessage) => this.receive(message))
    this.worker.on('error', error => this.die(crashFailure(error)))
    this.worker.on('exit', code => this.die({ errorType: errorTypes.exit, message: `Runtime exited with exit status ${code}` }))
  }

  private timeoutFailure(ms: number, phase = ''): Failure {
    return { errorType: errorTypes.timeout, message: `${phase ? `${phase}: ` : ''}Task timed out after ${(ms / 1000).toFixed(2)} seconds` }
  }

  private receive(message: ThreadMessage): void {
    if (message.type === 'done') this.settleRun?.(message.outcome)
    else if (message.type === 'unloadable') this.die(message.failure)
    else {
      clearTimeout(this.initTimer)
      this.settleReady()
    }
  }

  /** Only the first cause of death counts: an 'error' is always followed by an 'exit'. */
  private die(failure: Failure): void {
    if (this.isDead) return
    this.isDead = true
    clearTimeout(this.initTimer)
    void this.worker.terminate()
    this.settleReady(failure)
    if (this.settleRun) this.settleRun({ ok: false, failure })
    else if (!this.isAwaited) this.onLateFailure(failure)
  }

  /** Resolves once the handler is loaded, or never will be. */
  async loaded(): Promise<void> {
    await this.ready
  }

  /** Runs one invocation; never rejects. The thread must not be busy. */
  async invoke(requestId: string, memory: SharedArrayBuffer, bytes: number): Promise<Outcome> {
    this.isAwaited = true
    const initFailure = await this.ready
    if (initFailure) return { ok: false, failure: initFailure }
    const { timeoutMs } = this.definition
    let watchdog: NodeJS.Timeout | undefined
    try {
      return await new Promise<Outcome>(resolve => {
        this.settleRun = resolve
        if (this.isDead)
          return resolve({ ok: false, failure: { errorType: errorTypes.exit, message: 'the thread ended before the invocation' } })
        if (timeoutMs !== Infinity) watchdog = setTimeout(() => this.die(this.timeoutFailure(timeoutMs)), timeoutMs)
        const message: Invoke = { requestId, memory, bytes, deadline: Date.now() + timeoutMs }
        this.worker.postMessage(message)
      })
    } finally {
      clearTimeout(watchdog)
      this.settleRun = undefined
      this.isAwaited = false
    }
  }

  /** Ends the thread; an invocation that still runs is given up. */
  async terminate(): Promise<void> {
    clearTimeout(this.initTimer)
    this.isDead = true
    const failure: Failure = { errorType: errorTypes.exit, message: 'the runner was stopped', isService: true }
    this.settleReady(failure)
    this.settleRun?.({ ok: false, failure })
    await this.worker.terminate()
  }
}

/** Without its NODE_OPTIONS where they have what only a process takes, or another version of Node: said once, as they are taken out. */
function startWorker(
  threadFile: URL,
  options: WorkerOptions & { env: Record<string, string> },
  onRefused: (reason: string) => void
): Worker {
  try {
    return new Worker(threadFile, options)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_INVALID_EXEC_ARGV') throw error
    delete options.env['NODE_OPTIONS']
    onRefused((error as Error).message)
    return new Worker(threadFile, options)
  }
}

// Node rebuilds an error from a thread as an object with the fields of an Error, so `instanceof` is no test for it.
function crashFailure(error: unknown): Failure {
  const { message, stack, code } = (typeof error === 'object' && error !== null ? error : {}) as {
    message?: string
    stack?: string
    code?: string
  }
  if (code === 'ERR_WORKER_INIT_FAILED') return { errorType: errorTypes.crash, message: message ?? code, isService: true }
  if (message === undefined) return { errorType: errorTypes.crash, message: String(error) }
  return { errorType: code === 'ERR_WORKER_OUT_OF_MEMORY' ? errorTypes.memory : errorTypes.crash, message, detail: stack }
}
