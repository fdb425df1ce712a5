// How is a directory a lake? An object is a file that gets its name only once its bytes are on the disk.
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, type FileHandle, link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { PipelineError } from '../errors'
import { checkKey, compareKeys } from './key'
import type { Lake, LakeObject } from './types'

/** Where files are written before they are objects: on the same file system, and no key can name it. */
const UNFINISHED = '.unfinished'
/** A file there that was not written to for so long was left by a writer that died. */
const LEFTOVER_MS = 3_600_000

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''
/** No such file, also where a part of the path is a file or the whole of it is a folder: neither is an object. */
const isAbsent = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'EISDIR', 'ERR_FS_EISDIR'].includes(codeOf(error))

const remedies: Record<string, string> = {
  ENOSPC: 'Free space on that disk; the write is tried again with the next delivery.',
  EDQUOT: 'Free space on that disk; the write is tried again with the next delivery.',
  EACCES: 'Give this user the right to write there, or name another folder in LAKE_URL.',
  EROFS: 'Name a folder in LAKE_URL that can be written.',
  EPERM: 'Name a folder in LAKE_URL on a file system with hard links, where this user may write.',
  EEXIST: 'A key and a folder have the same name there; choose another key.',
  ENOTDIR: 'A key and a folder have the same name there; choose another key.',
  EISDIR: 'A key and a folder have the same name there; choose another key.'
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * A lake in a folder, which is made at the first write.
 * @param root absolute path
 */
export function directoryLake(root: string): Lake {
  const url = `file:${root}`
  const unfinished = join(root, UNFINISHED)
  let cleaned: Promise<void> | undefined

  const pathOf = (key: string): string => {
    checkKey(key)
    return join(root, ...key.split('/'))
  }

  /** Runs file system work; what it throws says where and what to do. */
  async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof PipelineError) throw error
      const remedy = remedies[codeOf(error)]
      throw new PipelineError('LAKE_UNAVAILABLE', `lake ${url}: ${what}: ${(error as Error).message}`, {
        ...(remedy === undefined ? {} : { remedy }),
        cause: error
      })
    }
  }

  async function removeLeftovers(): Promise<void> {
    for (const name of await readdir(unfinished)) {
      const file = join(unfinished, name)
      const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
      if (Date.now() - mtimeMs > LEFTOVER_MS) await rm(file, { force: true })
    }
  }

  /** Makes a folder so that it survives a power cut: every folder above that is new is synced. */
  async function makeFolder(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true })
    if (first === undefined) return
    for (let at = dirname(folder); at.length >= dirname(first).length; at = dirname(at)) {
      await syncFolder(at)
      if (at === dirname(at)) return
    }
  }

  async function fill(handle: FileHandle, file: string, body: Buffer | Readable | { file: string }): Promise<void> {
    if (Buffer.isBuffer(body)) await attempt('write', () => handle.writeFile(body))
    else if ('file' in body) await attempt(`copy ${body.file}`, () => copyFile(body.file, file, constants.COPYFILE_FICLONE))
    // what the stream itself throws is not the lake's error
    else for await (const chunk of body) await attempt('write', () => handle.writeFile(chunk))
    await attempt('sync', () => handle.sync())
  }

  return {
    url,

    async put(key, body, { ifAbsent = false } = {}) {
      const target = pathOf(key)
      const file = join(unfinished, `${process.pid}-${randomUUID()}`)
      await attempt('make its folders', async () => {
        await makeFolder(unfinished)
        await (cleaned ??= removeLeftovers())
        await makeFolder(dirname(target))
      })
      try {
        const handle = await attempt('write', () => open(file, 'wx', 0o644))
        try {
          await fill(handle, file, body)
        } finally {
          await handle.close()
        }
        return await attempt(`write ${key}`, async () => {
          try {
            await (ifAbsent ? link(file, target) : rename(file, target))
          } catch (error) {
            if (ifAbsent && codeOf(error) === 'EEXIST') return false
            throw error
          }
          await syncFolder(dirname(target))
          return true
        })
      } finally {
        await rm(file, { force: true }).catch(() => undefined)
      }
    },

    get: key =>
      attempt(`read ${key}`, () =>
        readFile(pathOf(key)).catch(error => {
          if (isAbsent(error)) return undefined
          throw error
        })
      ),

    async *list(prefix) {
      const parent = prefix.slice(0, prefix.lastIndexOf('/') + 1)
      // nothing can be there, and the path must not leave the lake
      if (parent !== '' && /^\/|\/\/|(^|\/)\./.test(parent)) return
      yield* listFolder(join(root, parent), prefix)
    },

    remove: key =>
      attempt(`remove ${key}`, () =>
        rm(pathOf(key)).catch(error => {
          if (!isAbsent(error)) throw error
        })
      ),

    localFiles: keys =>
      attempt('read', () =>
        Promise.all(
          keys.map(async key => {
            const path = pathOf(key)
            if (!(await stat(path)).isFile()) throw new Error(`${key} is a folder`)
            return path
          })
        )
      )
  }

  async function* listFolder(folder: string, prefix: string): AsyncGenerator<LakeObject> {
    const entries = await attempt('list', () =>
      readdir(folder, { withFileTypes: true }).catch(error => {
        if (isAbsent(error)) return []
        throw error
      })
    )
    const base = relative(root, folder).split(sep).join('/')
    const keys = entries
      .filter(entry => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isFile()))
      .map(entry => `${base === '' ? '' : `${base}/`}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .filter(key => key.startsWith(prefix) || (key.endsWith('/') && prefix.startsWith(key)))
      .sort(compareKeys)
    for (const key of keys) {
      const path = join(root, ...key.split('/'))
      if (key.endsWith('/')) yield* listFolder(path, prefix)
      else {
        // removed since it was listed: as if it had been removed before
        const found = await attempt(`list ${key}`, () =>
          stat(path).catch(error => {
            if (isAbsent(error)) return undefined
            throw error
          })
        )
        if (found) yield { key, size: found.size }
      }
    }
  }
}
