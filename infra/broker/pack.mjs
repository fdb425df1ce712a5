// What goes into the published package beside the bundles? The same for `require`, which jest and older projects use, and type declarations
// for both, with the file extensions that Node's own resolution wants.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as esbuild } from 'esbuild'
import { build } from '../build.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, 'dist')
const types = join(dist, 'types')
const commonjs = join(dist, 'cjs')
const entries = { index: 'src/index.ts', protocol: 'src/protocol/index.ts' }

function withExtensions(path) {
  const text = readFileSync(path, 'utf8').replace(/(from |import\()(['"])(\.[^'"]*)['"]/g, (_, before, quote, target) => {
    const isFolder = !existsSync(resolve(dirname(path), `${target}.d.ts`))
    return `${before}${quote}${target}${isFolder ? '/index' : ''}.js${quote}`
  })
  writeFileSync(path, text)
}

function declareTypes() {
  const options = ['--declaration', '--emitDeclarationOnly', '--outDir', types, '--rootDir', 'src', '--skipLibCheck', '--strict']
  const resolution = ['--target', 'es2023', '--module', 'preserve', '--moduleResolution', 'bundler', '--types', 'node', '--ignoreConfig']
  execFileSync(
    process.execPath,
    [join(here, '../../node_modules/typescript/bin/tsc'), ...Object.values(entries), ...options, ...resolution],
    {
      cwd: here,
      stdio: 'inherit'
    }
  )
  writeFileSync(join(types, 'protocol.d.ts'), "export * from './protocol/index'\n")
  for (const name of readdirSync(types, { recursive: true })) if (name.endsWith('.d.ts')) withExtensions(join(types, name))
}

rmSync(dist, { recursive: true, force: true })
await build({ force: true })
await esbuild({
  absWorkingDir: here,
  entryPoints: entries,
  outdir: commonjs,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: 'linked',
  packages: 'external'
})
writeFileSync(join(commonjs, 'package.json'), '{ "type": "commonjs" }\n')
declareTypes()
for (const folder of [dist, commonjs]) cpSync(types, folder, { recursive: true })
rmSync(types, { recursive: true })
