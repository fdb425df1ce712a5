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

const [from, to] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']

test.each<[string, string[], RegExp]>([
  ['an unknown dataset', ['senors', '--from', from, '--to', to], /no dataset 'senors'\nDid you mean 'sensors'\?/],
  [
    'a time without a zone',
    ['sensors', '--from', '2026-01-01T00:00:00', '--to', to],
    /--from: '2026-01-01T00:00:00' is no time with a zone/
  ],
  ['a range that ends before it begins', ['sensors', '--from', to, '--to', from], /--from .* is not before --to/],
  ['a range in the future', ['sensors', '--from', from, '--to', '2999-01-01T00:00:00Z'], /--to 2999-01-01T00:00:00Z lies in the future/],
  ['a missing range', ['sensors', '--from', from], /required option '--to <time>' not specified/],
  ['a partition that is no number', ['sensors', '--from', from, '--to', to, '--partition', 'x'], /whole number/]
])('%s is named with its remedy, exit code 2, and nothing is started', async (_what, args, message) => {
  const { code, stderr } = await sluice(['backfill', ...args])
  expect(stderr).toMatch(message)
  expect(code).toBe(2)
  expect(existsSync(place.lockFile)).toBe(false)
})
