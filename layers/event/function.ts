// What do all functions share around their handler? Events checked at the door, errors that say what to do, one log line an invocation.
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import type { z } from 'zod'
import { PipelineError, REMEDY_LINE } from '../errors'
import { log } from '../log'

/** Checks the event against a schema; the handler gets what the schema made of it. */
function parsed(name: string, schema: z.ZodType): middy.MiddlewareObj {
  return {
    before: request => {
      const result = schema.safeParse(request.event ?? {})
      if (result.success) {
        request.event = result.data
        return
      }
      const issue = result.error.issues[0]!
      throw new PipelineError('EVENT_INVALID', `${name}: event${issue.path.map(key => `.${String(key)}`).join('')}: ${issue.message}`)
    }
  }
}

/** Gives the caller what to do as well, not only the log. */
const remedied: middy.MiddlewareObj = {
  onError: request => {
    const { error } = request
    if (error instanceof PipelineError) error.stack = `${error.stack}\n${REMEDY_LINE}${error.remedy}`
  }
}

/** One line when an invocation ends: how long it took and, where it failed, why and what to do. */
function logged(name: string): middy.MiddlewareObj {
  const started = new WeakMap<object, number>()
  const seconds = (request: middy.Request) => Number(((performance.now() - (started.get(request) ?? performance.now())) / 1000).toFixed(3))
  return {
    before: request => {
      started.set(request, performance.now())
    },
    after: request => {
      log.debug({ function: name, seconds: seconds(request), response: request.response }, 'done')
    },
    onError: request => {
      const error = request.error as Error & Partial<PipelineError>
      log.error({ function: name, seconds: seconds(request), code: error.code, remedy: error.remedy, err: error }, error.message)
    }
  }
}

/**
 * A Lambda handler from a plain function.
 * @param name the function's name in serverless.yml, for logs and errors
 * @param schema of the event; an event that does not fit is a PipelineError EVENT_INVALID that names its key
 * @param handler gets the parsed event; what it returns is the answer
 */
export function lambdaFunction<S extends z.ZodType, R>(
  name: string,
  schema: S,
  handler: (event: z.output<S>, context: Context) => Promise<R>
) {
  return middy<unknown, R, Error, Context>()
    .use(remedied)
    .use(logged(name))
    .use(parsed(name, schema))
    .handler((event, context) => handler(event as z.output<S>, context))
}
