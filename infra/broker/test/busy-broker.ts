// Which handles does a broker leave that is closed in the midst of its work? In a process of its own, as nothing else has any there. Prints
// their names; DATA_DIR names the broker's folder.
import { rejects } from 'node:assert'
import { startBroker } from '../src/index'
import { batchOf } from './batches'
import { TestClient } from './client'

/** What keeps the process alive. Node forgets closed handles at the end of a turn of its event loop, after the immediates. */
async function resources(): Promise<string[]> {
  for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate)
  return process.getActiveResourcesInfo().filter(name => /TCP|Timeout|FSReq/.test(name))
}

async function work(): Promise<void> {
  const broker = await startBroker({ dataDir: process.env.DATA_DIR })
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
  ].map(call => rejects(call, /closed/))
  await delay.happened()
  await broker.close()
  await Promise.all([...pending, cut.nextFrame()])
  console.log((await resources()).join())
}

void work()
