// Is every record of 100,000 delivered, in order, while the handler fails in every way, the command is killed and a broker restarts?
import { join, resolve } from 'node:path'
import { type RunningBin, startBin } from '../../broker/test/bin'
import { run } from '../../broker/test/command'
import { temporaryFolder } from '../../broker/test/folder'
import { lastingPort } from '../../broker/test/port'
import { type FaultReport, failureNames, faultRun } from '../test/fault-run'

const size = { records: 100_000, kills: 20, lifeMs: 2_500, seed: Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000) }
const brokers = process.env.KAFKA_BROKERS?.split(',')
/** A node of `.ci/kafka`, which alone can be started again: its folder has the file of the secured listeners. */
const secured = process.env.KAFKA_SECURED
const jars = process.env.KAFKA_JARS

jest.setTimeout(900_000)

function expectAllDelivered({ failures, succeeded, committed, ends, exitCode, summary }: FaultReport): void {
  process.stdout.write(`${summary}\n`)
  expect(succeeded).toBe(size.records)
  expect(committed).toEqual(ends)
  expect([...failures.keys()]).toEqual(expect.arrayContaining(failureNames))
  expect(exitCode).toBe(0)
}

test('against an embedded broker', async () => {
  const dataDir = temporaryFolder()
  let broker: RunningBin = await startBin('--port', String(await lastingPort()), '--data-dir', dataDir)
  const restart = async () => {
    const signal = size.seed % 2 === 0 ? 'SIGTERM' : 'SIGKILL'
    broker.child.kill(signal)
    await broker.ended
    broker = await startBin('--port', String(broker.port), '--data-dir', dataDir)
    return `restarted after ${signal}`
  }
  try {
    expectAllDelivered(await faultRun({ ...size, brokers: [broker.address], restart }))
  } finally {
    broker.child.kill()
    await broker.ended
  }
})

if (brokers)
  test('against KAFKA_BROKERS', async () => {
    const folder = secured && join(secured, '..')
    const restart = async () => {
      const { code, stdout, stderr } = await run(resolve(__dirname, '../../../.ci/kafka'), [
        'restart',
        folder!,
        jars!,
        brokers[0]!.split(':').at(-1)!
      ])
      if (code !== 0) throw new Error(`the broker does not start again: ${stdout}${stderr}`)
      return 'restarted after SIGKILL'
    }
    expectAllDelivered(await faultRun({ ...size, brokers, ...(folder && jars && { restart }) }))
  })
else test.skip('against Apache Kafka: KAFKA_BROKERS is not set', () => {})
