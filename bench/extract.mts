// How fast does a source table fill, go to its topic and, after a loss, come back, and does the time grow with the rows only?
// Run: npx tsx bench/extract.mts [rows …]     default 100000 1000000; each on a fresh start, with a state folder of its own
// Prints a line of JSON for each size.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100_000, 1_000_000]
const root = resolve(import.meta.dirname, '..')
const run = promisify(execFile)

const peakMb = (pid: number) => Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)

async function measure(rows: number): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const sluice = async (...args: string[]) => {
    const { stdout } = await run(process.execPath, ['infra/cli/sluice.mjs', ...args], {
      cwd: root,
      env: { ...process.env, SLUICE_STATE: state },
      maxBuffer: 1 << 26
    })
    return stdout
  }
  const transactions = async () => {
    const status = JSON.parse(await sluice('status', '--json'))
    const pid = status.services.find((service: { name: string }) => service.name === 'functions').pid as number
    return { pid, ...status.datasets.find((each: { dataset: string }) => each.dataset === 'transactions') }
  }
  const timed = async <T,>(work: () => Promise<T>): Promise<[T, number]> => {
    const started = performance.now()
    const result = await work()
    return [result, Number(((performance.now() - started) / 1000).toFixed(2))]
  }
  try {
    await sluice('run', 'products', '--json')
    const loaded = JSON.parse(await sluice('source', 'load', 'transactions', '--count', String(rows), '--json'))
    const extract = () => sluice('invoke', 'extract-increment', '{"dataset":"transactions"}', '--json')
    const [answer, extractSeconds] = await timed(extract)
    while ((await transactions()).in_flight > 0) await delay(500)
    const [, idleSeconds] = await timed(extract)
    const to = new Date().toISOString()
    const [backfill, backfillSeconds] = await timed(() =>
      sluice('backfill', 'transactions', '--from', '2020-01-01T00:00:00Z', '--to', to, '--json')
    )
    const { pid, produced, valid, quarantined, duplicate } = await transactions()
    console.log(
      JSON.stringify({
        rows,
        load_seconds: loaded.seconds,
        extracted: JSON.parse(answer).result.produced,
        extract_seconds: extractSeconds,
        idle_seconds: idleSeconds,
        backfill_seconds: backfillSeconds,
        backfill_present: JSON.parse(backfill).present,
        accounted: produced === valid + quarantined + duplicate,
        functions_peak_mb: peakMb(pid)
      })
    )
  } finally {
    await sluice('stop').catch(() => undefined)
    rmSync(state, { recursive: true, force: true })
  }
}

for (const rows of sizes) await measure(rows)
