import type { Context } from 'aws-lambda'
import pg from 'pg'
import { type Broker, startBroker } from 'sluice-broker'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { kafkaTestEvent } from '../../infra/testing/kafka-event'
import { topicRecords } from '../../infra/testing/topic-records'
import { contractOf } from '../../layers/contract'
import { closeKafka, createTopics, kafkaClient } from '../../layers/event/kafka-client'
import { closePools, poolFor } from '../../layers/store/pool'
import { refreshSummaries } from '../../layers/store/summary'

const topic = 'sensor_readings_raw'
const perPartition = 1_500
const hour = 3_600_000
/** The readings begin two hours ago, one each 200 ms, and were sent a second after they were taken. */
const start = Math.floor((Date.now() - 2 * hour) / 60_000) * 60_000
const at = (index: number) => start + index * 200
const from = at(500)
const to = at(1_900)

interface Answer {
  id: string
  finished: boolean
  done: number
  total: number
  records: number
  restored: number
  present: number
  invalid: number
}

let database: TestDatabase
let broker: Broker
let validate: (event: unknown, context: Context) => Promise<unknown>
let handler: (event: unknown, context: Context) => Promise<Answer>

const context = { functionName: 'backfill-dataset', getRemainingTimeInMillis: () => 600_000 } as Context
const iso = (ms: number) => new Date(ms).toISOString()
const range = { dataset: 'sensors', from: iso(from + 1_000), to: iso(to + 1_000) }
const backfill = (event: object = {}) => handler({ ...range, ...event }, context)

const reading = (index: number) =>
  JSON.stringify({
    sensor_id: `sensor_00${index % 7}`,
    timestamp: iso(at(index)),
    // every hundredth is out of range: quarantined when it first came
    temperature: index % 100 === 0 ? -400 : 20 + (index % 50) / 10,
    ...{ humidity: 45, pressure: 1001, location: 'warehouse_a' }
  })

const rows = () => database.query('select time, sensor_id, temperature, humidity, pressure, location from sensor_readings order by 1, 2')
const counts = () => database.query('select * from record_counts order by topic, "partition", run_id, disposition, reason')
const windows = () =>
  database.query('select window_start, window_minutes, sensor_id, record_count, temperature_avg from sensor_windows order by 1, 2, 3')
const summarise = () => refreshSummaries(poolFor(database.appUrl), contractOf('sensors'))
const lose = () => database.query('delete from sensor_readings where time >= $1 and time < $2', [iso(from), iso(to)])

beforeAll(async () => {
  database = await testDatabase()
  broker = await startBroker({ port: 0 })
  Object.assign(process.env, { DATABASE_URL: database.appUrl, KAFKA_BROKERS: broker.address, LOG_LEVEL: 'silent' })
  validate = (await import('../validate-message/handler')).handler as never
  handler = (await import('./handler')).handler as never
  const client = kafkaClient([broker.address])
  const admin = client.admin()
  await admin.connect()
  await createTopics(admin, [contractOf('sensors')])
  await admin.disconnect()
  const producer = client.producer()
  await producer.connect()
  const partitions = contractOf('sensors').topic.partitions
  const messages = Array.from({ length: partitions * perPartition }, (_, index) => ({
    ...{ key: null, value: reading(index), partition: index % partitions, timestamp: String(at(index) + 1_000) }
  }))
  await producer.send({ topic, messages })
  await producer.disconnect()
  const records = await topicRecords(broker.address, topic)
  for (let partition = 0; partition < partitions; partition++) {
    const own = records.filter(record => record.partition === partition)
    await validate(
      kafkaTestEvent(
        topic,
        partition,
        own.map(({ offset, timestamp, value }) => ({ offset: Number(offset), timestamp: Number(timestamp), value }))
      ),
      context
    )
  }
  await summarise()
})
afterEach(() => database.query('truncate backfills cascade'))
afterAll(async () => {
  await closePools()
  await closeKafka()
  await broker.close()
  await database.drop()
})

test('rows that were lost of a time range are there again, exactly once; counts stay and summaries follow', async () => {
  const [allRows, allCounts, allWindows] = [await rows(), await counts(), await windows()]
  await lose()
  await database.query('truncate sensor_windows')
  const answer = await backfill()
  expect(answer).toMatchObject({ finished: true, records: 1_400, restored: 1_386, present: 0, invalid: 14 })
  expect(answer.done).toBe(answer.total)
  expect(await rows()).toEqual(allRows)
  expect(await counts()).toEqual(allCounts)
  // the log names what changed: the windows of the range, and no others
  await summarise()
  const isTouched = (window: Record<string, unknown>) => {
    const opened = (window['window_start'] as Date).getTime()
    return opened < to && opened + (window['window_minutes'] as number) * 60_000 > from
  }
  expect((await windows()).filter(isTouched)).toEqual(allWindows.filter(isTouched))
})

test('a second backfill finds everything present and changes nothing', async () => {
  const before = await rows()
  expect(await backfill()).toMatchObject({ finished: true, records: 1_400, restored: 0, present: 1_386, invalid: 14 })
  expect(await rows()).toEqual(before)
})

test('a backfill that ends before its end goes on with the same request, and adds up', async () => {
  const before = await rows()
  await lose()
  const answers: Answer[] = []
  do answers.push(await backfill({ maxRecords: 1 }))
  while (!answers.at(-1)!.finished && answers.length < 20)
  expect(answers.length).toBeGreaterThan(1)
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
  expect(answers.at(-1)).toMatchObject({ finished: true, records: 1_400, restored: 1_386, present: 0, invalid: 14 })
  expect(await rows()).toEqual(before)
})

test('a run that is killed between two pieces leaves rows and progress that agree, and the same request goes on', async () => {
  const before = await rows()
  await lose()
  const killer = new pg.Client({ connectionString: database.appUrl })
  await killer.connect()
  // a trigger ends the connection of the second piece in the middle of its transaction
  await database.query(`create sequence pieces; grant usage on sequence pieces to sluice_app;
    create function end_the_second() returns trigger language plpgsql as $$
    begin
      if nextval('pieces') = 2 then perform pg_terminate_backend(pg_backend_pid()); end if;
      return new;
    end $$;
    create trigger kill before update on backfill_partitions for each row execute function end_the_second()`)
  try {
    await expect(backfill()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
  } finally {
    await database.query('drop trigger kill on backfill_partitions; drop function end_the_second; drop sequence pieces')
    await killer.end()
  }
  const [between] = await database.query<{ restored: number }>('select sum(restored_count)::int as restored from backfill_partitions')
  expect(between!.restored).toBeGreaterThan(0)
  expect((await rows()).length).toBe(before.length - 1_386 + between!.restored)
  expect(await backfill()).toMatchObject({ finished: true, records: 1_400, restored: 1_386, present: 0 })
  expect(await rows()).toEqual(before)
  expect(await database.query('select count(*)::int as n from backfills')).toEqual([{ n: 1 }])
})

test('only the partitions that are named are read', async () => {
  const before = await rows()
  await lose()
  const one = await backfill({ partitions: [0] })
  expect(one.finished).toBe(true)
  expect(one.restored).toBeGreaterThan(0)
  expect(one.restored).toBeLessThan(1_386)
  expect((await backfill()).restored).toBe(1_386 - one.restored)
  expect(await rows()).toEqual(before)
})

test('by event time the range is that of the time column, wherever the records lie in the topic', async () => {
  const before = await rows()
  await lose()
  expect(await backfill({ by: 'event-time', from: iso(from), to: iso(to) })).toMatchObject({ finished: true, restored: 1_386, invalid: 0 })
  expect(await rows()).toEqual(before)
})

test('two backfills of one dataset do not interleave', async () => {
  const other = new pg.Client({ connectionString: database.appUrl })
  await other.connect()
  await other.query('select pg_advisory_lock(5312, hashtext($1))', ['sensors'])
  await expect(backfill()).rejects.toMatchObject({ code: 'BUSY' })
  await other.end()
})

test.each<[string, object, RegExp]>([
  ['a range that ends before it begins', { from: range.to, to: range.from }, /to: must be after from/],
  ['a range that is empty', { to: range.from }, /must be after from/],
  ['a time without a zone', { from: '2026-01-01T00:00:00' }, /'2026-01-01T00:00:00' is no time with a zone/],
  ['a time that is none', { from: '2026-02-30T00:00:00Z' }, /is no time/],
  ['a range that ends in the future', { to: '2999-01-01T00:00:00Z' }, /lies in the future/],
  ['a partition that is not there', { partitions: [0, 99] }, /partition 99 is not there: sensor_readings_raw has 0, 1/],
  ['a misspelt key', { partition: 1 }, /partition/]
])('%s is refused with what is wrong, and nothing is begun', async (_what, event, message) => {
  await expect(backfill(event)).rejects.toMatchObject({ code: 'EVENT_INVALID', message: expect.stringMatching(message) })
  expect(await database.query('select * from backfills')).toEqual([])
})
