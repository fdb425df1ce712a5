// A real S3 server is a lake: COMPAT_S3_URL is http://<key id>:<secret>@<host>:<port>, as `.ci/s3` starts one.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import * as sdk from '@aws-sdk/client-s3'
import { S3Client } from '@aws-sdk/client-s3'
import { type CuttingProxy, cuttingProxy } from '../../../infra/testing/cutting-proxy'
import { lakeSuite } from '../../../infra/testing/lake-suite'
import { quietAwsSdk } from '../../config'
import { type Lake, openLake } from '../index'
import { s3Lake } from '../s3'

const server = process.env.COMPAT_S3_URL ? new URL(process.env.COMPAT_S3_URL) : undefined
const bucket = `sluice-test-${process.pid}`
/** Three parts of a multipart upload. */
const LARGE_BYTES = 20 * 1024 * 1024
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

const describeWithS3 = server ? describe : describe.skip

describeWithS3('an S3 server', () => {
  let admin: S3Client
  let folder: string

  const count = async (lake: Lake, prefix = '') => {
    let objects = 0
    for await (const _ of lake.list(prefix)) objects++
    return objects
  }

  beforeAll(async () => {
    process.env.AWS_ENDPOINT_URL_S3 = `http://${server!.host}`
    process.env.AWS_ACCESS_KEY_ID = server!.username
    process.env.AWS_SECRET_ACCESS_KEY = server!.password
    process.env.AWS_REGION = 'us-east-1'
    folder = mkdtempSync(join(tmpdir(), 'sluice-s3-'))
    quietAwsSdk()
    admin = new S3Client({ forcePathStyle: true })
    await admin.send(new sdk.CreateBucketCommand({ Bucket: bucket }))
  })
  afterAll(async () => {
    for await (const { key } of openLake(`s3://${bucket}`).list('')) await openLake(`s3://${bucket}`).remove(key)
    await admin.send(new sdk.DeleteBucketCommand({ Bucket: bucket }))
    admin.destroy()
    rmSync(folder, { recursive: true })
  })

  describe('with a prefix', () => lakeSuite(() => openLake(`s3://${bucket}/some/prefix`)))

  test('lakes of one bucket with other prefixes do not see each other', async () => {
    await openLake(`s3://${bucket}/one`).put('a', Buffer.from('1'))
    await openLake(`s3://${bucket}/one-more/`).put('a', Buffer.from('2'))
    expect(String(await openLake(`s3://${bucket}/one`).get('a'))).toBe('1')
    expect(await count(openLake(`s3://${bucket}/one`))).toBe(1)
    expect(openLake(`s3://${bucket}/one-more/`).url).toBe(`s3://${bucket}/one-more`)
  })

  test('large objects go in parts, and what lost a race leaves no parts behind', async () => {
    const lake = openLake(`s3://${bucket}/parts`)
    const bytes = randomBytes(LARGE_BYTES)
    await lake.put('large', Readable.from([bytes]), { ifAbsent: true })
    const head = await admin.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: 'parts/large', PartNumber: 1 }))
    expect(head.ETag).toMatch(/-3"$/)
    expect(await lake.put('large', Readable.from([bytes]), { ifAbsent: true })).toBe(false)
    const open = await admin.send(new sdk.ListMultipartUploadsCommand({ Bucket: bucket }))
    expect(open.Uploads ?? []).toEqual([])
  })

  test('what other tools keep beside objects is not listed', async () => {
    for (const Key of ['foreign/folder/', 'foreign/.hidden', 'foreign/a'])
      await admin.send(new sdk.PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.alloc(0) }))
    expect(await count(openLake(`s3://${bucket}`), 'foreign/')).toBe(1)
    for (const Key of ['foreign/.hidden', 'foreign/folder/']) await admin.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key }))
  })

  describe('that goes away', () => {
    let proxy: CuttingProxy
    let lake: Lake
    beforeEach(async () => {
      proxy = await cuttingProxy({ host: server!.hostname, port: Number(server!.port) })
      process.env.AWS_ENDPOINT_URL_S3 = `http://127.0.0.1:${proxy.port}`
      lake = s3Lake(bucket, 'away/')
    })
    afterEach(() => {
      process.env.AWS_ENDPOINT_URL_S3 = `http://${server!.host}`
      return proxy.close().catch(() => undefined)
    })

    test('for a moment while an object is written or read: both come to their end', async () => {
      const bytes = randomBytes(LARGE_BYTES)
      const file = join(folder, 'large')
      writeFileSync(file, bytes)
      for (const body of [bytes, Readable.from([bytes]), { file }]) {
        const before = proxy.cuts
        proxy.cutAfter('up', 4 * 1024 * 1024, 2)
        await lake.put('large', body)
        expect(proxy.cuts).toBe(before + 2)
      }
      proxy.cutAfter('down', 4 * 1024 * 1024, 1)
      expect(sha((await lake.get('large'))!)).toBe(sha(bytes))
      proxy.cutAfter('down', 4 * 1024 * 1024, 1)
      const [path] = await lake.localFiles(['large'], join(folder, 'copies'))
      expect(sha(readFileSync(path!))).toBe(sha(bytes))
      expect(proxy.cuts).toBe(8)
      await lake.remove('large')
    })

    test('for good while a stream is written: an error that says what to do, no credentials in it, and no object', async () => {
      async function* body() {
        yield Buffer.alloc(LARGE_BYTES)
        await proxy.close()
        yield Buffer.alloc(LARGE_BYTES)
      }
      const error = await lake.put('half', Readable.from(body())).catch(error => error)
      expect(error).toMatchObject({
        code: 'LAKE_UNAVAILABLE',
        message: expect.stringContaining(`lake s3://${bucket}/away: write half: ECONNREFUSED: `),
        remedy: expect.stringContaining('AWS_ENDPOINT_URL_S3')
      })
      const shown = `${error.message} ${error.stack} ${error.cause.stack} ${JSON.stringify(error.cause)}`
      expect(shown).not.toContain(server!.password)
      process.env.AWS_ENDPOINT_URL_S3 = `http://${server!.host}`
      expect(await count(s3Lake(bucket, 'away/'))).toBe(0)
      const open = await admin.send(new sdk.ListMultipartUploadsCommand({ Bucket: bucket }))
      for (const { Key, UploadId } of open.Uploads ?? [])
        await admin.send(new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
    })
  })

  test('a bucket that is not there, and credentials that are refused, are errors with what to do', async () => {
    const missing = s3Lake('sluice-no-such-bucket', '')
    for (const use of [() => missing.get('a'), () => missing.put('a', Buffer.from('x')), () => count(missing)])
      await expect(use()).rejects.toMatchObject({ code: 'LAKE_UNAVAILABLE', remedy: 'Make the bucket, or name another in LAKE_URL.' })
    process.env.AWS_SECRET_ACCESS_KEY = 'wrong-secret'
    const refused = s3Lake(bucket, 'refused/')
    await expect(refused.put('a', Buffer.from('x'))).rejects.toMatchObject({
      code: 'LAKE_UNAVAILABLE',
      message: expect.not.stringContaining('wrong-secret'),
      remedy: expect.stringContaining('AWS_SECRET_ACCESS_KEY')
    })
    process.env.AWS_SECRET_ACCESS_KEY = server!.password
  })
})
