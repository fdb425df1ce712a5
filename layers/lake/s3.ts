// How is a bucket a lake? An S3 object appears when its upload is completed; conditional writes decide who was first.
import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { ownS3Endpoint, quietAwsSdk } from '../config'
import { checkKey, isKey } from './key'
import { codeOf, isMissing, s3Error, statusOf } from './s3-error'
import type { Lake } from './types'

/** Bodies up to this size go in one request; larger ones, and streams, in parts of it. S3 asks for at least 5 MiB a part. */
const PART_BYTES = 8 * 1024 * 1024
/** S3 takes 10,000 parts; a file of more gets larger ones. */
const MAX_PARTS = 9_000
/** Parts of one upload that are sent at the same time, each held in memory. */
const PARALLEL_PARTS = 3
const PARALLEL_DOWNLOADS = 4
/** Attempts of one request, which the SDK makes with growing pauses. */
const REQUEST_ATTEMPTS = 4
/** Attempts at what the SDK cannot try again: a body that breaks off while it is read, a write that met another one. */
const ATTEMPTS = 3
const CONNECT_TIMEOUT_MS = 5_000
/** A request in which nothing moves for so long is given up and tried again. */
const REQUEST_TIMEOUT_MS = 60_000

/** Trouble of this machine's file system, which reading again does not mend. */
const LOCAL = /^(ENOSPC|EDQUOT|EACCES|EROFS|ENOENT|ENOTDIR|EISDIR)$/

type Sdk = typeof import('@aws-sdk/client-s3')

/** The server wants the write tried again: it met another one of the same key. */
const CONFLICT = 409
const PRECONDITION_FAILED = 412

/** Remembers the error of the stream itself, which is not the lake's. */
function watched(body: Readable): { stream: Readable; failure: () => { error: unknown } | undefined } {
  let failure: { error: unknown } | undefined
  async function* chunks() {
    try {
      yield* body
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  return { stream: Readable.from(chunks(), { objectMode: false }), failure: () => failure }
}

/**
 * A lake in a bucket that is there already. Region, credentials and endpoint come from the variables and files that every AWS tool reads.
 * @param bucket its name
 * @param prefix of every key, empty or ending with a slash
 */
export function s3Lake(bucket: string, prefix: string): Lake {
  const url = `s3://${bucket}/${prefix}`.replace(/\/$/, '')
  const failed = (what: string, error: unknown) => s3Error(url, what, error)
  let opened: Promise<{ sdk: Sdk; client: S3Client }> | undefined

  function open() {
    quietAwsSdk()
    // loaded on demand: most processes have a lake of another kind, or none
    return (opened ??= import('@aws-sdk/client-s3').then(sdk => ({
      sdk,
      client: new sdk.S3Client({
        // servers of one's own rarely have a name for each bucket; a dot in a bucket's name fits no certificate
        forcePathStyle: ownS3Endpoint() || bucket.includes('.'),
        maxAttempts: REQUEST_ATTEMPTS,
        requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true }
      })
    })))
  }

  const nameOf = (key: string) => {
    checkKey(key)
    return { Bucket: bucket, Key: prefix + key }
  }

  async function exists(key: string): Promise<boolean> {
    const { sdk, client } = await open()
    return client.send(new sdk.HeadObjectCommand(nameOf(key))).then(
      () => true,
      error => {
        if (statusOf(error) === 404) return false
        throw error
      }
    )
  }

  async function upload(key: string, body: Buffer | Readable, size: number | undefined, ifAbsent: boolean): Promise<void> {
    const { sdk, client } = await open()
    const params = { ...nameOf(key), Body: body, ...(ifAbsent ? { IfNoneMatch: '*' } : {}) }
    if (Buffer.isBuffer(body) && body.length <= PART_BYTES) await client.send(new sdk.PutObjectCommand(params))
    else {
      const { Upload } = await import('@aws-sdk/lib-storage')
      const partSize = Math.max(PART_BYTES, Math.ceil((size ?? 0) / MAX_PARTS))
      await new Upload({ client, params, partSize, queueSize: PARALLEL_PARTS }).done()
    }
  }

  /** Writes once, and again where that met another write and the body can be read again. */
  async function write(key: string, open: () => Buffer | Readable, size: number | undefined, ifAbsent: boolean, attempts: number) {
    for (let attempt = 1; ; attempt++) {
      try {
        await upload(key, open(), size, ifAbsent)
        return true
      } catch (error) {
        if (!ifAbsent || ![CONFLICT, PRECONDITION_FAILED].includes(statusOf(error))) throw error
        if (statusOf(error) === PRECONDITION_FAILED || (await exists(key))) return false
        // the other write is not through yet and may still fail: whether there is an object is not known
        if (attempt === attempts) throw error
      }
    }
  }

  /** Opens an object and reads it, again from its beginning where it breaks off. */
  async function read<T>(key: string, use: (body: Readable) => Promise<T>): Promise<T> {
    const { sdk, client } = await open()
    for (let attempt = 1; ; attempt++) {
      const { Body } = await client.send(new sdk.GetObjectCommand(nameOf(key)))
      try {
        return await use(Body as Readable)
      } catch (error) {
        if (attempt === ATTEMPTS || LOCAL.test(codeOf(error))) throw error
      }
    }
  }

  async function download(key: string, folder: string): Promise<string> {
    const path = join(folder, ...key.split('/'))
    const partial = `${path}.${randomUUID()}`
    await mkdir(dirname(path), { recursive: true })
    try {
      await read(key, body => pipeline(body, createWriteStream(partial)))
      await rename(partial, path)
    } finally {
      await rm(partial, { force: true })
    }
    return path
  }

  return {
    url,

    async put(key, body, { ifAbsent = false } = {}) {
      checkKey(key)
      const what = `write ${key}`
      if (Buffer.isBuffer(body)) {
        return write(key, () => body, body.length, ifAbsent, ATTEMPTS).catch(error => {
          throw failed(what, error)
        })
      }
      let failure: ReturnType<typeof watched>['failure'] = () => undefined
      try {
        const size = 'file' in body ? (await stat(body.file)).size : undefined
        const again = () => {
          const source = watched('file' in body ? createReadStream(body.file, { highWaterMark: 1024 * 1024 }) : body)
          failure = source.failure
          return source.stream
        }
        return await write(key, again, size, ifAbsent, 'file' in body ? ATTEMPTS : 1)
      } catch (error) {
        const own = failure()
        if (own && !('file' in body)) throw own.error
        throw failed('file' in body ? `${what} from ${body.file}` : what, own?.error ?? error)
      }
    },

    async get(key) {
      checkKey(key)
      try {
        return await read(key, async body => Buffer.concat(await body.toArray()))
      } catch (error) {
        if (isMissing(error)) return undefined
        throw failed(`read ${key}`, error)
      }
    },

    async *list(within) {
      const { sdk, client } = await open()
      let token: string | undefined
      do {
        const page = await client
          .send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix + within, ContinuationToken: token }))
          .catch(error => {
            throw failed('list', error)
          })
        for (const { Key = '', Size = 0 } of page.Contents ?? []) {
          const key = Key.slice(prefix.length)
          // what other tools keep beside objects, such as the markers of empty folders, is none of ours
          if (isKey(key)) yield { key, size: Size }
        }
        token = page.IsTruncated ? page.NextContinuationToken : undefined
      } while (token !== undefined)
    },

    async remove(key) {
      const name = nameOf(key)
      const { sdk, client } = await open()
      await client.send(new sdk.DeleteObjectCommand(name)).catch(error => {
        if (!isMissing(error)) throw failed(`remove ${key}`, error)
      })
    },

    async localFiles(keys, folder) {
      for (const key of keys) checkKey(key)
      const paths: string[] = []
      let next = 0
      const work = async () => {
        for (let index = next++; index < keys.length; index = next++) {
          const key = keys[index]!
          paths[index] = await download(key, folder).catch(error => {
            next = keys.length
            throw failed(`read ${key}`, error)
          })
        }
      }
      await Promise.all(Array.from({ length: Math.min(PARALLEL_DOWNLOADS, keys.length) }, work))
      return paths
    }
  }
}
