import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from 'aws-lambda'
import type { KafkaMessage } from 'kafkajs'
import { type Broker, startBroker } from 'sluice-broker'
import { type TestDatabase, testDatabase } from '../../../infra/testing/database'
import { kafkaTestEvent, type TestRecord } from '../../../infra/testing/kafka-event'
import type { Report } from '../judge'

const topic = 'sensor_readings_raw'
const now = Date.parse('2026-01-15T12:00:00Z')
const context = { functionName: 'test', getRemainingTimeInMillis: () => 60_000 } as Context

type Answer = Report & { replay: string; sent: number; complete: boolean; last_id: string; dry_run: boolean }
type Handler<R> = (event: unknown, context: Context) => Promise<R>

let database: TestDatabase
let broker: Broker
let contracts: string
let validateMessage: Handler<Record<string, { valid: number; quarantined: number; duplicate: number }>>
let replayQuarantine: Handler<Answer>
let aggregateWindow: Handler<unknown>
let kafka: typeof import('../../../layers/event/kafka-client')
let closePools: () => Promise<void>

const replay = (event: object) => replayQuarantine({ dataset: 'sensors', ...event }, context)
const reading = (time: string, temperature: unknown = 21.5) =>
  JSON.stringify({ sensor_id: 'sensor_001', timestamp: time, temperature, humidity: 45, pressure: 1001 })
const deliver = (records: TestRecord[], firstOffset = 0, partition = 0) =>
  validateMessage(
    kafkaTestEvent(
      topic,
      partition,
      records.map(record => ({ timestamp: now, ...record })),
      firstOffset
    ),
    context
  )

/** Loads the functions as a new process would, under the contracts as they are now. */
async function restart(): Promise<void> {
  await stop()
  jest.resetModules()
  kafka = await import('../../../layers/event/kafka-client')
  closePools = (await import('../../../layers/store/pool')).closePools
  validateMessage = (await import('../../validate-message/handler')).handler as never
  replayQuarantine = (await import('../handler')).handler as never
  aggregateWindow = (await import('../../aggregate-window/handler')).handler as never
}

async function stop(): Promise<void> {
  await kafka?.closeKafka()
  await closePools?.()
}

/** The rule is mended: sensors may be as hot as `maximum`. */
async function allowTemperature(maximum: number): Promise<void> {
  const file = join(contracts, 'sensors.odcs.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/(minimum: -40\n\s+maximum: )\d+/, `$1${maximum}`))
  const [{ loadContracts }, { migrate }] = await Promise.all([import('../../../layers/contract'), import('../../../layers/store/migrate')])
  await migrate(database.ownerUrl, loadContracts(contracts))
  await restart()
}

type Message = KafkaMessage & { partition: number }

/** Every record of the topic, in offset order. */
async function messages(): Promise<Message[]> {
  const client = kafka.kafkaClient([broker.address])
  const admin = client.admin()
  await admin.connect()
  const expected = (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0)
  await admin.disconnect()
  if (expected === 0) return []
  const consumer = client.consumer({ groupId: `test-${Math.random()}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const found: Message[] = []
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message, partition }) => {
          if (found.push({ ...message, partition }) === expected) resolve()
        }
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return found.sort((a, b) => a.partition - b.partition || Number(a.offset) - Number(b.offset))
}

/** Delivers what is in the topic to validate-message, as the event source mapping would; `firstOffset` is what was delivered before. */
async function deliverTopic(firstOffset = 0): Promise<{ valid: number; quarantined: number; duplicate: number }> {
  const event = { eventSource: 'SelfManagedKafka', records: {} as Record<string, unknown[]> }
  for (const { partition, offset, timestamp, key, value, headers } of await messages())
    (event.records[`${topic}-${partition}`] ??= []).push({
      ...{ topic, partition, offset: Number(offset) + firstOffset, timestamp: Number(timestamp), timestampType: 'CREATE_TIME' },
      ...(key === null ? {} : { key: key.toString('base64') }),
      ...(value === null ? {} : { value: value.toString('base64') }),
      headers: Object.entries(headers ?? {}).flatMap(([name, given]) =>
        [given].flat().map(bytes => ({ [name]: [...Buffer.from(bytes as Buffer)] }))
      )
    })
  return (await validateMessage(event, context))['sensors']!
}

const quarantine = () =>
  database.query<{ id: string; replay_count: number; replay_id: string | null; replayed_at: Date | null; reasons: string[] }>(
    'select id, replay_count, replay_id, replayed_at, reasons from sensor_readings_invalid order by id'
  )

beforeEach(async () => {
  database = await testDatabase()
  // a record that goes back keeps its time, and one of January may not be over before somebody read it: as in the local stack
  broker = await startBroker({ port: 0, configs: { 'log.retention.ms': '-1' } })
  contracts = mkdtempSync(join(tmpdir(), 'sluice-contracts-'))
  cpSync(join(__dirname, '../../../contracts'), contracts, { recursive: true })
  Object.assign(process.env, {
    DATABASE_URL: database.appUrl,
    TIMESCALE_URL: database.appUrl,
    KAFKA_BROKERS: broker.address,
    SLUICE_CONTRACTS: contracts,
    LOG_LEVEL: 'silent'
  })
  await restart()
})
afterEach(async () => {
  await stop()
  await broker.close()
  await database.drop()
  rmSync(contracts, { recursive: true })
})

/** Three bad readings at offsets 0 to 2: two too hot, one that no rule will ever like. */
const threeBad = () =>
  deliver([
    { value: reading('2026-01-15T11:59:30Z', 90), key: 'sensor_001', headers: { trace: 'ä', raw: Buffer.from([0xff]), odd: 'base64:x' } },
    { value: reading('2026-01-15T11:59:31Z', 95) },
    { value: 'no json' }
  ])

test('a dry run says which rows pass now and why the others do not, and sends and marks nothing', async () => {
  await threeBad()
  await allowTemperature(92)
  const answer = await replay({ requestedBy: 'ada' })
  expect(answer).toMatchObject({ dry_run: true, candidates: 3, passed: 1, failing: 2, refused: 0, sent: 0, complete: true })
  expect(answer.reasons).toEqual({ temperature_out_of_range: { before: 2, after: 1 }, not_json: { before: 1, after: 1 } })
  expect(answer.samples.map(({ outcome, issues, now: reasons }) => [outcome, issues, reasons])).toEqual([
    ['passes', 'Temperature out of range: 90°C', []],
    [
      'fails',
      'Temperature out of range: 95°C',
      [{ code: 'temperature_out_of_range', field: 'temperature', message: 'Temperature out of range: 95°C', value: '95' }]
    ],
    ['fails', 'Message is not JSON: no json', [{ code: 'not_json', message: 'Message is not JSON: no json' }]]
  ])
  expect((await quarantine()).map(row => row.replayed_at)).toEqual([null, null, null])
  expect(
    await database.query('select dataset, dry_run, requested_by, candidates::int, passed::int, sent::int, is_complete from replays')
  ).toEqual([{ dataset: 'sensors', dry_run: true, requested_by: 'ada', candidates: 3, passed: 1, sent: 0, is_complete: true }])
})

test('only what passes goes back, with its key, value, timestamp and headers and the number of its replay; it is marked and recorded', async () => {
  await threeBad()
  await allowTemperature(92)
  const answer = await replay({ dryRun: false, requestedBy: 'ada' })
  expect(answer).toMatchObject({ candidates: 3, passed: 1, sent: 1, failing: 2 })
  const [message, ...more] = await messages()
  expect(more).toEqual([])
  expect(message).toMatchObject({
    partition: 0,
    key: Buffer.from('sensor_001'),
    value: Buffer.from(reading('2026-01-15T11:59:30Z', 90)),
    timestamp: String(now),
    headers: {
      trace: Buffer.from('ä'),
      raw: Buffer.from([0xff]),
      odd: Buffer.from('base64:x'),
      'sluice-replay': Buffer.from('1'),
      'sluice-run': Buffer.from(`replay-${answer.replay}`)
    }
  })
  expect(await quarantine()).toMatchObject([
    { replay_id: answer.replay, replayed_at: expect.any(Date) },
    { replay_id: null, replayed_at: null },
    { replay_id: null, replayed_at: null }
  ])
  expect(
    await database.query('select requested_by, filter, dry_run, sent::int, started_at <= ended_at as ended, contract_version from replays')
  ).toEqual([{ requested_by: 'ada', filter: {}, dry_run: false, sent: 1, ended: true, contract_version: '1.0.0' }])
})

test('a replayed record is produced again: the accounts hold, and the windows it belongs to are corrected', async () => {
  await deliver([{ value: reading('2026-01-15T11:59:10Z', 20) }, { value: reading('2026-01-15T11:59:30Z', 90) }])
  await aggregateWindow({}, context)
  const hottest = () =>
    database.query('select temperature_max::float as hottest from sensor_windows where window_minutes = 1 order by window_start')
  expect(await hottest()).toEqual([{ hottest: 20 }])
  await allowTemperature(92)
  const { replay: id } = await replay({ dryRun: false })
  // the topic of this test's broker held nothing before: its offsets go on after the two that were delivered
  expect(await deliverTopic(2)).toEqual({ valid: 1, quarantined: 0, duplicate: 0 })
  await aggregateWindow({}, context)
  expect(await hottest()).toEqual([{ hottest: 90 }])
  expect(await database.query("select * from v_dataset_counts where dataset = 'sensors'")).toMatchObject([
    { valid_count: '2', quarantined_count: '1', duplicate_count: '0' }
  ])
  expect(await database.query('select sum(next_offset)::int as produced from consumed_offsets')).toEqual([{ produced: 3 }])
  expect(await database.query('select disposition, record_count::int as n from record_counts where run_id = $1', [`replay-${id}`])).toEqual(
    [{ disposition: 'valid', n: 1 }]
  )
  expect(await replay({ dryRun: false })).toMatchObject({ candidates: 0, sent: 0 })
})

test('a crash between sending and committing sends a second time, and the second record ends as a duplicate', async () => {
  await deliver([{ value: reading('2026-01-15T11:59:30Z', 90) }])
  await allowTemperature(92)
  await database.query(`create function crash() returns trigger language plpgsql as $$ begin raise exception 'power cut'; end $$`)
  await database.query('create trigger crash before update on sensor_readings_invalid for each row execute function crash()')
  await expect(replay({ dryRun: false })).rejects.toThrow('power cut')
  expect(await quarantine()).toMatchObject([{ replayed_at: null }])
  expect(await database.query('select error, is_complete, sent::int from replays')).toEqual([
    { error: 'power cut', is_complete: false, sent: 0 }
  ])
  await database.query('drop trigger crash on sensor_readings_invalid')
  expect(await replay({ dryRun: false })).toMatchObject({ sent: 1 })
  expect(await messages()).toHaveLength(2)
  expect(await deliverTopic(1)).toEqual({ valid: 1, quarantined: 0, duplicate: 1 })
})

test('a record that fails again keeps its count, and after the last of its replays it is refused', async () => {
  const { replaysMax } = await import('../judge')
  await deliver([{ value: reading('2026-01-15T11:59:30Z', 90), headers: { 'sluice-replay': String(replaysMax - 1) } }])
  expect(await quarantine()).toMatchObject([{ replay_count: replaysMax - 1 }])
  await allowTemperature(92)
  expect(await replay({ dryRun: false })).toMatchObject({ sent: 1, refused: 0 })
  // functions that still run with the older rule refuse it again
  await allowTemperature(85)
  expect(await deliverTopic(1)).toEqual({ valid: 0, quarantined: 1, duplicate: 0 })
  expect((await quarantine())[1]).toMatchObject({ replay_count: replaysMax, replayed_at: null })
  await allowTemperature(92)
  expect(await replay({ dryRun: false })).toMatchObject({ candidates: 1, passed: 0, refused: 1, sent: 0 })
  expect(await database.query('select refused::int from replays order by id desc limit 1')).toEqual([{ refused: 1 }])
})

test('rows are chosen by reason, time, id and number; an answer that is not complete says where to go on', async () => {
  await deliver(Array.from({ length: 5 }, (_, index) => ({ value: reading(`2026-01-15T11:59:3${index}Z`, 90) })))
  await deliver([{ value: 'x' }], 5)
  await allowTemperature(92)
  expect(await replay({ reason: 'not_json' })).toMatchObject({ candidates: 1, passed: 0 })
  expect(await replay({ ids: ['1', 2] })).toMatchObject({ candidates: 2, passed: 2 })
  expect(await replay({ from: '2099-01-01T00:00:00Z' })).toMatchObject({ candidates: 0 })
  expect(await replay({ to: '2099-01-01T00:00:00+01:00' })).toMatchObject({ candidates: 6 })
  const first = await replay({ limit: 2, dryRun: false })
  expect(first).toMatchObject({ candidates: 2, sent: 2, complete: false, last_id: '2' })
  expect(await replay({ after: first.last_id, dryRun: false })).toMatchObject({ candidates: 4, sent: 3, complete: true })
  expect(await messages()).toHaveLength(5)
})

test('two replays at the same time send each row once', async () => {
  await deliver(Array.from({ length: 1200 }, (_, index) => ({ value: reading(new Date(now - 60_000 + index).toISOString(), 90) })))
  await allowTemperature(92)
  const answers = await Promise.all([replay({ dryRun: false }), replay({ dryRun: false })])
  expect(answers[0]!.sent + answers[1]!.sent).toBe(1200)
  expect(await messages()).toHaveLength(1200)
})

test('without time left a replay stops between two pages and says where', async () => {
  await deliver(Array.from({ length: 3 }, (_, index) => ({ value: reading(`2026-01-15T11:59:3${index}Z`, 90) })))
  await allowTemperature(92)
  const answer = await replayQuarantine({ dataset: 'sensors', dryRun: false }, {
    ...context,
    getRemainingTimeInMillis: () => 5_000
  } as Context)
  expect(answer).toMatchObject({ candidates: 0, complete: false, last_id: '0' })
})

test.each([
  [{ dataset: 'sensor' }, 'CONTRACT_UNKNOWN'],
  [{ dataset: 'sensors', dryrun: false }, 'EVENT_INVALID'],
  [{ dataset: 'sensors', from: 'yesterday' }, 'EVENT_INVALID']
])('the event %j is refused', async (event, code) => {
  await expect(replayQuarantine(event, context)).rejects.toMatchObject({ code })
})
