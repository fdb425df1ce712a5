// How long do silver and gold of N bronze records take, and how much memory?
// Run: npx esbuild bench/lake.mts --bundle --platform=node --format=esm --packages=external --loader:.sql=text --outfile=bench/dist/lake.mjs
//      LOG_LEVEL=error node bench/dist/lake.mjs [records, 1000000] [records an object, 10000] [gzip|none]
// A run for each number of records: peak memory is that of the process, which makes the records first.
// Beside it, on the same objects: DuckDB's own API with the shortest statements that come to daily revenue and product sums, without dedupe, log,
// cancellations, customers or validation of anything.
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { refineLake } from '../functions/refine-lake/refine'
import { contractOf } from '../layers/contract'
import { openLake } from '../layers/lake'
import { bronzeKey } from '../layers/lake/bronze'
import { literal, withDuckDb } from '../layers/lake/duckdb'

const records = Number(process.argv[2] ?? 1_000_000)
const perObject = Number(process.argv[3] ?? 10_000)
const compression = process.argv[4] === 'none' ? 'none' : 'gzip'
const contract = contractOf('transactions', resolve('contracts'))
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-lake-'))
const lake = openLake(`file:${folder}`)
const zip = promisify<Buffer, { level: number }, Buffer>(gzip)

const LINES_PER_INVOICE = 20
const INVOICES_PER_DAY = 160
const FIRST_MS = Date.UTC(2010, 11, 1, 8, 26)
const PARTITIONS = 3
const ARTICLES = 4000
const CUSTOMERS = 6000
const two = (value: number) => String(value).padStart(2, '0')

/** As an export of the shop: a fiftieth of the lines cancel, an eightieth repeat, one in two hundred is refused, a third have no customer. */
function message(index: number): string {
  const at = index % 80 === 79 ? index - 1 : index
  const invoice = Math.floor(at / LINES_PER_INVOICE)
  const date = new Date(FIRST_MS + Math.floor(invoice / INVOICES_PER_DAY) * 86_400_000 + (invoice % INVOICES_PER_DAY) * 180_000)
  const mixed = Math.imul(at, 2_654_435_761) >>> 0
  const article = mixed % ARTICLES
  const isBack = at % 50 === 49
  const number = String(100_000 + (invoice % 900_000))
  const when = `${two(date.getUTCDate())}/${two(date.getUTCMonth() + 1)}/${date.getUTCFullYear()} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
  return `{"InvoiceNo":"${isBack ? 'C' : ''}${number}","StockCode":"${20_000 + article}","Description":"ARTICLE NUMBER ${article} OF THE SHOP","Quantity":"${isBack ? '-' : ''}${1 + (at % 24)}","InvoiceDate":"${when}","UnitPrice":"${at % 200 === 7 ? 0 : (article % 900) / 100 + 0.5}","CustomerID":"${mixed % 3 === 0 ? '' : 12_000 + ((mixed >>> 3) % CUSTOMERS)}","Country":"${article % 9 === 0 ? 'France' : 'United Kingdom'}"}`
}

async function fill(): Promise<{ bytes: number; files: string[] }> {
  let bytes = 0
  const keys: string[] = []
  const next = new Array<number>(PARTITIONS).fill(0)
  const { topic } = contract
  for (let from = 0; from < records; from += perObject) {
    const count = Math.min(perObject, records - from)
    const partition = (from / perObject) % PARTITIONS
    const firstOffset = next[partition]!
    next[partition] = firstOffset + count
    const timestamp = 1_767_225_600_000 + from
    let text = ''
    for (let index = 0; index < count; index++)
      text += `{"topic":"${topic.name}","partition":${partition},"offset":${firstOffset + index},"timestamp":${timestamp + index},"key":null,"headers":[{"name":"sluice-run","value":"bench"}],"value":${message(from + index)}}\n`
    const body = compression === 'gzip' ? await zip(Buffer.from(text), { level: 1 }) : Buffer.from(text)
    const key = bronzeKey(
      { dataset: contract.dataset, topic: topic.name, partition, firstOffset, lastOffset: firstOffset + count - 1, timestamp },
      compression
    )
    await lake.put(key, body)
    bytes += text.length
    keys.push(key)
  }
  return { bytes, files: await lake.localFiles(keys, folder) }
}

/** Peak resident memory of this process so far, in MB. */
async function peakMb(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number; cpuSeconds: number }> {
  const cpu = process.cpuUsage()
  const started = performance.now()
  const result = await work()
  const { user, system } = process.cpuUsage(cpu)
  return { result, seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 }
}

const DIRECT = (files: string[]) => [
  `create temporary table rows as select value.StockCode as article, strptime(value.InvoiceDate, '%d/%m/%Y %H:%M') as wall,
    try_cast(value.Quantity as integer) as pieces, try_cast(value.UnitPrice as decimal(12, 4)) as price
   from read_json([${files.map(literal).join(', ')}], format = 'newline_delimited', columns = {value: 'STRUCT(InvoiceNo VARCHAR, StockCode VARCHAR,
    Description VARCHAR, Quantity VARCHAR, InvoiceDate VARCHAR, UnitPrice VARCHAR, CustomerID VARCHAR, Country VARCHAR)'})`,
  `copy rows to ${literal(join(folder, 'direct.parquet'))} (format parquet, compression zstd)`,
  'select wall::date as day, sum(pieces * price) from rows group by 1',
  'select article, sum(pieces * price), sum(pieces) from rows group by 1'
]

try {
  const { bytes, files } = await fill()
  const before = await peakMb()
  const first = await timed(() => refineLake(lake, contract))
  const afterRefine = await peakMb()
  const again = await timed(() => refineLake(lake, contract))
  const direct = await timed(() =>
    withDuckDb(async connection => {
      for (const statement of DIRECT(files)) await connection.runAndReadAll(statement)
    })
  )
  const report = {
    records,
    objects: files.length,
    megabytes: Math.round(bytes / 1e6),
    refine: {
      seconds: Number(first.seconds.toFixed(2)),
      cpuSeconds: Number(first.cpuSeconds.toFixed(2)),
      recordsPerSecond: Math.round(records / first.seconds),
      peakMb: afterRefine,
      peakMbBefore: before
    },
    nothingNewSeconds: Number(again.seconds.toFixed(3)),
    duckdbDirect: { seconds: Number(direct.seconds.toFixed(2)), cpuSeconds: Number(direct.cpuSeconds.toFixed(2)) },
    refined: { ...first.result, corrupt: first.result.corrupt.length }
  }
  console.log(JSON.stringify(report, null, 2))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
