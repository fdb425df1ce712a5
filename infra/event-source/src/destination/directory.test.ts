import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDirectory } from './directory'

const { signal } = new AbortController()
const recordOf = (serial: number, timestamp: number) => ({
  body: JSON.stringify({ serial }),
  timestamp,
  serial,
  id: String(9 - serial),
  mappingUuid: 'f0e1'
})

let parent: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'folder-'))
})
afterEach(() => rmSync(parent, { recursive: true }))

test('the files sort by name in the order in which the records were given up, and a repeated delivery is the same file', async () => {
  const folder = join(parent, 'made/when/needed')
  const destination = openDirectory(folder)
  const records = [recordOf(0, 5), recordOf(1, 5), recordOf(2, 1_700_000_000_000), recordOf(2, 1_700_000_000_000)]
  for (const record of records) await destination.put(record, signal)
  const bodies = readdirSync(folder)
    .sort()
    .map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')).serial)
  expect(bodies).toEqual([0, 1, 2])
})

test('a folder that cannot be written is an error, and no half file stays', async () => {
  const folder = join(parent, 'folder')
  writeFileSync(folder, 'a file')
  await expect(openDirectory(folder).put(recordOf(0, 5), signal)).rejects.toThrow(/EEXIST|ENOTDIR/)
  rmSync(folder)
  // in the way of the rename
  mkdirSync(join(folder, '1970-01-01T00.00.00.005Z-000000-9.json'), { recursive: true })
  await expect(openDirectory(folder).put(recordOf(0, 5), signal)).rejects.toThrow(/EISDIR/)
  expect(readdirSync(folder).filter(name => name.endsWith('.part'))).toEqual([])
  expect(existsSync(folder)).toBe(true)
})
