import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryPlace } from '../../local/testing'

const root = process.cwd()
const place = temporaryPlace()
afterAll(() => place.remove())

function sluice(args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [join(root, 'infra', 'cli', 'sluice.mjs'), ...args], {
    cwd: place.state,
    env: { ...process.env, INIT_CWD: '', KAFKA_BROKERS: '', DATABASE_URL: '', TIMESCALE_URL: '', SLUICE_STATE: place.state },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let stderr = ''
  child.stderr.on('data', chunk => (stderr += chunk))
  return new Promise(resolve => child.once('close', code => resolve({ code, stderr })))
}

test.each<[string, string[], RegExp]>([
  ['a range that ends before it begins', ['--from', '2026-01-02', '--to', '2026-01-01'], /--from 2026-01-02 is not before --to 2026-01-01/],
  ['an empty range', ['--from', '2026-01-02', '--to', '2026-01-02'], /is not before --to/],
  ['a time that is none', ['--from', '2026-13-01'], /--from: '2026-13-01' is no time/]
])('replay: %s is named with its remedy, exit code 2, and nothing is started', async (_what, args, message) => {
  const { code, stderr } = await sluice(['quarantine', 'replay', 'sensors', ...args])
  expect(stderr).toMatch(message)
  expect(code).toBe(2)
  expect(existsSync(place.lockFile)).toBe(false)
})
