import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openLake } from '../../../layers/lake'
import { contextOf } from '../context'
import { sql } from './sql'

const state = mkdtempSync(join(tmpdir(), 'sluice-sql-'))
let printed = ''

beforeAll(async () => {
  process.env['SLUICE_STATE'] = state
  const line = (offset: number) =>
    JSON.stringify({ topic: 't', partition: 0, offset, timestamp: 0, key: null, headers: [], value: { n: offset } })
  const lake = openLake(`file:${state}/lake`)
  await lake.put('bronze/things/dt=2026-01-01/t-0-0-1-x.jsonl', Buffer.from(`${line(0)}\n${line(1)}\n`))
  jest.spyOn(process.stdout, 'write').mockImplementation(text => {
    printed += text
    return true
  })
})
beforeEach(() => {
  printed = ''
})
afterAll(() => {
  jest.restoreAllMocks()
  rmSync(state, { recursive: true, force: true })
})

const ask = (statement: string, json = true) => sql(contextOf(resolve(__dirname, '../../..'), json), { on: 'lake' }, statement)

test('a statement reads the bronze of a dataset where it lies', async () => {
  expect(await ask("select sum(cast(value ->> '$.n' as integer))::integer as sum from bronze_things")).toBe(0)
  expect(JSON.parse(printed)).toEqual({ rows: [{ sum: 1 }] })
})

test('people get a table', async () => {
  await ask('select "offset" from bronze_things order by 1', false)
  expect(printed).toBe('offset\n0\n1\n')
})

test.each([
  ['create table x (a integer)', /only read/],
  ["copy (select 1) to '/tmp/x'", /only read/],
  ['select 1; select 2', /2 statements/],
  ['select * from nothing', /nothing/]
])('%s is refused', async (statement, message) => {
  await expect(ask(statement)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringMatching(message) })
})
