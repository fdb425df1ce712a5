// Does a transaction outlive a broker that is killed in the middle of it?
import { Kafka, logLevel, type Transaction } from 'kafkajs'
import { startBin } from '../../test/bin'
import { temporaryFolder } from '../../test/folder'
import { lastingPort } from '../../test/port'

const kafkaOf = (address: string) =>
  new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, connectionTimeout: 20_000, retry: { initialRetryTime: 50, retries: 20 } })

async function committedValues(kafka: Kafka, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: 'g', maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic: 't', fromBeginning: true })
  const values: string[] = []
  await new Promise<void>(done => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(message.value!.toString())
        if (values.length === count) done()
      }
    })
  })
  await consumer.disconnect()
  return values
}

it('what was committed and aborted stays so, and what was open goes on and commits', async () => {
  const dataDir = temporaryFolder()
  const port = String(await lastingPort())
  const first = await startBin('--data-dir', dataDir, '--port', port)
  const kafka = kafkaOf(first.address)
  const producer = kafka.producer({ transactionalId: 'x', idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  let open: Transaction | undefined
  for (const value of ['a', 'aborted', 'open']) {
    open = await producer.transaction()
    await open.send({ topic: 't', messages: [{ value }] })
    if (value === 'a') await open.commit()
    if (value === 'aborted') await open.abort()
  }
  first.child.kill('SIGKILL')
  await first.ended

  const second = await startBin('--data-dir', dataDir, '--port', port)
  await open!.send({ topic: 't', messages: [{ value: 'b' }] })
  await open!.commit()
  expect(await committedValues(kafka, 3)).toEqual(['a', 'open', 'b'])
  await producer.disconnect()
  second.child.kill('SIGTERM')
  await second.ended
})
