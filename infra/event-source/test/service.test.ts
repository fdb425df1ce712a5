import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Broker, startBroker } from 'sluice-broker'
import { Harness } from './harness'
import { SampleService } from './serverless'

const plugin = './kafka-event-source'
let broker: Broker
let service: SampleService
let harness: Harness
const dataDir = mkdtempSync(join(tmpdir(), 'broker-'))

jest.setTimeout(60_000)

beforeAll(async () => {
  broker = await startBroker({ port: 0, dataDir })
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

describe('a record reaches the function, and Ctrl-C commits and leaves the group', () => {
  test.each([
    ['offline start', [plugin, 'serverless-offline']],
    ['offline start', ['serverless-offline', plugin]],
    ['offline', [plugin, 'serverless-offline']],
    ['offline', ['serverless-offline', plugin]]
  ])('serverless %s with plugins %j', async (command, plugins) => {
    await harness.produce([{ value: 'one' }])
    await service.start(command.split(' '), environment(plugins, 'plain.handler'))
    await service.until('got one hello')
    expect(await service.interrupt()).toBe(0)
    expect(await harness.committed()).toEqual({ 0: 1 })
    expect(await harness.members()).toBe(0)
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
  const startedAt = Date.now()
  await service.start(['offline'], settings)
  await service.until('got after hello')
  expect(Date.now() - startedAt).toBeLessThan(5_000)
  expect(service.output).not.toContain('got before')
  expect(await service.interrupt()).toBe(0)
})

test('TypeScript that nobody bundled runs', async () => {
  await harness.produce([{ value: 'one' }])
  await service.start(['offline'], environment(['serverless-offline', plugin], 'typed.handler'))
  await service.until('got one by version one')
  expect(await service.interrupt()).toBe(0)
})

test.each([
  ['offline start', ['serverless-esbuild', plugin, 'serverless-offline']],
  ['offline', [plugin, 'serverless-offline', 'serverless-esbuild']]
])(
  '%s with plugins %j: a bundled handler runs, its stack names the source, and saved code takes the failing batch',
  async (command, plugins) => {
    const file = join(service.folder, 'src/typed.ts')
    const original = readFileSync(file, 'utf8')
    await service.start(command.split(' '), environment(plugins, 'typed.handler'))
    await harness.produce([{ value: 'first' }, { value: 'poison' }])
    await service.until('got first by version one')
    await service.until(/cannot take it[\s\S]*typed\.ts:10/)
    const savedAt = Date.now()
    writeFileSync(file, original.replace("'one'", "'two'").replace("text === 'poison'", 'false'))
    await service.until('got poison by version two')
    expect(Date.now() - savedAt).toBeLessThan(5_000)
    expect(await service.interrupt()).toBe(0)
    writeFileSync(file, original)
    expect(await harness.committed()).toEqual({ 0: 2 })
  }
)

test.each([
  [{ batchSize: 2.5 }, /functions\.collect\.events\[0\]\.kafka\.batchSize is 2\.5\. Set a whole number of records from 1 to 10000\./],
  [{ consumerGroupId: 'has spaces' }, /consumerGroupId is "has spaces"/],
  [{ startingPosition: 'AT_TIMESTAMP' }, /startingPositionTimestamp is missing/],
  [{ filterPatterns: [{ value: { a: [1] } }] }, /filterPatterns .* Filters are not applied yet/]
])('a malformed event (%j) ends the command with code 2 and starts nothing', async (settings, message) => {
  await service.start(['offline'], environment(['serverless-offline', plugin], 'plain.handler', settings))
  expect(await service.exitCode()).toBe(2)
  expect(service.output).toMatch(/serverless\.yml/)
  expect(service.output.replace(/\s+/g, ' ')).toMatch(message)
  expect(service.output).not.toMatch(/listening/)
})
