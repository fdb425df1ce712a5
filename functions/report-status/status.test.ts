import type { Contract } from '../../layers/contract'
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
  const text = await metricsOf([datasetStatus(contract, { valid: 7, quarantined: 2, duplicate: 1, reasons: { late: 2 } }, new Map(), high)])
  expect(text).toContain('# TYPE sluice_records_total counter')
  expect(text).toContain('sluice_records_total{dataset="sensors",disposition="valid"} 7')
  expect(text).toContain('sluice_quarantine_reasons_total{dataset="sensors",reason="late"} 2')
  expect(text).toContain('sluice_lag_records{dataset="sensors"} 15')
})

test('schedules come from the service definition in each of their spellings', () => {
  const yml =
    'functions:\n  a:\n    events:\n      - schedule: rate(1 minute)\n      - httpApi: GET /\n  b:\n    events:\n      - schedule: { rate: [cron(0 1 * * ? *), rate(1 day)], enabled: false, input: { x: 1 } }\n  c: {}\n'
  expect(schedulesOf(yml)).toEqual([
    { function: 'a', expression: 'rate(1 minute)', enabled: true },
    { function: 'b', expression: 'cron(0 1 * * ? *)', enabled: false, input: { x: 1 } },
    { function: 'b', expression: 'rate(1 day)', enabled: false, input: { x: 1 } }
  ])
})
