// Which Postgres do the tests use? One embedded server for the whole run, with a migrated template database.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { loadContracts } from '../../layers/contract'
import { migrate } from '../../layers/store/migrate'
import { placeOf } from '../local/place'
import { startPostgres } from '../local/postgres'

const root = resolve(__dirname, '../..')
export const templateDatabase = 'sluice'

export default async function globalSetup(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  const postgres = await startPostgres(placeOf(root, folder), 25432)
  await migrate(postgres.url('sluice_owner'), loadContracts(join(root, 'contracts')))
  const admin = new pg.Client({ connectionString: postgres.url('postgres') })
  await admin.connect()
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()', [
    templateDatabase
  ])
  await admin.end()
  process.env.TEST_POSTGRES_SUPERUSER = postgres.url('postgres')
  process.env.TEST_POSTGRES_OWNER = postgres.url('sluice_owner')
  process.env.TEST_POSTGRES_APP = postgres.url('sluice_app')
  // jest that is interrupted runs no teardown
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  process.once('exit', () => postgres.kill())
  ;(globalThis as Record<string, unknown>).stopTestPostgres = async () => {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
