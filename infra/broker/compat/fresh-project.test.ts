// Does the package work in a project that knows nothing of this repository? Packed, installed from the registry into an empty folder, used as a
// command, as a library from ES modules, CommonJS and TypeScript, and in jest as the README shows. Skipped by name without the registry.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { transformSync } from 'esbuild'

const packageFolder = resolve(__dirname, '..')
const root = resolve(__dirname, '../../..')
const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const versionOf = (name: string) => `${name}@${dependencies[name] ?? devDependencies[name]}`

const run = (folder: string, command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

function isRegistryReachable(): boolean {
  try {
    run(packageFolder, 'npm', 'view', versionOf('kafkajs'), 'version', '--fetch-retries=0', '--fetch-timeout=10000')
    return true
  } catch {
    return false
  }
}

const useIt = `
const broker = await startBroker({ clock: new ManualClock() })
broker.faults.fail('listGroups', { error: 'COORDINATOR_NOT_AVAILABLE' })
console.log(broker.address.replace(/\\d+$/, 'port'), apis.produce.key)
await broker.close()
`
const files: Record<string, string> = {
  'package.json': '{ "name": "fresh", "private": true }',
  'use.mjs': `import { ManualClock, startBroker } from 'sluice-broker'\nimport { apis } from 'sluice-broker/protocol'\n${useIt}`,
  'use.cjs': `const { ManualClock, startBroker } = require('sluice-broker')\nconst { apis } = require('sluice-broker/protocol')\nvoid (async () => {${useIt}})()`,
  'typed.mts': `
import { type Broker, type Fault, type FaultError, type Limits, ManualClock, startBroker } from 'sluice-broker'
import { apis, type RequestInput } from 'sluice-broker/protocol'
const limits: Partial<Limits> = { connectionsMax: 10 }
export const broker: Broker = await startBroker({ clock: new ManualClock(), limits })
export const fault: Fault = broker.faults.fail('produce', { error: 'NOT_LEADER_OR_FOLLOWER', times: 2 })
export const request: RequestInput<typeof apis.metadata> = { topics: null }
export type Refused = FaultError
// @ts-expect-error there is no such API
broker.faults.fail('prodcue', { error: 'NOT_LEADER_OR_FOLLOWER' })
// @ts-expect-error there is no such error
broker.faults.fail('produce', { error: 'NOT_LEADER' })
`,
  'typed.cts': `
import { startBroker } from 'sluice-broker'
import { apis } from 'sluice-broker/protocol'
export const key: number = apis.produce.key
export const port = (): Promise<number> => startBroker().then(({ port }) => port)
`
}

if (!isRegistryReachable()) test.skip('a fresh project: the package registry cannot be reached', () => {})
else {
  describe('a fresh project', () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fresh-project-')))
    const installed = join(folder, 'node_modules/sluice-broker')
    const bin = join(folder, 'node_modules/.bin')

    beforeAll(() => {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
      // what the build says before stands before the JSON
      const answer = run(packageFolder, 'npm', 'pack', '--json', '--pack-destination', folder)
      const json = JSON.parse(answer.slice(answer.search(/^[[{]/m)))
      const { filename } = Array.isArray(json) ? json[0] : (Object.values(json)[0] as { filename: string })
      run(folder, 'npm', 'install', '--no-audit', '--no-fund', join(folder, filename))
    })
    afterAll(() => rmSync(folder, { recursive: true }))

    test('it brings what it depends on and nothing else, and imports only that and Node', () => {
      const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
      const brought = readdirSync(join(folder, 'node_modules')).flatMap(name =>
        name.startsWith('@') ? readdirSync(join(folder, 'node_modules', name)).map(each => `${name}/${each}`) : [name]
      )
      const isPart = (name: string) => Object.keys(dependencies).some(each => name === each || name.startsWith(`${each}-`))
      expect(brought.filter(name => !name.startsWith('.') && name !== 'sluice-broker' && !isPart(name))).toEqual([])
      const bundles = ['index.js', 'protocol.js', 'bin.js', 'cjs/index.js', 'cjs/protocol.js']
      const imported = bundles.flatMap(name => {
        const text = readFileSync(join(installed, 'dist', name), 'utf8')
        return [...text.matchAll(/^import .*from ["']([^"']+)["'];?$|= require\("([^"]+)"\)/gm)].map(([, left, right]) => (left ?? right)!)
      })
      expect([...new Set(imported.filter(name => !isBuiltin(name)))].sort()).toEqual(Object.keys(dependencies).sort())
    })

    test('npx sluice-broker --port 0 says where it listens, and ends when it is told to', async () => {
      const child = spawn('npx', ['sluice-broker', '--port', '0'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
      const ended = new Promise(resolve => child.on('exit', resolve))
      const line = await new Promise<string>(resolve => child.stdout.setEncoding('utf8').once('data', resolve))
      expect(line).toMatch(/^sluice-broker listening on 127\.0\.0\.1:\d+\n$/)
      // npx does not hand a signal on; a terminal's Ctrl-C goes to the whole group
      process.kill(-child.pid!, 'SIGINT')
      await ended
    })

    test.each(['use.mjs', 'use.cjs'])('as a library: %s', file => {
      expect(run(folder, process.execPath, file)).toBe('127.0.0.1:port 0\n')
    })

    describe('with TypeScript and jest', () => {
      beforeAll(() => {
        const tools = ['typescript', '@types/node', 'jest', 'kafkajs'].map(versionOf)
        run(folder, 'npm', 'install', '--save-dev', '--no-audit', '--no-fund', ...tools)
      })

      test.each([
        ['node16', 'node16'],
        ['esnext', 'bundler']
      ])('types resolve, module %s and moduleResolution %s', (module, moduleResolution) => {
        const sources = module === 'node16' ? ['typed.mts', 'typed.cts'] : ['typed.mts']
        const options = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node', '--ignoreConfig']
        expect(run(folder, join(bin, 'tsc'), ...sources, '--module', module, '--moduleResolution', moduleResolution, ...options)).toBe('')
      })

      test("the README's example passes", () => {
        const [, example] = /```ts\n(.*?)```/s.exec(readFileSync(join(installed, 'README.md'), 'utf8'))!
        mkdirSync(join(folder, 'tests'))
        writeFileSync(join(folder, 'tests/example.test.js'), transformSync(example!, { loader: 'ts', format: 'cjs' }).code)
        run(folder, join(bin, 'jest'), '--rootDir', folder, '--detectOpenHandles')
      })
    })
  })
}
