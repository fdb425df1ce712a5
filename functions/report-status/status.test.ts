import type { Contract } from '../../layers/contract'
import type { Run } from '../../layers/schedule/history'
import { scheduleStatus } from '../../layers/schedule/status'
import { metricsOf } from './metrics'
import { schedulesOf } from './schedules'
import { datasetStatus } from './status'

const contract = { dataset: 'sensors', topic: { name: 'a-b', partitions: 2 } } as Contract
const high = new Map([
  ['a-b-0', 10],
  ['a-b-1', 5],
  ['a-0', 99]
])

test('what was produced and is in none of the three places is in flight; the lag comes from offsets', () => {
  const counts = { valid: 7, quarantined: 2, duplicate: 1, reasons: { late: 2 } }
  expect(datasetStatus(contract, counts, new Map([['a-b-0', 10]]), high)).toEqual({
    dataset: 'sensors',
    topic: 'a-b',
    produced: 15,
    valid: 7,
    quarantined: 2,
    duplicate: 1,
    in_flight: 5,
    lag_records: 5,
    reasons: { late: 2 }
  })
})

test('before the first batch everything is in flight', () => {
  expect(datasetStatus(contract, undefined, new Map(), high)).toMatchObject({ produced: 15, valid: 0, in_flight: 15, lag_records: 15 })
})

test('metrics name the dataset, the disposition and the reason', async () => {
  const text = await metricsOf(
    [datasetStatus(contract, { valid: 7, quarantined: 2, duplicate: 1, reasons: { late: 2 } }, new Map(), high)],
    {
      schedules: [],
      counts: []
    }
  )
  expect(text).toContain('# TYPE sluice_records_total counter')
  expect(text).toContain('sluice_records_total{dataset="sensors",disposition="valid"} 7')
  expect(text).toContain('sluice_quarantine_reasons_total{dataset="sensors",reason="late"} 2')
  expect(text).toContain('sluice_lag_records{dataset="sensors"} 15')
})

test('metrics tell of each schedule whether it is enabled, when it runs next, and how its runs ended', async () => {
  const schedules = scheduleStatus(
    schedulesOf('functions:\n  a:\n    events:\n      - schedule: rate(1 hour)\n'),
    new Map(),
    new Map([['a', { last: { ...run, outcome: 'failed', durationMs: 1_500 } }]]),
    Date.parse('2026-01-01T00:30:00Z')
  )
  const text = await metricsOf([], { schedules, counts: [{ schedule: 'a', outcome: 'failed', count: 3 }] })
  expect(text).toContain('sluice_schedule_runs_total{schedule="a",outcome="failed"} 3')
  expect(text).toContain('sluice_schedule_enabled{schedule="a"} 1')
  expect(text).toContain('sluice_schedule_running{schedule="a"} 0')
  expect(text).toContain(`sluice_schedule_next_run_timestamp_seconds{schedule="a"} ${Date.parse('2026-01-01T01:00:00Z') / 1000}`)
  expect(text).toContain('sluice_schedule_last_duration_seconds{schedule="a"} 1.5')
})

const run: Run = {
  id: '5f0c2c5e-6f0f-4a0a-9a59-5bb6b2f6b5f1',
  schedule: 'a',
  function: 'a',
  expression: 'rate(1 hour)',
  trigger: 'catch-up',
  dueAt: Date.parse('2026-01-01T00:00:00Z'),
  coalesced: 2,
  startedAt: Date.parse('2026-01-01T00:10:00Z')
}

test('a schedule tells its next run, the one that goes on and the last that ended; what was switched by hand counts', () => {
  const yml = 'functions:\n  a:\n    events:\n      - schedule: rate(1 hour)\n      - schedule: { rate: cron(0 6 1 1 ? 2020) }\n'
  const now = Date.parse('2026-01-01T00:30:00Z')
  const last = { ...run, endedAt: run.startedAt! + 5, durationMs: 5, outcome: 'ok' as const }
  const runs = new Map([['a', { running: run, last }]])
  expect(scheduleStatus(schedulesOf(yml), new Map(), runs, now)).toEqual([
    {
      schedule: 'a',
      function: 'a',
      expression: 'rate(1 hour)',
      enabled: true,
      next_run: '2026-01-01T01:00:00.000Z',
      running_since: '2026-01-01T00:10:00.000Z',
      last_run: {
        run_id: run.id,
        trigger: 'catch-up',
        due_at: '2026-01-01T00:00:00.000Z',
        started_at: '2026-01-01T00:10:00.000Z',
        ended_at: '2026-01-01T00:10:00.005Z',
        duration_ms: 5,
        outcome: 'ok',
        error: null,
        coalesced: 2
      }
    },
    expect.objectContaining({ schedule: 'a-2', enabled: true, next_run: null, running_since: null, last_run: null })
  ])
  expect(scheduleStatus(schedulesOf(yml), new Map([['a', { isEnabled: false }]]), new Map(), now)[0]).toMatchObject({
    enabled: false,
    next_run: null
  })
})
