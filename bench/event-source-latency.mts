// How much later than it was sent does a record reach the handler, at a low rate and without a window?
// Run: node infra/build.mjs && KAFKA_BROKERS=127.0.0.1:9092 npx tsx bench/event-source-latency.mts [records] [records a second]
// Beside it: the same records, when a bare kafkajs consumer has them. Milliseconds; the first tenth of the records, in which code is compiled, is left out.
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { BroadcastChannel } from 'node:worker_threads'
import { Kafka, logLevel } from 'kafkajs'
import { EventSourceMapping } from '../infra/event-source/src/event-source-mapping'
import { mappingDefaults } from '../infra/event-source/src/mapping/mapping'

const [records = 500, perSecond = 20] = process.argv.slice(2).map(Number)
const bootstrapServers = (process.env.KAFKA_BROKERS ?? '127.0.0.1:9092').split(',')
const topic = `bench-latency-${Date.now()}`
const kafka = new Kafka({ brokers: bootstrapServers, logLevel: logLevel.NOTHING })
const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] })
await admin.disconnect()

const sentAt: number[] = []
const delays = { mapping: [] as number[], bareKafkajs: [] as number[] }
const note = (of: number[], value: string) => of.push(performance.now() - sentAt[Number(value)]!)

const channel = new BroadcastChannel(topic)
channel.onmessage = (({ data }: { data: { records: { value: string }[] } }) => {
  for (const { value } of data.records) note(delays.mapping, value)
}) as never
const mapping = {
  ...mappingDefaults,
  ...{ uuid: topic, functionKey: 'collect', source: 'kafka' as const, topic, group: topic, windowMs: 0 },
  ...{ bootstrapServers, access: { bootstrapServers } }
}
const definition = {
  ...{ functionKey: 'collect', functionName: 'collect', handler: 'handlers/collect.handler', timeoutMs: 10_000, memoryMb: 512 },
  codeDir: resolve(import.meta.dirname, '../infra/event-source/fixtures'),
  invokedFunctionArn: 'arn:aws:lambda:local:000000000000:function:collect',
  environment: { CHANNEL: topic, FOLDER: '' }
}
const log = { error: console.error, warning: console.error, notice: () => {}, info: () => {}, debug: () => {} }
const threadFile = pathToFileURL(resolve(import.meta.dirname, '../infra/event-source/dist/runner-thread.js'))
const source = new EventSourceMapping(mapping, definition, threadFile, log)
source.start()
const consumer = kafka.consumer({ groupId: `${topic}-bare` })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({ eachMessage: async ({ message }) => void note(delays.bareKafkajs, String(message.value)) })

const producer = kafka.producer()
await producer.connect()
for (let index = 0; index < records; index++) {
  sentAt[index] = performance.now()
  await producer.send({ topic, messages: [{ value: String(index) }] })
  await delay(1000 / perSecond)
}
while (delays.mapping.length < records || delays.bareKafkajs.length < records) await delay(10)

const summary = (all: number[]) => {
  const sorted = all.slice(records / 10).sort((a, b) => a - b)
  const at = (share: number) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1))
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) }
}
console.log(JSON.stringify({ records, perSecond, mapping: summary(delays.mapping), bareKafkajs: summary(delays.bareKafkajs) }))
await source.stop()
await consumer.disconnect()
await producer.disconnect()
channel.close()
