import { join } from 'node:path'
import pg from 'pg'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { loadContracts } from '../contract'
import { rowInserter } from './insert-rows'

const sensors = loadContracts(join(__dirname, '../../contracts')).find(contract => contract.dataset === 'sensors')!
const row = (time: number, sensor = 'a') => [time, sensor, 20.5, 50, 1000, null]

let database: TestDatabase
let client: pg.Client
const insert = rowInserter(sensors)

beforeAll(async () => {
  database = await testDatabase()
  client = new pg.Client({ connectionString: database.appUrl })
  await client.connect()
})
beforeEach(() => client.query('begin'))
afterEach(() => client.query('rollback'))
afterAll(async () => {
  await client.end()
  await database.drop()
})

const stored = async () => (await client.query('select count(*)::int as n from sensor_readings')).rows[0].n

test('new rows count for the list they came in', async () => {
  expect(await insert(client, [[row(1), row(2)], [], [row(3)]])).toEqual([2, 0, 1])
  expect(await stored()).toBe(3)
})

test('a key that repeats within the batch counts once, in the list that had it first', async () => {
  expect(
    await insert(client, [
      [row(1), row(1)],
      [row(1), row(1, 'b')]
    ])
  ).toEqual([1, 1])
  expect(await stored()).toBe(2)
})

test('keys that are in the table leave the rest of the batch to be stored', async () => {
  await insert(client, [[row(1), row(2)]])
  expect(await insert(client, [[row(0), row(1)], [row(2)], [row(3), row(3)]])).toEqual([1, 0, 1])
  expect(await stored()).toBe(4)
  expect(await insert(client, [[row(4)]])).toEqual([1])
})

test('an error that is not about the key is thrown', async () => {
  await expect(insert(client, [[[1, 'a', 999.99, 50, 1000, null]]])).rejects.toMatchObject({ code: '23514' })
})

test('no rows at all ask nothing of the server', async () => {
  expect(await insert(client, [[], []])).toEqual([0, 0])
})
