// How does the embedded Postgres start, get its database and roles, and stop?
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { PipelineError } from '../../layers/errors'
import rolesSql from '../../sql/roles.sql'
import { LogFile } from './log-file'
import type { Place } from './place'
import { freePort } from './ports'
import { dataFolder, type OpenedSecrets, openSecrets, prepareCluster, shutdownSteps, spawnBinary } from './postgres-cluster'
import { findLauncher, type Launcher } from './postgres-launcher'
import { endProcess, identityOf, type ProcessIdentity } from './processes'
import type { Role, Secrets } from './secrets'
import { trackStart } from './starting'
import type { RunningService } from './supervised'

export const DATABASE = 'sluice'
const POLL_MS = 15
const START_TIMEOUT_MS = 60_000
/** Backends of a killed postmaster end by themselves; until then its shared memory is in use. */
const LEFTOVER_TIMEOUT_MS = 10_000
const PORT_ATTEMPTS = 20

export interface Postgres extends RunningService {
  url(role: Role): string
}

/** Durability is Postgres' default (fsync, synchronous_commit); the rest is sized for one developer's machine. */
function settings(port: number): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    // keeps the hot part of a few million rows, and is small beside what Node and a browser use
    shared_buffers: '256MB',
    // a load of a few hundred thousand records should not force a checkpoint in its middle
    max_wal_size: '2GB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    log_checkpoints: 'off',
    // everything goes to our own bounded log, from which we also read when the server is ready
    log_destination: 'stderr',
    logging_collector: 'off'
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

export function postgresUrl(role: Role, secrets: Secrets, port: number, database = DATABASE): string {
  return `postgres://${role}:${secrets[role]}@127.0.0.1:${port}/${database}`
}

/** Prints of the postmaster (lc_messages is C) that tell how a start came out. */
const READY = 'database system is ready to accept connections'

/**
 * Waits for the postmaster's own word that it takes connections: connecting until something answers would talk to whoever holds the port.
 * @returns '' when it is ready, else what it printed before it ended
 */
function waitUntilReady(child: ChildProcess, ended: Promise<string>): Promise<string> {
  let printed = ''
  return new Promise(resolve => {
    const timer = setTimeout(() => child.kill('SIGQUIT'), START_TIMEOUT_MS)
    const read = (chunk: Buffer) => {
      printed = (printed + String(chunk)).slice(-4096)
      if (printed.includes(READY)) settle('')
    }
    const settle = (outcome: string) => {
      clearTimeout(timer)
      child.stderr?.off('data', read)
      resolve(outcome)
    }
    child.stderr?.on('data', read)
    // its last words may still be in the pipe when the exit is reported
    void ended.then(reason => setImmediate(() => settle(printed || reason)))
  })
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, application_name: 'sluice-start' })
  // what breaks the connection shows at the query
  client.on('error', () => {})
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

async function ensureDatabase(secrets: Secrets, port: number): Promise<void> {
  await withClient(postgresUrl('postgres', secrets, port, 'postgres'), async client => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
  })
  await withClient(postgresUrl('postgres', secrets, port), async client => {
    for (const role of ['sluice_owner', 'sluice_app', 'sluice_reader'] as const) {
      await client.query('select set_config($1, $2, false)', [`sluice.${role}`, secrets[role]])
    }
    await client.query(rolesSql)
  })
}

type Attempt = { child: ChildProcess; identity: ProcessIdentity; ended: Promise<string> } | { failure: string }

async function attempt(launcher: Launcher, port: number, log: LogFile): Promise<Attempt> {
  const child = spawnBinary(launcher, 'postgres', ['-D', dataFolder(launcher), ...settings(port)], log)
  const start = trackStart(child)
  child.stdin?.end()
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    // not 'close': backends that outlive a killed postmaster keep its output open
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
  const failure = await waitUntilReady(child, ended)
  start.started()
  const identity = child.pid === undefined ? undefined : identityOf(child.pid)
  return failure === '' && identity ? { child, identity, ended } : { failure: failure || (await ended) }
}

/**
 * Starts the embedded Postgres of a checkout and waits until it takes connections and has its database and roles.
 * Replaces whatever an earlier run left. Takes the next free port when somebody else was faster.
 * @param port the wished port
 * @throws PipelineError SERVICE_FAILED with the end of the log
 */
export async function startPostgres(
  place: Place,
  port: number,
  options: { launcher?: Launcher; opened?: OpenedSecrets } = {}
): Promise<Postgres> {
  const log = new LogFile(join(place.logs, 'postgres.log'))
  const launcher = options.launcher ?? (await findLauncher(place))
  const opened = options.opened ?? openSecrets(place.secretsFile)
  const { secrets } = opened
  await prepareCluster(launcher, place.secretsFile, opened, log)
  const deadline = performance.now() + LEFTOVER_TIMEOUT_MS
  const avoid = new Set<number>()
  for (let chosen = port; ; ) {
    const result = await attempt(launcher, chosen, log)
    if (!('failure' in result)) {
      await ensureDatabase(secrets, chosen)
      return {
        port: chosen,
        process: result.identity,
        ended: result.ended,
        url: role => postgresUrl(role, secrets, chosen),
        stop: () => endProcess(result.identity, shutdownSteps),
        kill: () => void result.child.kill('SIGKILL')
      }
    }
    if (/could not bind|Address already in use/i.test(result.failure) && avoid.size < PORT_ATTEMPTS) {
      avoid.add(chosen)
      chosen = await freePort([chosen + 1], avoid)
    } else if (/still in use|lock file .* already exists/i.test(result.failure) && performance.now() < deadline) {
      await delay(POLL_MS * 4)
    } else {
      throw new PipelineError('SERVICE_FAILED', `Postgres did not start: ${result.failure.trim().split('\n').slice(-4).join(' | ')}`, {
        remedy: `Read ${log.path}.`
      })
    }
  }
}
