import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, startBroker } from 'sluice-broker'
import { ManualClock } from '../../broker/src/manual-clock'
import { Debugger } from '../test/debugger'
import { Harness } from '../test/harness'
import { SampleService } from '../test/serverless'

const plugin = './kafka-event-source'
let broker: Broker
let service: SampleService
let harness: Harness
const dataDir = mkdtempSync(join(tmpdir(), 'broker-'))

beforeAll(async () => {
  // for consumer groups time stands still: no session ends, so what takes over did not wait for that
  broker = await startBroker({ port: 0, dataDir, clock: new ManualClock() })
  service = await SampleService.create()
})
beforeEach(async () => {
  harness = await Harness.create([broker.address], 1)
})
afterEach(() => harness.close())
afterAll(async () => {
  await service.remove()
  await broker.close()
  rmSync(dataDir, { recursive: true })
  Harness.bundled.current?.remove()
})

const environment = (plugins: string[], handler: string, settings: object = {}) => ({
  PLUGINS: JSON.stringify(plugins),
  HANDLER: handler,
  KAFKA_BROKERS: broker.address,
  TOPIC: harness.topic,
  SETTINGS: JSON.stringify({ consumerGroupId: harness.topic, ...settings })
})

/** What Ctrl-C leaves behind: exit code 0, every record committed, no member in the group. */
async function expectCleanEnd(committed: number): Promise<void> {
  expect(await service.interrupt()).toBe(0)
  expect(await harness.committed()).toEqual({ 0: committed })
  expect(await harness.members()).toBe(0)
}

// the fourth order, `offline` with serverless-offline first, is that of the next test; TypeScript is what nobody bundled here
describe('a record reaches the function, and Ctrl-C commits and leaves the group', () => {
  test.each([
    ['offline start', [plugin, 'serverless-offline'], 'plain.handler', 'got one hello'],
    ['offline start', ['serverless-offline', plugin], 'typed.handler', 'got one by version one'],
    ['offline', [plugin, 'serverless-offline'], 'plain.handler', 'got one hello']
  ])('serverless %s with plugins %j runs %s', async (command, plugins, handler, printed) => {
    await harness.produce([{ value: 'one' }])
    await service.start(command.split(' '), environment(plugins, handler))
    await service.until(printed)
    // the handler's line precedes the end of its invocation, and that the commit
    while ((await harness.committed())[0] !== 1) await new Promise(done => setImmediate(done))
    const [address] = /http:\/\/127\.0\.0\.1:\d+\/status/.exec(service.output)!
    const { mappings } = (await (await fetch(address)).json()) as { mappings: unknown[] }
    const state = { state: 'Enabled', lastProcessingResult: 'OK', records: 1, failures: 0 }
    expect(mappings).toEqual([expect.objectContaining({ function: 'collect', topic: harness.topic, group: harness.topic, ...state })])
    await expectCleanEnd(1)
  })
})

test('after kill -9 the next start takes over at once, from the last commit', async () => {
  const settings = environment(['serverless-offline', plugin], 'plain.handler')
  await harness.produce([{ value: 'before' }])
  await service.start(['offline'], settings)
  await service.until('got before hello')
  // the invocation's log line precedes its commit
  while ((await harness.committed())[0] !== 1) await new Promise(done => setImmediate(done))
  await service.kill()
  await harness.produce([{ value: 'after' }])
  await service.start(['offline'], settings)
  await service.until('got after hello')
  expect(service.output).not.toContain('got before')
  await expectCleanEnd(2)
})

test('under node --inspect a debugger stops in the handler, and --noTimeout leaves it the time', async () => {
  await service.start(['offline', '--noTimeout'], environment(['serverless-offline', plugin], 'plain.handler'), ['--inspect=0'])
  await service.until(/ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]+/)
  await service.until('group')
  let stops = 0
  const [url] = /ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]+/.exec(service.output)!
  const attached = await Debugger.attach(url, { urlRegex: 'plain\\.js$', lineNumber: 3 }, () => stops++)
  await harness.produce([{ value: 'one' }])
  await service.until('got one hello')
  attached.close()
  expect(stops).toBe(1)
  await expectCleanEnd(1)
})

test('a second Ctrl-C, after it was said that a function still runs, ends it; its batch is not committed', async () => {
  const settings = environment([plugin, 'serverless-offline'], 'stuck.handler')
  await service.start(['offline', '--noTimeout'], settings)
  await harness.produce([{ value: 'one' }])
  await service.until('is stuck')
  const exited = service.interrupt()
  await service.until('Ctrl-C again')
  await service.interrupt()
  expect(await exited).toBe(0)
  expect(await harness.committed()).toEqual({ 0: 0 })
  expect(await harness.members()).toBe(0)
})

test.each([
  ['offline start', ['serverless-esbuild', plugin, 'serverless-offline']],
  ['offline', [plugin, 'serverless-offline', 'serverless-esbuild']]
])(
  '%s with plugins %j: a bundled handler runs, its stack names the source, and saved code takes the failing batch',
  async (command, plugins) => {
    const file = join(service.folder, 'src/typed.ts')
    const original = readFileSync(file, 'utf8')
    // without the saved code the batch would wait for longer than this test may take
    await service.start(command.split(' '), { ...environment(plugins, 'typed.handler'), OPTIONS: '{"retryBackoff":{"firstMs":600000}}' })
    await harness.produce([{ value: 'first' }, { value: 'poison' }])
    await service.until('got first by version one')
    await service.until(/cannot take it[\s\S]*typed\.ts:10/)
    writeFileSync(file, original.replace("'one'", "'two'").replace("text === 'poison'", 'false'))
    await service.until('got poison by version two')
    await expectCleanEnd(2)
    writeFileSync(file, original)
  }
)

test('without a bundler, too, saved code takes the failing batch, also that of a file which the handler loads', async () => {
  const file = join(service.folder, 'src/values.js')
  const original = readFileSync(file, 'utf8')
  writeFileSync(file, "throw new Error('not written yet')")
  const settings = environment([plugin, 'serverless-offline'], 'plain.handler')
  // without the saved code the batch would wait for longer than this test may take
  await service.start(['offline'], { ...settings, OPTIONS: '{"retryBackoff":{"firstMs":600000}}' })
  await harness.produce([{ value: 'one' }])
  await service.until(/not written yet[\s\S]*is delivered again/)
  writeFileSync(file, original)
  await service.until('got one hello')
  await expectCleanEnd(1)
})

test.each([
  [{}, '.kafka-event-source/failed'],
  [{ directory: 'given-up' }, 'given-up']
])('after a compiler moved the code, the folder of a destination %j is still beside serverless.yml', async (target, folder) => {
  const arn = 'arn:aws:sqs:us-east-1:123456789012:failed'
  const settings = environment(['./compiler.cjs', plugin, 'serverless-offline'], 'plain.handler', { onFailureDestination: arn })
  const destinations = 'directory' in target ? { [arn]: target } : {}
  await service.start(['offline', 'start'], { ...settings, OPTIONS: JSON.stringify({ destinations }) })
  // gzip makes it small for the broker; no event can hold it
  await harness.produce([{ value: Buffer.alloc(6_000_000) }], 1)
  await harness.produce([{ value: 'behind' }])
  await service.until('got behind hello')
  expect(readdirSync(join(service.folder, folder))).toHaveLength(1)
  await expectCleanEnd(2)
})

// every other mistake is refused in the same place: mapping.test.ts
test('a malformed event ends the command with code 2 and starts nothing', async () => {
  await service.start(['offline'], environment(['serverless-offline', plugin], 'plain.handler', { batchSize: 2.5 }))
  expect(await service.exitCode()).toBe(2)
  expect(service.output.replace(/\s+/g, ' ')).toMatch(
    /serverless\.yml: functions\.collect\.events\[0\]\.kafka\.batchSize is 2\.5\. Set a whole number of records from 1 to 10000\./
  )
  expect(service.output).not.toMatch(/listening/)
})
