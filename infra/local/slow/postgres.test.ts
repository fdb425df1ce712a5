import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { LogFile } from '../log-file'
import type { Place } from '../place'
import { freePort } from '../ports'
import { type Postgres, startPostgres } from '../postgres'
import { findNativeFolder, mendSymlinks } from '../postgres-binaries'
import { openSecrets, prepareCluster } from '../postgres-cluster'
import { findLauncher } from '../postgres-launcher'
import { endProcess, identityOf, isAlive } from '../processes'
import { readSecrets } from '../secrets'
import { temporaryPlace } from '../testing'

const isRoot = process.getuid?.() === 0
const whenRoot = isRoot ? test : test.skip

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('one cluster through its life', () => {
  const place = temporaryPlace()
  let server: Postgres
  const start = async () => (server = await startPostgres(place, await freePort([26_432])))

  beforeAll(start)
  afterAll(async () => {
    await server.stop()
    place.remove()
  })

  test('the first start gives a database with durable defaults, UTF-8 and three roles of different rights', async () => {
    const [row] = await query(
      server.url('sluice_owner'),
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, current_setting('server_encoding') as encoding,
              current_setting('server_version_num')::int / 10000 as major`
    )
    expect(row).toEqual({ fsync: 'on', commit: 'on', encoding: 'UTF8', major: 18 })
    await query(server.url('sluice_owner'), 'create table kept (n int)')
    await query(server.url('sluice_app'), 'insert into kept values (1)')
    await query(server.url('sluice_app'), 'create temporary table batch (n int)')
    expect(await query(server.url('sluice_reader'), 'select n from kept')).toEqual([{ n: 1 }])
    await expect(query(server.url('sluice_app'), 'drop table kept')).rejects.toThrow(/must be owner/)
    await expect(query(server.url('sluice_reader'), 'insert into kept values (2)')).rejects.toThrow(/permission denied|read-only/)
  })

  test('passwords are in a file that only its owner reads, and in no log', () => {
    expect(statSync(place.secretsFile).mode & 0o777).toBe(0o600)
    const log = readFileSync(join(place.logs, 'postgres.log'), 'utf8')
    for (const password of Object.values(readSecrets(place.secretsFile)!)) expect(log).not.toContain(password)
  })

  test('a second start goes on from the data of the first, and from other passwords when their file was lost', async () => {
    await server.stop()
    expect(isAlive(server.process)).toBe(false)
    rmSync(place.secretsFile)
    await start()
    expect(await query(server.url('sluice_app'), 'select n from kept')).toEqual([{ n: 1 }])
  })

  test('a start replaces a postmaster that its supervisor left behind', async () => {
    const left = server
    await start()
    expect(isAlive(left.process)).toBe(false)
    expect(await query(server.url('sluice_reader'), 'select n from kept')).toEqual([{ n: 1 }])
  })

  test('a start after kill -9 with a backend at work waits for the shared memory and keeps what was committed', async () => {
    const client = new pg.Client({ connectionString: server.url('sluice_app') })
    client.on('error', () => undefined)
    await client.connect()
    await client.query('insert into kept values (2)')
    const busy = client.query(`select count(*) from generate_series(1, 1e9::bigint)`).catch(error => error)
    server.kill()
    await server.ended
    await start()
    expect(await query(server.url('sluice_app'), 'select n from kept order by n')).toEqual([{ n: 1 }, { n: 2 }])
    expect(await busy).toBeInstanceOf(Error)
    await client.end().catch(() => undefined)
  })

  test('a postmaster.pid whose process id belongs to another program by now is not in the way', async () => {
    const file = join(place.postgres, 'data', 'postmaster.pid')
    const content = readFileSync(file, 'utf8')
    await server.stop()
    writeFileSync(file, content.replace(/^\d+/, String(process.pid)))
    await start()
    expect(await query(server.url('sluice_reader'), 'select count(*)::int as n from kept')).toEqual([{ n: 2 }])
  })

  test('a port that is taken between the choice and the start gives way to the next', async () => {
    await server.stop()
    const rival = createServer()
    const taken = await freePort([26_800])
    await new Promise<void>(resolve => rival.listen(taken, '127.0.0.1', resolve))
    server = await startPostgres(place, taken)
    await new Promise(resolve => rival.close(resolve))
    expect(server.port).toBeGreaterThan(taken)
  })
})

test('an initdb that was killed is done again', async () => {
  const place = temporaryPlace()
  const launcher = await findLauncher(place)
  const log = new LogFile(join(place.logs, 'postgres.log'))
  const torn = prepareCluster(launcher, place.secretsFile, openSecrets(place.secretsFile), log)
  const outcome = torn.then(
    () => 'done',
    error => error.message
  )
  const folder = join(launcher.folder, 'data.new')
  await until(() => existsSync(join(folder, 'PG_VERSION')))
  const initdb = initdbOf(folder)
  expect(initdb).toBeDefined()
  await endProcess(identityOf(initdb!)!, [])
  expect(await outcome).toMatch(/initdb ended with SIGKILL/)
  expect(existsSync(join(launcher.folder, 'data'))).toBe(false)
  const server = await startPostgres(place, await freePort([26_432]), { launcher })
  expect(await query(server.url('sluice_app'), 'select 1 as one')).toEqual([{ one: 1 }])
  await server.stop()
  log.close()
  place.remove()
})

test('missing symbolic links of the binaries are made again', () => {
  const native = findNativeFolder(process.cwd())
  const place = temporaryPlace()
  const copy = join(place.state, 'native')
  mkdirSync(join(copy, 'lib'), { recursive: true })
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  symlinkSync(join(native, 'pg-symlinks.json'), join(copy, 'pg-symlinks.json'))
  for (const { source } of links) writeFileSync(join(copy, '..', source), '')
  expect(mendSymlinks(copy)).toBe(links.length)
  expect(mendSymlinks(copy)).toBe(0)
  for (const { target } of links) expect(existsSync(join(copy, '..', target))).toBe(true)
  place.remove()
})

async function startAndStop(place: Place, allowCapabilities: boolean): Promise<string> {
  const launcher = await findLauncher(place, allowCapabilities)
  const server = await startPostgres(place, await freePort([26_432]), { launcher })
  expect(await query(server.url('sluice_app'), 'select 1 as one')).toEqual([{ one: 1 }])
  await server.stop()
  return launcher.description
}

whenRoot('as root, Postgres runs as another user: directly where that user reaches the folder', async () => {
  const place = temporaryPlace(0o755)
  // the user must also reach the binaries, which is so where this checkout is not private
  const reachable = (statSync(process.cwd()).mode & 0o005) === 0o005
  const description = await startAndStop(place, true)
  if (reachable) expect(description).toMatch(/^as user \d+$/)
  expect(statSync(join(place.postgres, 'data')).uid).not.toBe(0)
  place.remove()
})

whenRoot('as root in a private folder, Postgres runs there with a capability, or outside without one', async () => {
  const place = temporaryPlace(0o700)
  expect(await startAndStop(place, false)).toMatch(/in .*sluice-postgres-/)
  place.remove()
  const second = temporaryPlace(0o700)
  expect(await startAndStop(second, true)).toMatch(/with dac_|in .*sluice-postgres-/)
  second.remove()
})

/** The process of initdb that makes this folder. */
function initdbOf(folder: string): number | undefined {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  const line = lines.find(text => text.includes(folder) && /\binitdb\b/.test(text))
  return line === undefined ? undefined : Number.parseInt(line, 10)
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}
