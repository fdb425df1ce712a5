// Writers commit out of order while the source is extracted in a loop: does every row version reach the topic?
import type { Context } from 'aws-lambda'
import pg from 'pg'
import { type Broker, startBroker } from 'sluice-broker'
import { databaseOnOwnServer, type TestDatabase } from '../../infra/testing/database'
import { topicRecords } from '../../infra/testing/topic-records'
import { Random } from '../../layers/contract/generate/random'
import { closeKafka } from '../../layers/event/kafka-client'
import { closePools } from '../../layers/store/pool'

const context = { functionName: 'extract-increment', getRemainingTimeInMillis: () => 600_000 } as Context
const writers = 8
const transactionsPerWriter = 60
const seed = 20_111_209

let database: TestDatabase
let broker: Broker
let handler: (event: unknown, context: Context) => Promise<{ produced: number; late: number }>

beforeAll(async () => {
  database = await databaseOnOwnServer()
  broker = await startBroker({ port: 0 })
  Object.assign(process.env, { DATABASE_URL: database.appUrl, KAFKA_BROKERS: broker.address, LOG_LEVEL: 'silent' })
  handler = (await import('./handler')).handler as never
  // making a server takes seconds, and on a machine that is busy many of them
}, 120_000)
afterAll(async () => {
  await closePools()
  await closeKafka()
  await broker.close()
  await database.drop()
})

/** Microseconds: when a row says that it was written, when it was, and when its transaction began. */
const times = ['updated_at', 'clock_timestamp()', 'now()'].map((time, index) => `(extract(epoch from ${time}) * 1e6)::float8 as t${index}`)
const insert = `insert into sales_db.transactions ("InvoiceNo", "Description", updated_at)
   select '536365', v, coalesce($2::timestamptz, clock_timestamp()) from unnest($1::text[]) as u(v) returning id, "Description" as version, ${times}`
const update = `update sales_db.transactions set "Description" = $2, updated_at = clock_timestamp() where id = $1
   returning id, "Description" as version, ${times}`
/** Rows that other transactions see meanwhile: time passes inside the transaction without anybody sleeping for a set time. */
const linger = 'select count(*) from generate_series(1, $1::integer) as n where md5(n::text) = $2'

/** What the writers did. */
interface Written {
  committed: Set<string>
  datedBack: Set<string>
  /** From what a version says to when it was in the table. */
  spans: Map<string, [from: number, to: number]>
  /** When transactions began. */
  begun: Set<number>
}

/** One writer: short and long transactions, savepoints, rollbacks, equal and dated-back watermarks, updates. Adds what it committed. */
async function write(name: number, { committed, datedBack, spans, begun }: Written): Promise<void> {
  const random = new Random(seed + name)
  const client = new pg.Client({ connectionString: database.appUrl })
  await client.connect()
  const change = async (sql: string, values: unknown[]): Promise<string[]> => {
    const { rows } = await client.query<{ id: string; version: string; t0: number; t1: number; t2: number }>(sql, values)
    for (const { version, t0, t1, t2 } of rows) {
      spans.set(version, [t0, t1])
      begun.add(t2)
    }
    return rows.map(({ id }) => id)
  }
  try {
    for (let index = 0; index < transactionsPerWriter; index++) {
      const version = (what: string) => `${name}-${index}-${what}`
      const mine = [version('a'), version('b')]
      const back = random.chance(0.15) ? new Date(Date.now() - random.integer(1, 20) * 1_000).toISOString() : null
      await client.query('begin')
      const ids = await change(insert, [mine, back])
      if (back) for (const each of mine) datedBack.add(each)
      if (random.chance(0.3)) {
        await client.query('savepoint s')
        await change(insert, [[version('undone')], null])
        await client.query('rollback to savepoint s')
        await client.query('savepoint t')
        await change(insert, [[version('kept')], null])
        mine.push(version('kept'))
      }
      if (random.chance(0.3)) await client.query(linger, [random.integer(1_000, 150_000), 'x'])
      if (random.chance(0.2)) {
        await change(update, [ids[0], version('a2')])
        mine[0] = version('a2')
      }
      if (random.chance(0.2)) {
        await client.query('rollback')
        continue
      }
      await client.query('commit')
      for (const each of mine) committed.add(each)
      if (random.chance(0.2)) {
        // a version that may be overwritten before anybody saw it: only the last one has to arrive
        await change(update, [ids[1], version('b2')])
        committed.delete(version('b'))
        committed.add(version('b2'))
      }
    }
  } finally {
    await client.end()
  }
}

test('every committed row version reaches the topic, and only rows that were dated back may come twice', async () => {
  const written: Written = { committed: new Set(), datedBack: new Set(), spans: new Map(), begun: new Set() }
  const { committed, datedBack, spans, begun } = written
  let writing = true
  const done = Promise.all(Array.from({ length: writers }, (_, name) => write(name, written))).finally(() => {
    writing = false
  })
  let [runs, late] = [0, 0]
  while (writing) {
    late += (await handler({ dataset: 'transactions' }, context)).late
    runs++
  }
  await done
  late += (await handler({ dataset: 'transactions' }, context)).late
  expect(await handler({ dataset: 'transactions' }, context)).toMatchObject({ produced: 0 })

  const counts = new Map<string, number>()
  for (const { value } of await topicRecords(broker.address, 'transactions_raw')) {
    const version = JSON.parse(value!.toString()).Description as string
    counts.set(version, (counts.get(version) ?? 0) + 1)
  }
  const missed = [...committed].filter(version => !counts.has(version))
  expect(missed).toEqual([])
  expect([...counts.keys()].filter(version => version.endsWith('undone'))).toEqual([])
  const twice = [...counts].filter(([, count]) => count > 1).map(([version]) => version)
  // a row that was dated back may be younger than a transaction that was open at both runs: sent by each of them; so may one that another
  // transaction overtook: it began after the row had read the clock, and got its id before the row's transaction had one
  const isOvertaken = (version: string) => {
    const [from, to] = spans.get(version)!
    return [...begun].some(time => from <= time && time <= to)
  }
  expect(twice.filter(version => !datedBack.has(version) && !isOvertaken(version))).toEqual([])
  expect(runs).toBeGreaterThan(3)
  expect(late).toBeGreaterThan(0)
}, 240_000)
