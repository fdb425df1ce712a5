// How long does the market take from its Parquet file to both summaries, and how much memory, as it grows?
// Run: npx tsx bench/market.mts [rows …]     default 100000 527040 1000000 10000000; each on a fresh start, with a state folder of its own
// Prints a line of JSON for each size. It leaves data/synthetic_data.parquet with the last size; `npx sluice run market` makes the year again.
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100_000, 527_040, 1_000_000, 10_000_000]
const root = resolve(import.meta.dirname, '..')
const run = promisify(execFile)

interface Service {
  name: string
  pid?: number
}

/** A process and its children, by what the kernel says. */
function family(pid: number): number[] {
  const parents = readdirSync('/proc').flatMap(entry => {
    if (!/^\d+$/.test(entry)) return []
    try {
      return [[Number(entry), Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${entry}/status`, 'utf8'))![1])] as const]
    } catch {
      return [] // ended since
    }
  })
  const below = (parent: number): number[] => [parent, ...parents.filter(each => each[1] === parent).flatMap(each => below(each[0]))]
  return below(pid)
}

/** The greatest resident set that one process of a service has had, in MB; Postgres' include the shared buffers that it touched. */
function peakMb(pid: number): number {
  const peaks = family(pid).map(each => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1] ?? 0))
  return Math.round(Math.max(...peaks) / 1024)
}

/** Seconds of CPU of a service since it started; 100 clock ticks a second on every Linux that Node supports. */
function cpuSeconds(pid: number): number {
  const ticks = family(pid).map(each => {
    const fields = readFileSync(`/proc/${each}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  })
  return ticks.reduce((sum, each) => sum + each, 0) / 100
}

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
  try {
    // brings everything up, and nothing of the market
    await sluice('run', 'products', '--json')
    const services = async () => (JSON.parse(await sluice('status', '--json')) as { services: Service[] }).services
    const before = new Map((await services()).map(({ name, pid }) => [name, pid ? cpuSeconds(pid) : 0]))
    const stored = JSON.parse(await sluice('run', 'market', '--count', String(rows), '--to', 'clean', '--json'))
    const startedAt = performance.now()
    const summaries = JSON.parse(await sluice('invoke', 'aggregate-window', '{"dataset":"market"}'))
    const summarySeconds = (performance.now() - startedAt) / 1000
    const used = (await services()).flatMap(({ name, pid }) => (pid ? [[name, pid] as const] : []))
    console.log(
      JSON.stringify({
        rows,
        cores: cpus().length,
        node: process.version,
        storedSeconds: stored.seconds,
        // with the start of the command, about a third of a second; the schedule may have done a part of it before
        summarySeconds: Number(summarySeconds.toFixed(2)),
        rowsPerSecond: Math.round(rows / (stored.seconds + summarySeconds)),
        peakMb: Object.fromEntries(used.map(([name, pid]) => [name, peakMb(pid)])),
        cpuSeconds: Object.fromEntries(used.map(([name, pid]) => [name, Number((cpuSeconds(pid) - (before.get(name) ?? 0)).toFixed(1))])),
        counts: { valid: stored.valid, quarantined: stored.quarantined, duplicate: stored.duplicate },
        summaries
      })
    )
  } finally {
    await sluice('stop').catch(() => {})
    rmSync(state, { recursive: true, force: true })
  }
}

for (const rows of sizes) await measure(rows)
