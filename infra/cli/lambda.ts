// How does a command invoke a function?
import { PipelineError, REMEDY_LINE } from '../../layers/errors'

const SERVICE = 'sluice-dev'

export interface Invocation {
  /** What the function returned, or its error as Lambda reports it. */
  payload: unknown
  /** Lambda's word for how it failed: `Unhandled`. */
  functionError?: string
}

/**
 * Invokes a function through the Lambda API with the AWS SDK, as a program on AWS would. There is no second attempt: an event that was
 * perhaps received is not sent again.
 * @param endpoint LAMBDA_ENDPOINT
 * @param name as in serverless.yml
 * @throws PipelineError SERVICE_FAILED when the endpoint does not answer
 */
export async function invokeFunction(endpoint: string, name: string, event: unknown): Promise<Invocation> {
  // otherwise the SDK prints a warning about coming versions of Node into the command's output
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda')
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new LambdaClient({ endpoint, region: process.env['AWS_REGION'] ?? 'us-east-1', credentials, maxAttempts: 1 })
  try {
    const answer = await client.send(new InvokeCommand({ FunctionName: `${SERVICE}-${name}`, Payload: JSON.stringify(event) }))
    const text = Buffer.from(answer.Payload ?? []).toString('utf8')
    return { payload: text === '' ? null : parsed(text), functionError: answer.FunctionError }
  } catch (cause) {
    throw new PipelineError('SERVICE_FAILED', `${name}: the Lambda endpoint ${endpoint} answered: ${(cause as Error).message}`, {
      remedy: 'Look at `npx sluice status` and .sluice/logs/functions.log.',
      cause
    })
  } finally {
    client.destroy()
  }
}

/**
 * The answer of a function that did not fail.
 * @throws PipelineError SERVICE_FAILED with the function's own error
 */
export async function answerOf<R>(endpoint: string, name: string, event: unknown): Promise<R> {
  const { payload, functionError } = await invokeFunction(endpoint, name, event)
  if (functionError !== undefined) throw failureOf(name, payload)
  return payload as R
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The error of a function that failed, with the function's own remedy where it gave one. */
export function failureOf(name: string, payload: unknown): PipelineError {
  const { errorMessage, trace = [] } = (payload ?? {}) as { errorMessage?: string; trace?: string[] }
  const remedy = trace.findLast(line => line.startsWith(REMEDY_LINE))?.slice(REMEDY_LINE.length)
  return remedy === undefined
    ? new PipelineError('SERVICE_FAILED', `${name} failed: ${errorText(payload)}`, {
        remedy: 'Look at `npx sluice status` and .sluice/logs/functions.log.'
      })
    : new PipelineError('SERVICE_FAILED', `${name} failed: ${errorMessage}`, { remedy })
}

/** Lambda's error object as one line. */
function errorText(payload: unknown): string {
  const { errorType, errorMessage } = (payload ?? {}) as { errorType?: string; errorMessage?: string }
  return errorMessage === undefined ? JSON.stringify(payload) : `${errorType ?? 'Error'}: ${errorMessage}`
}
