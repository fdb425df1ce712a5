import type { Context } from 'aws-lambda'
import { z } from 'zod'
import { PipelineError } from '../../layers/errors'
import { lambdaFunction } from '../../layers/event/function'
import { failureOf } from './lambda'

const context = { functionName: 'produce-batch' } as Context

/** The error object that Lambda makes of what a handler throws. */
async function payloadOf(error: Error): Promise<unknown> {
  const handler = lambdaFunction('produce-batch', z.object({}), () => Promise.reject(error))
  const thrown = await handler({}, context).catch((caught: Error) => caught)
  const { name, message, stack } = thrown as Error
  return { errorType: name, errorMessage: message, trace: stack!.split('\n') }
}

beforeAll(() => {
  process.env['LOG_LEVEL'] = 'silent'
})

test('what a function says to do reaches whoever invoked it', async () => {
  const error = new PipelineError('SOURCE_UNREADABLE', 'half.parquet: cannot be read as Parquet', { remedy: 'Copy the file again.' })
  expect(failureOf('produce-batch', await payloadOf(error))).toMatchObject({
    message: 'produce-batch failed: half.parquet: cannot be read as Parquet',
    remedy: 'Copy the file again.'
  })
})

test('an error without a remedy points to the log', async () => {
  expect(failureOf('produce-batch', await payloadOf(new TypeError('x is not a function')))).toMatchObject({
    message: 'produce-batch failed: TypeError: x is not a function',
    remedy: expect.stringContaining('logs/functions.log')
  })
})
