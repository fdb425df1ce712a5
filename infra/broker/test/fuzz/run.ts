// How does a test run the fuzz in a process of its own?
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { run } from '../command'
import type { FuzzOptions, FuzzReport } from './fuzz'

const root = resolve(__dirname, '../../../..')

/** Runs a broker and its peers. Throws what the process said, with seed and frames, unless it ended well. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  // inside the repository, so that the bundle finds the packages it imports
  const folder = join(root, 'node_modules/.cache/sluice-broker-fuzz', String(process.pid))
  const bundle = join(folder, 'process.mjs')
  mkdirSync(folder, { recursive: true })
  try {
    buildSync({
      absWorkingDir: root,
      entryPoints: ['infra/broker/test/fuzz/process.ts'],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external'
    })
    const { code, stderr, stdout } = await run(process.execPath, ['--expose-gc', bundle, JSON.stringify(options)])
    if (code !== 0) throw new Error(`the fuzz ended with ${code}: ${stderr}`)
    return JSON.parse(stdout)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
