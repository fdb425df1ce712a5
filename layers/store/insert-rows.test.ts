import { join } from 'node:path'
import pg from 'pg'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { loadContracts } from '../contract'
import { rowInserter } from './insert-rows'

const contracts = loadContracts(join(__dirname, '../../contracts'))
const sensors = contracts.find(contract => contract.dataset === 'sensors')!
const market = contracts.find(contract => contract.dataset === 'market')!
const row = (time: number, sensor = 'a') => [time, sensor, 20.5, 50, 1000, null]

let database: TestDatabase
let client: pg.Client
const insert = async (into: pg.Client, lists: unknown[][][]) => (await rowInserter(sensors)(into, lists)).changed
const replace = rowInserter(market)
/** A minute of the market: its number, price and sales. */
const minute = (number: number, price: number, sales = 200) => [String(number), Date.UTC(2024, 0, 1, 0, number - 1), price, sales]

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

test('the buckets in which rows changed are told, by either way into the table, and no others', async () => {
  const write = rowInserter(sensors)
  const buckets = async (rows: unknown[][]) =>
    (await write(client, [rows])).buckets.map(bucket => bucket.toISOString().slice(11, 16)).sort()
  const at = (minutes: number) => row(Date.UTC(2026, 0, 15, 12, minutes, 59, 999))
  expect(await buckets([at(1), at(1), at(3)])).toEqual(['12:01', '12:03'])
  expect(await buckets([at(1), at(4)])).toEqual(['12:04'])
  expect(await buckets([at(1)])).toEqual([])
})

describe('where a key that is there already replaces its row', () => {
  const prices = async () => (await client.query('select id, stock_price::float as price from synthetic_data order by "timestamp"')).rows
  const changed = async (...lists: unknown[][][]) => (await replace(client, lists)).changed

  test('the same values are a duplicate, other values a correction', async () => {
    expect(await changed([minute(1, 100), minute(2, 101)])).toEqual([2])
    expect(await changed([minute(1, 100), minute(2, 102), minute(3, 103)])).toEqual([2])
    expect(await prices()).toEqual([
      { id: '1', price: 100 },
      { id: '2', price: 102 },
      { id: '3', price: 103 }
    ])
  })

  test.each([
    ['an empty table', []],
    ['a table that has another key of the batch', [minute(2, 7)]],
    ['a table that has the key with other values', [minute(1, 7)]]
  ])('within one batch the last record wins, on %s', async (_, before) => {
    if (before.length > 0) await replace(client, [before])
    const also = before.length > 0 ? [before[0]!] : []
    const lists = [[minute(1, 1), minute(1, 1), minute(1, 2)], [minute(1, 3), minute(1, 3)], also]
    const [first, second, third] = await changed(...lists)
    expect([first, second]).toEqual([2, 1])
    // a price that comes back to what it was is a correction too
    expect(third).toBe(before[0]?.[0] === '1' ? 1 : 0)
    expect((await prices())[0]).toEqual({ id: '1', price: before[0]?.[0] === '1' ? 7 : 3 })
  })

  test('a batch that ends where the table was counts its steps and leaves the row', async () => {
    await changed([minute(1, 5)])
    expect(await changed([minute(1, 6), minute(1, 5)])).toEqual([2])
    expect(await prices()).toEqual([{ id: '1', price: 5 }])
  })

  test('only corrected rows open their buckets', async () => {
    await replace(client, [[minute(1, 1), minute(11, 1), minute(21, 1)]])
    const { buckets } = await replace(client, [[minute(1, 1), minute(12, 1), minute(21, 2)]])
    expect(buckets.map(bucket => bucket.toISOString().slice(11, 16)).sort()).toEqual(['00:10', '00:20'])
  })
})
