import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryPlace } from '../local/testing'
import { type CliProcess, runCli, startCli } from '../testing/cli'

const place = temporaryPlace()

const env = { KAFKA_BROKERS: '', DATABASE_URL: '', TIMESCALE_URL: '', SLUICE_STATE: place.state }
const sluice = (args: string[], changes: NodeJS.ProcessEnv = {}) => runCli(args, { cwd: place.state, env: { ...env, ...changes } })
let lines: CliProcess

beforeAll(() => {
  lines = startCli({ cwd: place.state, env })
})
afterAll(async () => {
  // nothing that they began is still open
  expect(await lines.close()).toBe(0)
  place.remove()
})

test('a wrong command line ends the process with exit code 2', async () => {
  expect(await sluice(['run', 'senors'])).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/no dataset 'senors'/) })
})

test.each<[string, string[], RegExp]>([
  ['an unknown dataset', ['run', 'senors'], /no dataset 'senors'\nDid you mean 'sensors'\? Known are: .*products/],
  ['a file that is missing', ['run', 'transactions', '--file', 'nowhere.csv'], /--file nowhere\.csv: ENOENT/],
  ['a file for the simulator', ['run', 'sensors', '--file', 'x.csv'], /--file: 'sensors' comes from the simulator/],
  [
    'a count that is no number',
    ['run', 'sensors', '--count', 'many'],
    /'--count <n>' argument 'many' is invalid\. It must be a whole number/
  ],
  ['a count below one', ['run', 'sensors', '--count', '0'], /at least 1/],
  ['a rate that is not above 0', ['run', 'sensors', '--rate', '-1'], /above 0/],
  ['a stage that the dataset has not', ['run', 'products', '--to', 'gold'], /--to: 'products' has no stage 'gold'\n.*Known are: clean/],
  ['a source that there is not', ['run', 'transactions', '--from', 'databse'], /'databse' is invalid\. Allowed choices are database/],
  ['a dataset that is not in a source database', ['run', 'sensors', '--from', 'database'], /contract of 'sensors' has no incrementalLoad/],
  ['a dataset without a simulator', ['produce', 'transactions'], /'transactions' has no simulator: it comes from a csv file/],
  ['an interval of no time', ['produce', 'sensors', '--interval', '0'], /above 0/],
  ['a misspelt flag', ['run', 'sensors', '--cuont', '3'], /unknown option '--cuont'\n\(Did you mean --count\?\)/],
  ['a missing dataset', ['run'], /missing required argument 'dataset'/],
  ['an unknown command', ['stat'], /unknown command 'stat'\n\(Did you mean start|unknown command 'stat'/],
  ['an unknown function', ['invoke', 'prodce-batch'], /no function 'prodce-batch'\nDid you mean 'produce-batch'\?/],
  ['an event that is not JSON', ['invoke', 'report-status', '{x'], /the event is not JSON/],
  ['clean without a terminal and without --yes', ['clean'], /Add --yes/]
])('%s is named with its remedy, exit code 2, and nothing is started', async (_what, args, message) => {
  const { code, stdout, stderr } = await lines.run(args)
  expect(stderr).toMatch(message)
  expect([code, stdout]).toEqual([2, ''])
  expect(existsSync(place.lockFile)).toBe(false)
  expect(existsSync(place.postgres)).toBe(false)
})

test('--validate-only says what a run would do, and starts nothing', async () => {
  const { code, stdout } = await lines.run(['run', 'transactions', '--to', 'gold', '--validate-only', '--json'])
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    { valid: true, dataset: 'transactions', version: expect.any(String), contracts: 5, stages: ['clean', 'lake', 'gold'] }
  ])
  expect(existsSync(place.lockFile)).toBe(false)
})

test('--validate-only refuses a malformed setting with exit code 2', async () => {
  expect(await sluice(['run', 'sensors', '--validate-only'], { LAKE_URL: 'ftp://x' })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/LAKE_URL is malformed: must be file:<folder> or s3:\/\//)
  })
})

test.each([
  [{ KAFKA_BROKERS: 'nowhere' }, /KAFKA_BROKERS is 'nowhere': 'nowhere' is not host:port/],
  [{ DATABASE_URL: 'mysql://u:geheim@h/d' }, /DATABASE_URL is malformed: must be a postgres:\/\/ URL/]
])('start with a malformed environment %j ends with exit code 2 and shows no password', async (env, message) => {
  const { code, stderr } = await sluice(['start'], env)
  expect(stderr).toMatch(message)
  expect(stderr).not.toContain('geheim')
  expect(code).toBe(2)
})

test('start with a server that does not answer ends with exit code 1 and names variable and address', async () => {
  const { code, stderr } = await sluice(['start', '--json'], { DATABASE_URL: 'postgres://u:geheim@127.0.0.1:1/d' })
  expect(stderr).toMatch(/DATABASE_URL: nothing answers at 127\.0\.0\.1:1/)
  expect(stderr).not.toContain('geheim')
  expect(code).toBe(1)
})

test('a contract that is malformed stops the start with exit code 2, naming file and key', async () => {
  const folder = join(place.state, 'contracts')
  mkdirSync(folder)
  writeFileSync(join(folder, 'broken.odcs.yaml'), 'apiVersion: v3.1.0\nkind: Nonsense\n')
  const { code, stderr } = await sluice(['start'], { SLUICE_CONTRACTS: folder })
  expect(stderr).toMatch(/broken\.odcs\.yaml/)
  expect(code).toBe(2)
})

test.each([
  ...['start', 'run', 'produce', 'consume', 'invoke', 'status', 'stop', 'doctor', 'clean', 'backfill', 'deliver', 'sql'],
  ...['source load', 'quarantine list', 'quarantine replay', 'contract diff', 'schedule list', 'schedule history']
])('%s --help tells its flags and the exit codes', async command => {
  const { code, stdout } = await lines.run([...command.split(' '), '--help'])
  expect(stdout).toMatch(/--json/)
  expect(stdout).toMatch(/Exit codes: 0 done; 1 failed; 2 /)
  expect(code).toBe(0)
})

test('status --json while nothing runs has every part, in the time of a glance', async () => {
  const timed = async (args: string[]) => {
    const startedAt = performance.now()
    return { ...(await sluice(args)), ms: performance.now() - startedAt }
  }
  // what this machine needs at this moment for a process of ours that only says something
  const { ms: least } = await timed(['status', '--help'])
  const { code, stdout, ms } = await timed(['status', '--json'])
  expect(ms - least).toBeLessThan(5_000)
  const status = JSON.parse(stdout)
  expect(Object.keys(status)).toEqual(['services', 'endpoints', 'datasets', 'schedules', 'mappings'])
  expect(status.services).toEqual(['postgres', 'kafka', 'functions'].map(name => ({ name, state: 'stopped' })))
  expect(status.endpoints).toEqual({})
  expect(status.datasets.find(({ dataset }: { dataset: string }) => dataset === 'sensors')).toEqual({
    dataset: 'sensors',
    topic: 'sensor_readings_raw',
    ...{ produced: null, valid: null, quarantined: null, duplicate: null, in_flight: null, lag_records: null }
  })
  expect(code).toBe(0)
})

test('stop and clean where nothing runs are no errors', async () => {
  expect(await lines.run(['stop', '--json'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\{"stopped":false,"seconds":[\d.]+\}\n$/)
  })
  const elsewhere = join(place.state, 'never-started')
  expect(await sluice(['clean', '--json'], { SLUICE_STATE: elsewhere })).toMatchObject({ code: 0, stdout: '{"removed":[]}\n' })
})

test('doctor names what it checked and gives a remedy for all that is not ok', async () => {
  const { code, stdout } = await sluice(['doctor', '--json'])
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { name: string; verdict: string; remedy?: string }[] }
  expect(checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['Node', 'npm', 'packages', 'bundles', 'contracts', 'port of kafka', 'Postgres', 'docker'])
  )
  for (const { verdict, remedy } of checks) expect(verdict === 'ok' || (remedy ?? '') !== '').toBe(true)
  expect(code).toBe(ok ? 0 : 1)
})
