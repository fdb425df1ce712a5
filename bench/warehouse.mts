// How fast do readings become facts of the warehouse, and how much memory does the function take?
// Run: npx esbuild bench/warehouse.mts --bundle --platform=node --format=esm --packages=external --loader:.sql=text --outfile=node_modules/.cache/warehouse.mjs &&
//   node node_modules/.cache/warehouse.mjs [readings…]
// Each size has a Postgres of its own, embedded, under a temporary folder: 20 devices, 7 days; more readings are more often.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { enrich } from '../functions/enrich-warehouse/enrich'
import { rulesSchema } from '../functions/enrich-warehouse/rules'
import { placeOf } from '../infra/local/place'
import { startPostgres } from '../infra/local/postgres'
import { contractOf, loadContracts, warehouseLog } from '../layers/contract'
import { seedIotHistory } from '../layers/source/iot-history'
import { migrate } from '../layers/store/migrate'
import { closePools, poolFor } from '../layers/store/pool'

const sizes = process.argv.slice(2).map(Number)
const DAYS = 7
const DEVICES = 20
const PORT = 25_532
const now = Date.parse('2026-06-15T00:00:00Z')
const contract = contractOf('iot')

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number; rssMiB: number }> {
  let rss = process.memoryUsage.rss()
  const watch = setInterval(() => {
    rss = Math.max(rss, process.memoryUsage.rss())
  }, 20)
  const startedAt = performance.now()
  try {
    const result = await work()
    return { result, seconds: (performance.now() - startedAt) / 1000, rssMiB: Math.round(rss / 2 ** 20) }
  } finally {
    clearInterval(watch)
  }
}

for (const readings of sizes.length > 0 ? sizes : [100_000, 1_000_000, 10_000_000]) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const postgres = await startPostgres(placeOf(resolve('.'), folder), PORT)
  try {
    await migrate(postgres.url('sluice_owner'), loadContracts())
    const url = postgres.url('sluice_app')
    const urls = { databaseUrl: url, timescaleUrl: url, mysqlUrl: url }
    const intervalSeconds = (DAYS * 86_400 * DEVICES) / readings
    const seeded = await timed(() => seedIotHistory(urls, contract, { days: DAYS, now, intervalSeconds, devices: DEVICES }))
    const options = { days: DAYS, full: false, testMode: false, rules: rulesSchema.parse({}), now }
    const first = await timed(() => enrich(urls, warehouseLog('iot'), options))
    const again = await timed(() => enrich(urls, warehouseLog('iot'), { ...options, full: true }))
    const late = new Date(now - 30 * 3_600_000 + 1)
    await poolFor(url).query("insert into iot_sensor_readings (time, device_id, value) values ($1, 'TEMP-001', 60)", [late])
    await poolFor(url).query("insert into window_invalidations values ('iot:warehouse', $1)", [late])
    const one = await timed(() => enrich(urls, warehouseLog('iot'), options))
    const perSecond = (seconds: number) => Math.round(seeded.result.readings / seconds)
    console.log(
      JSON.stringify({
        readings: seeded.result.readings,
        seedSeconds: Number(seeded.seconds.toFixed(2)),
        seedRssMiB: seeded.rssMiB,
        enrichSeconds: Number(first.seconds.toFixed(2)),
        factsPerSecond: perSecond(first.seconds),
        enrichRssMiB: first.rssMiB,
        lookedAtAgainPerSecond: perSecond(again.seconds),
        changedAgain: again.result.written.facts,
        oneLateReadingSeconds: Number(one.seconds.toFixed(2)),
        oneLateReadingFacts: one.result.written.facts
      })
    )
  } finally {
    await closePools()
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
