// Which function does `path/to/file.name` mean? The same files in the same order as serverless-offline looks for them.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { collecting, isStreaming, provideAwsLambda } from './streaming'

export type Handler = (event: unknown, context: unknown, callback: (error: unknown, result?: unknown) => void) => unknown

/** Thrown when the file is there but what it exports under that name is no function. */
export class HandlerNotFound extends Error {
  override name = 'HandlerNotFound'
}

/**
 * Loads a handler once per thread.
 * @param codeDir folder that `handler` is relative to
 * @param tsxFrom a file beside which `tsx` is installed, for `.ts` handlers
 * @throws what the module throws while it loads, HandlerNotFound, or Error when there is no such file
 */
export async function loadHandler(codeDir: string, handler: string, tsxFrom?: string): Promise<Handler> {
  provideAwsLambda()
  const file = basename(handler)
  const dot = file.indexOf('.')
  if (dot < 1) throw new HandlerNotFound(`${handler} is no handler: write path/to/file.exportedName`)
  const module = await loadModule(join(resolve(codeDir), dirname(handler), file.slice(0, dot)), tsxFrom)
  const name = file.slice(dot + 1)
  const found = pick(module, name) ?? pick((module as { default?: unknown }).default, name)
  if (typeof found !== 'function') throw new HandlerNotFound(`${handler} is undefined or not exported as a function`)
  return isStreaming(found) ? collecting(found) : (found as Handler)
}

function pick(module: unknown, name: string): unknown {
  return name.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], module)
}

async function loadModule(base: string, tsxFrom?: string): Promise<unknown> {
  // import() takes CommonJS and ES modules alike; `require` of the former keeps nested exports that import() does not see
  for (const extension of ['.js', '.mjs', '.cjs']) {
    if (!existsSync(base + extension)) continue
    const isModule = extension === '.mjs' || (extension === '.js' && packageType(dirname(base)) === 'module')
    return isModule ? import(pathToFileURL(base + extension).href) : createRequire(base + extension)(base + extension)
  }
  if (existsSync(`${base}.ts`)) return loadTypeScript(`${base}.ts`, tsxFrom)
  throw Object.assign(new Error(`there is no ${base} with the extension .js, .mjs, .cjs or .ts`), { code: 'MODULE_NOT_FOUND' })
}

async function loadTypeScript(file: string, tsxFrom?: string): Promise<unknown> {
  const require = createRequire(tsxFrom ?? file)
  if (packageType(dirname(file)) === 'module') {
    // as a module: the CommonJS copy of this file looks for its loader in the wrong folder
    const api = require.resolve('tsx/esm/api').replace(/\.cjs$/, '.mjs')
    const { register } = (await import(pathToFileURL(api).href)) as { register: () => void }
    register()
    return import(pathToFileURL(file).href)
  }
  const { require: load } = require('tsx/cjs/api') as { require: (id: string, from: string) => unknown }
  return load(file, file)
}

/** The `type` of the nearest package.json, as Node finds it: up to a node_modules folder or the root. */
function packageType(folder: string): string | undefined {
  if (basename(folder) === 'node_modules') return undefined
  const file = join(folder, 'package.json')
  if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { type?: string }).type
  const parent = dirname(folder)
  return parent === folder ? undefined : packageType(parent)
}
