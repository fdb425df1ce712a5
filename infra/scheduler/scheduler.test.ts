import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { parse } from 'yaml'
import { readSchedules } from '../../layers/schedule/definition'
import {
  findRun,
  interruptRuns,
  type Run,
  readSettings,
  recentRuns,
  requestRun,
  runCounts,
  setEnabled,
  writeRun
} from '../../layers/schedule/history'
import { type TestDatabase, testDatabase } from '../testing/database'
import { httpInvoke } from './invoke'
import { CLOSE_MS, Journal, MAX_WAITING_RUNS } from './journal'
import { GRACE_MS, REQUEST_MS, Scheduler } from './scheduler'
import { BreakableWay, LambdaEndpoint, ManualClock } from './testing'

let database: TestDatabase
let pool: pg.Pool
let lambda: LambdaEndpoint
let clock: ManualClock
let running: Scheduler[]
let said: string[]

beforeAll(async () => {
  database = await testDatabase()
  pool = new pg.Pool({ connectionString: database.appUrl, max: 2 })
  pool.on('error', () => {})
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})
beforeEach(async () => {
  await database.query('truncate schedule_runs, schedule_settings, schedule_run_counts')
  lambda = await LambdaEndpoint.start()
  clock = new ManualClock(Date.parse('2026-03-01T00:00:30Z'))
  running = []
  said = []
})
afterEach(async () => {
  await Promise.all(running.map(scheduler => scheduler.stop()))
  await lambda.close()
  await nobodyLeads()
})

const schedulesOf = (...events: string[]) =>
  readSchedules(parse(`f:\n  events:\n${events.map(event => `    - schedule: ${event}\n`).join('')}`))

/** The only time is the test's: a database that is slow for once is not away. */
const patience = { connectMs: 0, queryMs: 0 }

function make(events: string[], { url = database.appUrl, endpoint = lambda.url, timeoutMs = 60_000, time = clock } = {}): Scheduler {
  const say = (sentence: string) => void said.push(sentence)
  const scheduler = new Scheduler(schedulesOf(...events), {
    functions: { f: { name: 'sluice-dev-f', timeoutMs } },
    origin: { region: 'us-east-1', prefix: 'sluice-dev' },
    clock: time,
    invoke: httpInvoke(endpoint),
    journal: new Journal(url, time, say, patience),
    say
  })
  running.push(scheduler)
  scheduler.start()
  return scheduler
}

/** Asks the database until it says so. */
async function until<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    await new Promise(resolve => setImmediate(resolve))
  }
}
const leading = (scheduler: Scheduler) => until(async () => scheduler.isLeading)
/** The database has noticed that the connection of whoever led has gone. */
const nobodyLeads = () =>
  until(async () => (await pool.query(`select from pg_locks where locktype = 'advisory' and granted`)).rowCount === 0)
const history = async () => (await recentRuns(pool, undefined, 100)).reverse()
const ended = (count: number) =>
  until(async () => {
    const runs = (await history()).filter(({ outcome }) => outcome !== undefined)
    return runs.length >= count && runs
  })
const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16))
const told = (runs: Run[]) => runs.map(({ trigger, dueAt, coalesced, outcome }) => [trigger, time(dueAt), coalesced, outcome])

async function start(events: string[], options = {}): Promise<Scheduler> {
  const scheduler = make(events, options)
  await leading(scheduler)
  return scheduler
}

test("a rate runs at its whole multiples with AWS's scheduled event, and is recorded", async () => {
  await start(['rate(1 minute)'])
  clock.to('2026-03-01T00:01:00Z')
  const invocation = await lambda.next()
  expect(invocation.functionName).toBe('sluice-dev-f')
  const [going] = await history()
  expect(going).toMatchObject({ schedule: 'f', function: 'f', expression: 'rate(1 minute)', startedAt: clock.now(), outcome: undefined })
  expect(invocation.event).toEqual({
    version: '0',
    id: going!.id,
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: '2026-03-01T00:01:00Z',
    region: 'us-east-1',
    resources: ['arn:aws:events:us-east-1:000000000000:rule/sluice-dev-f'],
    detail: {}
  })
  clock.to('2026-03-01T00:01:02Z')
  invocation.answer(200, { done: true }, { 'x-amzn-requestid': 'r-1' })
  const [run] = await ended(1)
  expect(run).toMatchObject({ trigger: 'schedule', outcome: 'ok', durationMs: 2_000, requestId: 'r-1', error: undefined, coalesced: 0 })
  clock.to('2026-03-01T00:02:00Z')
  expect((await lambda.next()).event).toMatchObject({ time: '2026-03-01T00:02:00Z' })
})

test('input is the event; EventBridge Scheduler fills its context in', async () => {
  await start([
    'rate(1 minute)',
    "{ rate: rate(1 minute), method: scheduler, input: { at: '<aws.scheduler.scheduled-time>', n: 1, x: '<aws.scheduler.other>' } }",
    '{ rate: rate(1 minute), input: { dataset: sensors } }',
    '{ rate: rate(1 minute), method: scheduler }'
  ])
  clock.to('2026-03-01T00:01:00Z')
  const events: unknown[] = []
  while (events.length < 4) {
    const { event, answer } = await lambda.next()
    events.push(event)
    answer()
  }
  expect(events).toContainEqual({ at: '2026-03-01T00:01:00Z', n: 1, x: '<aws.scheduler.other>' })
  expect(events).toContainEqual({ dataset: 'sensors' })
  expect(events).toContainEqual(
    expect.objectContaining({
      source: 'aws.scheduler',
      resources: ['arn:aws:scheduler:us-east-1:000000000000:schedule/default/sluice-dev-f-4'],
      detail: '{}'
    })
  )
})

test('a run that falls due while the last one goes on starts when that ends; several are one, and counted', async () => {
  await start(['rate(1 minute)'])
  clock.to('2026-03-01T00:01:00Z')
  const first = await lambda.next()
  clock.to('2026-03-01T00:04:10Z')
  expect(lambda.untaken).toBe(0)
  first.answer()
  const second = await lambda.next()
  expect(second.event['time']).toBe('2026-03-01T00:04:00Z')
  second.answer()
  expect(told(await ended(2))).toEqual([
    ['schedule', '2026-03-01T00:01', 0, 'ok'],
    ['schedule', '2026-03-01T00:04', 2, 'ok']
  ])
})

test('a machine that slept makes one run of all that fell due meanwhile', async () => {
  await start(['rate(1 minute)'])
  clock.wakeAt('2026-03-01T00:31:10Z')
  ;(await lambda.next()).answer()
  expect(told(await ended(1))).toEqual([['schedule', '2026-03-01T00:31', 30, 'ok']])
})

test('a function never runs beside itself: two of its schedules take turns', async () => {
  await start(['rate(1 minute)', 'cron(1 * * * ? *)'])
  clock.to('2026-03-01T00:01:00Z')
  const first = await lambda.next()
  clock.to('2026-03-01T00:02:00Z')
  expect(lambda.untaken).toBe(0)
  first.answer()
  const second = await lambda.next()
  expect(lambda.untaken).toBe(0)
  second.answer()
  ;(await lambda.next()).answer()
  expect((await ended(3)).map(({ schedule }) => schedule)).toEqual(['f', 'f-2', 'f'])
})

test.each([
  [
    'an error of the function',
    { status: 200, body: { errorType: 'RangeError', errorMessage: 'no' }, failed: true },
    'failed',
    'RangeError: no'
  ],
  [
    'a time-out of the function',
    { status: 200, body: { errorType: 'Error', errorMessage: '[504] - Lambda timeout.' }, failed: true },
    'timed_out',
    'Error: [504] - Lambda timeout.'
  ],
  [
    'a function that is not there',
    { status: 404, body: { Message: 'Function not found: x', Type: 'User' }, failed: false },
    'failed',
    'Function not found: x'
  ]
])('%s is recorded and said, and the schedule goes on', async (_what, { status, body, failed }, outcome, error) => {
  await start(['rate(1 minute)'])
  clock.to('2026-03-01T00:01:00Z')
  ;(await lambda.next()).answer(status, body, failed ? { 'x-amz-function-error': 'Unhandled' } : {})
  expect(await ended(1)).toEqual([expect.objectContaining({ outcome, error })])
  expect(said).toEqual([`schedule f: ${outcome.replace('_', ' ')}: ${error}`])
  clock.to('2026-03-01T00:02:00Z')
  await lambda.next()
})

test('an endpoint that does not answer is a failed run', async () => {
  await start(['rate(1 minute)'], { endpoint: 'http://127.0.0.1:1' })
  clock.to('2026-03-01T00:01:00Z')
  expect(await ended(1)).toEqual([
    expect.objectContaining({ outcome: 'failed', error: expect.stringMatching(/127.0.0.1:1: connect ECONNREFUSED/) })
  ])
})

test('one that never ends is given up after its time-out and five seconds', async () => {
  await start(['rate(1 minute)'], { timeoutMs: -4_990 })
  clock.to('2026-03-01T00:01:00Z')
  expect(await ended(1)).toEqual([expect.objectContaining({ outcome: 'timed_out', error: 'no answer 0.01 s after it was invoked' })])
})

describe('after downtime', () => {
  test.each(['cron(0 6 * * ? *)', 'rate(1 day)'])(
    '%s that was missed runs once, as catch-up for the last time it was due',
    async expression => {
      await (await start([expression])).stop()
      clock.to('2026-03-04T12:00:00Z')
      make([expression])
      const { event, answer } = await lambda.next()
      const due = expression.startsWith('cron') ? '2026-03-04T06:00' : '2026-03-04T00:00'
      expect(event['time']).toBe(`${due}:00Z`)
      answer()
      expect(told(await ended(1))).toEqual([['catch-up', due, expression.startsWith('cron') ? 3 : 2, 'ok']])
      await running.at(-1)!.stop()
      // and only once
      make([expression])
      clock.to('2026-03-05T06:00:00Z')
      expect((await lambda.next()).event['time']).toMatch('2026-03-05')
    }
  )

  test('a rate below an hour goes on at its whole multiples', async () => {
    await (await start(['rate(1 minute)'])).stop()
    clock.to('2026-03-04T12:00:30Z')
    await start(['rate(1 minute)'])
    clock.to('2026-03-04T12:01:00Z')
    expect((await lambda.next()).event['time']).toBe('2026-03-04T12:01:00Z')
    expect(await history()).toHaveLength(1)
  })

  test.each([
    ['another expression', 'cron(0 6 * * ? *)', 'cron(0 7 * * ? *)'],
    ['disabled meanwhile', '{ rate: cron(0 6 * * ? *), enabled: false }', 'cron(0 6 * * ? *)']
  ])('a schedule that was %s has missed nothing', async (_what, before, after) => {
    await (await start([before])).stop()
    clock.to('2026-03-04T12:00:00Z')
    await start([after])
    expect((await readSettings(pool)).get('f')).toEqual({ expression: schedulesOf(after)[0]!.expression, dueUntil: clock.now() })
    expect(await history()).toEqual([])
  })

  const left = (trigger: Run['trigger'], expression: string): Run => ({
    id: randomUUID(),
    schedule: 'f',
    function: 'f',
    expression,
    trigger,
    dueAt: Date.parse('2026-03-01T00:00:00Z'),
    coalesced: 0,
    startedAt: Date.parse('2026-03-01T00:00:01Z')
  })

  test('a run that kill -9 cut off is marked interrupted, and made up for once', async () => {
    await (await start(['cron(0 0 * * ? *)'])).stop()
    await writeRun(pool, left('schedule', 'cron(0 0 * * ? *)'))
    make(['cron(0 0 * * ? *)'])
    ;(await lambda.next()).answer()
    expect(told(await ended(2))).toEqual([
      ['schedule', '2026-03-01T00:00', 0, 'interrupted'],
      ['catch-up', '2026-03-01T00:00', 0, 'ok']
    ])
  })

  test('a run that was stopped is made up for, also when that is stopped', async () => {
    await start(['cron(0 6 * * ? *)'])
    clock.to('2026-03-01T06:00:00Z')
    for (const minute of [1, 2]) {
      await lambda.next()
      await running.at(-1)!.stop()
      clock.to(`2026-03-01T06:0${minute}:00Z`)
      make(['cron(0 6 * * ? *)'])
    }
    ;(await lambda.next()).answer()
    expect(told(await ended(3))).toEqual([
      ['schedule', '2026-03-01T06:00', 0, 'interrupted'],
      ['catch-up', '2026-03-01T06:00', 0, 'interrupted'],
      ['catch-up', '2026-03-01T06:00', 0, 'ok']
    ])
  })

  test('a scheduler that is killed before it has begun to make up leaves that to the next', async () => {
    await (await start(['cron(0 0 * * ? *)'])).stop()
    await writeRun(pool, left('schedule', 'cron(0 0 * * ? *)'))
    await interruptRuns(pool, [])
    make(['cron(0 0 * * ? *)'])
    ;(await lambda.next()).answer()
    expect(told(await ended(2)).map(([trigger, , , outcome]) => [trigger, outcome])).toEqual([
      ['schedule', 'interrupted'],
      ['catch-up', 'ok']
    ])
  })

  test.each([
    ['a catch-up', 'catch-up', 'cron(0 0 * * ? *)'],
    ['a manual run', 'manual', 'cron(0 0 * * ? *)'],
    ['a rate below an hour', 'schedule', 'rate(30 minutes)']
  ] as const)('%s that was cut off is marked and not made up for', async (_what, trigger, expression) => {
    await (await start([expression])).stop()
    await writeRun(pool, left(trigger, expression))
    make([expression])
    expect(told(await ended(1))).toEqual([[trigger, '2026-03-01T00:00', 0, 'interrupted']])
    clock.to('2026-03-01T00:29:00Z')
    expect(await history()).toHaveLength(1)
  })
})

describe('switched by hand', () => {
  const f = (enabled = true) => ({ id: 'f', enabled })

  test('a schedule does not run, now and after a start, until it is enabled; what it left out is not missed', async () => {
    const first = await start(['cron(0 * * * ? *)'])
    await setEnabled(pool, f(), false)
    await requestRun(pool, { id: randomUUID(), schedule: 'f', function: 'f', expression: '' })
    // the notification has arrived: a manual run goes on although the schedule is disabled
    ;(await lambda.next()).answer()
    await ended(1)
    clock.to('2026-03-01T03:30:00Z')
    await first.stop()
    await start(['cron(0 * * * ? *)'])
    clock.to('2026-03-01T05:30:00Z')
    await setEnabled(pool, f(), true)
    await requestRun(pool, { id: randomUUID(), schedule: 'f', function: 'f', expression: '' })
    ;(await lambda.next()).answer()
    await ended(2)
    clock.to('2026-03-01T06:00:00Z')
    expect((await lambda.next()).event['time']).toBe('2026-03-01T06:00:00Z')
    expect((await history()).map(({ trigger }) => trigger)).toEqual(['manual', 'manual', 'schedule'])
  })

  test('one that is enabled already owes what it missed, when it is enabled again', async () => {
    await (await start(['cron(0 6 * * ? *)'])).stop()
    await setEnabled(pool, f(), true)
    clock.to('2026-03-02T12:00:00Z')
    make(['cron(0 6 * * ? *)'])
    ;(await lambda.next()).answer()
    expect(told(await ended(1))).toEqual([['catch-up', '2026-03-02T06:00', 1, 'ok']])
  })

  test('one that serverless.yml disables can be enabled; switching back leaves it to serverless.yml again', async () => {
    await start(['{ rate: rate(1 minute), enabled: false }'])
    await setEnabled(pool, f(false), true)
    expect((await readSettings(pool)).get('f')).toMatchObject({ isEnabled: true, dueUntil: expect.any(Number) })
    await setEnabled(pool, f(false), false)
    expect((await readSettings(pool)).get('f')).toMatchObject({ isEnabled: undefined, dueUntil: undefined })
  })
})

describe('run now', () => {
  const ask = async (schedule = 'f') => {
    const id = randomUUID()
    await requestRun(pool, { id, schedule, function: schedule, expression: 'rate(1 day)' })
    return id
  }

  test('runs at once, or when the run that goes on has ended', async () => {
    await start(['rate(1 day)'])
    const first = await ask()
    const invocation = await lambda.next()
    expect(invocation.event['id']).toBe(first)
    const second = await ask()
    // the third is refused at once, so the second had been looked at
    const third = await ask('nowhere')
    await until(async () => (await findRun(pool, third))?.outcome === 'skipped')
    expect(lambda.untaken).toBe(0)
    invocation.answer()
    const next = await lambda.next()
    expect(next.event['id']).toBe(second)
    next.answer()
    const runs = (await ended(3)).filter(({ schedule }) => schedule === 'f')
    expect(runs.map(({ id, trigger, outcome }) => [id, trigger, outcome])).toEqual([
      [first, 'manual', 'ok'],
      [second, 'manual', 'ok']
    ])
  })

  test('runs once for each request, however many come meanwhile', async () => {
    await start(['rate(1 day)', 'rate(1 day)', 'rate(1 day)'])
    const asked = new Set<string>()
    const invoked: unknown[] = []
    const answerAll = async () => {
      for (;;) {
        const { event, answer } = await lambda.next()
        invoked.push(event['id'])
        answer()
      }
    }
    void answerAll()
    await Promise.all(
      ['f', 'f-2', 'f-3'].map(async schedule => {
        for (let n = 0; n < 30; n++) {
          const id = await ask(schedule)
          asked.add(id)
          // not more than a few wait at a time
          if (n % 5 === 4) await until(async () => (await findRun(pool, id))?.outcome === 'ok')
        }
      })
    )
    await ended(90)
    expect(invoked.sort()).toEqual([...asked].sort())
  })

  test('of a schedule that there is not is skipped with the reason', async () => {
    await start(['rate(1 day)'])
    const id = await ask('nowhere')
    await ended(1)
    expect(await findRun(pool, id)).toMatchObject({ outcome: 'skipped', error: 'there is no such schedule in serverless.yml' })
  })

  test('that was asked for long before anything ran schedules is skipped', async () => {
    const id = await ask()
    await database.query('update schedule_runs set due_at = due_at - $1::interval', [`${REQUEST_MS + 1_000} ms`])
    make(['rate(1 day)'])
    await ended(1)
    expect(await findRun(pool, id)).toMatchObject({ outcome: 'skipped', error: 'nothing ran schedules when it was asked for' })
  })
})

test('one of two schedulers of a database runs; the other takes over, and catches up, when that ends', async () => {
  const first = await start(['cron(0 6 * * ? *)'])
  const later = new ManualClock(clock.now())
  const second = make(['cron(0 6 * * ? *)'], { time: later })
  await until(async () => said.length === 1)
  expect(said).toEqual(['schedules: another process runs them already; this one takes over when that ends.'])
  clock.to('2026-03-01T06:00:00Z')
  ;(await lambda.next()).answer()
  await ended(1)
  await first.stop()
  // it asks again when the first has ended, so that its first answer is that it leads
  later.to('2026-03-02T06:00:00Z')
  await leading(second)
  // due before the takeover: it is made up for, not run twice
  ;(await lambda.next()).answer()
  expect(told(await ended(2))).toEqual([
    ['schedule', '2026-03-01T06:00', 0, 'ok'],
    ['catch-up', '2026-03-02T06:00', 0, 'ok']
  ])
})

describe('a database that is away', () => {
  let way: BreakableWay
  beforeEach(async () => {
    way = await BreakableWay.to(database.appUrl)
  })
  afterEach(() => way.close())
  const back = async () => {
    const { opened } = way
    // time goes on until the next attempt, not while that is answered: nothing else may fall due meanwhile
    await until(async () => {
      clock.advance(100)
      return way.opened > opened
    })
    await until(async () => said.some(sentence => /database is back/.test(sentence)))
  }
  const isAway = () => until(async () => said.some(sentence => /is away/.test(sentence)))

  test('does not stop the schedules: said once, and what ran is written when it is back', async () => {
    await start(['rate(1 day)'], { url: way.url })
    way.break()
    await isAway()
    for (const day of [2, 3, 4]) {
      clock.to(`2026-03-0${day}T00:00:00Z`)
      ;(await lambda.next()).answer()
    }
    expect(await history()).toEqual([])
    await nobodyLeads()
    way.mend()
    await back()
    expect((await ended(3)).map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok'])
    expect(said).toEqual([
      expect.stringMatching(/^schedules: the database is away \(.*\). They go on; the last 1000 runs are written when it is back.$/),
      expect.stringMatching(/^schedules: the database is back; 3 runs are written now.$/)
    ])
  })

  test('at the start is waited for, then done without; what was missed is made up for when it is there', async () => {
    await (await start(['cron(0 6 * * ? *)'])).stop()
    clock.to('2026-03-05T05:59:55Z')
    way.break()
    make(['cron(0 6 * * ? *)'], { url: way.url })
    clock.to('2026-03-05T06:00:00Z')
    expect(lambda.untaken).toBe(0)
    clock.advance(GRACE_MS)
    const due = await lambda.next()
    expect(due.event['time']).toBe('2026-03-05T06:00:00Z')
    due.answer()
    await nobodyLeads()
    way.mend()
    await back()
    ;(await lambda.next()).answer()
    expect(told(await ended(2))).toEqual([
      ['schedule', '2026-03-05T06:00', 0, 'ok'],
      ['catch-up', '2026-03-04T06:00', 3, 'ok']
    ])
  })

  test('keeps a thousand runs waiting; those before are dropped and counted', async () => {
    way.break()
    const journal = new Journal(way.url, clock, sentence => void said.push(sentence), patience)
    journal.start({ goingOn: () => [], opened: () => [], noted() {}, changed() {}, standsBy() {} })
    journal.sayIfAway()
    const run = { schedule: 'f', function: 'f', expression: 'rate(1 minute)', trigger: 'schedule', coalesced: 0, outcome: 'ok' } as const
    for (let n = 0; n < MAX_WAITING_RUNS + 7; n++) await journal.put({ ...run, id: randomUUID(), schedule: `f${n % 10}`, dueAt: n })
    await nobodyLeads()
    way.mend()
    await back()
    const [{ count }] = (await until(async () => {
      const rows = await database.query<{ count: number }>('select count(*)::int as count from schedule_runs')
      return rows[0]!.count === MAX_WAITING_RUNS && rows
    })) as [{ count: number }]
    expect(count).toBe(MAX_WAITING_RUNS)
    expect(said.at(-1)).toBe('schedules: the database is back; 1000 runs are written now, 7 older ones are lost to the history.')
    await journal.close()
  })

  test('without a word does not keep a scheduler from stopping in time', async () => {
    const scheduler = await start(['rate(1 minute)'], { url: way.url })
    clock.to('2026-03-01T00:01:00Z')
    await lambda.next()
    // how the run ended is written, and no answer comes
    way.silence()
    let hasStopped = false
    const stopped = scheduler.stop().then(() => {
      hasStopped = true
    })
    clock.advance(CLOSE_MS - 1)
    await new Promise(resolve => setImmediate(resolve))
    expect(hasStopped).toBe(false)
    clock.advance(1)
    await stopped
  })
})

test('stopping marks what runs as interrupted, starts nothing any more and takes no time', async () => {
  const scheduler = await start(['rate(1 minute)'])
  clock.to('2026-03-01T00:01:00Z')
  await lambda.next()
  // while the function goes on, and by the clock at once
  await scheduler.stop()
  clock.to('2026-03-01T00:05:00Z')
  expect(await history()).toEqual([expect.objectContaining({ outcome: 'interrupted', error: 'the scheduler was stopped' })])
  expect(lambda.untaken).toBe(0)
})

test('the last 500 runs of a schedule are kept; the counts know of all', async () => {
  const run = { schedule: 'f', function: 'f', expression: 'rate(1 minute)', trigger: 'schedule', coalesced: 0, outcome: 'ok' } as const
  for (let n = 0; n < 510; n++) await writeRun(pool, { ...run, id: randomUUID(), dueAt: n * 60_000 })
  const again = { ...run, id: randomUUID(), dueAt: 511 * 60_000 }
  await writeRun(pool, again)
  await writeRun(pool, { ...again, outcome: 'failed' })
  const runs = await recentRuns(pool, 'f', 1_000)
  expect([runs.length, runs[0]!.outcome, runs.at(-1)!.dueAt]).toEqual([500, 'ok', 11 * 60_000])
  expect(await runCounts(pool)).toEqual([{ schedule: 'f', outcome: 'ok', count: 511 }])
})
