// What does `doctor` look at?
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PipelineError } from '../../layers/errors'
import { addressesOf, externalServers, isReachable } from '../local/external'
import { defaultPorts, isFree, type PortName } from '../local/ports'
import { findNativeFolder, mendSymlinks } from '../local/postgres-binaries'
import { findLauncher } from '../local/postgres-launcher'
import { contractsFolderOf } from '../local/schema'
import { liveState } from '../local/state'
import type { Context } from './context'

const run = promisify(execFile)
const TOOL_TIMEOUT_MS = 10_000

export interface Check {
  name: string
  /** `fail`: needed and not there; `warn`: something optional, or mended just now. */
  verdict: 'ok' | 'warn' | 'fail'
  found: string
  /** What to do; only where the verdict is not ok. */
  remedy?: string
}

const ok = (name: string, found: string): Check => ({ name, verdict: 'ok', found })
const warn = (name: string, found: string, remedy: string): Check => ({ name, verdict: 'warn', found, remedy })
const fail = (name: string, found: string, remedy: string): Check => ({ name, verdict: 'fail', found, remedy })

/** A check that throws has failed, with the remedy that the error brings. */
async function guarded(name: string, check: () => Promise<Check> | Check): Promise<Check> {
  try {
    return await check()
  } catch (error) {
    return fail(
      name,
      (error as Error).message.split('\n')[0]!,
      error instanceof PipelineError ? error.remedy : 'Read the message; run `npm install` when in doubt.'
    )
  }
}

async function tool(name: string, command: string, args: string[], use: string): Promise<Check> {
  try {
    const { stdout, stderr } = await run(command, args, { timeout: TOOL_TIMEOUT_MS })
    return ok(name, `${stdout}${stderr}`.trim().split('\n')[0] ?? '')
  } catch {
    return warn(name, 'not found', `Only needed to ${use}.`)
  }
}

function packages(root: string): Check {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >
  const wanted = Object.entries({ ...dependencies, ...devDependencies })
  const wrong = wanted.filter(([name, version]) => {
    const file = join(root, 'node_modules', name, 'package.json')
    const pinned = version.startsWith('npm:') ? version.slice(version.lastIndexOf('@') + 1) : version
    return !existsSync(file) || (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version !== pinned
  })
  if (wrong.length === 0) return ok('packages', `${wanted.length} as package.json pins them`)
  return fail('packages', `not as pinned: ${wrong.map(([name]) => name).join(', ')}`, 'Run `npm install`.')
}

function bundles(root: string): Check {
  const files = ['infra/broker/dist/bin.js', 'infra/event-source/dist/index.js', 'infra/local/dist/plugin.mjs', 'infra/cli/dist/main.mjs']
  const missing = files.filter(file => !existsSync(join(root, file)))
  return missing.length === 0
    ? ok('bundles', `${files.length} built`)
    : fail('bundles', `missing: ${missing.join(', ')}`, 'Run `node infra/build.mjs --force`.')
}

function symlinks(root: string): Check {
  const mended = mendSymlinks(findNativeFolder(root))
  return mended === 0
    ? ok('Postgres libraries', 'links are there')
    : warn('Postgres libraries', `${mended} links were missing`, 'Made them just now; nothing to do.')
}

async function port(context: Context, name: PortName): Promise<Check> {
  const ours = liveState(context.place)?.ports?.[name]
  const usual = defaultPorts[name]
  if (ours !== undefined) return ok(`port of ${name}`, `${ours}, in use by this checkout`)
  if (await isFree(usual)) return ok(`port of ${name}`, `${usual} is free`)
  return warn(`port of ${name}`, `${usual} is in use by something else`, 'The next start takes the next free port and prints it.')
}

/** Connects as a client does: first to the address that is configured, then to those that the cluster says it has. */
async function kafka(brokers: string): Promise<Check> {
  const { Kafka, logLevel } = await import('kafkajs')
  const admin = new Kafka({
    clientId: 'sluice-doctor',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    retry: { retries: 0 }
  }).admin()
  try {
    await admin.connect()
    const { brokers: advertised } = await admin.describeCluster()
    for (const { host, port: advertisedPort } of advertised) {
      if (await isReachable(host, advertisedPort)) continue
      const found = `${brokers} answers, but it advertises ${host}:${advertisedPort}, which does not`
      return fail('Kafka', found, 'Set advertised.listeners of the broker to an address that this machine reaches.')
    }
    return ok('Kafka', `${brokers} answers, ${advertised.length} broker${advertised.length === 1 ? '' : 's'}, all reachable as advertised`)
  } catch (error) {
    return fail('Kafka', `${brokers}: ${(error as Error).message}`, 'Check KAFKA_BROKERS, or unset it to use the embedded broker.')
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

async function database(name: string, url: string): Promise<Check> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query(
      `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
              exists (select from pg_available_extensions where name = 'timescaledb') as timescale`
    )
    const found = `Postgres ${rows[0].version}${rows[0].timescale ? ' with TimescaleDB' : ''}`
    return rows[0].number >= 150_000 ? ok(name, found) : fail(name, found, 'Use Postgres 15 or later.')
  } catch (error) {
    return fail(name, (error as Error).message, `Check ${name}, or unset it to use the embedded Postgres.`)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function mysql(url: string): Promise<Check> {
  const { createConnection } = await import('mysql2/promise')
  const connection = await createConnection({ uri: url, connectTimeout: 3_000 })
  try {
    const [rows] = await connection.query('select version() as version')
    return ok('MYSQL_URL', `MySQL ${(rows as { version: string }[])[0]!.version}`)
  } finally {
    await connection.end().catch(() => undefined)
  }
}

/** Lists as much as one object: enough to know that folder or bucket answer. */
async function lake(url: string | undefined): Promise<Check> {
  if (url === undefined) return ok('lake', 'a folder, made with the first object')
  const { openLake } = await import('../../layers/lake')
  for await (const { key } of openLake(url).list('')) return ok('lake', `${url} answers, first object ${key}`)
  return ok('lake', `${url} answers, and is empty`)
}

/** Servers: those that run, those that the environment names, or how the embedded ones would run. */
function servers(context: Context): (() => Promise<Check>)[] {
  const external = externalServers(process.env)
  const { endpoints } = liveState(context.place) ?? {}
  const urls = {
    kafka: external.kafka ?? endpoints?.kafka,
    database: external.database ?? endpoints?.database,
    timescale: external.timescale ?? endpoints?.timescale,
    lake: external.lake ?? endpoints?.lake
  }
  const embedded = async () => ok('Postgres', `embedded, runs ${(await findLauncher(context.place)).description}`)
  return [
    () => guarded('Kafka', () => (urls.kafka === undefined ? ok('Kafka', 'embedded, not running') : kafka(urls.kafka))),
    () => guarded('DATABASE_URL', () => (urls.database === undefined ? embedded() : database('DATABASE_URL', urls.database))),
    ...(urls.timescale !== undefined && urls.timescale !== urls.database
      ? [() => guarded('TIMESCALE_URL', () => database('TIMESCALE_URL', urls.timescale!))]
      : []),
    ...(external.mysql === undefined ? [] : [() => guarded('MYSQL_URL', () => mysql(external.mysql!))]),
    () => guarded('lake', () => lake(urls.lake))
  ]
}

/** Everything at once; in this order. */
export async function checks(context: Context): Promise<Check[]> {
  const { root } = context.place
  const contracts = async () => {
    const { checkContracts } = await import('../../layers/contract/check')
    return ok('contracts', `${checkContracts(contractsFolderOf(context.place)).length} valid`)
  }
  const environment = () =>
    ok(
      'environment',
      addressesOf(externalServers(process.env))
        .map(({ variable }) => variable)
        .join(', ') || 'no external servers'
    )
  const isValid = await guarded('environment', environment)
  return [
    ok('Node', process.version),
    ...(await Promise.all([
      tool('npm', 'npm', ['--version'], 'install packages'),
      guarded('packages', () => packages(root)),
      guarded('bundles', () => bundles(root)),
      guarded('Postgres libraries', () => symlinks(root)),
      guarded('contracts', contracts)
    ])),
    isValid,
    ...(await Promise.all([
      ...(Object.keys(defaultPorts) as PortName[]).map(name => guarded(`port of ${name}`, () => port(context, name))),
      ...(isValid.verdict === 'ok' ? servers(context).map(check => check()) : []),
      tool('docker', 'docker', ['compose', 'version'], 'start with --compose'),
      tool('kcat', 'kcat', ['-V'], 'look into topics by hand'),
      tool('psql', 'psql', ['--version'], 'look into tables by hand'),
      tool('java', 'java', ['-version'], 'run the checks against Apache Kafka')
    ]))
  ]
}
