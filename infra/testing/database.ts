// How does a test file get a database of its own? As a copy of the migrated template.
import pg from 'pg'

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

let count = 0

const withDatabase = (url: string, database: string) => {
  const parsed = new URL(url)
  parsed.pathname = `/${database}`
  return parsed.href
}

async function asSuperuser(sql: string, database = 'postgres'): Promise<void> {
  const client = new pg.Client({ connectionString: withDatabase(process.env.TEST_POSTGRES_SUPERUSER!, database) })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** A new database with every table and grant of the template. */
export async function testDatabase(): Promise<TestDatabase> {
  const name = `test_${process.pid}_${++count}`
  await asSuperuser(`create database ${name} template sluice owner sluice_owner`)
  const ownerUrl = withDatabase(process.env.TEST_POSTGRES_OWNER!, name)
  const pool = new pg.Pool({ connectionString: ownerUrl, max: 2 })
  return {
    appUrl: withDatabase(process.env.TEST_POSTGRES_APP!, name),
    ownerUrl,
    query: async (sql, values) => (await pool.query(sql, values)).rows,
    asSuperuser: sql => asSuperuser(sql, name),
    drop: async () => {
      await pool.end()
      await asSuperuser(`drop database ${name} with (force)`)
    }
  }
}
