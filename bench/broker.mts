// How does the embedded broker compare with Apache Kafka, by Kafka's own tools and by kafkajs, on this machine?
// Run: node infra/build.mjs && KAFKA_JARS=<folder of Apache Kafka's jars> npx tsx bench/broker.mts [records] [rounds]     default 1000000 2
// (`mvn -f .ci/pom-kafka.xml dependency:copy-dependencies -DoutputDirectory=<folder>` fetches the jars; kcat must be there)
// Both run at the same time, each with its data in a folder of its own, and are used in turn. Prints a line of JSON for each round and broker.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'

const [records = 1_000_000, rounds = 2] = process.argv.slice(2).map(Number)
const recordBytes = 200
const kafkajsRecords = Math.min(records, 200_000)
const ports = { ours: 29_392, kafka: 29_492 }
const root = resolve(import.meta.dirname, '..')
const jars = process.env.KAFKA_JARS
if (!jars) throw new Error('KAFKA_JARS is not set. Set it to a folder with the jars of Apache Kafka.')
const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))

const tool = async (name: string, ...args: string[]) =>
  (await run('java', ['-Xmx512m', '-cp', `${jars}/*`, `org.apache.kafka.tools.${name}`, ...args])).stdout.trim().split('\n').at(-1)!

/** Seconds until a record was produced; kcat tries again until somebody answers. */
async function untilFirstProduce(port: number, since: number): Promise<number> {
  for (;;) {
    const produced = run('kcat', ['-P', '-b', `127.0.0.1:${port}`, '-t', 'first', '-X', 'message.timeout.ms=1000'])
    produced.child.stdin!.end('first\n')
    if (
      await produced.then(
        () => true,
        () => false
      )
    )
      return (performance.now() - since) / 1000
  }
}

interface Server {
  name: 'ours' | 'kafka'
  pid: number
  startSeconds: number
  stop(): void
}

async function startOurs(): Promise<Server> {
  const since = performance.now()
  const child = spawn(process.execPath, [
    join(root, 'infra/broker/dist/bin.js'),
    '--port',
    String(ports.ours),
    '--data-dir',
    join(folder, 'ours')
  ])
  const startSeconds = await untilFirstProduce(ports.ours, since)
  return { name: 'ours', pid: child.pid!, startSeconds, stop: () => child.kill() }
}

async function startKafka(): Promise<Server> {
  const place = join(folder, 'kafka')
  const script = (action: string) => execFileSync(join(root, '.ci/kafka'), [action, place, jars!, String(ports.kafka)])
  // formats its storage and makes certificates; a restart is a start alone
  script('start')
  const since = performance.now()
  script('restart')
  const startSeconds = await untilFirstProduce(ports.kafka, since)
  return { name: 'kafka', pid: Number(readFileSync(join(place, 'pid'), 'utf8')), startSeconds, stop: () => void script('stop') }
}

function memoryMb(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const of = (name: string) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)![1]) / 1024)
  return { now: of('VmRSS'), peak: of('VmHWM') }
}

async function withTools(brokers: string, partitions: number) {
  const topic = `bench-${partitions}-${randomBytes(4).toString('hex')}`
  await tool('TopicCommand', '--bootstrap-server', brokers, '--create', '--topic', topic, '--partitions', String(partitions))
  const sizes = ['--num-records', String(records), '--record-size', String(recordBytes), '--throughput', '-1']
  const produced = await tool(
    'ProducerPerformance',
    '--topic',
    topic,
    ...sizes,
    '--producer-props',
    `bootstrap.servers=${brokers}`,
    'acks=all'
  )
  const consumed = await tool('ConsumerPerformance', '--bootstrap-server', brokers, '--topic', topic, '--messages', String(records))
  return { produce: Math.round(Number(/([\d.]+) records\/sec/.exec(produced)![1])), consume: Math.round(Number(consumed.split(', ')[5])) }
}

/** Milliseconds at 1,000 records a second, sent one by one. */
async function latency(brokers: string) {
  const topic = `bench-latency-${randomBytes(4).toString('hex')}`
  await tool('TopicCommand', '--bootstrap-server', brokers, '--create', '--topic', topic, '--partitions', '1')
  const sizes = ['--num-records', '15000', '--warmup-records', '5000', '--record-size', String(recordBytes), '--throughput', '1000']
  const properties = [`bootstrap.servers=${brokers}`, 'acks=all', 'linger.ms=0']
  const line = await tool('ProducerPerformance', '--topic', topic, ...sizes, '--producer-props', ...properties)
  const of = (percentile: string) => Number(new RegExp(`([\\d.]+) ms ${percentile}`).exec(line)![1])
  return { p50: of('50th'), p99: of('99th') }
}

async function withKafkajs(brokers: string) {
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING })
  const topic = `bench-js-${randomBytes(4).toString('hex')}`
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3 }] })
  await admin.disconnect()
  const messages = Array.from({ length: 1_000 }, () => ({ value: randomBytes(recordBytes) }))
  const producer = kafka.producer()
  await producer.connect()
  let since = performance.now()
  for (let sent = 0; sent < kafkajsRecords; sent += messages.length) await producer.send({ topic, messages })
  const produce = Math.round((kafkajsRecords / (performance.now() - since)) * 1000)
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: topic })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let [seen, started] = [0, 0]
  await new Promise<void>(done => {
    void consumer.run({
      eachBatch: async ({ batch }) => {
        started ||= performance.now()
        seen += batch.messages.length
        if (seen >= kafkajsRecords) done()
      }
    })
  })
  since = performance.now() - started
  await consumer.disconnect()
  return { produce, consume: Math.round((kafkajsRecords / since) * 1000) }
}

const servers = [await startOurs(), await startKafka()]
try {
  for (const { name, pid, startSeconds } of servers)
    console.log(JSON.stringify({ broker: name, startToFirstProduceSeconds: Number(startSeconds.toFixed(2)), idleMb: memoryMb(pid).now }))
  for (let round = 1; round <= rounds; round++)
    for (const { name, pid } of servers) {
      const brokers = `127.0.0.1:${ports[name]}`
      const [one, three] = [await withTools(brokers, 1), await withTools(brokers, 3)]
      const line = {
        round,
        broker: name,
        onePartition: one,
        threePartitions: three,
        kafkajs: await withKafkajs(brokers),
        latencyMs: await latency(brokers)
      }
      console.log(JSON.stringify({ ...line, peakMb: memoryMb(pid).peak }))
    }
} finally {
  for (const server of servers) server.stop()
  rmSync(folder, { recursive: true, force: true })
}
