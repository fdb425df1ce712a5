import type { Context } from 'aws-lambda'
import pg from 'pg'
import { type Broker, startBroker } from 'sluice-broker'
import { databaseOnOwnServer, type TestDatabase } from '../../infra/testing/database'
import { topicEnds, topicRecords } from '../../infra/testing/topic-records'
import { closeKafka } from '../../layers/event/kafka-client'
import { closePools } from '../../layers/store/pool'

const context = { functionName: 'extract-increment', getRemainingTimeInMillis: () => 600_000 } as Context
const dataset = 'transactions'
const topic = 'transactions_raw'

interface Answer {
  produced: number
  late: number
  watermark: string | null
  complete: boolean
  oldest_transaction_at: string
  inexact?: Record<string, number>
}

let database: TestDatabase
let broker: Broker
let handler: (event: unknown, context: Context) => Promise<Answer>

const extract = (event: object = {}) => handler({ dataset, ...event }, context)

/** Where the topic ended when a test began. */
let before = new Map<number, number>()

/** What was sent since the test began, in no order. */
const sent = () => topicRecords(broker.address, topic, before)
const sentIds = async () => (await sent()).map(({ value }) => JSON.parse(value!.toString()).Description as string).sort()

/** Rows whose description names them. */
async function insert(client: { query(sql: string, values: unknown[]): Promise<unknown> }, names: string[], updatedAt?: string) {
  await client.query(
    `insert into sales_db.transactions ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "Country", updated_at)
     select '536365', '85123A', name, 1, '2010-12-01 08:26', 2.55, 'France', coalesce($2::timestamptz, clock_timestamp()) from unnest($1::text[]) as u(name)`,
    [names, updatedAt ?? null]
  )
}

/** A connection of its own, as another application would have. */
async function withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.appUrl })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

beforeAll(async () => {
  database = await databaseOnOwnServer()
  broker = await startBroker({ port: 0 })
  Object.assign(process.env, { DATABASE_URL: database.appUrl, KAFKA_BROKERS: broker.address, LOG_LEVEL: 'silent' })
  handler = (await import('./handler')).handler as never
  // making a server takes seconds, and on a machine that is busy many of them
}, 120_000)
beforeEach(async () => {
  await database.query('truncate sales_db.transactions, extraction_state, extraction_history')
  before = await topicEnds(broker.address, topic)
})
afterAll(async () => {
  await closePools()
  await closeKafka()
  await broker.close()
  await database.drop()
})

test('rows go to the topic once; the next run sends what is new or changed', async () => {
  await insert(database, ['a', 'b'])
  expect(await extract({ run: 'run-1' })).toMatchObject({ dataset, topic, run: 'run-1', produced: 2, late: 0, complete: true })
  expect(await extract()).toMatchObject({ produced: 0, complete: true })
  await insert(database, ['c'])
  await database.query(`update sales_db.transactions set "Description" = 'a2' where "Description" = 'a'`)
  expect(await extract()).toMatchObject({ produced: 2 })
  expect(await sentIds()).toEqual(['a', 'a2', 'b', 'c'])
  const [record] = await sent()
  expect(record).toMatchObject({ key: Buffer.from('536365'), headers: { 'sluice-run': Buffer.from('run-1') } })
  expect(JSON.parse(record!.value!.toString())).toEqual({
    ...{ InvoiceNo: '536365', StockCode: '85123A', Description: 'a', Quantity: 1 },
    ...{ InvoiceDate: '01/12/2010 08:26', UnitPrice: '2.55', CustomerID: null, Country: 'France' }
  })
})

test('the cursor and its history are saved together, and only when something was sent', async () => {
  expect(await extract()).toMatchObject({ produced: 0, watermark: null })
  expect(await database.query('select * from extraction_state')).toEqual([])
  await insert(database, ['a'])
  await extract()
  const state = await database.query<{ watermark: string; row_count: string; version: string }>('select * from extraction_state')
  expect(state).toEqual([expect.objectContaining({ dataset, source_table: 'sales_db.transactions', row_count: '1', version: '1' })])
  await extract()
  expect(await database.query('select * from extraction_state')).toEqual(state)
  await insert(database, ['b'])
  await extract()
  const history = await database.query('select from_watermark, to_watermark, row_count::int as rows from extraction_history order by id')
  expect(history).toEqual([
    { from_watermark: null, to_watermark: state[0]!.watermark, rows: 1 },
    { from_watermark: state[0]!.watermark, to_watermark: expect.any(String), rows: 1 }
  ])
  expect(new Date(history[1]!['to_watermark'] as string) > new Date(state[0]!.watermark)).toBe(true)
})

test('rows of one watermark are told apart by their key, across runs', async () => {
  await insert(database, ['a', 'b', 'c', 'd', 'e'], '2026-01-01T00:00:00Z')
  expect(await extract({ limit: 2 })).toMatchObject({ produced: 2, complete: false })
  expect(await extract({ limit: 2 })).toMatchObject({ produced: 2, complete: false })
  expect(await extract({ limit: 2 })).toMatchObject({ produced: 1, complete: true })
  expect(await sentIds()).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('a row of a transaction that is still open is not passed over, however many others were committed meanwhile', async () => {
  await withClient(async slow => {
    await slow.query('begin')
    await insert(slow, ['slow'])
    await insert(database, ['fast'])
    const first = await extract()
    expect(first).toMatchObject({ produced: 0 })
    await slow.query('commit')
    expect(await extract()).toMatchObject({ produced: 2, late: 0 })
  })
  expect(await sentIds()).toEqual(['fast', 'slow'])
})

test('a row that an application dates back within the lag is sent when it turns up, savepoints and all; again only while a writer older than it is open', async () => {
  await insert(database, ['a'])
  const [{ at }] = (await database.query('select updated_at as at from sales_db.transactions')) as [{ at: Date }]
  // behind the cursor however long a run takes
  const before = (seconds: number) => new Date(at.getTime() - seconds * 1_000).toISOString()
  await extract()
  await withClient(async late => {
    await late.query('begin')
    await late.query('savepoint one')
    await insert(late, ['late'], before(5))
    await insert(database, ['b'], before(1))
    expect(await extract()).toMatchObject({ produced: 1, late: 1 })
    await late.query('commit')
  })
  expect(await extract()).toMatchObject({ produced: 2, late: 2 })
  expect(await extract()).toMatchObject({ produced: 0 })
  expect(await sentIds()).toEqual(['a', 'b', 'b', 'late'])
})

test('a range that is asked for is sent again, and the cursor stays', async () => {
  await insert(database, ['a'], '2026-01-01T00:00:00Z')
  await insert(database, ['b'], '2026-01-02T00:00:00Z')
  await insert(database, ['c'], '2026-01-03T00:00:00Z')
  await extract()
  const state = await database.query('select * from extraction_state')
  expect(await extract({ from: '2026-01-02T00:00:00Z', to: '2026-01-03T00:00:00Z' })).toMatchObject({ produced: 1, complete: true })
  expect(await database.query('select * from extraction_state')).toEqual(state)
  expect(await sentIds()).toEqual(['a', 'b', 'b', 'c'])
  expect(await database.query('select is_range, row_count::int as rows from extraction_history order by id')).toEqual([
    { is_range: false, rows: 3 },
    { is_range: true, rows: 1 }
  ])
})

test.each([["'; drop table sales_db.transactions; --"], ["2026-01-01' or '1'='1"], ['not a date'], ['2026-13-45T99:99:99Z']])(
  'the hostile watermark %j is a value that is none, and nothing else',
  async from => {
    await insert(database, ['a'])
    await expect(extract({ from })).rejects.toMatchObject({
      code: 'EVENT_INVALID',
      message: expect.stringContaining('sales_db.transactions')
    })
    expect(await database.query('select count(*)::int as n from sales_db.transactions')).toEqual([{ n: 1 }])
    expect(await sent()).toEqual([])
  }
)

test.each<[string, string, string, RegExp]>([
  [
    'renamed',
    'alter table sales_db.transactions rename "UnitPrice" to "UnitPrise"',
    'alter table sales_db.transactions rename "UnitPrise" to "UnitPrice"',
    /sales_db\.transactions has no column UnitPrice, .*did you mean UnitPrise\?/
  ],
  [
    'missing',
    'alter table sales_db.transactions rename updated_at to changed',
    'alter table sales_db.transactions rename changed to updated_at',
    /has no column updated_at, the watermark of the contract/
  ],
  [
    'of another type',
    'alter table sales_db.transactions alter "InvoiceDate" type date',
    'alter table sales_db.transactions alter "InvoiceDate" type timestamp',
    /sales_db\.transactions\.InvoiceDate is date; InvoiceDate of the contract can be made of timestamp without time zone, timestamp with time zone/
  ],
  [
    'nullable as a watermark',
    'alter table sales_db.transactions alter updated_at drop not null',
    'alter table sales_db.transactions alter updated_at set not null',
    /updated_at, the watermark of the contract, may be null/
  ],
  [
    'not unique as a key',
    'alter table sales_db.transactions drop constraint transactions_pkey',
    'alter table sales_db.transactions add primary key (id)',
    /\(id\) does not tell rows apart/
  ]
])('a column that is %s is named, with the nearest right one, before anything is sent', async (_what, change, restore, message) => {
  await insert(database, ['a'])
  await database.query(change)
  try {
    await expect(extract()).rejects.toMatchObject({ code: 'SOURCE_CHANGED', message: expect.stringMatching(message) })
  } finally {
    await database.query(restore)
  }
  expect(await sent()).toEqual([])
  expect(await extract()).toMatchObject({ produced: 1 })
})

test('values beyond what JSON numbers and dates hold reach the topic whole, and stop nothing', async () => {
  await database.query(
    `insert into sales_db.transactions ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country") values
     ('536365', 'A', 'nan', 2147483647, '0001-01-01 00:00', 'NaN', null, e'tab\\t"quote" \\\\ £ 😀'),
     ('536366', 'A', 'infinite', -2147483648, '9999-12-31 23:59', 'Infinity', '', 'x'),
     ('536367', 'A', 'large', 0, 'infinity', 1000000000000000000.000000000000000001, '1', 'x'),
     (null, 'A', 'odd', null, '2010-12-01 08:26:31.5', '-0.0000000001', '1', 'x'),
     ('536368', 'A', 'ancient', 1, '0044-03-15 12:00 BC', 1, '1', 'x')`
  )
  expect(await extract()).toMatchObject({ produced: 5, inexact: { InvoiceDate: 3 } })
  const byName = new Map(
    (await sent()).map(({ key, value }) => [JSON.parse(value!.toString()).Description, { key, ...JSON.parse(value!.toString()) }])
  )
  expect(byName.get('nan')).toMatchObject({
    Quantity: 2147483647,
    InvoiceDate: '01/01/0001 00:00',
    UnitPrice: 'NaN',
    Country: 'tab\t"quote" \\ £ 😀'
  })
  expect(byName.get('infinite')).toMatchObject({
    Quantity: -2147483648,
    InvoiceDate: '31/12/9999 23:59',
    UnitPrice: 'Infinity',
    CustomerID: ''
  })
  expect(byName.get('large')).toMatchObject({ InvoiceDate: 'infinity', UnitPrice: '1000000000000000000.000000000000000001' })
  expect(byName.get('odd')).toMatchObject({ key: null, InvoiceDate: '2010-12-01T08:26:31.5', UnitPrice: '-0.0000000001' })
  expect(byName.get('ancient')).toMatchObject({ InvoiceDate: '0044-03-15 12:00:00 BC' })
})

test('a row that is larger than a broker takes goes as its beginning, with its place, and stops nothing', async () => {
  await insert(database, ['x'.repeat(2_000_000), 'b'])
  expect(await extract()).toMatchObject({ produced: 2, complete: true })
  const large = (await sent()).find(({ headers }) => headers?.['sluice-unparsable'])!
  expect(large.headers!['sluice-unparsable']!.toString()).toMatch(/^row id \d+ of sales_db\.transactions has 2000\d+ bytes/)
  expect(large.value!.toString()).toContain('"Description":"xxx')
  expect(large.headers!['sluice-line']).toBeUndefined()
})

test('a role that does not see the sessions of others finds their rows behind the cursor, with those of their time again', async () => {
  const grant = (verb: string) =>
    database.asSuperuser(
      `${verb} execute on function public.sluice_oldest_transaction_at() ${verb === 'revoke' ? 'from' : 'to'} sluice_app`
    )
  await grant('revoke')
  const slow = new pg.Client({ connectionString: database.ownerUrl })
  await slow.connect()
  try {
    await slow.query('begin')
    await insert(slow, ['slow'])
    await insert(database, ['fast'])
    expect(await extract()).toMatchObject({ produced: 1, late: 0 })
    await slow.query('commit')
    expect(await extract()).toMatchObject({ produced: 2, late: 2 })
    expect(await extract()).toMatchObject({ produced: 0 })
  } finally {
    await slow.end()
    await grant('grant')
  }
  expect(await sentIds()).toEqual(['fast', 'fast', 'slow'])
})

test('a source that goes away in the middle is an error that says so; the next run sends the rest, and no row is left out', async () => {
  const { checkpointRecords } = await import('./extract')
  const rows = checkpointRecords + 20_000
  await database.query(
    `insert into sales_db.transactions ("InvoiceNo", "Description") select '536365', n::text from generate_series(1, $1) as n`,
    [rows]
  )
  // the first save of the cursor tells that the run is in its middle: then its session at the source is ended, and with it the lock that it holds
  await database.query(`
    create function source_goes_away() returns trigger language plpgsql as $$
    begin
      perform pg_terminate_backend(pid, 60000) from pg_stat_activity where application_name = 'sluice-extract' and datname = current_database();
      return null;
    end $$;
    create trigger source_goes_away after insert on extraction_state execute function source_goes_away()`)
  try {
    await expect(extract()).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringContaining('sales_db.transactions')
    })
  } finally {
    await database.query('drop function source_goes_away cascade')
  }
  const { produced } = await extract()
  expect(produced).toBeLessThan(rows)
  const ids = await sentIds()
  expect(new Set(ids).size).toBe(rows)
  expect(ids.length - rows).toBeLessThanOrEqual(checkpointRecords)
}, 120_000)

test('a second extraction of a dataset while one is under way is refused', async () => {
  await withClient(async other => {
    await other.query('select pg_advisory_lock(5311, hashtext($1))', [dataset])
    await expect(extract()).rejects.toMatchObject({ code: 'BUSY' })
  })
  expect(await extract()).toMatchObject({ produced: 0 })
})

test("a tick of the schedule extracts every dataset that has a source table; another event's misspelt key is named", async () => {
  await insert(database, ['a'])
  expect(await handler({ 'detail-type': 'Scheduled Event', source: 'aws.events' }, context)).toEqual([
    expect.objectContaining({ dataset, produced: 1 })
  ])
  await expect(extract({ limt: 3 })).rejects.toMatchObject({ code: 'EVENT_INVALID', message: expect.stringContaining('limt') })
  await expect(handler({ dataset: 'sensors' }, context)).rejects.toMatchObject({
    code: 'EVENT_INVALID',
    message: expect.stringContaining('incrementalLoad')
  })
})

test('a cursor of another table is not taken for one of this', async () => {
  await insert(database, ['a'])
  await extract()
  await database.query("update extraction_state set source_table = 'sales_db.others'")
  await expect(extract()).rejects.toMatchObject({ code: 'SOURCE_CHANGED', message: expect.stringContaining('sales_db.others') })
})
