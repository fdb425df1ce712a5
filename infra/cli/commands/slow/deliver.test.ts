import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { literal, withDuckDb } from '../../../../layers/lake/duckdb'
import { temporaryPlace } from '../../../local/testing'

const root = process.cwd()
const place = temporaryPlace()
/** What a process may take, whatever the file: the promise of deliver-quarter. */
const MAX_RSS_MB = 400
const MILLION = 1_000_000
afterAll(() => place.remove())

function sluice(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(root, 'infra', 'cli', 'sluice.mjs'), ...args], {
    cwd: place.state,
    env: { ...process.env, INIT_CWD: '', KAFKA_BROKERS: '', DATABASE_URL: '', LAKE_URL: '', SLUICE_STATE: place.state },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const ended = { code: null as number | null, stdout: '', stderr: '' }
  child.stdout.on('data', chunk => (ended.stdout += chunk))
  child.stderr.on('data', chunk => (ended.stderr += chunk))
  return new Promise(done => child.once('close', code => done({ ...ended, code })))
}

/** A quarter of readings with a duplicate in every ten thousand, a missing number and one that is none. */
async function writeMillion(file: string): Promise<void> {
  await withDuckDb(async connection => {
    await connection.run(
      `copy (select strftime(timestamp '2024-01-01' + to_milliseconds(i * 7860), '%Y-%m-%dT%H:%M:%S.%gZ') as time, 'device_' || i % 500 as device,
          case i % 1000 when 0 then null when 1 then 'NaN' else (20 + (i % 7919) / 100)::varchar end as temperature, i % 13 as counter
        from (select case when i % 10000 = 9999 then i - 1 else i end as i from range(${MILLION}) r(i))) to ${literal(file)} (header)`
    )
  })
}

test('a file is delivered without a stack, and what it became is said', async () => {
  mkdirSync(place.state, { recursive: true })
  const file = join(place.state, 'Readings.csv')
  writeFileSync(file, 'time,value\n2024-01-01T00:00:00Z,1\n2024-01-01T00:00:00Z,1\n2024-01-02T00:00:00Z,x\n'.replace('x', 'inf'))
  const { code, stdout } = await sluice('deliver', 'Readings.csv')
  expect(stdout).toMatch(/Readings\.csv 2024-Q1 delivered v1\ndelivered +1\nrejected +1\nduplicates +1\nother quarters +0\nsource +3\n/)
  expect(stdout).toContain('deliveries/readings/2024-Q1/v1/')
  expect(code).toBe(0)
  expect(existsSync(place.lockFile)).toBe(false)
  expect((await sluice('deliver', 'Readings.csv')).stdout).toContain('2024-Q1 unchanged v1')
})

test.each<[string, string[], RegExp]>([
  ['a file that is not there', ['none.csv'], /none\.csv/],
  ['a zone that is none', ['Readings.csv', '--zone', 'Mars/Olympus'], /zone: is not a time zone/],
  ['a quarter that is none', ['Readings.csv', '--quarter', '2024-Q5'], /must be a quarter such as 2024-Q1/],
  ['a time column that is not there', ['Readings.csv', '--time-column', 'when'], /there is no column when; its columns are time, value/],
  ['a folder that is not there', ['--folder', 'nowhere'], /nowhere/]
])('%s is named, with exit code 2', async (_, args, message) => {
  const { code, stderr } = await sluice('deliver', ...args)
  expect(stderr).toMatch(message)
  expect(code).toBe(2)
})

test('the sample file of the checkout is a timestamped table that is delivered', async () => {
  const { code, stdout } = await sluice('deliver', join(root, 'data', 'sample_data.csv'), '--json')
  expect(JSON.parse(stdout).results).toMatchObject([
    { quarter: '2025-Q1', rows: { source: 361, delivered: 359, rejected: 1, duplicates: 1 } }
  ])
  expect(code).toBe(0)
})

test(`a million rows are delivered, each accounted for, within ${MAX_RSS_MB} MB`, async () => {
  const file = join(place.state, 'million.csv')
  await writeMillion(file)
  const { stdout } = await sluice('deliver', file, '--name', 'million', '--quarter', '2024-Q1', '--json')
  const answer = JSON.parse(stdout)
  expect(answer.results).toMatchObject([
    { status: 'delivered', rows: { source: MILLION, delivered: MILLION - 1100, rejected: 1000, duplicates: 100, other_quarters: 0 } }
  ])
  expect(answer.peak_rss_mb).toBeLessThan(MAX_RSS_MB)
  const manifest = JSON.parse(readFileSync(join(place.state, 'lake', answer.results[0].key, 'manifest.json'), 'utf8'))
  expect(manifest.rejected_values).toEqual({ not_finite: 1000 })
}, 120_000)
