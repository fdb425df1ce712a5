import { cuttingProxy } from '../../infra/testing/cutting-proxy'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { connectedTo } from './connection'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

test('work gets a connection that is closed afterwards', async () => {
  const pid = await connectedTo(database.appUrl, async client => (await client.query('select pg_backend_pid() as pid')).rows[0].pid)
  expect(await database.query('select from pg_stat_activity where pid = $1', [pid])).toEqual([])
})

test('a server that dies in mid-work is an error that says so, and ends nothing else', async () => {
  const { hostname, port } = new URL(database.appUrl)
  const proxy = await cuttingProxy({ host: hostname, port: Number(port) })
  const url = Object.assign(new URL(database.appUrl), { port: `${proxy.port}` })
  const work = connectedTo(url.href, client => {
    proxy.cutAfter('up', 0, 1)
    return client.query('select 1')
  })
  await expect(work).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  await proxy.close()
})

test('an error of the work itself stays what it is', async () => {
  await expect(connectedTo(database.appUrl, client => client.query('select nothing'))).rejects.toMatchObject({ code: '42703' })
})
