import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { lakeSuite } from '../../infra/testing/lake-suite'
import { openLake } from './index'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-lake-'))
})
afterAll(() => rmSync(root, { recursive: true }))

const keys = async (url: string) => {
  const found: string[] = []
  for await (const { key } of openLake(url).list('')) found.push(key)
  return found
}

describe('a directory', () => {
  lakeSuite(() => openLake(`file:${root}/suite`))
})

test('a lake is made at its first write, and one folder is one lake however often it is opened', async () => {
  const url = `file:${root}/made`
  expect(await keys(url)).toEqual([])
  expect(existsSync(join(root, 'made'))).toBe(false)
  await openLake(url).put('a/b', Buffer.from('x'))
  expect(openLake(url)).toBe(openLake(url))
  expect(String(await openLake(`file://${root}/made`).get('a/b'))).toBe('x')
})

test('an object that is being written is not there yet', async () => {
  const url = `file:${root}/writing`
  let seen: unknown
  async function* body() {
    yield Buffer.from('half')
    seen = [await openLake(url).get('a'), await keys(url)]
    yield Buffer.from('whole')
  }
  await openLake(url).put('a', Readable.from(body()))
  expect(seen).toEqual([undefined, []])
  expect(String(await openLake(url).get('a'))).toBe('halfwhole')
})

test('what a killed writer left is no object, and goes once nobody has written to it for an hour', async () => {
  const folder = join(root, 'killed')
  const unfinished = join(folder, '.unfinished')
  const script = `
    const { mkdirSync, writeFileSync } = require('fs')
    mkdirSync(${JSON.stringify(unfinished)}, { recursive: true })
    writeFileSync(${JSON.stringify(join(unfinished, '1-left'))}, 'half')
    process.kill(process.pid, 'SIGKILL')`
  await once(spawn(process.execPath, ['-e', script]), 'exit')
  mkdirSync(join(folder, 'a'))
  writeFileSync(join(unfinished, '2-recent'), 'half')
  utimesSync(join(unfinished, '1-left'), 1, 1)
  expect(await keys(`file:${folder}`)).toEqual([])
  await openLake(`file:${folder}`).put('a/b', Buffer.from('x'))
  expect(await keys(`file:${folder}`)).toEqual(['a/b'])
  expect(readdirSync(unfinished)).toEqual(['2-recent'])
})

test('a folder that cannot be written is an error with what to do', async () => {
  writeFileSync(join(root, 'file'), '')
  await expect(openLake(`file:${root}/file`).put('a', Buffer.from('x'))).rejects.toMatchObject({
    code: 'LAKE_UNAVAILABLE',
    message: expect.stringContaining(`lake file:${root}/file`)
  })
})

test('a key below another object is an error in a directory', async () => {
  const lake = openLake(`file:${root}/nested`)
  await lake.put('a', Buffer.from('x'))
  await expect(lake.put('a/b', Buffer.from('x'))).rejects.toMatchObject({ remedy: expect.stringContaining('choose another key') })
})

test('a URL of another kind is refused', () => {
  expect(() => openLake('ftp://x')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
})
