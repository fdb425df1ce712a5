import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { readState } from '../../local/state'
import { temporaryPlace } from '../../local/testing'

jest.setTimeout(120_000)

// the CLI as a user runs it, with servers of its own
const root = process.cwd()
const place = temporaryPlace()

function sluice(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(root, 'infra', 'cli', 'sluice.mjs'), ...args], {
    cwd: place.state,
    env: { ...process.env, INIT_CWD: '', KAFKA_BROKERS: '', DATABASE_URL: '', TIMESCALE_URL: '', SLUICE_STATE: place.state },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const ended = { stdout: '', stderr: '' }
  child.stdout.on('data', chunk => (ended.stdout += chunk))
  child.stderr.on('data', chunk => (ended.stderr += chunk))
  return new Promise(resolve => child.once('close', code => resolve({ ...ended, code })))
}

interface Listed {
  schedule: string
  expression: string
  enabled: boolean
  next_run: string | null
  last_run: { outcome: string; trigger: string } | null
}

async function listed(name: string): Promise<Listed> {
  const { schedules } = JSON.parse((await sluice('schedule', 'list', '--json')).stdout) as { schedules: Listed[] }
  return schedules.find(({ schedule }) => schedule === name)!
}

afterAll(async () => {
  await sluice('stop')
  place.remove()
})

describe('while nothing runs', () => {
  test('list shows the schedules of serverless.yml with their next run', async () => {
    const { code, stdout } = await sluice('schedule', 'list')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/aggregate-window +rate\(1 minute\) +20\d\d-[\s\S]*Nothing runs/)])
    expect(await listed('aggregate-window')).toMatchObject({ enabled: true, next_run: expect.stringMatching(/:00\.000Z$/), last_run: null })
  })

  test.each([
    [
      'a name that there is not',
      ['run', 'agregate-window'],
      2,
      /no schedule 'agregate-window'\nDid you mean 'aggregate-window'\? Known are: /
    ],
    ['a switch of nothing', ['disable', 'x'], 2, /no schedule 'x'\nKnown are: /],
    ['a limit that is no number', ['history', '--limit', 'x'], 2, /whole number/],
    ['the history', ['history'], 1, /nothing runs\nStart with/]
  ])('%s is an error with a remedy, and starts nothing', async (_what, args, code, message) => {
    expect(await sluice('schedule', ...args)).toEqual({ code, stdout: '', stderr: expect.stringMatching(message) })
    expect(readState(place).supervisor).toBeUndefined()
  })
})

test('a schedule is run now, switched off for this and the next start, and its history outlives both', async () => {
  const run = await sluice('schedule', 'run', 'aggregate-window', '--json')
  expect(JSON.parse(run.stdout)).toMatchObject({ schedule: 'aggregate-window', trigger: 'manual', outcome: 'ok', error: null })
  expect((await listed('aggregate-window')).last_run).toMatchObject({ outcome: 'ok' })
  expect(JSON.parse((await sluice('schedule', 'disable', 'aggregate-window', '--json')).stdout)).toEqual({
    schedule: 'aggregate-window',
    enabled: false
  })
  await sluice('stop')
  // starts again
  expect((await sluice('schedule', 'run', 'aggregate-window')).code).toBe(0)
  expect(await listed('aggregate-window')).toMatchObject({ enabled: false, next_run: null })
  const status = async () => JSON.parse((await sluice('status', '--json')).stdout) as { schedules: Listed[] }
  // status gives up after 3 s and lists none: a machine that is busy may need another question
  let { schedules } = await status()
  while (schedules.length === 0) ({ schedules } = await status())
  expect(schedules.find(({ schedule }) => schedule === 'aggregate-window')).toMatchObject({ enabled: false })
  const { runs } = JSON.parse((await sluice('schedule', 'history', 'aggregate-window', '--json')).stdout)
  expect(runs.filter(({ trigger }: { trigger: string }) => trigger === 'manual')).toHaveLength(2)
})
