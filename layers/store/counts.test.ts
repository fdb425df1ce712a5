import pg from 'pg'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { consumedOffsets, countsByDataset, countsOfRun } from './counts'
import { closePools, poolFor } from './pool'

let database: TestDatabase
let pool: pg.Pool

beforeAll(async () => {
  database = await testDatabase()
  pool = poolFor(database.appUrl)
  await database.query(`insert into record_counts (cluster_id, dataset, topic, "partition", run_id, disposition, reason, record_count) values
    ('here', 'sensors', 't', 0, 'r', 'valid', '', 5), ('here', 'sensors', 't', 1, 'r', 'valid', '', 2), ('here', 'sensors', 't', 1, '', 'valid', '', 1),
    ('here', 'sensors', 't', 0, 'r', 'quarantined', '', 3), ('here', 'sensors', 't', 0, 'r', 'reason', 'late', 2), ('there', 'sensors', 't', 0, '', 'valid', '', 100)`)
  await database.query(
    `insert into consumed_offsets (cluster_id, consumer, topic, "partition", next_offset) values ('here', 'c', 't', 0, 8), ('there', 'c', 't', 0, 100)`
  )
})
afterAll(async () => {
  await closePools()
  await database.drop()
})

test('a run counts its own records over all partitions', async () => {
  expect(await countsOfRun(pool, 'r')).toEqual({ valid: 7, quarantined: 3, duplicate: 0, reasons: { late: 2 } })
  expect(await countsOfRun(pool, 'unknown')).toEqual({ valid: 0, quarantined: 0, duplicate: 0, reasons: {} })
})

test('a dataset counts the records of one cluster', async () => {
  expect(await countsByDataset(pool, 'here')).toEqual(
    new Map([['sensors', { valid: 8, quarantined: 3, duplicate: 0, reasons: { late: 2 } }]])
  )
  expect(await consumedOffsets(pool, 'c', 'here')).toEqual(new Map([['t-0', 8]]))
})

test('a server that is away is named as such, with what to do', async () => {
  const away = new pg.Pool({ connectionString: 'postgres://nobody:secret@127.0.0.1:1/none' })
  await expect(countsOfRun(away, 'r')).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    message: expect.not.stringContaining('secret'),
    remedy: expect.stringContaining('doctor')
  })
  await away.end()
})
