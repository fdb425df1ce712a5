// What do the runner and its thread say to each other?
import type { Failure, Outcome } from './outcome'

/** What a thread is told when it is created. */
export interface ThreadData {
  /** Folder that the handler path is relative to. */
  codeDir: string
  /** As in serverless.yml: path without extension, a dot, the exported name. */
  handler: string
  /** Where `tsx` may be loaded from, for TypeScript handlers that nobody bundled. */
  tsxFrom?: string
  functionName: string
  memoryMb: number
  invokedFunctionArn: string
}

export interface Invoke {
  requestId: string
  /** The event's JSON, ASCII only, is the first `bytes` of `memory`. */
  memory: SharedArrayBuffer
  bytes: number
  /** Epoch milliseconds at which the function's timeout ends; Infinity when it has none. */
  deadline: number
}

export type ThreadMessage = { type: 'ready' } | { type: 'unloadable'; failure: Failure } | { type: 'done'; outcome: Outcome }
