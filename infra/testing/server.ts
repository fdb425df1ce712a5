// How does a Postgres for tests start, with a migrated database to copy?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { loadContracts } from '../../layers/contract'
import { migrate } from '../../layers/store/migrate'
import { placeOf } from '../local/place'
import { startPostgres } from '../local/postgres'

const root = resolve(__dirname, '../..')

/** Where a server is, by role: URLs of its database `sluice`. */
export interface ServerUrls {
  superuser: string
  owner: string
  app: string
}

export interface TestServer {
  urls: ServerUrls
  stop(): Promise<void>
  /** At once, without a goodbye: for a process that ends. */
  kill(): void
}

/** An embedded server whose database `sluice` is migrated and has no connection, so that it can be a template. */
export async function startTestServer(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  const postgres = await startPostgres(placeOf(root, folder), 25432)
  await migrate(postgres.url('sluice_owner'), loadContracts(join(root, 'contracts')))
  const admin = new pg.Client({ connectionString: postgres.url('postgres') })
  await admin.connect()
  await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = 'sluice' and pid <> pg_backend_pid()`)
  await admin.end()
  return {
    urls: { superuser: postgres.url('postgres'), owner: postgres.url('sluice_owner'), app: postgres.url('sluice_app') },
    stop: async () => {
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
    kill: () => postgres.kill()
  }
}
