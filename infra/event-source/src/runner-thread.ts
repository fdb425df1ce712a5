// What happens inside a runner's thread? It loads the handler once and runs one invocation at a time, as a Lambda sandbox does.
import { inspect } from 'node:util'
import { parentPort, workerData } from 'node:worker_threads'
import { type Handler, HandlerNotFound, loadHandler } from './runner/handler-loader'
import type { Invoke, ThreadData, ThreadMessage } from './runner/messages'
import { errorTypes, type Failure, type Outcome, RESULT_BYTES_MAX } from './runner/outcome'

const port = parentPort!
const data = workerData as ThreadData
const post = (message: ThreadMessage) => port.postMessage(message)

function describe(error: unknown, errorType?: string): Failure {
  if (error instanceof Error) return { errorType: errorType ?? error.name, message: error.message, detail: inspect(error) }
  return { errorType: errorType ?? typeof error, message: typeof error === 'string' ? error : inspect(error) }
}

function loadFailure(error: unknown): Failure {
  if (error instanceof HandlerNotFound) return describe(error, errorTypes.notFound)
  return describe(error, errorTypes.import)
}

/** A handler's result as the JSON text that Lambda would answer; `undefined` becomes null. */
function toOutcome(result: unknown): Outcome {
  let payload: string
  try {
    payload = JSON.stringify(result) ?? 'null'
  } catch (error) {
    return { ok: false, failure: { ...describe(error, errorTypes.result), message: `the result is not JSON: ${(error as Error).message}` } }
  }
  if (Buffer.byteLength(payload) <= RESULT_BYTES_MAX) return { ok: true, payload }
  const message = `the result has ${Buffer.byteLength(payload)} bytes, more than ${RESULT_BYTES_MAX}`
  return { ok: false, failure: { errorType: errorTypes.resultSize, message } }
}

type Settle = (error: unknown, result?: unknown) => void

/** What Lambda passes as second argument (https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html), with the old done, fail, succeed. */
function contextOf(invoke: Invoke, settle: Settle) {
  return {
    awsRequestId: invoke.requestId,
    callbackWaitsForEmptyEventLoop: true,
    clientContext: undefined,
    functionName: data.functionName,
    functionVersion: '$LATEST',
    identity: undefined,
    invokedFunctionArn: data.invokedFunctionArn,
    logGroupName: `/aws/lambda/${data.functionName}`,
    logStreamName: `local/[$LATEST]${data.functionName}`,
    memoryLimitInMB: String(data.memoryMb),
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(invoke.deadline - Date.now())),
    done: settle,
    fail: (error: unknown) => settle(error ?? new Error('context.fail was called')),
    succeed: (result: unknown) => settle(null, result)
  }
}

// An invocation that waits for nothing more is over (as in Lambda's runtime): a callback handler's with null, a promise's as a failure.
let onNothingLeft: (() => void) | undefined
process.on('beforeExit', () => onNothingLeft?.())

function run(handler: Handler, invoke: Invoke): void {
  let isSettled = false
  const finish = (outcome: Outcome) => {
    if (isSettled) return
    isSettled = true
    onNothingLeft = undefined
    port.ref()
    post({ type: 'done', outcome })
  }
  const fail = (error: unknown) => finish({ ok: false, failure: describe(error) })
  const settle: Settle = (error, result) => (error === null || error === undefined ? finish(toOutcome(result)) : fail(error))
  try {
    const event = JSON.parse(Buffer.from(invoke.memory, 0, invoke.bytes).latin1Slice(0, invoke.bytes))
    const returned = handler(event, contextOf(invoke, settle), settle)
    const isPromise = typeof (returned as PromiseLike<unknown> | undefined)?.then === 'function'
    if (isPromise) (returned as PromiseLike<unknown>).then(result => finish(toOutcome(result)), fail)
    if (isSettled) return
    const unfinished = { errorType: errorTypes.unfinished, message: 'the handler awaits something that never happens' }
    onNothingLeft = () => finish(isPromise ? { ok: false, failure: unfinished } : toOutcome(null))
    port.unref()
  } catch (error) {
    fail(error)
  }
}

process.setSourceMapsEnabled(true)
loadHandler(data.codeDir, data.handler, data.tsxFrom).then(
  handler => {
    port.on('message', (invoke: Invoke) => run(handler, invoke))
    post({ type: 'ready' })
  },
  error => post({ type: 'unloadable', failure: loadFailure(error) })
)
