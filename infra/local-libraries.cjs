// Why do functions start fast on this machine? Their libraries are bundled once, at install, and not again into each function at each start.
// On AWS every function carries what it uses: `package` and `deploy` bundle all of it.
const { existsSync } = require('node:fs')
const { join } = require('node:path')

/** Every library that functions import, but for those that are small or have native parts. */
const libraries = ['@middy/core', 'kafkajs', 'mysql2/promise', 'pg', 'pg-copy-streams', 'pino', 'prom-client', 'yaml', 'zod']

const folder = join(__dirname, 'local', 'dist', 'libraries')
const nameOf = library => library.replace('@', '').replaceAll('/', '-')
const fileOf = library => join(folder, `${nameOf(library)}.cjs`)

/** The commands that run functions on this machine. */
const localCommands = new Set(['offline', 'invoke'])

const plugin = {
  name: 'local-libraries',
  setup(build) {
    if (!localCommands.has(process.argv[2])) return
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === 'entry-point' || !libraries.includes(path) || !existsSync(fileOf(path))) return undefined
      return { path: fileOf(path), external: true }
    })
  }
}

module.exports = { libraries, folder, nameOf, plugin }
