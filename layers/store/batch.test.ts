// Does a batch note what it changed, where it must, and without asking the server more than it has to?
import { join } from 'node:path'
import type pg from 'pg'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { type Contract, loadContracts } from '../contract'
import { batchWriter } from './batch'
import { closePools, poolFor, withTransaction } from './pool'

const market = loadContracts(join(__dirname, '../../contracts')).find(contract => contract.dataset === 'market')!
const minute = (number: number, price: number) => [String(number), Date.UTC(2024, 0, 1, 0, number - 1), price, 200]

let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
beforeEach(() => database.query('truncate synthetic_data, window_invalidations, record_counts'))
afterAll(async () => {
  await closePools()
  await database.drop()
})

/** Writes one group's rows; returns its counts and how many statements that took. */
async function write(contract: Contract, rows: unknown[][]) {
  return withTransaction(poolFor(database.appUrl), async client => {
    const query = jest.spyOn(client, 'query')
    try {
      const group = { topic: contract.topic.name, partition: 0, runId: '', rows, quarantined: [], reasons: new Map() }
      const counts = await batchWriter(contract)(client as pg.PoolClient, 'cluster', [group])
      return { counts, statements: query.mock.calls.length }
    } finally {
      query.mockRestore()
    }
  })
}

const noted = async () => {
  const time = (instant: Date) => instant.toISOString().slice(11, 16)
  const notes = await database.query<{ dataset: string; bucket: Date; bucket_end: Date }>(
    'select * from window_invalidations order by 1, 2'
  )
  return notes.map(({ dataset, bucket, bucket_end }) => `${dataset} ${time(bucket)} to ${time(bucket_end)}`)
}

test('changed times are noted in buckets that fit every window, those side by side as one', async () => {
  await write(market, [minute(25, 5), minute(1, 5), minute(2, 5), minute(12, 5), minute(55, 5)])
  expect(await noted()).toEqual(['market 00:00 to 00:30', 'market 00:50 to 01:00'])
})

test('where there is a warehouse they are noted for it too, by the same statement', async () => {
  const rows = [minute(1, 5), minute(2, 5)]
  const { statements } = await write(market, rows)
  await database.query('truncate synthetic_data, window_invalidations')
  expect((await write({ ...market, warehouse: true }, rows)).statements).toBe(statements)
  expect(await noted()).toEqual(['market 00:00 to 00:10', 'market:warehouse 00:00 to 00:10'])
})

test('a dataset without summaries and warehouse notes nothing', async () => {
  await write({ ...market, summaries: [] }, [minute(1, 5)])
  expect(await noted()).toEqual([])
})

test('new rows take four statements, whatever their number: savepoint, copy, notes, counts', async () => {
  expect((await write(market, [minute(1, 5)])).statements).toBe(4)
  expect(
    (
      await write(
        market,
        Array.from({ length: 2000 }, (_, index) => minute(index + 2, 5))
      )
    ).statements
  ).toBe(4)
})

test('duplicates note nothing, corrections their own times', async () => {
  await write(market, [minute(1, 5), minute(12, 5)])
  await database.query('truncate window_invalidations')
  expect((await write(market, [minute(1, 5), minute(12, 6)])).counts).toEqual({ valid: 1, quarantined: 0, duplicate: 1 })
  expect(await noted()).toEqual(['market 00:10 to 00:20'])
})
