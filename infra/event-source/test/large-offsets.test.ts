// Are offsets beyond 2^31 as good as others? No client can write that many records: they are put into the broker's own log.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from 'sluice-broker'
import { lastingPort } from '../../broker/test/port'
import { Harness } from './harness'
import { encodeBatch } from './record-batches'

const baseOffset = 2 ** 33

test('offsets beyond 2^31 are delivered as numbers, and committed', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'broker-'))
  const first = await startBroker({ port: await lastingPort(), dataDir })
  const harness = await Harness.create([first.address], 1)
  await harness.produce([{ value: 'replaced' }])
  await first.close()
  const folder = join(dataDir, 'logs', `${harness.topic}-0`)
  rmSync(folder, { recursive: true })
  const records = ['a', 'b'].map(value => ({ key: null, value: Buffer.from(value) }))
  // the first segment of a log from which everything before was deleted
  mkdirSync(folder)
  writeFileSync(join(folder, `${String(baseOffset).padStart(20, '0')}.log`), encodeBatch(records, { baseOffset }))
  const broker = await startBroker({ port: first.port, dataDir })
  harness.start({ batchSize: 1 })
  await harness.until(() => harness.succeeded().length === 2)
  expect(harness.eventRecords().map(({ offset }) => offset)).toEqual([baseOffset, baseOffset + 1])
  await harness.untilCommitted({ 0: baseOffset + 2 })
  await harness.close()
  await broker.close()
  rmSync(dataDir, { recursive: true })
  Harness.bundled.current?.remove()
  Harness.bundled.current = undefined
})
