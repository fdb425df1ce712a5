// What must every lake do, whatever it is made of? The same tests for a directory and for S3.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Lake, LakeObject } from '../../layers/lake'

const all = async (objects: AsyncIterable<LakeObject>): Promise<LakeObject[]> => {
  const list: LakeObject[] = []
  for await (const object of objects) list.push(object)
  return list
}
const keys = async (lake: Lake, prefix: string) => (await all(lake.list(prefix))).map(({ key }) => key)
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** More than one page of an S3 listing. */
const MORE_THAN_A_PAGE = 1_005
/** Two parts of a multipart upload: each but the last has at least 5 MiB. */
const TWO_PARTS_BYTES = 11 * 1024 * 1024
const WRITERS = 8

/** Runs the suite against an empty lake; `lake` is called once the test runs. */
export function lakeSuite(lake: () => Lake): void {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-lake-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('an object comes back byte for byte, and what is not there is undefined', async () => {
    const bytes = randomBytes(1_000)
    expect(await lake().put('get/a b+ä%2F&=.bin', bytes)).toBe(true)
    expect(await lake().get('get/a b+ä%2F&=.bin')).toEqual(bytes)
    expect(await lake().put('get/empty', Buffer.alloc(0))).toBe(true)
    expect(await lake().get('get/empty')).toEqual(Buffer.alloc(0))
    expect(await lake().get('get/other')).toBeUndefined()
    expect(await lake().get('get')).toBeUndefined()
    expect(await lake().get('get/empty/below')).toBeUndefined()
  })

  test('a later object replaces an earlier one, unless it was asked for only where there is none', async () => {
    await lake().put('replace/a', Buffer.from('first'))
    expect(await lake().put('replace/a', Buffer.from('second'), { ifAbsent: true })).toBe(false)
    expect(String(await lake().get('replace/a'))).toBe('first')
    expect(await lake().put('replace/a', Buffer.from('third'))).toBe(true)
    expect(String(await lake().get('replace/a'))).toBe('third')
    expect(await lake().put('replace/b', Buffer.from('new'), { ifAbsent: true })).toBe(true)
  })

  test('of writers that race for one absent object exactly one wins, and the object is its own', async () => {
    for (const size of [10, TWO_PARTS_BYTES]) {
      const bodies = Array.from({ length: WRITERS }, (_, index) => Buffer.alloc(size, String(index)))
      const key = `race/${size}`
      const won = await Promise.all(
        bodies.map((body, index) => lake().put(key, index % 2 ? Readable.from([body]) : body, { ifAbsent: true }))
      )
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(sha((await lake().get(key))!)).toBe(sha(bodies[won.indexOf(true)]!))
      await lake().remove(key)
    }
  })

  test('a stream and a file of several parts arrive whole', async () => {
    const bytes = randomBytes(TWO_PARTS_BYTES)
    const file = join(folder, 'large')
    writeFileSync(file, bytes)
    const chunks = Array.from({ length: 11 }, (_, index) => bytes.subarray(index * 1024 * 1024, (index + 1) * 1024 * 1024))
    expect(await lake().put('large/stream', Readable.from(chunks))).toBe(true)
    expect(await lake().put('large/file', { file })).toBe(true)
    expect(await lake().put('large/file', { file }, { ifAbsent: true })).toBe(false)
    expect(sha((await lake().get('large/stream'))!)).toBe(sha(bytes))
    expect(sha((await lake().get('large/file'))!)).toBe(sha(bytes))
    expect(await lake().put('large/empty', Readable.from([]))).toBe(true)
    expect(await lake().get('large/empty')).toEqual(Buffer.alloc(0))
  })

  test('a stream that breaks leaves no object, and its own error is thrown', async () => {
    async function* broken() {
      yield Buffer.alloc(TWO_PARTS_BYTES)
      throw new Error('the source went away')
    }
    await expect(lake().put('broken/stream', Readable.from(broken()))).rejects.toThrow('the source went away')
    expect(await keys(lake(), 'broken/')).toEqual([])
  })

  test('a file that is not there is an error that names it', async () => {
    await expect(lake().put('broken/file', { file: join(folder, 'missing') })).rejects.toMatchObject({
      code: 'LAKE_UNAVAILABLE',
      message: expect.stringContaining('missing')
    })
  })

  test('keys are listed in the order of their bytes, whatever the folders', async () => {
    const names = [
      'order/a',
      'order/a-b',
      'order/a.b/c',
      'order/a0',
      'order/ab/1',
      'order/ab/2',
      'order/b',
      'order/ä',
      'order/\u{1F600}',
      'order/\uFFFD'
    ]
    for (const name of [...names].reverse()) await lake().put(name, Buffer.from(name))
    const expected = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect(await all(lake().list('order/'))).toEqual(expected.map(key => ({ key, size: Buffer.byteLength(key) })))
    expect(await keys(lake(), 'order/a')).toEqual(expected.filter(key => key.startsWith('order/a')))
    expect(await keys(lake(), 'order/ab/')).toEqual(['order/ab/1', 'order/ab/2'])
    expect(await keys(lake(), 'order')).toEqual(expected)
    expect(await keys(lake(), 'nothing/here')).toEqual([])
    expect(await keys(lake(), '../')).toEqual([])
  })

  test('a listing has every object, however many there are', async () => {
    const names = Array.from({ length: MORE_THAN_A_PAGE }, (_, index) => `many/${String(index).padStart(5, '0')}`)
    for (let at = 0; at < names.length; at += 50)
      await Promise.all(names.slice(at, at + 50).map(name => lake().put(name, Buffer.from('x'))))
    expect(await keys(lake(), 'many/')).toEqual(names)
  })

  test('a removed object is gone, and removing it again is no error', async () => {
    await lake().put('remove/a', Buffer.from('x'))
    await lake().remove('remove/a')
    await lake().remove('remove/a')
    await lake().remove('remove')
    expect(await lake().get('remove/a')).toBeUndefined()
    expect(await keys(lake(), 'remove/')).toEqual([])
  })

  test('local files have the bytes of the objects, in the order asked for; a missing one is an error that names it', async () => {
    const wanted = ['local/b', 'local/a', 'local/deep/a']
    for (const key of wanted) await lake().put(key, Buffer.from(key))
    const paths = await lake().localFiles(wanted, folder)
    expect(paths.map(path => readFileSync(path, 'utf8'))).toEqual(wanted)
    await expect(lake().localFiles(['local/a', 'local/missing'], folder)).rejects.toMatchObject({
      code: 'LAKE_UNAVAILABLE',
      message: expect.stringContaining('local/missing')
    })
  })

  const refused = ['', '/etc/passwd', 'a/../b', '..', 'a//b', 'a/', 'a\0b', './a', '.hidden/a', 'a\\b']
  const tooLong = ['x'.repeat(256), `${'y/'.repeat(600)}z`]
  test.each([...refused, ...tooLong].map(key => [JSON.stringify(key).slice(0, 20), key]))(
    'a key that would leave the lake or that not every lake can hold is refused: %s',
    async (_, key) => {
      for (const use of [
        () => lake().put(key, Buffer.from('x')),
        () => lake().get(key),
        () => lake().remove(key),
        () => lake().localFiles([key], folder)
      ])
        await expect((async () => use())()).rejects.toMatchObject({ code: 'LAKE_UNAVAILABLE', message: expect.stringContaining('the key') })
    }
  )
}
