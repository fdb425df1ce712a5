// What does one function answer to one event?
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { nearest } from '../../../layers/contract/identifiers'
import { PipelineError } from '../../../layers/errors'
import { type Context, exitCodes, printJson, usageError } from '../context'
import { ensureUp } from '../detached'
import { failureOf, invokeFunction } from '../lambda'

/** Names as serverless.yml gives them. */
function functionNames(root: string): string[] {
  const definition = parse(readFileSync(join(root, 'serverless.yml'), 'utf8')) as { functions?: Record<string, unknown> }
  return Object.keys(definition.functions ?? {})
}

export async function invoke(context: Context, name: string, text = '{}'): Promise<number> {
  const names = functionNames(context.place.root)
  if (!names.includes(name)) throw usageError(`there is no function '${name}'`, nearest(name, names), names)
  let event: unknown
  try {
    event = JSON.parse(text)
  } catch (cause) {
    throw new PipelineError('USAGE', `the event is not JSON: ${(cause as Error).message}`, {
      remedy: `Quote it for the shell: npx sluice invoke ${name} '{"key": "value"}'`,
      cause
    })
  }
  const { endpoints } = await ensureUp(context.place, sentence => process.stderr.write(`${sentence}\n`))
  const { payload, functionError } = await invokeFunction(endpoints.lambda, name, event)
  if (context.json) printJson(functionError === undefined ? { result: payload } : { functionError, error: payload })
  else if (functionError === undefined) process.stdout.write(`${JSON.stringify(payload, null, 2)}\n`)
  else {
    const { message, remedy } = failureOf(name, payload)
    process.stderr.write(`${message}\n${remedy}\n`)
  }
  return functionError === undefined ? exitCodes.ok : exitCodes.failed
}
