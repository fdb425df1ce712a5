import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bundle } from '../../test/bundle'
import { type FunctionDefinition, functionDefinition } from './function-definition'
import { loadingMs } from './handler-thread'
import type { Failure, Outcome } from './outcome'
import { Runner } from './runner'

const fixtures = resolve(__dirname, '../../fixtures')
const tsxFrom = require.resolve('serverless-offline')
let built: Awaited<ReturnType<typeof bundle>>
const runners: Runner[] = []

beforeAll(async () => {
  built = await bundle()
})
afterEach(() => Promise.all(runners.splice(0).map(runner => runner.stop())))
afterAll(() => built.remove())

function start(
  handler: string,
  changes: Partial<FunctionDefinition> = {},
  onIdleFailure?: (failure: Failure) => void,
  onRefusedOptions?: (reason: string) => void
): Runner {
  const settings = { handler, name: 'service-dev-test', timeout: 5, environment: { OWN: 'yes', NUMBER: 7 } }
  const definition = functionDefinition(
    'test',
    settings,
    { region: 'eu-west-1' },
    {},
    fixtures,
    { AWS_PROFILE: 'local', HOME: '/h' },
    tsxFrom
  )
  const runner = new Runner({ ...definition, ...changes }, built.threadFile, onIdleFailure, onRefusedOptions)
  runners.push(runner)
  return runner
}

function invoke(runner: Runner, event: unknown = {}): Promise<Outcome> {
  const text = Buffer.from(JSON.stringify(event))
  const memory = new SharedArrayBuffer(text.length)
  text.copy(Buffer.from(memory))
  return runner.invoke(memory, text.length)
}

const succeeded = (value: unknown) => ({ ok: true, payload: JSON.stringify(value) })
const failed = (errorType: string, message: RegExp | string) => ({
  ok: false,
  failure: expect.objectContaining({ errorType, message: typeof message === 'string' ? message : expect.stringMatching(message) })
})

describe('a handler succeeds', () => {
  test.each([
    ['handlers/ways.echo', { a: [1] }],
    ['handlers/ways.callback', 'called'],
    ['handlers/ways.nested.deep', 'deep'],
    ['handlers/ways.nothing', null],
    ['handlers/ways.dropsFunctions', { kept: 1 }],
    ['handlers/streams.list', [['a'], '1024']],
    ['handlers/streams.text', 'no JSON'],
    ['handlers/streams.plain', 'plain'],
    ['handlers/module.handler', { from: 'mjs', event: { a: [1] } }],
    ['handlers-esm/esm.handler', 'esm js'],
    ['handlers/typed.handler', 'cjs ts'],
    ['handlers-esm/typed.handler', 'esm ts']
  ])('%s', async (handler, result) => {
    expect(await invoke(start(handler), { a: [1] })).toEqual(succeeded(result))
  })

  test('module state is kept from one invocation to the next', async () => {
    const runner = start('handlers/ways.count')
    expect([await invoke(runner), await invoke(runner)]).toEqual([succeeded(1), succeeded(2)])
  })

  test('the environment is AWS_*, Lambda and serverless.yml, and nothing else of the shell', async () => {
    const outcome = await invoke(start('handlers/ways.environment'))
    const environment = outcome.ok && JSON.parse(outcome.payload)
    expect(environment).toMatchObject({
      AWS_PROFILE: 'local',
      AWS_REGION: 'eu-west-1',
      AWS_LAMBDA_FUNCTION_NAME: 'service-dev-test',
      OWN: 'yes',
      NUMBER: '7',
      IS_OFFLINE: 'true'
    })
    expect(environment).not.toHaveProperty('HOME')
  })

  test('the context names function, request, memory, ARN and the time left', async () => {
    const outcome = await invoke(start('handlers/ways.context', { timeoutMs: 60_000 }))
    const context = outcome.ok && JSON.parse(outcome.payload)
    expect(context).toMatchObject({
      functionName: 'service-dev-test',
      functionVersion: '$LATEST',
      memoryLimitInMB: '1024',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:service-dev-test'
    })
    expect(context.awsRequestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(context.remaining).toBeGreaterThan(30_000)
    expect(context.remaining).toBeLessThanOrEqual(60_000)
  })
})

describe('every way to fail is a failure, and the next invocation runs', () => {
  const short = { timeoutMs: 300 }
  const usual = {}
  const ways: Array<[string, string, RegExp | string, Partial<FunctionDefinition>]> = [
    ['throws', 'TypeError', 'no such field', usual],
    ['throwsText', 'string', 'only text', usual],
    ['throwsObject', 'object', /42/, usual],
    ['rejects', 'RangeError', 'out of range', usual],
    ['rejectsText', 'string', 'only text', usual],
    ['rejectsNothing', 'undefined', 'undefined', usual],
    ['callbackError', 'Error', 'by callback', usual],
    ['callbackText', 'string', 'text by callback', usual],
    ['contextFail', 'Error', 'by context', usual],
    ['hangs', 'Sandbox.Timedout', 'Task timed out after 0.30 seconds', short],
    ['spins', 'Sandbox.Timedout', 'Task timed out after 0.30 seconds', short],
    ['neverSettles', 'Runtime.NodeJsExit', /never happens/, usual],
    ['uncaught', 'Runtime.UnhandledException', 'from a timer', usual],
    ['floating', 'Runtime.UnhandledException', 'nobody awaits', usual],
    ['exits', 'Runtime.ExitError', 'Runtime exited with exit status 3', usual],
    ['exitsWell', 'Runtime.ExitError', 'Runtime exited with exit status 0', usual],
    ['fillsMemory', 'Runtime.OutOfMemory', /memory/, { memoryMb: 64 }],
    ['circular', 'Runtime.MarshalError', /circular/, usual],
    ['bigint', 'Runtime.MarshalError', /BigInt/, usual],
    ['tooLarge', 'Function.ResponseSizeTooLarge', /6291458 bytes/, usual],
    ['notAFunction', 'Runtime.HandlerNotFound', /not exported as a function/, usual],
    ['absent', 'Runtime.HandlerNotFound', /undefined/, usual]
  ]
  test.each(ways)('%s → %s', async (name, errorType, message, changes) => {
    const runner = start(`handlers/ways.${name}`, changes)
    expect(await invoke(runner)).toEqual(failed(errorType, message))
    expect(await invoke(runner)).toEqual(failed(errorType, message))
  })

  test.each([
    ['handlers/syntax.handler', 'Runtime.ImportModuleError', /Unexpected token|missing/i],
    ['handlers/missing-import.handler', 'Runtime.ImportModuleError', /no-such-package/],
    ['handlers/throws-on-load.handler', 'Runtime.ImportModuleError', 'while loading'],
    ['handlers/exits-on-load.handler', 'Runtime.ExitError', 'Runtime exited with exit status 4'],
    ['handlers/no-such-file.handler', 'Runtime.ImportModuleError', /no-such-file/]
  ])('loading %s → %s', async (handler, errorType, message) => {
    expect(await invoke(start(handler))).toEqual(failed(errorType, message))
  })

  test('the failure shows the stack of the handler', async () => {
    const outcome = await invoke(start('handlers/ways.throws'))
    expect(outcome.ok === false && outcome.failure.detail).toMatch(/ways\.js:\d+/)
  })

  test('a handler that changed its event does not change what the retry gets', async () => {
    const runner = start('handlers/ways.mutates')
    const text = Buffer.from('{"records":{}}')
    const memory = new SharedArrayBuffer(text.length)
    text.copy(Buffer.from(memory))
    await runner.invoke(memory, text.length)
    expect(Buffer.from(memory).toString()).toBe('{"records":{}}')
  })
})

test('a response stream that its handler leaves open by an error is a failure', async () => {
  const runner = start('handlers/streams.throws')
  expect(await invoke(runner)).toEqual(failed('Error', 'in the middle'))
  expect(await invoke(runner)).toEqual(failed('Error', 'in the middle'))
})

test('NODE_OPTIONS that a thread cannot have are left out, and said once', async () => {
  const refused: string[] = []
  const environment = { NODE_OPTIONS: '--no-such-option', OWN: 'kept' }
  const runner = start('handlers/ways.environment', { environment }, undefined, reason => refused.push(reason))
  expect(await invoke(runner)).toEqual(succeeded({ OWN: 'kept' }))
  await runner.reload()
  expect(await invoke(runner)).toEqual(succeeded({ OWN: 'kept' }))
  expect(refused).toEqual([expect.stringContaining('--no-such-option')])
})

test.each([
  [300, 10_000],
  [60_000, 60_000],
  [Infinity, 2 ** 31 - 1]
])('a function with a timeout of %d ms may load for %d ms', (timeoutMs, limitMs) => {
  expect(loadingMs(timeoutMs)).toBe(limitMs)
})

test('a thread that dies between invocations is reported and replaced', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'handler-'))
  writeFileSync(
    join(folder, 'late.js'),
    `const told = new BroadcastChannel(${JSON.stringify(folder)})
    told.onmessage = () => { throw new Error('too late') }
    exports.handler = async () => 'ok'`
  )
  const channel = new BroadcastChannel(folder)
  const late = new Promise<Failure>(resolve => {
    start('late.handler', { codeDir: folder }, resolve)
  })
  const runner = runners[0]!
  expect(await invoke(runner)).toEqual(succeeded('ok'))
  channel.postMessage('die')
  expect(await late).toMatchObject({ message: 'too late' })
  expect(await invoke(runner)).toEqual(succeeded('ok'))
  channel.close()
  rmSync(folder, { recursive: true })
})

test('a reload takes the new code, after the invocation that is running', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'handler-'))
  const write = (version: number) => writeFileSync(join(folder, 'hot.js'), `exports.handler = async () => ${version}`)
  copyFileSync(join(fixtures, 'handlers/ways.js'), join(folder, 'ways.js'))
  write(1)
  const runner = start('hot.handler', { codeDir: folder })
  expect(await invoke(runner)).toEqual(succeeded(1))
  write(2)
  expect(await invoke(runner)).toEqual(succeeded(1))
  const running = invoke(runner)
  const reloaded = runner.reload()
  expect(await running).toEqual(succeeded(1))
  await reloaded
  expect(await invoke(runner)).toEqual(succeeded(2))
  rmSync(folder, { recursive: true })
})

test('an invocation that a stop cuts off is no failure of the function', async () => {
  const spinning = start('handlers/ways.spins', { timeoutMs: Infinity })
  const running = invoke(spinning)
  await spinning.stop()
  expect(await running).toMatchObject({ ok: false, failure: { isService: true } })
  const thrown = await invoke(start('handlers/ways.throws'))
  expect(!thrown.ok && thrown.failure.isService).toBeUndefined()
})
