// How long does a quarter's delivery take, and how much memory, beside DuckDB's own API that reads, aggregates and writes the same file?
// Run: npx tsx bench/quarter.mts [--runs n] [--dirty] [--wide] [rows …]     default 3 runs of 100000 1000000 10000000 rows
// --dirty: one row in a hundred is there twice, one in a thousand holds no number; --wide: forty numbers a row instead of three.
// Prints a line of JSON for each size and format; each measurement is a process of its own, the medians are shown.
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const { values: flags, positionals } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    dirty: { type: 'boolean', default: false },
    wide: { type: 'boolean', default: false },
    rival: { type: 'string' },
    make: { type: 'string' }
  },
  allowPositionals: true
})
const root = resolve(import.meta.dirname, '..')
const sizes = positionals.length > 0 ? positionals.map(Number) : [100_000, 1_000_000, 10_000_000]
/** Seconds of a quarter of 91 days. */
const QUARTER_SECONDS = 91 * 86_400
const measures = flags.wide ? Array.from({ length: 40 }, (_, index) => `m${index}`) : ['temperature', 'humidity', 'counter']

const text = (value: string) => `'${value.replaceAll("'", "''")}'`
const peakMb = () => Math.round(process.resourceUsage().maxRSS / 1024)
const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!

async function duckdb() {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run("set timezone = 'UTC'")
  return connection
}

/** A file of a quarter's readings, in the order of time. */
async function make(file: string, rows: number): Promise<void> {
  const connection = await duckdb()
  const [step, width] = [QUARTER_SECONDS / rows, flags.wide ? 40 : 3]
  const number = (column: number) => `round(20 + 5 * sin(i / ${1000 + column}.0) + (hash(i + ${column}) % 1000) / 1000.0, 3)`
  const value = (column: number) =>
    flags.dirty && column === 0 ? `case when hash(i) % 1000 = 7 then 'none' else ${number(0)}::varchar end` : number(column)
  const columns = Array.from({ length: width }, (_, column) =>
    column === 2 && !flags.wide ? '(hash(i + 3) % 1000)::integer as counter' : `${value(column)} as ${measures[column]}`
  )
  const order = flags.dirty ? `(select case when i % 100 = 99 then i - 1 else i end as i from range(${rows}) r(i))` : `range(${rows}) r(i)`
  await connection.run(
    `copy (select strftime(timestamp '2024-01-01' + to_microseconds((i * ${step * 1e6})::bigint), '%Y-%m-%d %H:%M:%S.%f') as time,
       'device_' || lpad((hash(i) % 500)::varchar, 3, '0') as device, ${columns.join(', ')},
       ['north', 'south', 'east'][1 + (hash(i + 4) % 3)::integer] as place
     from ${order}) to ${text(file)} (header)`
  )
  const parquet = file.replace(/csv$/, 'parquet')
  await connection.run(`copy (from read_csv(${text(file)})) to ${text(parquet)} (format parquet)`)
}

/** Reads the file, writes it as Parquet, and aggregates it by hour and by day from there: the least that a delivery can do. */
async function rival(file: string): Promise<void> {
  const startedAt = performance.now()
  const connection = await duckdb()
  const folder = mkdtempSync(join(tmpdir(), 'sluice-rival-'))
  const data = join(folder, 'data.parquet')
  const from = file.endsWith('.csv') ? `read_csv(${text(file)})` : `read_parquet(${text(file)})`
  await connection.run(`copy (from ${from}) to ${text(data)} (format parquet)`)
  const described = (await connection.runAndReadAll(`describe from read_parquet(${text(data)})`)).getRowObjectsJson()
  const numeric = described.filter(row => /INT|DOUBLE/.test(String(row['column_type']))).map(row => row['column_name'])
  const select = numeric
    .map(name => `count(${name}), min(${name}), max(${name}), avg(${name}), sum(${name}), stddev_samp(${name})`)
    .join(', ')
  for (const unit of ['hour', 'day'])
    await connection.run(
      `copy (select date_trunc('${unit}', time) as start, count(*), ${select} from read_parquet(${text(data)}) group by 1) to ${text(join(folder, `${unit}.parquet`))} (format parquet)`
    )
  const seconds = (performance.now() - startedAt) / 1000
  rmSync(folder, { recursive: true })
  process.send!({ type: 'done', seconds, peakRssMb: peakMb(), cpu: process.cpuUsage() })
}

interface Done {
  seconds: number
  peakRssMb: number
  results?: { rows: object }[]
}

function child(script: string, args: string[], order?: object): Promise<Done> {
  const started = fork(script, args, { cwd: root, ...(order === undefined ? {} : { execArgv: [] }) })
  return new Promise((done, reject) => {
    started.on('message', (message: Done & { type: string; message?: string }) => {
      if (message.type === 'done') done(message)
      else if (message.type === 'failed') reject(new Error(message.message))
    })
    started.once('exit', code => reject(new Error(`${script} ended with ${code}`)))
    if (order !== undefined) started.send(order)
  })
}

async function measure(file: string, rows: number, runs: number): Promise<void> {
  const delivered: Done[] = []
  const rivals: Done[] = []
  for (let run = 0; run < runs; run++) {
    const lake = mkdtempSync(join(tmpdir(), 'sluice-bench-lake-'))
    // which of both goes first changes from run to run
    const steps = [
      async () => rivals.push(await child(import.meta.filename, ['--rival', file])),
      async () =>
        delivered.push(
          await child(join(root, 'infra/cli/dist/functions/deliver-quarter.mjs'), [], {
            lakeUrl: `file:${lake}`,
            event: { file, quarter: '2024-Q1' }
          })
        )
    ]
    for (const step of run % 2 === 0 ? steps : steps.reverse()) await step()
    rmSync(lake, { recursive: true })
  }
  const seconds = median(delivered.map(done => done.seconds))
  const rivalSeconds = median(rivals.map(done => done.seconds))
  console.log(
    JSON.stringify({
      rows,
      file: file.split('.').at(-1),
      mb: Math.round(statSync(file).size / 1e6),
      seconds: Number(seconds.toFixed(2)),
      duckdbSeconds: Number(rivalSeconds.toFixed(2)),
      ratio: Number((seconds / rivalSeconds).toFixed(2)),
      rowsPerSecond: Math.round(rows / seconds),
      peakMb: Math.max(...delivered.map(done => done.peakRssMb)),
      duckdbPeakMb: Math.max(...rivals.map(done => done.peakRssMb)),
      cores: availableParallelism(),
      node: process.version,
      counts: delivered[0]!.results![0]!.rows
    })
  )
}

if (flags.rival !== undefined) await rival(flags.rival)
else if (flags.make !== undefined) {
  await make(flags.make, sizes[0]!)
  process.send!({ type: 'done' })
} else {
  const kind = createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .update(JSON.stringify([flags.dirty, flags.wide]))
    .digest('hex')
    .slice(0, 12)
  const folder = join(tmpdir(), `sluice-bench-quarter-${kind}`)
  mkdirSync(folder, { recursive: true })
  try {
    for (const rows of sizes) {
      const file = join(folder, `${rows}.csv`)
      // in a process of its own: what it allocates is no part of what is measured, and Parquet comes from it, too
      await child(import.meta.filename, [
        '--make',
        file,
        ...(flags.dirty ? ['--dirty'] : []),
        ...(flags.wide ? ['--wide'] : []),
        String(rows)
      ])
      for (const path of [file, file.replace(/csv$/, 'parquet')]) await measure(path, rows, Number(flags.runs))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
