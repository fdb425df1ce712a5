// How fast is the Kafka event source mapping, from a topic to a handler that does nothing, beside a bare kafkajs consumer on the same topic?
// Run: node infra/build.mjs && KAFKA_BROKERS=127.0.0.1:9092 npx tsx bench/event-source.mts [records] [batch size] [pollers] [partitions] [value bytes]
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'
import { Cluster } from '../infra/event-source/src/client/cluster'
import { EventSourceMapping } from '../infra/event-source/src/event-source-mapping'
import { type Mapping, mappingDefaults } from '../infra/event-source/src/mapping/mapping'
import { encodeBatch } from '../infra/event-source/test/record-batches'

const [records = 1_000_000, batchSize = 10_000, pollers = 2, partitions = 2, valueBytes = 200] = process.argv.slice(2).map(Number)
const bootstrapServers = (process.env.KAFKA_BROKERS ?? '127.0.0.1:9092').split(',')
const topic = `bench-event-source-${Date.now()}`
const RECORDS_PER_BATCH = 1_000

const cluster = new Cluster({ bootstrapServers })
await cluster.topic(topic)
const connection = await cluster.coordinator('bench', 'produce').catch(() => cluster.coordinator('bench', 'produce'))
await connection.request('createTopics', { topics: [{ name: topic, numPartitions: partitions, replicationFactor: 1 }] })

async function produce(): Promise<void> {
  const value = Buffer.from('{"sensor_id":"sensor-0001","temperature":21.5,"at":"2026-01-01T00:00:00.000Z"}'.padEnd(valueBytes, ' '))
  const batch = encodeBatch(
    Array.from({ length: RECORDS_PER_BATCH }, (_, index) => ({ key: Buffer.from(`sensor-${index % 100}`), value })),
    { baseTimestamp: Date.now() }
  )
  for (let sent = 0, index = 0; sent < records; sent += RECORDS_PER_BATCH, index++) {
    const { responses } = await connection.request('produce', {
      transactionalId: null,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index: index % partitions, records: batch }] }]
    })
    const code = responses[0]?.partitionResponses[0]?.errorCode
    if (code !== 0) throw new Error(`produce: error ${code}`)
  }
}

await produce()
const mapping: Mapping = {
  ...mappingDefaults,
  uuid: topic,
  functionKey: 'nothing',
  source: 'kafka',
  topic,
  group: topic,
  batchSize,
  minimumPollers: pollers,
  maximumPollers: pollers,
  bootstrapServers,
  access: { bootstrapServers }
}
const log = { error: console.error, warning: console.error, notice: () => {}, info: () => {}, debug: () => {} }
const definition = {
  functionKey: 'nothing',
  functionName: 'nothing',
  codeDir: resolve(import.meta.dirname, '../infra/event-source/fixtures'),
  handler: 'handlers/ways.nothing',
  timeoutMs: 60_000,
  memoryMb: 1024,
  invokedFunctionArn: 'arn:aws:lambda:local:000000000000:function:nothing',
  environment: {}
}
const threadFile = pathToFileURL(resolve(import.meta.dirname, '../infra/event-source/dist/runner-thread.js'))
const source = new EventSourceMapping(mapping, definition, threadFile, log)
const cpuBefore = process.cpuUsage()
const startedAt = performance.now()
let firstAt = 0
let rssMax = 0
source.start()
while (source.status().counters.records < records) {
  await new Promise(done => setTimeout(done, 5))
  if (firstAt === 0 && source.status().counters.records > 0) firstAt = performance.now()
  rssMax = Math.max(rssMax, process.memoryUsage.rss())
}
const endedAt = performance.now()
const cpu = process.cpuUsage(cpuBefore)
const seconds = (endedAt - startedAt) / 1000
console.log(
  JSON.stringify({
    records,
    batchSize,
    pollers,
    partitions,
    valueBytes,
    seconds: Number(seconds.toFixed(2)),
    recordsPerSecond: Math.round(records / seconds),
    firstBatchMs: Math.round(firstAt - startedAt),
    cpuSecondsPerMillion: Number((((cpu.user + cpu.system) / 1e6 / records) * 1e6).toFixed(2)),
    invocations: source.status().counters.invocations,
    rssMiB: Math.round(rssMax / 2 ** 20)
  })
)
await source.stop()
cluster.close()

// nothing but what kafkajs does itself: fetched, decoded, handed over batch by batch, committed
const bareCpu = process.cpuUsage()
const bareAt = performance.now()
const consumer = new Kafka({ brokers: bootstrapServers, logLevel: logLevel.NOTHING }).consumer({
  groupId: `${topic}-bare`,
  maxWaitTimeInMs: 100
})
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
let read = 0
await new Promise<void>(resolve => {
  void consumer.run({
    eachBatch: async ({ batch }) => {
      read += batch.messages.length
      if (read >= records) resolve()
    }
  })
})
const bareSeconds = (performance.now() - bareAt) / 1000
const bareUsed = process.cpuUsage(bareCpu)
await consumer.disconnect()
console.log(
  JSON.stringify({
    bareKafkajs: {
      recordsPerSecond: Math.round(records / bareSeconds),
      cpuSecondsPerMillion: Number((((bareUsed.user + bareUsed.system) / 1e6 / records) * 1e6).toFixed(2))
    },
    ratio: Number((bareSeconds / seconds).toFixed(2))
  })
)
