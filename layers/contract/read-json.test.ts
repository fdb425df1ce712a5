// Does every element of an array and every line of JSON Lines come through as its own bytes?
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { contractOf } from './load'
import { readJson } from './read-json'
import type { SourceRecord } from './types'

const contract = contractOf('products', join(__dirname, '../../contracts'))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'json-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function read(content: string): Promise<SourceRecord[]> {
  const file = join(folder, 'file.json')
  writeFileSync(file, content)
  const records: SourceRecord[] = []
  for await (const chunk of readJson(contract, file)) records.push(...chunk)
  return records
}

const summary = async (content: string) => (await read(content)).map(({ line, key, value }) => `${line} ${key ?? '-'} ${value}`)

test('the elements of an array go on as they are written', async () => {
  const text = '\ufeff [\n  {"product_id": "P1", "name": "a]},{\\""},\n\n  {"product_id":7,\n   "x":[1,{"y":2}]}\n, "text", null ,[1,2] ]\n'
  expect(await summary(text)).toEqual([
    '2 P1 {"product_id": "P1", "name": "a]},{\\""}',
    '4 7 {"product_id":7,\n   "x":[1,{"y":2}]}',
    '6 - "text"',
    '6 - null',
    '6 - [1,2]'
  ])
})

test('an empty array holds no record', async () => {
  expect(await read('[ ]')).toEqual([])
})

test('JSON Lines go on line by line, broken ones too', async () => {
  expect(await summary('{"product_id":"P1"}\n\n{"product_id":\r\nhello\n{"product_id":"P1","product_id":"P2"}')).toEqual([
    '1 P1 {"product_id":"P1"}',
    '3 - {"product_id":',
    '4 - hello',
    '5 P2 {"product_id":"P1","product_id":"P2"}'
  ])
})

test.each([
  ['an empty file', ' \n\n', /is empty; expected a JSON array/],
  ['half an array', '[{"product_id":"P1"},', /starts as a JSON array but is none/]
])('%s is unreadable', async (_, content, message) => {
  await expect(read(content)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringMatching(message) })
})

test('a missing file is named', async () => {
  await expect(readJson(contract, join(folder, 'none.json')).next()).rejects.toMatchObject({
    code: 'SOURCE_UNREADABLE',
    message: expect.stringContaining('there is no such file')
  })
})

test('the elements of any array are those that JSON.parse sees', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1 }), fc.constantFrom(0, 1, '\t'), async (values, indent) => {
      const records = await read(JSON.stringify(values, null, indent))
      expect(records.map(record => JSON.parse(record.value.toString()))).toEqual(JSON.parse(JSON.stringify(values)))
    }),
    { numRuns: 60 }
  )
})
