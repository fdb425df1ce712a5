// How does a test file get a database of its own? As a copy of a server's migrated template.
import pg from 'pg'
import { type ServerUrls, startTestServer } from './server'

export interface TestDatabase {
  /** As the functions connect. */
  appUrl: string
  /** As migrations connect. */
  ownerUrl: string
  /** A query as the owner. */
  query<R extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<R[]>
  /** A statement as the superuser, in this database. */
  asSuperuser(sql: string): Promise<void>
  drop(): Promise<void>
}

const template = 'sluice'
let count = 0

const withDatabase = (url: string, database: string) => {
  const parsed = new URL(url)
  parsed.pathname = `/${database}`
  return parsed.href
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/**
 * A new database with every table and grant of the template.
 * @param urls the server; the one of the whole run when left out
 */
export async function testDatabase(urls: ServerUrls = JSON.parse(process.env.TEST_POSTGRES!)): Promise<TestDatabase> {
  const name = `test_${process.pid}_${++count}`
  const asSuperuser = (sql: string, database = 'postgres') => run(withDatabase(urls.superuser, database), sql)
  await asSuperuser(`create database ${name} template ${template} owner sluice_owner`)
  const ownerUrl = withDatabase(urls.owner, name)
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 2 })
  // `end` does not wait until the server has read the goodbye of every session, so that dropping the database may end one first
  pool.on('error', () => {})
  return {
    appUrl: withDatabase(urls.app, name),
    ownerUrl,
    query: async (sql, values) => (await pool.query(sql, values)).rows,
    asSuperuser: sql => asSuperuser(sql, name),
    drop: async () => {
      await pool.end()
      await asSuperuser(`drop database ${name} with (force)`)
    }
  }
}

/**
 * A new database on a server where nobody else writes, not even autovacuum: for tests of what depends on the transactions that are open
 * anywhere on the server.
 */
export async function databaseOnOwnServer(): Promise<TestDatabase> {
  const server = await startTestServer()
  await run(server.urls.superuser, 'alter system set autovacuum = off')
  await run(server.urls.superuser, 'select pg_reload_conf()')
  const database = await testDatabase(server.urls)
  return { ...database, drop: () => database.drop().finally(server.stop) }
}
