// How can an invocation end? The two results and the names of every failure, as Lambda names them.

/** The largest JSON result of a synchronous invocation: 6 MB. */
export const RESULT_BYTES_MAX = 6 * 1024 * 1024

/** What went wrong in or with a handler; `errorType` carries Lambda's names where Lambda has one. */
export interface Failure {
  errorType: string
  message: string
  /** The error as it would be printed: stack with source maps applied, and its causes. */
  detail?: string
  /** Not the function's failure: it could not be invoked, which is no attempt. */
  isService?: true
}

export type Outcome = { ok: true /** JSON text of the handler's result. */; payload: string } | { ok: false; failure: Failure }

/** The names this runner gives to failures that are not the handler's own errors. */
export const errorTypes = {
  timeout: 'Sandbox.Timedout',
  exit: 'Runtime.ExitError',
  memory: 'Runtime.OutOfMemory',
  unfinished: 'Runtime.NodeJsExit',
  result: 'Runtime.MarshalError',
  resultSize: 'Function.ResponseSizeTooLarge',
  notFound: 'Runtime.HandlerNotFound',
  import: 'Runtime.ImportModuleError',
  crash: 'Runtime.UnhandledException'
} as const
