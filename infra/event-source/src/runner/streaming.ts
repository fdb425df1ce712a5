// How does a handler run that streams its response? As on AWS by whoever invokes without a stream: what it wrote is its result.
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'

export type StreamingHandler = (event: unknown, stream: Writable, context: unknown) => Promise<unknown>

/** How Lambda's runtime knows such handlers again (aws-lambda-nodejs-runtime-interface-client, UserFunction.js). */
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming')

/** The global that Lambda's runtime gives to every module. */
export function provideAwsLambda(): void {
  const awslambda = {
    streamifyResponse: (handler: StreamingHandler) => Object.assign(handler, { [STREAMING]: 'response' }),
    // status and headers are for HTTP
    HttpResponseStream: { from: (stream: Writable) => stream }
  }
  Object.assign(globalThis, { awslambda })
}

export function isStreaming(handler: object): handler is StreamingHandler {
  return STREAMING in handler
}

/** The handler as one that resolves with what it wrote, once its stream has ended: the JSON's value, or the text. */
export function collecting(handler: StreamingHandler): (event: unknown, context: unknown) => Promise<unknown> {
  return async (event, context) => {
    const chunks: Buffer[] = []
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        chunks.push(chunk)
        done()
      }
    })
    Object.assign(stream, { setContentType: () => {} })
    await Promise.all([handler(event, stream, context), finished(stream)])
    return parsed(Buffer.concat(chunks).toString())
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
