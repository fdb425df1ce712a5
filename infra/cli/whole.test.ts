import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { contractOf } from '../../layers/contract'
import { writeTransactions } from '../../layers/contract/generate'
import { isAlive, waitForEnd } from '../local/processes'
import { readState, updateState } from '../local/state'
import { temporaryPlace } from '../local/testing'

// the servers take seconds to start, and on a machine that is busy many of them
jest.setTimeout(300_000)

// the checkout, its CLI as a user runs it, and servers of its own: nothing is replaced
const root = process.cwd()
const place = temporaryPlace()
const realData = process.env['SLUICE_REAL_DATA'] || join(root, '..', 'shared', 'data', 'online-retail.csv')
const whenRealData = existsSync(realData) ? test : test.skip

interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

function spawnSluice(args: string[]): ChildProcess {
  return spawn(process.execPath, [join(root, 'infra', 'cli', 'sluice.mjs'), ...args], {
    cwd: place.state,
    env: { ...process.env, INIT_CWD: '', SLUICE_STATE: place.state },
    stdio: ['ignore', 'pipe', 'pipe']
  })
}

function ended(child: ChildProcess): Promise<Ended> {
  const result: Ended = { code: null, stdout: '', stderr: '' }
  child.stdout!.on('data', chunk => (result.stdout += chunk))
  child.stderr!.on('data', chunk => (result.stderr += chunk))
  return new Promise(resolve => child.once('close', code => resolve({ ...result, code })))
}

const sluice = (args: string[]) => ended(spawnSluice(args))

async function runJson(args: string[]) {
  const { code, stdout, stderr } = await sluice(['run', ...args, '--json'])
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`)
  return JSON.parse(stdout)
}

const processOf = (name: string) => readState(place).services!.find(service => service.name === name)!.process!

// not the usual ports: another test's stack could take one while this one starts again
beforeAll(() => void updateState(place, { ports: { kafka: 27_092, postgres: 27_432, http: 27_300, lambda: 27_302, mappings: 27_304 } }))
afterAll(async () => {
  await sluice(['stop'])
  place.remove()
})

test('run brings the stack up, accounts for each record, says how to stop, and prints exactly one object', async () => {
  const { code, stdout, stderr } = await sluice(['run', 'products', '--json'])
  expect([code, stderr]).toEqual([0, expect.stringMatching(/Starting the services[\s\S]*npx sluice stop/)])
  const result = JSON.parse(stdout)
  expect(Object.keys(result)).toEqual([
    'dataset',
    'produced',
    'valid',
    'quarantined',
    'duplicate',
    'reasons',
    'seconds',
    'records_per_second'
  ])
  expect(result).toMatchObject({ dataset: 'products', produced: 4, valid: 1, quarantined: 3, duplicate: 0 })
})

test('a file is found from where the user is, and its counts are those that were written into it', async () => {
  const oracle = await writeTransactions(contractOf('transactions'), join(place.state, 'small.csv'), { rows: 500, seed: 7 })
  const result = await runJson(['transactions', '--file', 'small.csv'])
  expect(result).toMatchObject({
    produced: 500,
    valid: oracle.valid,
    quarantined: oracle.quarantined,
    duplicate: oracle.duplicate
  })
})

test('a function answers through the Lambda endpoint, and one that fails gives exit code 1', async () => {
  const { code, stdout } = await sluice(['invoke', 'report-status', '{"rawPath":"/health"}', '--json'])
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, result: { statusCode: 200 } })
  expect(await sluice(['invoke', 'produce-batch', '{"dataset":"nope"}'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^produce-batch failed: no contract for dataset "nope".*\nUse a dataset that has a file/)
  })
})

/** Resolves once a child has printed the text. */
function printed(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = ''
    child.stdout!.on('data', chunk => {
      seen += chunk
      if (seen.includes(text)) resolve()
    })
    child.once('exit', () => reject(new Error(seen)))
  })
}

test('a console sees what the simulator sends, says what is wrong with it, and the tables agree with it', async () => {
  const console = spawnSluice(['consume', 'sensors', '--max-messages', '100'])
  const watched = ended(console)
  await printed(console, 'Processing messages')
  const simulator = spawnSluice(['produce', 'sensors', '--interval', '0.2', '--batch', '25', '--seed', '1'])
  const produced = ended(simulator)
  // a console may have records before the simulator knows that they were taken
  const [{ code, stdout }] = await Promise.all([watched, printed(simulator, '✅ Sent 100 readings')])
  simulator.kill('SIGINT')
  expect(code).toBe(0)
  expect(stdout).toMatch(/✅ Connected to Kafka consumer\n✅ Connected to TimescaleDB\n🟢 Processing messages\.\.\.\n/)
  expect(stdout).toMatch(/🔴 Invalid: /)
  const [, processed, valid, invalid, duplicates] = /📊 Processed: (100) \| Valid: (\d+) \| Invalid: (\d+) \| Duplicates: (\d+)/
    .exec(stdout)!
    .map(Number)
  expect(valid! + invalid! + duplicates!).toBe(processed)
  const simulated = await produced
  expect(simulated.code).toBe(0)
  expect(simulated.stdout).toMatch(/✅ Connected to Kafka broker at 127\.0\.0\.1:\d+\n🟢 Generating data\.\.\./)
  expect(simulated.stdout).toMatch(/✅ Sent 50 readings\.\.\.\n[\s\S]*✅ Sent 100 readings\.\.\./)
  expect(simulated.stdout).toMatch(/🔴 Sending INVALID \w+: /)
  expect(simulated.stdout).toMatch(/🟡 Sending DUPLICATE from sensor_\d{3}/)
})

test('a console in test mode asks no database and prints each message on request', async () => {
  const { code, stdout } = await sluice(['consume', 'sensors', '--from-beginning', '--max-messages', '5', '--test-mode', '--debug'])
  expect(code).toBe(0)
  expect(stdout).not.toContain('TimescaleDB')
  expect(stdout.match(/^\d:\d+ sensor_\d{3} \{/gm)?.length).toBeGreaterThan(0)
})

test('a second start says where the first runs', async () => {
  expect(await sluice(['start'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/Runs already under process \d+/) })
})

test('status tells services, addresses, conserved datasets and schedules', async () => {
  // status gives up after 3 s and leaves out what it was not told: a machine that is busy may need another question
  const told = async (args: string[], isWhole: (stdout: string) => boolean) => {
    for (;;) {
      const { stdout } = await sluice(args)
      if (isWhole(stdout)) return stdout
    }
  }
  const hasAll = (stdout: string) => JSON.parse(stdout).schedules.length > 0 && JSON.parse(stdout).mappings.length > 0
  const status = JSON.parse(await told(['status', '--json'], hasAll))
  expect(status.services.every(({ state }: { state: string }) => state === 'running' || state === 'external')).toBe(true)
  expect(status.endpoints).toMatchObject({
    kafka: expect.any(String),
    database: expect.stringContaining('sluice_app'),
    http: expect.stringContaining('http://127.0.0.1:')
  })
  for (const { produced, valid, quarantined, duplicate, in_flight } of status.datasets)
    expect(produced).toBe(valid + quarantined + duplicate + in_flight)
  expect(status.schedules.map((schedule: { function: string }) => schedule.function)).toContain('aggregate-window')
  expect(status.mappings).toContainEqual(
    expect.objectContaining({ function: 'validate-message', topic: 'products_raw', state: 'Enabled', pollers: 1, failures: 0 })
  )
  expect(await told(['status'], stdout => stdout.includes('validate-message'))).toMatch(
    /validate-message +products_raw +Enabled +1 poller +[\d,]+ records +0 failed +lag \d/
  )
})

whenRealData('every record of the UCI file is accounted for', async () => {
  expect(await runJson(['transactions', '--file', realData])).toMatchObject({ produced: 39_530 })
})

test('after kill -9 of the supervisor nothing of it stays, and the next run starts again on the same data', async () => {
  const functions = processOf('functions')
  const supervisor = readState(place).supervisor!
  process.kill(supervisor.pid, 'SIGKILL')
  await waitForEnd(supervisor, 30_000)
  const before = JSON.stringify(readState(place).ports)
  expect(await runJson(['products'])).toMatchObject({ produced: 4, valid: 0, quarantined: 3, duplicate: 1 })
  expect(isAlive(functions)).toBe(false)
  expect(JSON.stringify(readState(place).ports)).toBe(before)
})

test('stop ends all of it within 3 s', async () => {
  const alive = [processOf('functions'), processOf('postgres'), readState(place).supervisor!]
  const { code, stdout } = await sluice(['stop', '--json'])
  expect([code, JSON.parse(stdout).stopped]).toEqual([0, true])
  expect(JSON.parse(stdout).seconds).toBeLessThan(3)
  expect(alive.filter(isAlive)).toEqual([])
})

test('start shows what runs where, feeds the samples once, and ends within 3 s of Ctrl-C', async () => {
  const child = spawnSluice(['start'])
  const result = ended(child)
  await new Promise<void>((resolve, reject) => {
    let printed = ''
    child.stdout!.on('data', chunk => {
      printed += chunk
      if (/sensors +[1-9]/.test(printed)) resolve()
    })
    child.once('exit', () => reject(new Error(printed)))
  })
  const interruptedAt = performance.now()
  child.kill('SIGINT')
  const { code, stdout } = await result
  expect(performance.now() - interruptedAt).toBeLessThan(3_000)
  expect(stdout).toMatch(
    /Sluice is ready after [\d.]+ s\.\n +dashboard[\s\S]*Kafka[\s\S]*Postgres +psql 'postgres:\/\/sluice_reader[\s\S]*stop +Ctrl-C/
  )
  expect(code).toBe(0)
})
