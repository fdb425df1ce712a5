// How does a command do one thing with a database over a connection of its own?
import pg from 'pg'
import { storeError } from './pool'

/**
 * Connects, works, and closes whatever happens.
 * @throws PipelineError DATABASE_UNAVAILABLE when the server is away; otherwise what `work` or the server throws
 */
export async function connectedTo<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'sluice' })
  // the query that a broken connection ends says so; without a listener it would end the process as well
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } catch (error) {
    throw storeError(error)
  } finally {
    await client.end().catch(() => {})
  }
}
