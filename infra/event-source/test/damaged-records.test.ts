// What does a mapping do with bytes that are no records? It says where, waits there, and goes on once the broker sends good ones.
import { type Broker, startBroker } from 'sluice-broker'
import { temporaryFolder } from '../../broker/test/folder'
import { type AlteringProxy, alteringProxy } from './altering-proxy'
import { attemptsWithin } from './growing-pauses'
import { Harness } from './harness'

/** For so long a damaged partition is watched, or a little longer on a busy machine. */
const WATCHED_MS = 500

let broker: Broker
let proxy: AlteringProxy
let harness: Harness

beforeEach(async () => {
  broker = await startBroker({ port: 0, dataDir: temporaryFolder() })
  proxy = await alteringProxy({ host: '127.0.0.1', port: Number(broker.address.split(':').at(-1)) })
  harness = await Harness.create([proxy.address], 2)
})
afterEach(async () => {
  await harness.close()
  await proxy.close()
  await broker.close()
})
afterAll(() => {
  Harness.bundled.current?.remove()
  Harness.bundled.current = undefined
})

const said = (text: string) => harness.logged.filter(line => line.includes(text))

test('a damaged batch is said once with topic, partition and offset; its partition waits, the others go on, until good bytes come', async () => {
  proxy.alter = (records, partition) => {
    if (partition === 1) records[records.length - 1]! ^= 1
    return records
  }
  await harness.produce([{ partition: 1, value: 'damaged on its way' }])
  const from = performance.now()
  const source = harness.start({ windowMs: 0 })
  await harness.until(() => said('is corrupt').length > 0)
  const watched = performance.now() + WATCHED_MS
  for (let count = 1; performance.now() < watched; count++) {
    await harness.produce([{ partition: 0, value: `good ${count}` }])
    await harness.until(() => harness.succeeded().length === count)
  }
  expect(proxy.answers.get(1)).toBeLessThanOrEqual(attemptsWithin(performance.now() - from))
  const place = `${harness.topic}-1: the batch at offset 0 is corrupt: its CRC-32C does not match`
  expect(said('is corrupt')).toEqual([expect.stringContaining(`${place}. Partition 1 waits there, nothing is passed over; trying again`)])
  expect(await harness.committed()).toMatchObject({ 1: 0 })

  proxy.alter = undefined
  await harness.until(() => (harness.values()[1] ?? []).length === 1)
  expect(harness.values()[1]).toEqual(['damaged on its way'])
  expect(said('partition 1 can be read again').length).toBe(1)
  await harness.stop(source)
  expect((await harness.committed())[1]).toBe(1)
})

test('what stands before a damaged batch is delivered, and what stands behind it is not, also after a restart', async () => {
  for (const value of ['before', 'damaged', 'behind']) await harness.produce([{ partition: 0, value }])
  proxy.alter = records => {
    const at = records.lastIndexOf('damaged')
    if (at >= 0) records[at]! ^= 1
    return records
  }
  const first = harness.start({ windowMs: 0 })
  await harness.until(() => harness.succeeded().length === 1 && said('the batch at offset 1 is corrupt').length === 1)
  await harness.stop(first)
  expect(await harness.committed()).toMatchObject({ 0: 1 })
  const second = harness.start({ windowMs: 0 })
  await harness.until(() => said('the batch at offset 1 is corrupt').length === 2)
  expect(harness.values()).toEqual({ 0: ['before'] })
  proxy.alter = undefined
  await harness.until(() => harness.succeeded().length === 3)
  await harness.stop(second)
  expect(harness.values()).toEqual({ 0: ['before', 'damaged', 'behind'] })
})

test('an answer that ends too early is said once, asked for again with growing pauses, and no record is lost', async () => {
  await harness.produce([{ partition: 0, value: 'whole in the end' }])
  proxy.alter = () => null
  const from = performance.now()
  const source = harness.start({ windowMs: 0 })
  await harness.until(() => said('cannot be read').length > 0)
  const watched = performance.now() + WATCHED_MS
  while (performance.now() < watched) await harness.committed()
  expect(proxy.answers.get(0)).toBeLessThanOrEqual(attemptsWithin(performance.now() - from))
  expect(said('cannot be read')).toEqual([
    expect.stringMatching(/the broker cannot be reached, trying again: .* its answer to Fetch cannot be read/)
  ])
  proxy.alter = undefined
  await harness.until(() => harness.succeeded().length === 1)
  expect(harness.values()).toEqual({ 0: ['whole in the end'] })
  expect(said('the broker is reached again').length).toBe(1)
  await harness.stop(source)
})
