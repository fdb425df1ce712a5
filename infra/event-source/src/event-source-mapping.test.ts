import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from 'sluice-broker'
import { lastingPort } from '../../broker/test/port'
import { Harness } from '../test/harness'

test('an unreachable broker is said once, and the mapping picks up when it is there, also when it went away and came back', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'broker-'))
  const first = await startBroker({ port: await lastingPort(), dataDir })
  const { port, address } = first
  const harness = await Harness.create([address], 2)
  await first.close()

  const source = harness.start()
  const unreachable = () => harness.logged.filter(line => line.includes('cannot be reached')).length
  const delivered = () => new Set(harness.succeeded().map(({ value }) => value)).size
  await harness.until(() => unreachable() > 0)
  const second = await startBroker({ port, dataDir })
  await harness.fill(2, 10)
  await harness.until(() => delivered() === 20)
  const before = unreachable()
  await second.close()
  await harness.until(() => unreachable() > before)
  const third = await startBroker({ port, dataDir })
  await harness.fill(2, 10, 10)
  await harness.until(() => delivered() === 40)

  await harness.stop(source)
  expect(harness.logged.filter(line => line.includes('reached again')).length).toBeGreaterThanOrEqual(2)
  await harness.close()
  await third.close()
  rmSync(dataDir, { recursive: true })
  Harness.bundled.current?.remove()
  Harness.bundled.current = undefined
})
