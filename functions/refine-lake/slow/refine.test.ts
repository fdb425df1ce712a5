import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { type Contract, contractOf } from '../../../layers/contract'
import { writeTransactions } from '../../../layers/contract/generate'
import { readCsv } from '../../../layers/contract/read-csv'
import { PipelineError } from '../../../layers/errors'
import type { Lake } from '../../../layers/lake'
import { KEPT_VERSIONS, newestVersion } from '../../../layers/lake-tables/versions'
import { log } from '../../../layers/log'
import { goldTables } from '../gold'
import { refineLake } from '../refine'
import { askLake, landRecords, putBronze, type TestBronze, testLake } from '../testing'

const contract = contractOf('transactions', join(__dirname, '../../../contracts'))
let made: ReturnType<typeof testLake>
beforeAll(() => {
  log.level = 'silent'
})
beforeEach(() => {
  made = testLake()
})
afterEach(() => made.remove())

/** A message; `change` says what is another than usual. */
const message = (change: Record<string, unknown> = {}): string =>
  JSON.stringify({
    InvoiceNo: '536365',
    StockCode: '85123A',
    Description: 'HEART',
    Quantity: '6',
    InvoiceDate: '01/12/2010 08:26',
    UnitPrice: '2.55',
    CustomerID: '17850',
    Country: 'France',
    ...change
  })

const values = (records: string[], first = 0): TestBronze[] => records.map((value, index) => ({ value, offset: first + index }))

/** Every table of the newest version as text; customers' hashes are keyed by lake and left out. */
async function tablesOf(lake: Lake): Promise<string> {
  const names = ['silver_transactions', 'silver_cancellations', ...goldTables.map(table => `gold_${table.name}`)]
  const tables: Record<string, string[]> = {}
  for (const name of names)
    tables[name] = (await askLake(lake, `select * from ${name}`)).map(({ customer, ...row }) => JSON.stringify(row)).sort()
  return JSON.stringify(tables)
}

test('silver holds each good record of the generated export once; the others are counted with their reasons', async () => {
  const file = join(made.folder, 'export.csv')
  const oracle = await writeTransactions(contract, file, { rows: 6000, seed: 7 })
  const objects = await landRecords(made.lake, readCsv(contract, file))
  expect(await refineLake(made.lake, contract)).toEqual({
    version: 1,
    versions: 1,
    objects,
    read: oracle.records,
    added: oracle.valid,
    duplicate: oracle.duplicate,
    refused: oracle.quarantined,
    reasons: oracle.reasons,
    corruptLines: 0,
    corrupt: [],
    silverRows: oracle.valid
  })
  const ids = await askLake(made.lake, 'select count(distinct transaction_id)::integer as count from silver_transactions')
  expect(ids).toEqual([{ count: oracle.valid }])
})

test('without new objects there is no new version', async () => {
  await putBronze(made.lake, values([message()]))
  await refineLake(made.lake, contract)
  expect(await refineLake(made.lake, contract)).toMatchObject({ version: 1, versions: 0, objects: 0, silverRows: 1 })
})

test('a contract that the statement was not written for is obeyed: its validator decides about every record', async () => {
  const stricter: Contract = {
    ...contract,
    rules: [...contract.rules, { code: 'too_far', field: 'Country', message: 'Too far', when: [{ column: 'country', matches: '^Japan$' }] }]
  }
  await putBronze(made.lake, values([message(), message({ Country: 'Japan' })]))
  expect(await refineLake(made.lake, stricter)).toMatchObject({ read: 2, added: 1, refused: 1, reasons: { too_far: 1 } })
})

test('records that arrive in any order, in any objects and again make the same tables', async () => {
  const file = join(made.folder, 'export.csv')
  await writeTransactions(contract, file, { rows: 1500, seed: 11 })
  const records: TestBronze[] = []
  for await (const chunk of readCsv(contract, file))
    for (const { value, unparsable } of chunk) records.push({ value, unparsable, offset: records.length })
  await putBronze(made.lake, records)
  await refineLake(made.lake, contract)
  const expected = await tablesOf(made.lake)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ from: fc.nat(1400), size: fc.integer({ min: 1, max: 600 }) }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer(),
      async (pieces, runs, seed) => {
        const other = testLake()
        try {
          // the pieces overlap and leave gaps; the rest of the records arrives as a whole, at some time
          const objects = [...pieces.map(({ from, size }) => records.slice(from, from + size)), records]
          const order = objects.map((_, index) => (index + Math.abs(seed % objects.length)) % objects.length)
          for (let run = 0; run < runs; run++) {
            for (const index of order) if (index % runs === run) await putBronze(other.lake, objects[index]!)
            await refineLake(other.lake, contract)
          }
          expect(await tablesOf(other.lake)).toBe(expected)
        } finally {
          other.remove()
        }
      }
    ),
    { numRuns: 4, seed: 3 }
  )
}, 120_000)

test('only months that got rows are written again, and daily revenue of the others is not computed again', async () => {
  await putBronze(made.lake, values([message(), message({ InvoiceNo: '540000', InvoiceDate: '05/01/2011 10:00' })]))
  await refineLake(made.lake, contract)
  const before = (await newestVersion(made.lake, 'transactions'))!
  await putBronze(made.lake, values([message({ InvoiceNo: '540001', InvoiceDate: '31/01/2011 23:59' })], 2))
  await refineLake(made.lake, contract)
  const after = (await newestVersion(made.lake, 'transactions'))!
  expect(after.months['2010-12']).toEqual(before.months['2010-12'])
  expect(after.months['2011-01']).toMatchObject({ rows: 2 })
  expect(await askLake(made.lake, 'select day, invoices::integer as invoices from gold_daily_revenue order by day')).toEqual([
    { day: '2010-12-01', invoices: 1 },
    { day: '2011-01-05', invoices: 1 },
    { day: '2011-01-31', invoices: 1 }
  ])
})

test('a day is a day of the shop: half past midnight in summer belongs to the new one', async () => {
  await putBronze(made.lake, values([message({ InvoiceDate: '01/08/2011 00:30' })]))
  await refineLake(made.lake, contract)
  expect(await askLake(made.lake, 'select invoice_date, invoice_day from silver_transactions')).toEqual([
    { invoice_date: '2011-07-31 23:30:00+00', invoice_day: '2011-08-01' }
  ])
  expect(Object.keys((await newestVersion(made.lake, 'transactions'))!.months)).toEqual(['2011-08'])
})

test('what arrives again changes nothing: no file is written again', async () => {
  await putBronze(made.lake, values([message(), message({ InvoiceNo: '536366' })]))
  await refineLake(made.lake, contract)
  const before = (await newestVersion(made.lake, 'transactions'))!
  await putBronze(made.lake, values([message(), message({ InvoiceNo: '536366' })], 7))
  expect(await refineLake(made.lake, contract)).toMatchObject({ version: 2, read: 2, added: 0, duplicate: 2, silverRows: 2 })
  const after = (await newestVersion(made.lake, 'transactions'))!
  expect([after.months, after.tables]).toEqual([before.months, before.tables])
})

test('a full run reads every object again and comes to the same tables', async () => {
  const file = join(made.folder, 'export.csv')
  await writeTransactions(contract, file, { rows: 2000, seed: 5 })
  await landRecords(made.lake, readCsv(contract, file), { size: 500 })
  const first = await refineLake(made.lake, contract, { versionBytes: 100_000 })
  expect(first.versions).toBeGreaterThan(1)
  const tables = await tablesOf(made.lake)
  expect(await refineLake(made.lake, contract, { full: true })).toMatchObject({
    version: first.version + 1,
    versions: 1,
    read: first.read,
    silverRows: first.silverRows
  })
  expect(await tablesOf(made.lake)).toBe(tables)
})

/** The lake until its `left`-th change; then it is away, as for a process that was killed there. */
function dyingLake(lake: Lake, left: number): Lake {
  const living = () => {
    if (left-- <= 0) throw new PipelineError('LAKE_UNAVAILABLE', 'gone')
  }
  return {
    ...lake,
    put: async (...given) => {
      living()
      return lake.put(...given)
    },
    remove: async key => {
      living()
      return lake.remove(key)
    }
  }
}

test('a run that dies at any of its writes leaves the tables as they were, and the next one makes them right', async () => {
  await putBronze(made.lake, values([message()]))
  await refineLake(made.lake, contract)
  const before = await tablesOf(made.lake)
  await putBronze(made.lake, values([message({ InvoiceNo: '536366' }), message({ InvoiceDate: '05/01/2011 10:00' })], 1))
  let died = 0
  for (;;) {
    const error = await refineLake(dyingLake(made.lake, died), contract).then(
      () => undefined,
      (thrown: PipelineError) => thrown
    )
    if (!error) break
    expect(error.code).toBe('LAKE_UNAVAILABLE')
    expect(await tablesOf(made.lake)).toBe(before)
    died++
  }
  // two months, cancellations (as before: not written), five gold tables, the key, the list and the log
  expect(died).toBeGreaterThan(8)
  expect(await refineLake(made.lake, contract)).toMatchObject({ version: 2, versions: 0, silverRows: 3 })
}, 240_000)

test('of two runs at once one makes the version and the other changes nothing', async () => {
  await putBronze(made.lake, values([message(), message({ InvoiceNo: '536366' })]))
  const runs = await Promise.allSettled([refineLake(made.lake, contract), refineLake(made.lake, contract)])
  expect(runs.filter(run => run.status === 'fulfilled')).toHaveLength(1)
  expect(runs.find(run => run.status === 'rejected')?.reason).toMatchObject({ code: 'LAKE_CONFLICT' })
  expect(await refineLake(made.lake, contract)).toMatchObject({ version: 1, silverRows: 2 })
})

test('an object that was cut off is kept out whole, named, and read once it is whole; the others are refined', async () => {
  const whole = await putBronze(made.lake, values([message()]))
  const cut = await putBronze(made.lake, values([message({ InvoiceNo: '536366' }), message({ InvoiceNo: '536367' })], 1), 'gzip')
  await truncate(join(made.folder, cut), 30)
  const text = await putBronze(made.lake, values([message({ InvoiceNo: '536368' }), message({ InvoiceNo: '536369' })], 3))
  await truncate(join(made.folder, text), 400)
  const report = await refineLake(made.lake, contract)
  expect(report).toMatchObject({ objects: 1, read: 1, silverRows: 1 })
  expect(report.corrupt.map(({ object }) => object).sort()).toEqual([cut, text].sort())
  expect((await newestVersion(made.lake, 'transactions'))!.quarantined.map(({ object }) => object).sort()).toEqual([cut, text].sort())
  expect(whole).not.toBe(cut)
  expect(await refineLake(made.lake, contract)).toMatchObject({ versions: 0 })
  await putBronze(made.lake, values([message({ InvoiceNo: '536366' }), message({ InvoiceNo: '536367' })], 1), 'gzip')
  expect(await refineLake(made.lake, contract)).toMatchObject({ versions: 1, objects: 1, silverRows: 3 })
  expect((await newestVersion(made.lake, 'transactions'))!.quarantined.map(({ object }) => object)).toEqual([text])
})

test('a line that is no record is counted and kept out alone', async () => {
  const key = await putBronze(made.lake, values([message(), message({ InvoiceNo: '536366' })]))
  const bytes = (await made.lake.get(key))!.toString('utf8').split('\n')
  const lines = [bytes[0], '{"topic":"x"', Buffer.from([0x22, 0xff, 0x22]).toString('latin1'), '[]', bytes[1], '']
  await made.lake.put(key, Buffer.from(lines.join('\n'), 'latin1'))
  expect(await refineLake(made.lake, contract)).toMatchObject({
    read: 2,
    silverRows: 2,
    corruptLines: 3,
    corrupt: [{ object: key, reason: '3 of its lines are no record' }]
  })
})

test('an object that landing did not name is reported and not read', async () => {
  const key = 'bronze/transactions/dt=2026-01-01/notes.txt'
  await made.lake.put(key, Buffer.from('hello'))
  await putBronze(made.lake, values([message()]))
  expect(await refineLake(made.lake, contract)).toMatchObject({ silverRows: 1, corrupt: [{ object: key }] })
})

test('files that no kept version names are removed, also those of a run that died', async () => {
  await putBronze(made.lake, values([message()]))
  await refineLake(dyingLake(made.lake, 3), contract).catch(() => {})
  for (let offset = 1; offset <= KEPT_VERSIONS + 1; offset++) {
    await putBronze(made.lake, values([message({ InvoiceNo: String(536_366 + offset) })], offset))
    await refineLake(made.lake, contract)
  }
  const files: string[] = []
  for await (const { key } of made.lake.list('silver/transactions/month=')) files.push(key)
  expect(files).toHaveLength(KEPT_VERSIONS)
  expect((await newestVersion(made.lake, 'transactions'))!.version).toBe(KEPT_VERSIONS + 1)
}, 120_000)

test('an entry of the log that is no entry is named with what to do', async () => {
  await made.lake.put('silver/transactions/_log/00000001.json', Buffer.from('{}'))
  await putBronze(made.lake, values([message()]))
  await expect(refineLake(made.lake, contract)).rejects.toMatchObject({
    code: 'LAKE_UNAVAILABLE',
    message: expect.stringContaining('00000001.json')
  })
})
