// Which Postgres do the tests use? One embedded server for the whole run.
import { startTestServer } from './server'

export default async function globalSetup(): Promise<void> {
  const server = await startTestServer()
  process.env.TEST_POSTGRES = JSON.stringify(server.urls)
  // jest that is interrupted runs no teardown
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  process.once('exit', () => server.kill())
  ;(globalThis as Record<string, unknown>).stopTestPostgres = server.stop
}
