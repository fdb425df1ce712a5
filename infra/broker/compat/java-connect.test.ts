// Do Kafka Connect and the verifiable clients of Apache Kafka 4 work, unchanged?
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Broker, startBroker } from '../src/index'
import { temporaryFolder } from '../test/folder'
import { javaOptions, runTool, type Tool, whereGiven } from './java'

let broker: Broker

beforeEach(async () => {
  broker = await startBroker()
})
afterEach(() => broker.close())

const java = (tool: Tool, ...args: string[]) => runTool(broker.address, tool, args)
const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`)

function properties(folder: string, name: string, entries: Record<string, unknown>): string {
  const file = join(folder, name)
  const text = Object.entries(entries).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(file, text.join(''))
  return file
}

whereGiven('the verifiable consumer counts what the verifiable producer wrote, exactly', async () => {
  const produced = await java('verifiableProducer', '--topic', 't', '--max-messages', '1000', '--acks', '-1')
  expect(produced).toContain('"sent":1000,"acked":1000')
  const consumed = await java(
    'verifiableConsumer',
    '--topic',
    't',
    '--group-id',
    'g',
    '--max-messages',
    '1000',
    '--reset-policy',
    'earliest'
  )
  const events = consumed
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const counts = events.filter(({ name }) => name === 'records_consumed').map(({ count }) => count)
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000)
  const committed = events.filter(({ name }) => name === 'offsets_committed')
  expect(committed.at(-1)).toMatchObject({ success: true, offsets: [{ topic: 't', partition: 0, offset: 1000 }] })
})

whereGiven('Kafka Connect standalone carries a file through a topic into a file', async () => {
  const folder = temporaryFolder()
  const [source, sink] = [join(folder, 'source.txt'), join(folder, 'sink.txt')]
  writeFileSync(source, `${lines.join('\n')}\n`)
  writeFileSync(sink, '')
  const text = 'org.apache.kafka.connect.storage.StringConverter'
  const worker = properties(folder, 'worker.properties', {
    'bootstrap.servers': broker.address,
    'key.converter': text,
    'value.converter': text,
    'offset.storage.file.filename': join(folder, 'offsets'),
    'offset.flush.interval.ms': 500,
    'plugin.discovery': 'service_load',
    listeners: 'http://127.0.0.1:0'
  })
  const connector = (name: string, kind: string, more: Record<string, string>) =>
    properties(folder, `${name}.properties`, { name, 'connector.class': `org.apache.kafka.connect.file.${kind}`, 'tasks.max': 1, ...more })
  const child = spawn('java', [
    ...[...javaOptions, 'org.apache.kafka.connect.cli.ConnectStandalone', worker],
    connector('source', 'FileStreamSourceConnector', { file: source, topic: 't' }),
    connector('sink', 'FileStreamSinkConnector', { file: sink, topics: 't' })
  ])
  const ended = new Promise<void>(done => child.on('close', () => done()))
  let log = ''
  const written = () => readFileSync(sink, 'utf8').trim().split('\n')
  try {
    await new Promise<void>((done, fail) => {
      // Connect flushes the sink's file before it commits, and each commit is a request that the broker sees
      const look = () => written().length >= lines.length && done()
      const timer = setInterval(look, 100)
      child.stdout.setEncoding('utf8').on('data', more => (log += more))
      child.stderr.setEncoding('utf8').on('data', more => (log += more))
      ended.then(() => fail(new Error(`Connect ended: ${log.slice(-3000)}`))).finally(() => clearInterval(timer))
    })
  } finally {
    child.kill('SIGTERM')
    await ended
  }
  expect(written()).toEqual(lines)
  expect(await java('groups', '--describe', '--group', 'connect-sink')).toMatch(/connect-sink\s+t\s+0\s+100\s+100\s+0/)
})
