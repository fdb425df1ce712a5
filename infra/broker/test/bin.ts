// How does a test run the command itself? Bundled once per test file from the sources, as it is published.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { type Finished, run } from './command'

const root = resolve(__dirname, '../../..')
// inside the repository, so that the bundle finds the packages it imports
const folder = join(root, 'node_modules/.cache/sluice-broker', String(process.pid))
const bundle = join(folder, 'bin.mjs')
const running = new Set<ChildProcess>()

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  buildSync({
    absWorkingDir: root,
    entryPoints: ['infra/broker/src/bin.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external'
  })
})

afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the command to its end. */
export function runBin(...args: string[]): Promise<Finished> {
  return run(process.execPath, [bundle, ...args])
}

export interface RunningBin {
  child: ChildProcess
  address: string
  port: number
  ended: Promise<{ code: number | null; signal: string | null }>
}

/** Starts the command with an IPC channel and waits for its ready line. */
export function startBin(...args: string[]): Promise<RunningBin> {
  const child = spawn(process.execPath, [bundle, '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  running.add(child)
  const ended = new Promise<{ code: number | null; signal: string | null }>(done =>
    child.on('exit', (code, signal) => {
      running.delete(child)
      done({ code, signal })
    })
  )
  return new Promise((ready, reject) => {
    let output = ''
    child.stdout!.setEncoding('utf8').on('data', text => {
      output += text
      const address = /^sluice-broker listening on (\S+)\n/.exec(output)?.[1]
      if (address) ready({ child, address, port: Number(address.split(':').at(-1)), ended })
    })
    ended.then(({ code }) => reject(new Error(`ended with ${code} before it was ready: ${output}`)))
  })
}
