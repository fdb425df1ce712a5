import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkServiceDefinition } from './service-definition'

let root: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-definition-'))
})
afterAll(() => rmSync(root, { recursive: true }))

const check = (event: string) => {
  writeFileSync(join(root, 'serverless.yml'), `functions:\n  f:\n    events:\n      - httpApi: GET /\n      - kafka: ${event}\n`)
  return () => checkServiceDefinition({ root })
}

test("the platform's own definition is well formed", () => {
  expect(() => checkServiceDefinition({ root: process.cwd() })).not.toThrow()
})

test('variables are left to the framework', () => {
  expect(
    check("{ topic: '${self:custom.t}', bootstrapServers: '${env:B}', accessConfigurations: '${self:custom.n}', batchSize: '${env:S}' }")
  ).not.toThrow()
})

test.each([
  ["{ topik: t, bootstrapServers: ['a:1'] }", /^serverless.yml: functions.f.events\[1\].kafka.topik is "t"/, /did you mean topic/],
  ["{ topic: tt, bootstrapServers: ['a:1'], batchSize: 99999 }", /kafka.batchSize is 99999/, /from 1 to 10000/],
  ["{ bootstrapServers: ['a:1'] }", /kafka.topic is missing/, /one Kafka topic/],
  ['nothing', /kafka is "nothing"/, /map with topic/],
  ['{ topic: [', /^serverless.yml:\d+/, /Correct the YAML/]
])('a malformed event is named with its remedy: %s', (event, message, remedy) => {
  expect(check(event)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message), remedy: expect.stringMatching(remedy) })
  )
})

test('a malformed schedule is named with its remedy', () => {
  writeFileSync(join(root, 'serverless.yml'), 'functions:\n  f:\n    events:\n      - schedule: { rate: [cron(0 10 * * ?)] }\n')
  expect(() => checkServiceDefinition({ root })).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        /^serverless.yml: functions.f.events\[0\].schedule.rate\[0\] is "cron\(0 10 \* \* \?\)": .*it has 5 fields/
      ),
      remedy: expect.stringMatching(/Parameter ScheduleExpression is not valid/)
    })
  )
})
