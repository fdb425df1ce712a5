// Does the plugin work in a service that knows nothing of this repository? Packed, installed from the registry beside the framework into an
// empty folder, run as a user runs it. Against KAFKA_BROKERS, else an embedded broker; skipped by name where the registry cannot be reached.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Broker, startBroker } from 'sluice-broker'
import { Harness } from '../test/harness'
import { SampleService } from '../test/serverless'

const packageFolder = resolve(__dirname, '..')
const { devDependencies } = JSON.parse(readFileSync(resolve(__dirname, '../../../package.json'), 'utf8'))
const versionOf = (name: string) => `${name}@${devDependencies[name]}`
const plugin = 'serverless-offline-kafka-event-source'

const npm = (folder: string, ...args: string[]) =>
  execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

function isRegistryReachable(): boolean {
  try {
    npm(packageFolder, 'view', devDependencies.serverless.replace('npm:', ''), 'version', '--fetch-retries=0', '--fetch-timeout=10000')
    return true
  } catch {
    return false
  }
}

const files: Record<string, string> = {
  'package.json': '{ "name": "fresh", "private": true }',
  'serverless.yml': `
service: fresh
frameworkVersion: '4'
provider:
  name: aws
  runtime: nodejs20.x
  region: us-east-1
plugins: \${file(./plugins.json)}
custom:
  serverless-offline:
    httpPort: \${env:HTTP_PORT}
    lambdaPort: \${env:LAMBDA_PORT}
functions:
  plain:
    handler: src/plain.handler
    events:
      - kafka:
          topic: \${env:TOPIC}
          bootstrapServers: ['\${env:BROKERS}']
          accessConfigurations: { vpcSubnet: [subnet-0123], vpcSecurityGroup: [sg-0123] }
          consumerGroupId: \${env:TOPIC}-plain
  typed:
    handler: src/typed.handler
    events:
      - kafka:
          topic: \${env:TOPIC}
          bootstrapServers: ['\${env:BROKERS}']
          accessConfigurations: { vpcSubnet: [subnet-0123], vpcSecurityGroup: [sg-0123] }
          consumerGroupId: \${env:TOPIC}-typed
`,
  'src/plain.js': `
exports.handler = async event => {
  for (const { value } of Object.values(event.records).flat()) console.log('plain got ' + Buffer.from(value, 'base64'))
}
`,
  'src/typed.ts': `
interface Event { records: Record<string, Array<{ value: string }>> }

export const handler = async (event: Event): Promise<void> => {
  for (const { value } of Object.values(event.records).flat()) console.log(\`typed got \${Buffer.from(value, 'base64')}\`)
}
`
}

if (!isRegistryReachable()) test.skip('a fresh service: the package registry cannot be reached', () => {})
else {
  describe('a fresh service', () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fresh-service-')))
    const dataDir = mkdtempSync(join(tmpdir(), 'broker-'))
    let broker: Broker | undefined
    let brokers: string[]
    let packed: { filename: string; files: Array<{ path: string }> }
    let harness: Harness
    const service = SampleService.at(folder)

    beforeAll(async () => {
      if (!process.env.KAFKA_BROKERS) broker = await startBroker({ port: 0, dataDir })
      brokers = broker ? [broker.address] : process.env.KAFKA_BROKERS!.split(',')
      mkdirSync(join(folder, 'src'))
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
      // what the build says before stands before the JSON
      const answer = npm(packageFolder, 'pack', '--json', '--pack-destination', folder)
      const json = JSON.parse(answer.slice(answer.search(/^[[{]/m)))
      packed = Array.isArray(json) ? json[0] : Object.values(json)[0]
      const framework = [`serverless@${devDependencies.serverless}`, versionOf('serverless-offline')]
      npm(folder, 'install', '--save-dev', '--no-audit', '--no-fund', ...framework, join(folder, packed.filename))
    })
    beforeEach(async () => {
      harness = await Harness.create(brokers, 1)
    })
    afterEach(() => harness.close())
    afterAll(async () => {
      await service.remove()
      await broker?.close()
      rmSync(dataDir, { recursive: true })
      Harness.bundled.current?.remove()
      Harness.bundled.current = undefined
    })

    test('the package holds its bundles and nothing else, and imports only Node and what it depends on', () => {
      const bundles = ['index', 'runner-thread'].flatMap(name => [`dist/${name}.js`, `dist/${name}.js.map`])
      expect(packed.files.map(({ path }) => path).sort()).toEqual(['README.md', ...bundles, 'package.json'])
      const installed = join(folder, 'node_modules', plugin)
      const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
      const imported = ['index', 'runner-thread'].flatMap(name => {
        const text = readFileSync(join(installed, `dist/${name}.js`), 'utf8')
        return [...text.matchAll(/^import .*from ["']([^"']+)["'];?$/gm)].map(match => match[1]!)
      })
      const others = new Set(imported.filter(name => !isBuiltin(name)))
      expect([...others].sort()).toEqual(Object.keys(dependencies).sort())
    })

    /** Both functions get a record, and Ctrl-C commits it and leaves their groups. */
    async function expectEvents(command: string, plugins: string[]): Promise<void> {
      writeFileSync(join(folder, 'plugins.json'), JSON.stringify(plugins))
      await harness.produce([{ value: 'one' }])
      await service.start(command.split(' '), { BROKERS: brokers.join(','), TOPIC: harness.topic })
      await service.until('plain got one')
      await service.until('typed got one')
      expect(await service.interrupt()).toBe(0)
      for (const group of [`${harness.topic}-plain`, `${harness.topic}-typed`]) {
        expect(await harness.committed(group)).toEqual({ 0: 1 })
        expect(await harness.members(group)).toBe(0)
      }
    }

    test.each(['offline start', 'offline'])('serverless %s runs JavaScript and TypeScript without a bundler', command =>
      expectEvents(command, ['serverless-offline', plugin])
    )

    describe('with serverless-esbuild', () => {
      beforeAll(() => {
        npm(folder, 'install', '--save-dev', '--no-audit', '--no-fund', versionOf('serverless-esbuild'), versionOf('esbuild'))
      })

      test.each(['offline start', 'offline'])('serverless %s runs what it bundled', command =>
        expectEvents(command, ['serverless-esbuild', plugin, 'serverless-offline'])
      )
    })
  })
}
