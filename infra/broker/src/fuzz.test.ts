// Does a broker live through frames that no client sends? A few; a million are in compat/fuzz.test.ts.
import { temporaryFolder } from '../test/folder'
import { runFuzz } from '../test/fuzz/run'

it.each([
  ['in memory', 1000, {}],
  ['on disk', 300, { dataDir: temporaryFolder() }],
  ['where clients must authenticate', 300, { isClosed: true }]
] as const)('%s', async (_, frames, options) => {
  const report = await runFuzz({ seed: 7, frames, ...options })
  expect(report).toMatchObject({ frames, handlesLeft: [] })
  expect(report.connectionsClosed).toBeGreaterThan(frames / 20)
})
