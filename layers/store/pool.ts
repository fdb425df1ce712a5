// How does a function reach a database, and what is tried again when it does not answer?
import pg from 'pg'
import { PipelineError } from '../errors'

/** Connections of one process to one database: a Lambda environment works on one event at a time and never needs more than two. */
const poolSize = 2
const connectTimeoutMs = 5_000
/** How often a transaction is run in all when the server asks to try again. */
const transactionAttempts = 3

/** The whole retry policy: SQLSTATEs (or prefixes) after which the same transaction may succeed unchanged. */
const retryable: Record<string, string> = {
  '40001': 'serialization failure',
  '40P01': 'deadlock detected'
}

/** SQLSTATEs and socket errors that mean that the server is away. */
const unavailable = /^(08...|57P0[123]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND)$/

const pools = new Map<string, pg.Pool>()

/**
 * The pool of this process for a database; made at the first call, shared by all later ones.
 * @param url postgres:// URL
 */
export function poolFor(url: string): pg.Pool {
  let pool = pools.get(url)
  if (!pool) {
    pool = new pg.Pool({
      connectionString: url,
      max: poolSize,
      connectionTimeoutMillis: connectTimeoutMs,
      application_name: 'sluice',
      allowExitOnIdle: true
    })
    // an idle connection that breaks is replaced at the next query; without a listener it would end the process
    pool.on('error', () => {})
    // one that is in use shows it at its query
    pool.on('connect', client => client.on('error', () => {}))
    pools.set(url, pool)
  }
  return pool
}

/** Ends every pool of this process. */
export async function closePools(): Promise<void> {
  const open = [...pools.values()]
  pools.clear()
  await Promise.all(open.map(pool => pool.end()))
}

/** Turns a driver's error that means "the server is away" into a PipelineError; others are returned as they are. */
export function storeError(error: unknown): unknown {
  const code = (error as { code?: string }).code ?? ''
  const message = (error as Error).message ?? String(error)
  if (unavailable.test(code) || /timeout exceeded when trying to connect|timeout expired|Connection terminated/.test(message))
    return new PipelineError('DATABASE_UNAVAILABLE', `the database does not answer: ${message || code}`, { cause: error })
  return error
}

/**
 * Runs `work` in one transaction: committed when it returns, rolled back when it throws, run again after a deadlock or a serialization failure.
 * @throws PipelineError DATABASE_UNAVAILABLE when the server is away; otherwise what `work` or the server throws
 */
export async function withTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect().catch(error => {
      throw storeError(error)
    })
    let broken: Error | undefined
    try {
      await client.query('begin')
      const result = await work(client)
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback').catch(rollbackError => {
        broken = rollbackError
      })
      if (attempt === transactionAttempts || !((error as { code?: string }).code! in retryable)) throw storeError(error)
    } finally {
      client.release(broken)
    }
  }
}
