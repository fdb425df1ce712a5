// How do tests get the plugin and its thread as the JavaScript that really runs? Bundled once per test file into a temporary folder.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const source = resolve(__dirname, '../src')

/** Bundles `index` and `runner-thread` beside each other. The folder lies inside the package, where imports of its dependencies resolve. */
export async function bundle(into?: string): Promise<{ folder: string; threadFile: URL; remove: () => void }> {
  const dist = join(__dirname, '../dist')
  mkdirSync(dist, { recursive: true })
  const folder = into ?? mkdtempSync(join(dist, 'test-'))
  await build({
    entryPoints: { index: join(source, 'index.ts'), 'runner-thread': join(source, 'runner-thread.ts') },
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'linked',
    packages: 'external',
    tsconfig: resolve(__dirname, '../../../tsconfig.json'),
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    logLevel: 'error'
  })
  return { folder, threadFile: pathToFileURL(join(folder, 'runner-thread.js')), remove: () => rmSync(folder, { recursive: true }) }
}
