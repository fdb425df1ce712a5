// Is every record delivered, in order, while the handler fails at random and the command is killed? A small run; compat/ has the large one.
import { type Broker, startBroker } from 'sluice-broker'
import { temporaryFolder } from '../../broker/test/folder'
import { lastingPort } from '../../broker/test/port'
import { faultRun } from '../test/fault-run'

test('no record is lost or out of order after kill -9 of the command and a restart of the broker', async () => {
  const dataDir = temporaryFolder()
  let broker: Broker = await startBroker({ port: await lastingPort(), dataDir })
  const { port, address } = broker
  const restart = async () => {
    await broker.close()
    broker = await startBroker({ port, dataDir })
    return 'restarted'
  }
  try {
    const run = await faultRun({ records: 2_000, kills: 3, lifeMs: 300, seed: 7, brokers: [address], restart })
    expect(run.succeeded).toBe(2_000)
    expect(run.committed).toEqual(run.ends)
    expect(run.exitCode).toBe(0)
  } finally {
    await broker.close()
  }
})
