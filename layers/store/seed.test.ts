import { join } from 'node:path'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { loadContracts } from '../contract'
import { seed } from './seed'

const contracts = loadContracts(join(__dirname, '../../contracts'))
let database: TestDatabase

beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

test('the samples are put in once: 4 raw products, 3 clean ones, 1000 readings of the last two hours', async () => {
  expect((await seed(database.ownerUrl, contracts)).sort()).toEqual(['products', 'sensors'])
  expect(await seed(database.ownerUrl, contracts)).toEqual([])
  const [counts] = await database.query(
    "select (select count(*) from raw_products)::int as raw, (select count(*) from clean_products)::int as clean, (select count(*) from sensor_readings where time > now() - interval '121 minutes')::int as readings"
  )
  expect(counts).toEqual({ raw: 4, clean: 3, readings: 1000 })
})

test('the samples are those that the guides show', async () => {
  expect(
    await database.query("select raw_data->>'product_id' as id, raw_data->>'price' as price, source from raw_products order by id, source")
  ).toEqual([
    { id: 'P001', price: '$19.99', source: 'source_a' },
    { id: 'P001', price: '$19.99', source: 'source_a' },
    { id: 'P002', price: '25.00', source: 'source_a' },
    { id: 'P003', price: 'CALL', source: 'source_b' }
  ])
  expect(await database.query('select product_id, name, price::text, stock, category from clean_products order by 1')).toEqual([
    { product_id: 'P100', name: 'Premium Widget', price: '99.99', stock: 15, category: 'Electronics' },
    { product_id: 'P101', name: 'Standard Gadget', price: '49.99', stock: 30, category: 'Electronics' },
    { product_id: 'P102', name: 'Budget Tool', price: '9.99', stock: 100, category: 'Home' }
  ])
})
