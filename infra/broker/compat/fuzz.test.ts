// Does a broker live through a million frames that no client sends, and forget them? Set FUZZ_SEED and FUZZ_FRAMES to repeat a run or to try another.
import { temporaryFolder } from '../test/folder'
import { runFuzz } from '../test/fuzz/run'

const seed = Number(process.env.FUZZ_SEED ?? 20_260_101)
const frames = Number(process.env.FUZZ_FRAMES ?? 1_000_000)
/** What caches and compiled code may take. */
const bytesKeptMax = 16 * 1024 * 1024
const msMax = 1_800_000

it.each([
  ['in memory', 0.8, {}],
  ['on disk', 0.15, { dataDir: temporaryFolder() }],
  ['where clients must authenticate', 0.05, { isClosed: true }]
] as const)(
  '%s',
  async (_, share, options) => {
    const report = await runFuzz({ seed, frames: Math.round(frames * share), ...options })
    console.log(`seed ${seed}: ${JSON.stringify(report)}`)
    expect(report.bytesAfter - report.bytesBefore).toBeLessThan(bytesKeptMax)
    expect(report.handlesLeft).toEqual([])
  },
  msMax
)
