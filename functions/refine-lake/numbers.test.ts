// Are the numbers of gold those that somebody gets who asks the raw file alone?
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contractOf } from '../../layers/contract'
import { writeTransactions } from '../../layers/contract/generate'
import { readCsv } from '../../layers/contract/read-csv'
import { literal, withDuckDb } from '../../layers/lake/duckdb'
import { refineLake } from './refine'
import { askLake, type Line, landRecords, matchedBySteps, testLake } from './testing'

const contract = contractOf('transactions', join(__dirname, '../../contracts'))

/**
 * The raw file's own answer, with nothing of ours: another reader, another cleaning, and statements that were written for themselves.
 * Latin-1 gives every byte a character, which is all that telling repeats apart needs.
 */
const cleaned = (file: string) => `
  create table cleaned as
  select distinct trim("InvoiceNo") as invoice, upper(trim("StockCode")) as article, trim(coalesce("Description", '')) as words, "Quantity"::integer as pieces,
    strptime("InvoiceDate", '%d/%m/%Y %H:%M') as wall, "UnitPrice"::decimal(12, 4) as price, coalesce(trim("CustomerID"), '') as customer,
    trim("Country") as country, regexp_matches(trim("InvoiceNo"), '^C') as back
  from read_csv(${literal(file)}, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', encoding = 'latin-1',
    null_padding = true, parallel = false, auto_detect = false, new_line = '\\n',
    columns = {'InvoiceNo': 'VARCHAR', 'StockCode': 'VARCHAR', 'Description': 'VARCHAR', 'Quantity': 'VARCHAR', 'InvoiceDate': 'VARCHAR',
      'UnitPrice': 'VARCHAR', 'CustomerID': 'VARCHAR', 'Country': 'VARCHAR'})
  where "Country" is not null and try_cast("UnitPrice" as double) > 0
    and (regexp_full_match(trim("InvoiceNo"), '\\d{6}') and "Quantity"::integer > 0 or regexp_full_match(trim("InvoiceNo"), 'C\\d{6}') and "Quantity"::integer < 0)`

const questions: Record<string, { ours: string; theirs: string }> = {
  lines: {
    ours: 'select count(*)::integer as n, sum(quantity)::integer as pieces, sum(amount)::varchar as net from silver_transactions',
    theirs: 'select count(*)::integer as n, sum(pieces)::integer as pieces, sum(pieces * price)::varchar as net from cleaned'
  },
  'daily revenue': {
    ours: 'select day, invoices::integer as a, cancellations::integer as b, items_sold::integer as c, gross_revenue::double as d, cancelled_revenue::double as e, net_revenue::double as f from gold_daily_revenue order by day',
    theirs: `select wall::date as day, count(distinct invoice) filter (where not back)::integer as a, count(distinct invoice) filter (where back)::integer as b,
      coalesce(sum(pieces) filter (where not back), 0)::integer as c, coalesce(sum(pieces * price) filter (where not back), 0)::double as d,
      coalesce(-sum(pieces * price) filter (where back), 0)::double as e, sum(pieces * price)::double as f from cleaned group by 1 order by 1`
  },
  'revenue by country': {
    ours: 'select country, invoices::integer as a, customers::integer as b, items_sold::integer as c, net_revenue::double as d, revenue_share as e from gold_revenue_by_country order by country',
    theirs: `select country, count(distinct invoice) filter (where not back)::integer as a, count(distinct nullif(customer, ''))::integer as b,
      coalesce(sum(pieces) filter (where not back), 0)::integer as c, sum(pieces * price)::double as d,
      round(sum(pieces * price)::double / (select sum(pieces * price)::double from cleaned), 6) as e from cleaned group by country order by country`
  },
  'product ranking': {
    ours: 'select stock_code as article, revenue_rank::integer as a, items_rank::integer as b, invoices::integer as c, net_items::integer as d, net_revenue::double as e from gold_product_ranking order by stock_code',
    theirs: `with sums as (select article, sum(pieces * price) as money, sum(pieces) as items, count(distinct invoice) filter (where not back) as invoices
        from cleaned where regexp_matches(article, '^[0-9]{5}') group by article)
      select article, 1 + (select count(*) from sums as o where o.money > s.money)::integer as a, 1 + (select count(*) from sums as o where o.items > s.items)::integer as b,
        invoices::integer as c, items::integer as d, money::double as e from sums as s order by article`
  },
  // customers are masked in gold: compared without their numbers
  'customer rfm': {
    ours: 'select last_purchase_day as day, recency_days as a, frequency::integer as b, monetary::double as c, recency_score as d, frequency_score as e, monetary_score as f from gold_customer_rfm order by all',
    theirs: `with per as (select customer, max(wall::date) filter (where not back) as day, count(distinct invoice) filter (where not back) as often, sum(pieces * price) as money
        from cleaned where customer <> '' group by customer having max(wall::date) filter (where not back) is not null),
      n as (select count(*) as n, max(day) as latest from per)
      select day, (latest - day + 1)::integer as a, often::integer as b, money::double as c,
        1 + 5 * (select count(*) from per as o where o.day < p.day)::integer // n.n::integer as d, 1 + 5 * (select count(*) from per as o where o.often < p.often)::integer // n.n::integer as e,
        1 + 5 * (select count(*) from per as o where o.money < p.money)::integer // n.n::integer as f
      from per as p, n order by all`
  },
  'return rate': {
    ours: 'select stock_code as article, sold_items::integer as a, sold_revenue::double as b, returned_items::integer as c, returned_revenue::double as d, round(return_rate, 6) as e from gold_return_rate order by stock_code',
    theirs: `select article, coalesce(sum(pieces) filter (where not back), 0)::integer as a, coalesce(sum(pieces * price) filter (where not back), 0)::double as b,
      coalesce(-sum(pieces) filter (where back), 0)::integer as c, coalesce(-sum(pieces * price) filter (where back), 0)::double as d,
      round(case when count(*) filter (where not back) > 0 then coalesce(-sum(pieces) filter (where back), 0)::double / sum(pieces) filter (where not back) end, 6) as e
      from cleaned group by article order by article`
  }
}

async function askFile(file: string): Promise<{ answers: Map<string, unknown>; lines: Line[] }> {
  return withDuckDb(async connection => {
    await connection.run(cleaned(file))
    const answers = new Map<string, unknown>()
    for (const [name, { theirs }] of Object.entries(questions))
      answers.set(name, (await connection.runAndReadAll(theirs)).getRowObjectsJson())
    const lines = await connection.runAndReadAll(
      "select (row_number() over (order by wall))::varchar as id, nullif(customer, '') as customer, article as code, price::double as price, epoch(wall)::double as minute, pieces as quantity from cleaned"
    )
    return { answers, lines: lines.getRowObjectsJson() as unknown as Line[] }
  })
}

async function compare(file: string): Promise<void> {
  const made = testLake()
  try {
    await landRecords(made.lake, readCsv(contract, file), { size: 5000 })
    await refineLake(made.lake, contract)
    const { answers, lines } = await askFile(file)
    for (const [name, { ours }] of Object.entries(questions))
      expect([name, await askLake(made.lake, ours)]).toEqual([name, answers.get(name)])
    const keyed = lines.filter(line => line.customer !== null)
    const groups = new Map<string, Line[]>()
    for (const line of keyed) {
      const key = JSON.stringify([line.customer, line.code, line.price])
      groups.set(key, [...(groups.get(key) ?? []), line])
    }
    const matched = [...groups.values()].reduce((sum, group) => sum + matchedBySteps(group).size, 0)
    expect(await askLake(made.lake, 'select count(cancels_transaction_id)::integer as matched from silver_cancellations')).toEqual([
      { matched }
    ])
  } finally {
    made.remove()
  }
}

test('the gold of a generated export is what independent statements say of the file', async () => {
  const made = testLake()
  try {
    const file = join(made.folder, 'export.csv')
    // lines that are no CSV are another test's matter: readers differ about them
    const readable = { ...contract, generator: { ...contract.generator, shareUnparsable: 0 } }
    await writeTransactions(readable, file, { rows: 12_000, seed: 99 })
    await compare(file)
  } finally {
    made.remove()
  }
}, 120_000)

const real = process.env['SLUICE_REAL_DATA'] ?? join(__dirname, '../../../shared/data/online-retail.csv')
const DIGEST = '8e75f03206765e16359bd2613a05a18bd77287b6511585a0f741a81002f24699'
const isThere = existsSync(real) && createHash('sha256').update(readFileSync(real)).digest('hex') === DIGEST
const testWithFile = isThere ? test : test.skip

testWithFile(
  'the gold of the real export is what independent statements say of the file (skipped where the file is not there)',
  () => compare(real),
  120_000
)
