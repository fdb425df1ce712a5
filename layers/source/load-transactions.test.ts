import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { contractOf } from '../contract'
import { writeTransactions } from '../contract/generate'
import { loadTransactions } from './load-transactions'

const contract = contractOf('transactions', join(__dirname, '../../contracts'))
const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
const realFile = process.env['SLUICE_REAL_DATA'] ?? join(__dirname, '../../../shared/data/online-retail.csv')
const digest = '8e75f03206765e16359bd2613a05a18bd77287b6511585a0f741a81002f24699'
const isRealThere = existsSync(realFile) && createHash('sha256').update(readFileSync(realFile)).digest('hex') === digest
const testWithFile = isRealThere ? test : test.skip

let database: TestDatabase
let folder: string

beforeAll(async () => {
  database = await testDatabase()
  folder = mkdtempSync(join(tmpdir(), 'sluice-load-'))
})
beforeEach(() => database.query('truncate sales_db.transactions, sales_db.transactions_rejected'))
afterAll(async () => {
  await database.drop()
  rmSync(folder, { recursive: true })
})

/** Loads a file of the given bytes as the functions' role. */
function load(lines: Buffer | string, options?: { count?: number }) {
  const file = join(folder, 'shop.csv')
  writeFileSync(file, lines)
  return loadTransactions(database.appUrl, contract, file, options)
}

test('lines become rows with their characters, and what the table cannot hold is kept with line number, bytes and reason', async () => {
  const bytes = Buffer.concat([
    Buffer.from(`${header}\n`),
    Buffer.from('536365,85123A,"A ""B"",\tC\\ POUND ', 'latin1'),
    Buffer.from([0xa3]),
    Buffer.from(',6,01/12/2010 08:26,2.55,17850,United Kingdom\n'),
    Buffer.from('536366,22752,,-1000000000000000000,01/12/2010 08:26,2.55,,France\n'),
    Buffer.from('536367,22752,X,1,30/02/2010 08:26,2.55,,France\n'),
    Buffer.from('536368,22752,X,1,01/12/2010 08:26,"1,000.50",,France\n'),
    Buffer.from('536369,22752,,2,01/12/0001 00:00,1000000000000000000.001,,\n'),
    Buffer.from('536370,84347,R')
  ])
  // an unquoted field may not hold a quote that opens it: write the first as the reader wants it
  const mended = Buffer.from(bytes.toString('latin1').replace('POUND \xa3', 'POUND \xa3"'), 'latin1')
  expect(await load(mended)).toEqual({ lines: 6, loaded: 2, rejected: 4 })
  expect(
    await database.query(
      `select "InvoiceNo" as no, "Description" as description, "Quantity" as quantity, "InvoiceDate"::text as date, "UnitPrice"::text as price, "CustomerID" as customer, "Country" as country from sales_db.transactions order by id`
    )
  ).toEqual([
    {
      ...{ no: '536365', description: 'A "B",\tC\\ POUND £', quantity: 6, date: '2010-12-01 08:26:00' },
      ...{ price: '2.55', customer: '17850', country: 'United Kingdom' }
    },
    {
      ...{ no: '536369', description: null, quantity: 2, date: '0001-12-01 00:00:00' },
      ...{ price: '1000000000000000000.001', customer: null, country: null }
    }
  ])
  const rejected = await database.query<{ line: string; bytes: Buffer; content: string; reason: string }>(
    'select line_number as line, bytes, content, reason from sales_db.transactions_rejected order by line_number'
  )
  expect(rejected.map(({ line, content, reason }) => [line, content, reason])).toEqual([
    ['3', 'fields', 'Quantity is not a whole number of 32 bits: -1000000000000000000'],
    ['4', 'fields', 'InvoiceDate is not a date and time: 30/02/2010 08:26'],
    ['5', 'fields', 'UnitPrice is not a number: 1,000.50'],
    ['7', 'line', 'it has 3 fields, expected 8']
  ])
  expect(JSON.parse(rejected[0]!.bytes.toString())).toMatchObject({ InvoiceNo: '536366', Quantity: '-1000000000000000000' })
  expect(rejected[3]!.bytes.toString()).toBe('536370,84347,R')
})

test('loaded and rejected together are the lines of a generated file, up to the count', async () => {
  const file = join(folder, 'generated.csv')
  const oracle = await writeTransactions(contract, file, { rows: 12_000, seed: 3 })
  expect(await loadTransactions(database.appUrl, contract, file)).toEqual({
    lines: 12_000,
    loaded: 12_000 - oracle.reasons['unparsable_line']!,
    rejected: oracle.reasons['unparsable_line']
  })
  expect(await loadTransactions(database.appUrl, contract, file, { count: 100 })).toMatchObject({ lines: 100 })
})

test('a load that fails leaves nothing, and names the file', async () => {
  await expect(load('Invoice,Stock\n1,2\n')).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' })
  await expect(load('')).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringContaining('shop.csv') })
  expect(await database.query('select count(*)::int as n from sales_db.transactions')).toEqual([{ n: 0 }])
})

testWithFile('the real export: 39,530 lines are 39,529 rows and the cut last line', async () => {
  expect(await loadTransactions(database.appUrl, contract, realFile)).toEqual({ lines: 39_530, loaded: 39_529, rejected: 1 })
  expect(
    await database.query(
      `select sum("Quantity")::int as pieces, round(sum("Quantity" * "UnitPrice"), 2)::text as net, count("CustomerID")::int as customers from sales_db.transactions`
    )
    // by Python's csv and decimal modules over the same file
  ).toEqual([{ pieces: 316_692, net: '681528.61', customers: 25_763 }])
})
