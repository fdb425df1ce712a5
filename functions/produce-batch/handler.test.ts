import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context } from 'aws-lambda'
import type { KafkaMessage } from 'kafkajs'
import { type Broker, startBroker } from 'sluice-broker'
import { closeKafka, kafkaClient } from '../../layers/event/kafka-client'

const context = { functionName: 'produce-batch' } as Context
let broker: Broker
let folder: string
let handler: (event: unknown, context: Context) => Promise<{ produced: number; unparsable: number }>

beforeAll(async () => {
  broker = await startBroker({ port: 0 })
  folder = mkdtempSync(join(tmpdir(), 'sluice-produce-'))
  Object.assign(process.env, { KAFKA_BROKERS: broker.address, DATABASE_URL: 'postgres://none', LOG_LEVEL: 'silent' })
  handler = (await import('./handler')).handler as never
})
afterAll(async () => {
  await closeKafka()
  await broker.close()
  rmSync(folder, { recursive: true })
})

/** Every record that a topic holds. */
async function messagesOf(topic: string): Promise<(KafkaMessage & { partition: number })[]> {
  const client = kafkaClient([broker.address])
  const admin = client.admin()
  await admin.connect()
  const expected = (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0)
  await admin.disconnect()
  const consumer = client.consumer({ groupId: `test-${topic}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const messages: (KafkaMessage & { partition: number })[] = []
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message, partition }) => {
          messages.push({ ...message, partition })
          if (messages.length === expected) resolve()
        }
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return messages
}

test("readings are spread over the contract's partitions, those of one sensor in one", async () => {
  expect(await handler({ dataset: 'sensors', count: 6000, seed: 1, run: 'run-1' }, context)).toEqual({
    dataset: 'sensors',
    topic: 'sensor_readings_raw',
    run: 'run-1',
    started_at: expect.any(Number),
    produced: 6000,
    unparsable: 0
  })
  const messages = await messagesOf('sensor_readings_raw')
  expect(messages).toHaveLength(6000)
  expect(messages.every(message => message.headers?.['sluice-run']?.toString() === 'run-1')).toBe(true)
  const partitions = new Map<string, Set<number>>()
  for (const { key, partition } of messages)
    if (key) partitions.set(key.toString(), (partitions.get(key.toString()) ?? new Set()).add(partition))
  expect([...partitions.values()].every(each => each.size === 1)).toBe(true)
})

test("a file's lines keep their numbers; one that cannot be parsed goes as its bytes", async () => {
  const file = join(folder, 'retail.csv')
  const cut = Buffer.concat([Buffer.from('536366,84347,R'), Buffer.from([0xa3])])
  writeFileSync(
    file,
    Buffer.concat([
      Buffer.from(
        'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n536365,85123A,HOLDER,6,01/12/2010 08:26,2.55,17850,United Kingdom\n'
      ),
      cut
    ])
  )
  expect(await handler({ dataset: 'transactions', file }, context)).toMatchObject({ produced: 2, unparsable: 1 })
  const messages = await messagesOf('transactions_raw')
  const byLine = new Map(messages.map(message => [message.headers?.['sluice-line']?.toString(), message]))
  expect(JSON.parse(byLine.get('2')!.value!.toString())).toMatchObject({ InvoiceNo: '536365', Quantity: '6' })
  expect(byLine.get('3')!.value).toEqual(cut)
  expect(byLine.get('3')!.headers?.['sluice-unparsable']?.toString()).toMatch(/3/)
})

test('a file of large records goes in requests that a broker takes', async () => {
  const file = join(folder, 'large.jsonl')
  writeFileSync(
    file,
    Array.from({ length: 60 }, (_, index) => JSON.stringify({ product_id: `L${index}`, name: 'x'.repeat(50_000) })).join('\n')
  )
  expect(await handler({ dataset: 'products', file }, context)).toMatchObject({ produced: 60, unparsable: 0 })
  expect(await messagesOf('products_raw')).toHaveLength(60)
})

test('an unknown dataset and a malformed event are named, and nothing is sent', async () => {
  await expect(handler({ dataset: 'sensor' }, context)).rejects.toMatchObject({
    code: 'CONTRACT_UNKNOWN',
    message: expect.stringContaining('sensor')
  })
  await expect(handler({ dataset: 'sensors', cuont: 3 }, context)).rejects.toMatchObject({
    code: 'EVENT_INVALID',
    message: expect.stringContaining('cuont')
  })
})
