import { parse } from 'yaml'
import { readSchedules } from './definition'

const read = (event: string) => readSchedules(parse(`f:\n  events:\n    - httpApi: GET /\n    - schedule: ${event}\n`))

test('a schedule is text, or a map with one expression or several; each has an id that stays when another is added', () => {
  const schedules = readSchedules(
    parse(`
a: { events: [{ schedule: rate(1 minute) }, { httpApi: GET / }] }
b: { events: [{ schedule: { rate: [cron(0 1 * * ? *), rate(1 day)], enabled: false, input: { x: 1 } } }, { schedule: { rate: rate(2 days), name: rare } }] }
c:
d: { events: [{ schedule: { rate: cron(0 9 * * ? *), method: scheduler, timezone: Europe/Berlin, description: at nine } }] }
`)
  )
  expect(schedules.map(({ id, function: name, expression, enabled }) => [id, name, expression, enabled])).toEqual([
    ['a', 'a', 'rate(1 minute)', true],
    ['b', 'b', 'cron(0 1 * * ? *)', false],
    ['b-2', 'b', 'rate(1 day)', false],
    ['rare', 'b', 'rate(2 days)', true],
    ['d', 'd', 'cron(0 9 * * ? *)', true]
  ])
  expect(schedules[1]!.input).toEqual({ x: 1 })
  expect(schedules[4]).toMatchObject({ timezone: 'Europe/Berlin', isScheduler: true, description: 'at nine' })
})

test('input is what the framework hands to AWS: a map, JSON as text, or a body that is JSON as text', () => {
  expect(read(`{ rate: rate(1 day), input: '{"a":[1]}' }`)[0]!.input).toEqual({ a: [1] })
  expect(read(`{ rate: rate(1 day), input: { body: '{"a":1}' } }`)[0]!.input).toEqual({ body: { a: 1 } })
})

test('variables are left to the framework', () => {
  const [schedule] = read(
    "{ rate: 'rate(${self:custom.n} minutes)', enabled: '${self:custom.on}', timezone: '${env:TZ}', method: scheduler }"
  )
  expect(schedule).toMatchObject({ expression: 'rate(${self:custom.n} minutes)', parsed: undefined })
})

test.each([
  [
    'cron(0 10 * * * *)',
    /^serverless.yml: functions.f.events\[1\].schedule is "cron\(0 10 \* \* \* \*\)": day-of-week is "\*": .*exactly one/,
    /Parameter ScheduleExpression is not valid/
  ],
  ['{ rate: [rate(1 day), rate(1 days)] }', /schedule.rate\[1\] is "rate\(1 days\)": unit is "days": with 1 it is day/, /not valid/],
  ['{ rate: rate(0 days), method: scheduler }', /positive whole number/, /Invalid Schedule Expression/],
  ['{ rate: { Ref: X } }', /schedule.rate is {"Ref":"X"}: .*on AWS only/, /./],
  ['{ rate: [] }', /at least one expression/, /./],
  ['{ enabled: true }', /schedule.rate is missing/, /./],
  ['7', /schedule is 7: use an expression/, /rate\(5 minutes\)/],
  ['{ rate: rate(1 day), inputs: {} }', /schedule.inputs is {}: there is no such setting; did you mean input\?/, /./],
  ['{ rate: rate(1 day), inputPath: $.detail }', /schedule.inputPath is "\$\.detail": it is applied on AWS only/, /input instead/],
  ["{ rate: rate(1 day), inputTransformer: { inputTemplate: '1' } }", /inputTransformer .*on AWS only/, /input instead/],
  ["{ rate: rate(1 day), input: '{' }", /schedule.input is "{": it is not JSON/, /./],
  ['{ rate: rate(1 day), enabled: 1 }', /schedule.enabled is 1: use true or false/, /./],
  ['{ rate: rate(1 day), method: cron }', /schedule.method is "cron": use eventBus or scheduler/, /./],
  ['{ rate: rate(1 day), timezone: Europe/Berlin }', /only method: scheduler/, /./],
  ['{ rate: rate(1 day), method: scheduler, timezone: Mars/Base }', /schedule.timezone is "Mars\/Base"/, /./],
  ['{ rate: [rate(1 day), rate(2 days)], name: x }', /rate has several/, /./],
  ["{ rate: rate(1 day), name: 'a b' }", /schedule.name is "a b": use 1 to 64/, /./]
])('%s is refused with place, value, rule and what to do', (event, message, remedy) => {
  expect(() => read(event)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message), remedy: expect.stringMatching(remedy) })
  )
})

test('two schedules of one name are refused', () => {
  const twice = parse('a: { events: [{ schedule: rate(1 day) }] }\nb: { events: [{ schedule: { rate: rate(1 day), name: a } }] }')
  expect(() => readSchedules(twice)).toThrow(/functions.b.events\[0\].schedule.name is "a": a schedule of a has this name/)
})
