// Is a broker there at once, and is nothing of it left when it is closed? Used as a test would use it: in memory and on disk.
import { join } from 'node:path'
import { type BuildOptions, buildSync } from 'esbuild'
import { type Finished, run } from '../test/command'
import { temporaryFolder } from '../test/folder'
import { type BrokerOptions, startBroker } from './index'

const places: [string, () => BrokerOptions][] = [
  ['in memory', () => ({})],
  ['on disk', () => ({ dataDir: temporaryFolder() })]
]

/** Bundles a program and runs it to its end. */
function runBundled(source: Pick<BuildOptions, 'entryPoints' | 'stdin'>, dataDir: string | undefined): Promise<Finished> {
  const { outputFiles } = buildSync({ ...source, bundle: true, platform: 'node', packages: 'external', write: false })
  return run(process.execPath, ['-'], outputFiles[0]!.text, { ...process.env, DATA_DIR: dataDir })
}

describe.each(places)('%s', (_, options) => {
  it('starts in less than 100 ms', async () => {
    const times: number[] = []
    for (let count = 0; count < 5; count++) {
      const before = performance.now()
      const broker = await startBroker(options())
      times.push(performance.now() - before)
      await broker.close()
    }
    expect(Math.min(...times)).toBeLessThan(100)
  })

  it('closes with a fetch, a join, a delay and half a request under way, and leaves no handle', async () => {
    const finished = await runBundled({ entryPoints: [join(__dirname, '../test/busy-broker.ts')] }, options().dataDir)
    expect(finished).toEqual({ code: 0, stderr: '', stdout: '\n' })
  })
})

it('a process that has closed its broker ends by itself', async () => {
  const contents = `
    import { startBroker } from './index'
    import { connect } from 'node:net'
    startBroker({ dataDir: process.env.DATA_DIR }).then(broker => {
      connect(broker.port, '127.0.0.1', () => broker.close().then(() => console.log('closed')))
    })`
  const finished = await runBundled({ stdin: { contents, resolveDir: __dirname, loader: 'ts' } }, temporaryFolder())
  expect(finished).toEqual({ code: 0, stderr: '', stdout: 'closed\n' })
})
