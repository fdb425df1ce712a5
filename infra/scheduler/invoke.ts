// How did one invocation through the Lambda API end?
import { request } from 'node:http'

export interface Ended {
  outcome: 'ok' | 'failed' | 'timed_out'
  error?: string
  /** Of the invocation, where the endpoint tells it. */
  requestId?: string
}

/**
 * Invokes a function and waits for its end.
 * @param signal aborted when the scheduler stops: the promise then rejects
 */
export type Invoke = (functionName: string, event: unknown, timeoutMs: number, signal: AbortSignal) => Promise<Ended>

/** The endpoint ends a function that takes too long; if it does not, we stop waiting this much later. */
const MARGIN_MS = 5_000
/** An answer is read for its error only. */
const MAX_ANSWER_BYTES = 64 * 1024
/** The words of serverless-offline, and of Lambda. */
const TIMED_OUT = /Lambda timeout|Task timed out/

function errorOf(text: string): string {
  try {
    const { errorType = 'Error', errorMessage, Message } = JSON.parse(text) as Record<string, string | undefined>
    return errorMessage === undefined ? (Message ?? text) : `${errorType}: ${errorMessage}`
  } catch {
    return text
  }
}

function answered(status: number, functionError: boolean, text: string, requestId: string | undefined): Ended {
  if (status < 400 && !functionError) return { outcome: 'ok', requestId }
  const error = errorOf(text) || `the Lambda endpoint answered with status ${status}`
  return { outcome: TIMED_OUT.test(error) ? 'timed_out' : 'failed', error, requestId }
}

/**
 * Over HTTP without the SDK, and without fetch, which gives up on an answer after five minutes.
 * @param endpoint LAMBDA_ENDPOINT
 */
export function httpInvoke(endpoint: string): Invoke {
  return (functionName, event, timeoutMs, signal) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify(event)
      const url = new URL(`/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`, endpoint)
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      const call = request(url, { method: 'POST', agent: false, headers, signal }, answer => {
        const chunks: Buffer[] = []
        let size = 0
        answer.on('data', (chunk: Buffer) => {
          if (size < MAX_ANSWER_BYTES) chunks.push(chunk)
          size += chunk.length
        })
        answer.on('error', failed)
        answer.on('end', () => {
          clearTimeout(timer)
          const { 'x-amz-function-error': functionError, 'x-amzn-requestid': requestId } = answer.headers
          const text = Buffer.concat(chunks).toString('utf8')
          resolve(answered(answer.statusCode ?? 500, functionError !== undefined, text, requestId?.toString()))
        })
      })
      const failed = (error: Error) => {
        clearTimeout(timer)
        if (signal.aborted) reject(error)
        else resolve({ outcome: 'failed', error: `the Lambda endpoint ${endpoint}: ${error.message}` })
      }
      const timer = setTimeout(() => {
        resolve({ outcome: 'timed_out', error: `no answer ${(timeoutMs + MARGIN_MS) / 1000} s after it was invoked` })
        call.destroy()
      }, timeoutMs + MARGIN_MS)
      call.on('error', failed)
      call.end(body)
    })
}
