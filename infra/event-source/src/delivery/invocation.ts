// What is one attempt to deliver? The function invoked once, under a request id that messages and destinations can name.
import { randomUUID } from 'node:crypto'
import type { Failure, Outcome } from '../runner/outcome'
import type { Runner } from '../runner/runner'

export interface Invocation {
  requestId: string
  outcome: Outcome
}

export async function invokeOnce(runner: Runner, memory: SharedArrayBuffer, bytes: number): Promise<Invocation> {
  const requestId = randomUUID()
  return { requestId, outcome: await runner.invoke(memory, bytes, requestId) }
}

/** The failure as the log tells it. */
export function describe({ errorType, message, detail }: Failure): string {
  return `invocation failed: ${errorType}: ${message}${detail ? `\n${detail}` : ''}`
}
