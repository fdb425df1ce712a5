// Do the tools that ship with Apache Kafka 4 work, unchanged?
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { type Broker, startBroker } from '../src/index'
import { temporaryFolder } from '../test/folder'
import { runTool, type Tool, whereGiven } from './java'

let broker: Broker

beforeEach(async () => {
  broker = await startBroker()
})
afterEach(() => broker.close())

const java = (tool: Tool, args: string[], input = '') => runTool(broker.address, tool, args, input)
const create = (partitions = 3) =>
  java('topics', ['--create', '--topic', 't', '--partitions', String(partitions), '--config', 'retention.ms=600000'])
const lines = Array.from({ length: 1000 }, (_, index) => `${index}`)

whereGiven('kafka-topics creates, lists, describes, grows and deletes', async () => {
  expect(await create()).toContain('Created topic t.')
  expect(await java('topics', ['--list'])).toBe('t\n')
  expect(await java('topics', ['--describe', '--topic', 't'])).toMatch(
    /PartitionCount: 3\s+ReplicationFactor: 1\s+Configs: retention.ms=600000/
  )
  await java('topics', ['--alter', '--topic', 't', '--partitions', '4'])
  expect(await java('topics', ['--describe', '--topic', 't'])).toContain('PartitionCount: 4')
  await java('topics', ['--delete', '--topic', 't'])
  expect((await java('topics', ['--list'])).trim()).toBe('')
})

whereGiven('kafka-configs changes, describes and deletes the settings of a topic', async () => {
  await create()
  const configs = (...args: string[]) => java('configs', ['--entity-type', 'topics', '--entity-name', 't', ...args])
  await configs('--alter', '--add-config', 'segment.ms=7000,cleanup.policy=[compact,delete]')
  const described = await configs('--describe')
  expect(described).toContain('segment.ms=7000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:segment.ms=7000}')
  expect(described).toContain('cleanup.policy=compact,delete')
  await configs('--alter', '--delete-config', 'segment.ms')
  expect(await configs('--describe')).not.toContain('segment.ms')
  expect(await configs('--describe', '--all')).toContain('segment.ms=604800000 sensitive=false synonyms={}')
  await expect(configs('--alter', '--add-config', 'segment.ms=0')).rejects.toThrow(
    'Invalid value 0 for configuration segment.ms: Value must be at least 1'
  )
  await expect(configs('--alter', '--add-config', 'nope=0')).rejects.toThrow('Unknown topic config name: nope')
})

whereGiven('kafka-configs changes the defaults of topics, and describes whatever else it knows', async () => {
  const configs = (type: string, ...args: string[]) => java('configs', ['--entity-type', type, ...args])
  await configs('brokers', '--entity-default', '--alter', '--add-config', 'log.retention.ms=5000')
  await configs('brokers', '--entity-name', '0', '--alter', '--add-config', 'log.segment.bytes=2000000')
  expect(await configs('brokers', '--entity-default', '--describe')).toContain('log.retention.ms=5000')
  expect(await configs('brokers', '--entity-name', '0', '--describe')).toContain('log.segment.bytes=2000000')
  await java('topics', ['--create', '--topic', 'u'])
  expect(await configs('topics', '--entity-name', 'u', '--describe', '--all')).toContain(
    'retention.ms=5000 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=5000}'
  )
  for (const type of ['client-metrics', 'groups', 'topics', 'brokers']) await configs(type, '--describe')
})

whereGiven('kafka-delete-records and kafka-log-dirs', async () => {
  await create(1)
  await java('produce', ['--topic', 't'], 'a\nb\nc\n')
  const file = join(temporaryFolder(), 'offsets.json')
  writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic: 't', partition: 0, offset: 2 }] }))
  expect(await java('deleteRecords', ['--offset-json-file', file])).toContain('partition: t-0\tlow_watermark: 2')
  expect(await java('offsets', ['--topic', 't', '--time', 'earliest'])).toBe('t:0:2\n')
  expect((await java('consume', ['--topic', 't', '--from-beginning', '--max-messages', '1'])).trim()).toBe('c')
  expect(await java('logDirs', ['--describe', '--topic-list', 't'])).toMatch(/"partition":"t-0","size":\d\d+,"offsetLag":0/)
})

whereGiven.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('the console consumer reads what the producer wrote with %s', async codec => {
  await create(1)
  await java('produce', ['--topic', 't', '--compression-codec', codec], `${lines.join('\n')}\n`)
  const read = await java('consume', ['--topic', 't', '--from-beginning', '--max-messages', '1000'])
  expect(read.trim().split('\n')).toEqual(lines)
})

whereGiven('kafka-consumer-groups lists, describes, resets and deletes', async () => {
  await create(1)
  await java('produce', ['--topic', 't'], `${lines.join('\n')}\n`)
  const consume = () => java('consume', ['--topic', 't', '--from-beginning', '--max-messages', '1000', '--group', 'g'])
  await consume()
  expect(await java('groups', ['--list'])).toBe('g\n')
  expect(await java('groups', ['--list', '--state'])).toMatch(/g\s+Empty/)
  const lagOf = async () => /^g\s+t\s+0\s+(\d+)\s+(\d+)\s+(\d+)/m.exec(await java('groups', ['--describe', '--group', 'g']))!.slice(1)
  expect(await lagOf()).toEqual(['1000', '1000', '0'])
  await java('groups', ['--reset-offsets', '--to-offset', '400', '--execute', '--group', 'g', '--topic', 't'])
  expect(await lagOf()).toEqual(['400', '1000', '600'])
  await java('groups', ['--reset-offsets', '--to-earliest', '--execute', '--group', 'g', '--topic', 't'])
  expect((await consume()).trim().split('\n')).toEqual(lines)
  await java('groups', ['--delete', '--group', 'g'])
  expect((await java('groups', ['--list'])).trim()).toBe('')
})

whereGiven('kafka-get-offsets finds the ends and the latest time', async () => {
  await create(1)
  await java('produce', ['--topic', 't'], 'a\nb\n')
  expect(await java('offsets', ['--topic', 't'])).toBe('t:0:2\n')
  expect(await java('offsets', ['--topic', 't', '--time', 'earliest'])).toBe('t:0:0\n')
  expect(await java('offsets', ['--topic', 't', '--time', 'max-timestamp'])).toMatch(/^t:0:[01]\n$/)
  expect(await java('offsets', ['--topic', 't', '--time', '1000'])).toBe('t:0:0\n')
  expect(await java('offsets', ['--topic', 't', '--time', String(Date.now() + 60_000)])).toBe('')
})

whereGiven('the performance tools run to their end', async () => {
  await create(1)
  const produced = await java('producerPerformance', [
    '--topic',
    't',
    '--num-records',
    '20000',
    '--record-size',
    '200',
    '--throughput',
    '-1'
  ])
  expect(produced).toContain('20000 records sent')
  expect(await java('consumerPerformance', ['--topic', 't', '--num-records', '20000'])).toContain(', 20000, ')
})

whereGiven('the producer-perf-test commits transactions, and the console consumer reads what is committed', async () => {
  await java('topics', ['--create', '--topic', 't'])
  const load = ['--topic', 't', '--num-records', '3000', '--record-size', '100', '--throughput', '3000']
  const produced = await java('producerPerformance', [...load, '--transactional-id', 'perf', '--transaction-duration-ms', '100'])
  expect(produced).toContain('3000 records sent')
  const read = await java('consume', ['--topic', 't', '--from-beginning', '--isolation-level', 'read_committed', '--max-messages', '3000'])
  expect(read.trim().split('\n')).toHaveLength(3000)
  expect(await java('transactions', ['list'])).toMatch(/perf\s+0\s+\d+\s+CompleteCommit/)
  expect(await java('transactions', ['describe', '--transactional-id', 'perf'])).toMatch(/perf\s+\d+\s+\d+\s+CompleteCommit/)
  expect(await java('transactions', ['describe-producers', '--topic', 't', '--partition', '0'])).toMatch(/\d+\s+\d+\s+0\s+-1\s+\d+\s+None/)
})

whereGiven('kafka-transactions finds, describes and aborts a transaction that is left open', async () => {
  await java('topics', ['--create', '--topic', 't'])
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ transactionalId: 'x', idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const open = await producer.transaction()
  await open.send({ topic: 't', messages: [{ value: 'undecided' }] })
  expect(await java('transactions', ['list', '--transactional-id-pattern', 'x.*'])).toMatch(/x\s+0\s+\d+\s+Ongoing/)
  expect(await java('transactions', ['describe', '--transactional-id', 'x'])).toMatch(/Ongoing.*t-0/)
  const producers = () => java('transactions', ['describe-producers', '--topic', 't', '--partition', '0'])
  expect(await producers()).toMatch(/\s0\s*$/)
  await java('transactions', ['find-hanging', '--broker-id', '0'])
  await java('transactions', ['abort', '--topic', 't', '--partition', '0', '--start-offset', '0'])
  expect(await producers()).toMatch(/None\s*$/)
  await java('transactions', ['forceTerminateTransaction', '--transactionalId', 'x'])
  expect(await java('transactions', ['describe', '--transactional-id', 'x'])).toMatch(/Empty|CompleteAbort/)
  await expect(open.commit()).rejects.toThrow()
  await producer.disconnect()
})
