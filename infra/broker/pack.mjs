// What goes into the published package beside the bundles? Type declarations, with the file extensions that Node's own resolution wants.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from '../build.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, 'dist')

function withExtensions(path) {
  const text = readFileSync(path, 'utf8').replace(/(from |import\()(['"])(\.[^'"]*)['"]/g, (_, before, quote, target) => {
    const isFolder = !existsSync(resolve(dirname(path), `${target}.d.ts`))
    return `${before}${quote}${target}${isFolder ? '/index' : ''}.js${quote}`
  })
  writeFileSync(path, text)
}

rmSync(dist, { recursive: true, force: true })
await build({ force: true })
const sources = ['src/index.ts', 'src/protocol/index.ts']
const options = ['--declaration', '--emitDeclarationOnly', '--outDir', 'dist', '--rootDir', 'src', '--skipLibCheck', '--strict']
const resolution = ['--target', 'es2023', '--module', 'preserve', '--moduleResolution', 'bundler', '--types', 'node', '--ignoreConfig']
execFileSync(process.execPath, [join(here, '../../node_modules/typescript/bin/tsc'), ...sources, ...options, ...resolution], {
  cwd: here,
  stdio: 'inherit'
})
writeFileSync(join(dist, 'protocol.d.ts'), "export * from './protocol/index'\n")
for (const name of readdirSync(dist, { recursive: true })) if (name.endsWith('.d.ts')) withExtensions(join(dist, name))
