// Which JavaScript do node and the serverless framework run? Bundles each TypeScript entry point into its dist/ folder,
// and does nothing when the bundles are newer than every source.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import localLibraries from './local-libraries.cjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Output folder → entry points of one package, in the order they are built. */
const bundles = [
  {
    outdir: 'infra/broker/dist',
    entries: { index: 'infra/broker/src/index.ts', bin: 'infra/broker/src/bin.ts', protocol: 'infra/broker/src/protocol/index.ts' }
  },
  {
    outdir: 'infra/event-source/dist',
    entries: { index: 'infra/event-source/src/index.ts', 'runner-thread': 'infra/event-source/src/runner-thread.ts' }
  },
  { outdir: 'infra/local/dist', extension: '.mjs', splitting: true, entries: { plugin: 'infra/local/plugin.ts' } },
  // split, so that a command loads only what it imports
  { outdir: 'infra/cli/dist', extension: '.mjs', splitting: true, entries: { main: 'infra/cli/main.ts' } },
  // a function that a command runs in a process of its own; nothing imports it
  {
    outdir: 'infra/cli/dist/functions',
    extension: '.mjs',
    sources: 'functions/deliver-quarter',
    entries: { 'deliver-quarter': 'functions/deliver-quarter/process.ts' }
  }
]

function newest(folder) {
  let time = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (['node_modules', 'dist', '.sluice'].includes(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) time = Math.max(time, newest(path))
    else if (/\.(ts|json|sql|html)$/.test(entry.name)) time = Math.max(time, statSync(path).mtimeMs)
  }
  return time
}

function isStale(entries) {
  const built = entries.map(({ outdir, extension, name }) => join(root, outdir, `${name}${extension}`))
  if (!built.every(existsSync)) return true
  const oldest = Math.min(...built.map(path => statSync(path).mtimeMs))
  const folders = ['infra', 'layers', 'sql', ...bundles.flatMap(({ sources }) => sources ?? [])]
  return Math.max(...folders.map(folder => newest(join(root, folder)))) > oldest
}

/** What the bundles of the libraries are made of. */
const librarySources = [
  ...['package-lock.json', 'infra/local-libraries.cjs', 'infra/esbuild-plugins.cjs', 'infra/trim-effect.cjs'],
  ...['layers/event/kafkajs-produce.ts', 'layers/event/kafkajs-grouping.ts']
]

/** Bundles each library that functions and the framework use, once for all; nothing when the bundles are newer than what they are made of. */
async function buildLibraries(force) {
  const { folder, nameOf } = localLibraries
  // of some 1,900 files that serverless-esbuild requires, the framework's start would read and compile each
  const libraries = [...localLibraries.libraries, 'serverless-esbuild']
  const files = libraries.map(library => join(folder, `${nameOf(library)}.cjs`))
  const newestSource = Math.max(...librarySources.map(source => statSync(join(root, source)).mtimeMs))
  if (!force && files.every(file => existsSync(file) && statSync(file).mtimeMs >= newestSource)) return
  const [esbuild, { default: plugins }, { default: trimEffect }] = await Promise.all([
    import('esbuild'),
    import('./esbuild-plugins.cjs'),
    import('./trim-effect.cjs')
  ])
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: libraries.map(library => ({ in: library, out: nameOf(library) })),
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['pg-native', 'esbuild'],
    plugins: [...plugins, trimEffect],
    logLevel: 'warning'
  })
}

/** Builds what is missing or older than its sources. Throws what esbuild throws: it names file and line. */
export async function build({ force = false } = {}) {
  const present = bundles.map(({ outdir, extension = '.js', splitting = false, entries }) => ({
    outdir,
    extension,
    splitting,
    entries: Object.fromEntries(Object.entries(entries).filter(([, source]) => existsSync(join(root, source))))
  }))
  await buildLibraries(force)
  const flat = present.flatMap(({ outdir, extension, entries }) => Object.keys(entries).map(name => ({ outdir, extension, name })))
  if (!force && !isStale(flat)) return false
  const esbuild = await import('esbuild')
  await Promise.all(
    present
      .filter(({ entries }) => Object.keys(entries).length > 0)
      .map(({ outdir, extension, splitting, entries }) =>
        esbuild.build({
          splitting,
          absWorkingDir: root,
          entryPoints: Object.fromEntries(Object.entries(entries).map(([name, source]) => [name, join(root, source)])),
          outdir: join(root, outdir),
          outExtension: { '.js': extension },
          bundle: true,
          platform: 'node',
          target: 'node20',
          format: 'esm',
          sourcemap: 'linked',
          packages: 'external',
          loader: { '.sql': 'text', '.html': 'text', '.yml': 'text' },
          tsconfig: join(root, 'tsconfig.json'),
          // bundled CommonJS helpers still find `require` inside an ES module
          banner: {
            js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
          },
          logLevel: 'warning'
        })
      )
  )
  return true
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await build({ force: process.argv.includes('--force') })
