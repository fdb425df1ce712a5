import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { loadContracts } from '../contract'
import { contractsByUrl, dumpSchema, migrate } from './migrate'

const contracts = loadContracts(join(__dirname, '../../contracts'))
const schemaFile = join(__dirname, '../../sql/schema.sql')

let database: TestDatabase

beforeEach(async () => {
  database = await testDatabase()
})
afterEach(() => database.drop())

test('a second migrate changes nothing', async () => {
  expect(await migrate(database.ownerUrl, contracts)).toEqual([])
})

test('the committed schema is the one that migrations and contracts make', async () => {
  const dump = await dumpSchema(database.ownerUrl)
  // `npx jest layers/store -u` writes it again
  if (
    !existsSync(schemaFile) ||
    (expect.getState() as unknown as { snapshotState: { _updateSnapshot: string } }).snapshotState._updateSnapshot === 'all'
  )
    writeFileSync(schemaFile, dump)
  expect(readFileSync(schemaFile, 'utf8')).toBe(dump)
})

test('a migration that was edited after it ran is refused by name', async () => {
  await database.query("update schema_migrations set checksum = 'other' where name = '0001_accounting'")
  await expect(migrate(database.ownerUrl, contracts)).rejects.toMatchObject({
    code: 'MIGRATION_REFUSED',
    message: expect.stringContaining('sql/migrations/0001_accounting.sql')
  })
})

test('a contract that gained an optional field widens its table and keeps its rows', async () => {
  await database.query("insert into clean_products (product_id, name, price, stock) values ('P1', 'Widget', 1, 1)")
  const wider = contracts.map(contract =>
    contract.dataset === 'products'
      ? {
          ...contract,
          table: { ...contract.table, columns: [...contract.table.columns, { name: 'colour', type: 'text' as const, nullable: true }] }
        }
      : contract
  )
  expect(await migrate(database.ownerUrl, wider)).toHaveLength(1)
  expect(await database.query('select product_id, colour from clean_products')).toEqual([{ product_id: 'P1', colour: null }])
})

test('a contract that would change a column is refused, and nothing is changed', async () => {
  const narrower = contracts.map(contract =>
    contract.dataset === 'products'
      ? {
          ...contract,
          table: {
            ...contract.table,
            columns: contract.table.columns.map(column => (column.name === 'stock' ? { ...column, type: 'text' as const } : column))
          }
        }
      : contract
  )
  await expect(migrate(database.ownerUrl, narrower)).rejects.toMatchObject({
    code: 'MIGRATION_REFUSED',
    message: expect.stringMatching(/clean_products.*stock.*integer.*text/)
  })
})

test('a summary that is missing is made and filled from the readings that are there, as after the migration that drops the old one', async () => {
  await database.query('drop view v_sensor_windows')
  await database.query('drop table sensor_windows')
  await database.query(
    "insert into sensor_readings select t, 's', 20, 50, 1000 from unnest(array['2026-01-15T12:00:01Z', '2026-01-15T12:00:59Z', '2026-01-15T12:05Z']::timestamptz[]) t"
  )
  expect(await migrate(database.ownerUrl, contracts)).toHaveLength(2)
  expect(await database.query("select bucket from window_invalidations where dataset = 'sensors' order by 1")).toEqual([
    { bucket: new Date('2026-01-15T12:00Z') },
    { bucket: new Date('2026-01-15T12:05Z') }
  ])
  expect(await database.query('select * from v_sensor_windows')).toEqual([])
})

test('a summary that is to be another one is made again from all times, and its view with it', async () => {
  await database.query(
    "insert into synthetic_data values ('1', '2024-01-01T00:00Z', 1, 1), ('2', '2024-01-01T00:01Z', 2, 2), ('9', '2024-01-01T00:10Z', 3, 3)"
  )
  const longer = contracts.map(contract =>
    contract.dataset === 'market'
      ? { ...contract, latenessMs: 1, summaries: contract.summaries.map(summary => ({ ...summary, minutes: [5, ...summary.minutes] })) }
      : contract
  )
  expect(await migrate(database.ownerUrl, longer)).toHaveLength(7)
  expect(await database.query("select bucket from window_invalidations where dataset = 'market' order by 1")).toEqual([
    { bucket: new Date('2024-01-01T00:00Z') },
    { bucket: new Date('2024-01-01T00:10Z') }
  ])
  expect(await database.query('select watermark, is_final from v_stock_price_summary')).toEqual([])
  expect(await migrate(database.ownerUrl, contracts)).toHaveLength(7)
})

test('the functions may write rows and make no tables; readers may only read', async () => {
  const { default: pg } = await import('pg')
  const app = new pg.Client({ connectionString: database.appUrl })
  await app.connect()
  await app.query("insert into clean_products (product_id, name, price, stock) values ('P2', 'Widget', 1, 1)")
  await expect(app.query('create table x (y integer)')).rejects.toMatchObject({ code: '42501' })
  await expect(app.query('drop table clean_products')).rejects.toMatchObject({ code: '42501' })
  await app.end()
})

test('contracts go to the database of their store', () => {
  const byUrl = contractsByUrl(contracts, { databaseUrl: 'postgres://a', timescaleUrl: 'postgres://b' })
  expect([...byUrl].map(([url, list]) => [url, list.map(contract => contract.dataset)])).toEqual([
    ['postgres://a', ['market', 'products', 'transactions']],
    ['postgres://b', ['iot', 'sensors']]
  ])
})
