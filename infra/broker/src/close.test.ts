// Is a broker there at once, and is nothing of it left when it is closed? Used as a test would use it: in memory and on disk.
import { buildSync } from 'esbuild'
import { batchOf } from '../test/batches'
import { TestClient } from '../test/client'
import { run } from '../test/command'
import { temporaryFolder } from '../test/folder'
import { type BrokerOptions, startBroker } from './index'

const places: [string, () => BrokerOptions][] = [
  ['in memory', () => ({})],
  ['on disk', () => ({ dataDir: temporaryFolder() })]
]

/** What keeps the process alive. Node forgets closed handles at the end of a turn of its event loop, after the immediates. */
async function resources(): Promise<string[]> {
  for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate)
  return process.getActiveResourcesInfo().filter(name => /TCP|Timeout|FSReq/.test(name))
}

describe.each(places)('%s', (_, options) => {
  it('starts in less than 100 ms', async () => {
    const times: number[] = []
    for (let count = 0; count < 5; count++) {
      const before = performance.now()
      const broker = await startBroker(options())
      times.push(performance.now() - before)
      await broker.close()
    }
    expect(Math.min(...times)).toBeLessThan(100)
  })

  it('closes with a fetch, a join, a delay and half a request under way, and leaves no handle', async () => {
    const before = await resources()
    const broker = await startBroker(options())
    const clients = await Promise.all(Array.from({ length: 4 }, () => TestClient.connect(broker.port)))
    const [fetching, joining, delayed, cut] = clients as [TestClient, TestClient, TestClient, TestClient]
    const topicData = [{ name: 't', partitionData: [{ index: 0, records: batchOf({ values: ['a'] }) }] }]
    await fetching.call('metadata', { topics: [{ name: 't' }] }, 9)
    await fetching.call('produce', { acks: -1, timeoutMs: 1000, topicData }, 12)
    const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 1, partitionMaxBytes: 1e6 }] }]
    const join = {
      groupId: 'g',
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs: 60_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.of(0) }]
    }
    await joining.call('joinGroup', join, 3)
    const delay = broker.faults.delay('listGroups', 60_000)
    cut.socket.write(Buffer.from('000000ff0003', 'hex'))
    const pending = [
      fetching.call('fetch', { maxWaitMs: 60_000, minBytes: 1, topics }, 12),
      joining.call('joinGroup', join, 3),
      delayed.call('listGroups', {})
    ].map(call => expect(call).rejects.toThrow('closed'))
    await delay.happened()
    await broker.close()
    await Promise.all([...pending, cut.nextFrame()])
    expect(await resources()).toEqual(before)
  })
})

it('a process that has closed its broker ends by itself', async () => {
  const { outputFiles } = buildSync({
    stdin: {
      contents: `
        import { startBroker } from './index'
        import { connect } from 'node:net'
        startBroker({ dataDir: process.env.DATA_DIR }).then(broker => {
          connect(broker.port, '127.0.0.1', () => broker.close().then(() => console.log('closed')))
        })`,
      resolveDir: __dirname,
      loader: 'ts'
    },
    bundle: true,
    platform: 'node',
    packages: 'external',
    write: false
  })
  process.env.DATA_DIR = temporaryFolder()
  const { code, stderr, stdout } = await run(process.execPath, ['-'], outputFiles[0]!.text)
  expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout: 'closed\n' })
})
