import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Context } from 'aws-lambda'
import { build } from 'esbuild'
import pg from 'pg'
import { type Broker, startBroker } from 'sluice-broker'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { kafkaTestEvent, type TestRecord } from '../../infra/testing/kafka-event'
import { type Lake, openLake } from '../../layers/lake'
import { literal, withDuckDb } from '../../layers/lake/duckdb'

const context = { functionName: 'land-bronze', getRemainingTimeInMillis: () => 60_000 } as Context
const topic = 'transactions_raw'
/** How long the lander may take to its last statement. */
const GIVE_UP_MS = 60_000
const DYING_MS = GIVE_UP_MS + 30_000
const begin = Date.parse('2026-01-15T23:59:59.500Z')
const day = 'bronze/transactions/dt=2026-01-15'

let database: TestDatabase
let broker: Broker
let folder: string
let lake: Lake
let handler: (event: unknown, context: Context) => Promise<Record<string, { records: number; objects: number }>>

/** The record at an offset is always the same one, as in a topic. */
const recordAt = (offset: number): TestRecord => ({
  value: JSON.stringify({ InvoiceNo: String(536365 + offset), Quantity: offset }),
  key: String(536365 + offset),
  offset,
  timestamp: begin + offset * 100
})
const batch = (first: number, last: number, partition = 0) =>
  kafkaTestEvent(
    topic,
    partition,
    Array.from({ length: last - first + 1 }, (_, index) => recordAt(first + index))
  )
const deliver = (event: unknown) => handler(event, context)

async function keys(): Promise<string[]> {
  const found: string[] = []
  for await (const { key } of lake.list('')) found.push(key)
  return found
}

/** The offsets in the lake, in the order of keys; checks that every object holds what its name says. */
async function landedOffsets(): Promise<Map<number, number[]>> {
  const offsets = new Map<number, number[]>()
  for (const key of await keys()) {
    const lines = String(gunzipSync((await lake.get(key))!))
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    const [, partition, first, last] = /-(\d+)-(\d+)-(\d+)-[0-9TZ]+\.jsonl\.gz$/.exec(key)!.map(Number)
    expect([lines[0].offset, lines.at(-1).offset]).toEqual([first, last])
    offsets.set(partition!, [...(offsets.get(partition!) ?? []), ...lines.map(line => line.offset)])
  }
  return new Map([...offsets].map(([partition, list]) => [partition, list.sort((a, b) => a - b)]))
}
const upTo = (last: number) => Array.from({ length: last + 1 }, (_, offset) => offset)
const nextOffsets = () =>
  database.query(`select "partition", next_offset::int from consumed_offsets where consumer = 'land-bronze' order by 1`)

beforeAll(async () => {
  database = await testDatabase()
  folder = mkdtempSync(join(tmpdir(), 'sluice-land-'))
  broker = await startBroker({ port: 0 })
  Object.assign(process.env, {
    DATABASE_URL: database.appUrl,
    KAFKA_BROKERS: broker.address,
    LAKE_URL: `file:${folder}/lake`,
    LOG_LEVEL: 'silent'
  })
  lake = openLake(process.env.LAKE_URL!)
  handler = (await import('./handler')).handler as never
})
beforeEach(async () => {
  await database.query('truncate consumed_offsets')
  rmSync(join(folder, 'lake'), { recursive: true, force: true })
})
afterAll(async () => {
  await (await import('../../layers/store/pool')).closePools()
  await (await import('../../layers/event/kafka-client')).closeKafka()
  await broker.close()
  await database.drop()
  rmSync(folder, { recursive: true })
})

test('a batch becomes one object a partition, whose key tells dataset, day, topic, partition, first and last offset and time', async () => {
  const event = batch(0, 9)
  Object.assign(event.records, batch(40, 42, 2).records)
  expect(await deliver(event)).toEqual({ transactions: { records: 13, objects: 2 } })
  expect(await keys()).toEqual([
    'bronze/transactions/dt=2026-01-15/transactions_raw-0-0-9-20260115T235959500Z.jsonl.gz',
    'bronze/transactions/dt=2026-01-16/transactions_raw-2-40-42-20260116T000003500Z.jsonl.gz'
  ])
  expect(await nextOffsets()).toEqual([
    { partition: 0, next_offset: 10 },
    { partition: 2, next_offset: 43 }
  ])
})

test('DuckDB reads what has landed, with the day as a column', async () => {
  await deliver(batch(0, 9))
  const [path] = await lake.localFiles(await keys(), folder)
  const rows = await withDuckDb(async connection =>
    (
      await connection.runAndReadAll(
        `select count(*)::int as n, max("offset")::int as last, sum((value->>'Quantity')::int)::int as pieces, any_value(dt)::text as dt
         from read_json(${literal(path!)}, hive_partitioning = true, columns = {'offset': 'bigint', 'value': 'json'})`
      )
    ).getRowObjectsJson()
  )
  expect(rows).toEqual([{ n: 10, last: 9, pieces: 45, dt: '2026-01-15' }])
})

test('a batch that is delivered again lands nothing, and one that overlaps lands only what is new', async () => {
  await deliver(batch(0, 9))
  expect(await deliver(batch(0, 9))).toEqual({ transactions: { records: 0, objects: 0 } })
  expect(await deliver(batch(5, 14))).toEqual({ transactions: { records: 5, objects: 1 } })
  expect(await landedOffsets()).toEqual(new Map([[0, upTo(14)]]))
})

test('two deliveries of one batch at the same time land it once', async () => {
  const answers = await Promise.all([deliver(batch(0, 9)), deliver(batch(0, 9)), deliver(batch(0, 12))])
  expect(answers.reduce((sum, answer) => sum + answer.transactions!.records, 0)).toBe(13)
  expect(await landedOffsets()).toEqual(new Map([[0, upTo(12)]]))
})

test('a topic may begin anywhere and have gaps', async () => {
  const records = [7, 9, 100].map(recordAt)
  expect(await deliver(kafkaTestEvent(topic, 0, records))).toEqual({ transactions: { records: 3, objects: 1 } })
  expect(await landedOffsets()).toEqual(new Map([[0, [7, 9, 100]]]))
  expect(await nextOffsets()).toEqual([{ partition: 0, next_offset: 101 }])
})

describe('a process that is killed between the object and its offset', () => {
  let script: string
  beforeAll(async () => {
    script = join(folder, 'lander.cjs')
    await build({
      stdin: {
        contents: `import { handler } from './handler'
          handler(JSON.parse(process.env.EVENT), {}).then(() => process.exit(0), error => { console.error(error); process.exit(1) })`,
        resolveDir: __dirname,
        loader: 'ts'
      },
      outfile: script,
      bundle: true,
      platform: 'node',
      target: 'node20',
      loader: { '.sql': 'text' },
      external: ['@aws-sdk/*', '@duckdb/*', 'pg-native'],
      logLevel: 'error'
    })
  })

  /** Lands a batch in a process of its own, and kills it once the object is there and the offset about to be noted. */
  async function landAndDie(event: object): Promise<void> {
    const lock = new pg.Client({ connectionString: database.ownerUrl })
    await lock.connect()
    await lock.query('select pg_advisory_lock(4711)')
    await database.query(`
      create function wait_for_the_kill() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock(4711); return new; end $$`)
    await database.query(`
      create trigger wait_for_the_kill before update of next_offset on consumed_offsets for each row
      when (new.consumer = 'land-bronze' and new.next_offset <> old.next_offset) execute function wait_for_the_kill()`)
    const child: ChildProcess = spawn(process.execPath, [script], {
      env: { ...process.env, EVENT: JSON.stringify(event), SLUICE_CONTRACTS: resolve('contracts') },
      stdio: 'inherit'
    })
    const ended = once(child, 'exit')
    const waiting =
      "select 1 from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())"
    for (const start = Date.now(); (await database.query(waiting)).length === 0; )
      if (child.exitCode !== null || Date.now() - start > GIVE_UP_MS) throw new Error('the lander did not come to its offsets')
    child.kill('SIGKILL')
    expect((await ended)[1]).toBe('SIGKILL')
    await lock.query('select pg_advisory_unlock(4711)')
    await lock.end()
    await database.query('drop trigger wait_for_the_kill on consumed_offsets')
    await database.query('drop function wait_for_the_kill')
  }

  test.each([
    ['the same batch', 9, { records: 10, objects: 0 }],
    ['a shorter batch', 4, { records: 5, objects: 0 }],
    ['a longer batch', 14, { records: 15, objects: 1 }]
  ])(
    'leaves an object that the next delivery takes as its own: %s',
    async (_, last, counts) => {
      await landAndDie(batch(0, 9))
      expect(await keys()).toEqual([`${day}/transactions_raw-0-0-9-20260115T235959500Z.jsonl.gz`])
      const before = await lake.get((await keys())[0]!)
      expect(await nextOffsets()).toEqual([])
      expect(await deliver(batch(0, last))).toEqual({ transactions: counts })
      expect(await lake.get((await keys())[0]!)).toEqual(before)
      await deliver(batch(last + 1, 20))
      expect(await landedOffsets()).toEqual(new Map([[0, upTo(20)]]))
      expect(await nextOffsets()).toEqual([{ partition: 0, next_offset: 21 }])
    },
    DYING_MS
  )

  test(
    'may die twice, with other batches each time',
    async () => {
      await deliver(batch(0, 3))
      await landAndDie(batch(2, 6))
      await landAndDie(batch(4, 10))
      expect(await deliver(batch(4, 12))).toEqual({ transactions: { records: 9, objects: 1 } })
      expect(await landedOffsets()).toEqual(new Map([[0, upTo(12)]]))
    },
    2 * DYING_MS
  )
})

test('what an attempt began to write, and did not, is written', async () => {
  await database.query('insert into consumed_offsets values ($1, $2, $3, 0, 10)', [
    await (await import('../../layers/event/kafka-client')).clusterId(),
    'land-bronze-attempt',
    topic
  ])
  expect(await deliver(batch(0, 5))).toEqual({ transactions: { records: 6, objects: 1 } })
})

test('an object of the same name with other records is an error, and nothing is overwritten', async () => {
  await deliver(batch(0, 9))
  const [key] = await keys()
  const other = Buffer.from('another cluster')
  await lake.put(key!, (await import('node:zlib')).gzipSync(other))
  await database.query('truncate consumed_offsets')
  await expect(deliver(batch(0, 9))).rejects.toMatchObject({
    code: 'LAKE_CONFLICT',
    message: expect.stringContaining(key!),
    remedy: expect.stringContaining('out of the lake')
  })
  expect(gunzipSync((await lake.get(key!))!)).toEqual(other)
  expect(await nextOffsets()).toEqual([])
})

test('a lake that cannot be written fails the batch, and nothing is noted as landed', async () => {
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(folder, 'lake'), '')
  const event = batch(0, 9)
  Object.assign(event.records, batch(0, 9, 1).records)
  await expect(deliver(event)).rejects.toMatchObject({ code: 'LAKE_UNAVAILABLE' })
  expect(await nextOffsets()).toEqual([])
  rmSync(join(folder, 'lake'))
  expect(await deliver(event)).toEqual({ transactions: { records: 20, objects: 2 } })
  expect(await landedOffsets()).toEqual(
    new Map([
      [0, upTo(9)],
      [1, upTo(9)]
    ])
  )
})

test('an event of another shape, and a topic without a contract, are errors that say so', async () => {
  await expect(deliver({ Records: [] })).rejects.toMatchObject({
    code: 'EVENT_INVALID',
    message: expect.stringContaining('land-bronze: event.eventSource')
  })
  await expect(deliver(kafkaTestEvent('unknown', 0, [{ value: 'x' }]))).rejects.toMatchObject({ code: 'CONTRACT_UNKNOWN' })
})
