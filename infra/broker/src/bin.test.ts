// Does the command start, stop, refuse and survive as its help says?
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { batchOf } from '../test/batches'
import { runBin, startBin } from '../test/bin'
import { TestClient } from '../test/client'
import { temporaryFolder } from '../test/folder'
import { readFlags } from './flags'
import { recordsOf } from './log/records'
import { batchSizeAt, readBatchHeader } from './protocol'

it.each([
  [['--port', 'x'], '--port x: must be a whole number from 0 to 65535.'],
  [['--port', '70000'], '--port 70000: must be a whole number from 0 to 65535.'],
  [['--partitions', '0'], '--partitions 0: must be a whole number from 1 to 10000.'],
  [['--data-dir', ''], '--data-dir "": must name a folder.'],
  [['--prot', '1'], "Unknown option '--prot'"],
  [['--port'], '--port'],
  [['start'], "Unexpected argument 'start'"]
])('%j is refused by name', (args, message) => {
  expect(() => readFlags(args)).toThrow(message)
})

describe('users and keys', () => {
  const folder = temporaryFolder()
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const optionsOf = (args: string[], environment = {}) => {
    const command = readFlags(args, environment)
    if (command.kind !== 'start') throw new Error(command.kind)
    return command.options
  }

  it('come from the files that the flags name, users also from a variable', () => {
    const users = file('users', '# for the test\nann=a=b\n\nbob= c\n')
    const [key, cert, ca] = ['key', 'cert', 'ca'].map(name => file(name, name.toUpperCase())) as [string, string, string]
    const named = optionsOf(['--sasl-users', users, '--sasl-mechanisms', 'plain,SCRAM-SHA-256', '--tls-key', key, '--tls-cert', cert])
    expect(named).toMatchObject({
      tls: { key: 'KEY', cert: 'CERT' },
      sasl: { users: { ann: 'a=b', bob: ' c' }, mechanisms: ['PLAIN', 'SCRAM-SHA-256'] }
    })
    expect(optionsOf(['--tls-key', key, '--tls-cert', cert, '--tls-ca', ca]).tls).toMatchObject({ ca: 'CA' })
    expect(optionsOf([], { SLUICE_BROKER_SASL_USERS: 'ann=x' }).sasl).toEqual({ users: { ann: 'x' } })
    expect(optionsOf([])).not.toHaveProperty('sasl')
  })

  it.each([
    ['a key without a certificate', () => ['--tls-key', file('k', '')], /--tls-key and --tls-cert/],
    ['a file that is not there', () => ['--sasl-users', join(folder, 'none')], /--sasl-users .*none: cannot be read \(ENOENT\)/],
    ['a line without a name', () => ['--sasl-users', file('u1', 'ann=x\nsecret')], /u1, line 2: must be name=password.$/],
    ['a user twice', () => ['--sasl-users', file('u2', 'ann=secret\nann=y')], /the user ann is named twice/],
    ['no user', () => ['--sasl-users', file('u3', '# nobody')], /names no user/],
    ['an unknown mechanism', () => ['--sasl-mechanisms', 'GSSAPI'], /"GSSAPI" is none. There are PLAIN/],
    ['mechanisms without users', () => ['--sasl-mechanisms', 'PLAIN'], /needs users/]
  ])('%s is refused by name, without telling a password', (_, args, message) => {
    expect(() => readFlags(args())).toThrow(message)
    expect(() => readFlags(args())).not.toThrow('secret')
  })
})

it('a flag that cannot be used ends with code 2, its name and a remedy', async () => {
  const { code, stderr, stdout } = await runBin('--partitions', 'many')
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toBe('sluice-broker: --partitions many: must be a whole number from 1 to 10000.\n')
  expect(await runBin('--host', '0.0.0.0')).toMatchObject({ code: 2, stderr: expect.stringContaining('--listen-anywhere') })
})

it('tells its help and its version', async () => {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8'))
  expect(await runBin('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  expect((await runBin('--help')).stdout).toContain('Usage: sluice-broker')
})

it('a taken port ends with code 3, a data directory in use with code 4', async () => {
  const dataDir = temporaryFolder()
  const { child, ended, port } = await startBin('--data-dir', dataDir)
  expect(await runBin('--port', String(port))).toMatchObject({ code: 3, stderr: expect.stringContaining(`Port ${port}`) })
  expect(await runBin('--port', '0', '--data-dir', dataDir)).toMatchObject({ code: 4, stderr: expect.stringContaining(String(child.pid)) })
  child.kill('SIGTERM')
  expect(await ended).toEqual({ code: 0, signal: null })
})

it('ends when the process that started it is gone', async () => {
  const { child, ended } = await startBin()
  child.disconnect()
  expect(await ended).toEqual({ code: 0, signal: null })
})

it('killed while records come in, it keeps all that it acknowledged, and starts again', async () => {
  const dataDir = temporaryFolder()
  const first = await startBin('--data-dir', dataDir)
  const client = await TestClient.connect(first.port)
  await client.call('createTopics', { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }] })
  const records = () => batchOf({ values: Array.from({ length: 50 }, () => 'x'.repeat(100)), firstTime: Date.now() })
  let acknowledged = -1
  const sending = (async () => {
    for (;;) {
      const topicData = [{ name: 't', partitionData: [{ index: 0, records: records() }] }]
      const { responses } = await client.call('produce', { acks: -1, timeoutMs: 1000, topicData }, 12)
      acknowledged = responses[0]!.partitionResponses[0]!.baseOffset
      if (acknowledged >= 5000) first.child.kill('SIGKILL')
    }
  })()
  await expect(sending).rejects.toThrow()
  expect(await first.ended).toMatchObject({ signal: 'SIGKILL' })

  const second = await startBin('--data-dir', dataDir)
  const reader = await TestClient.connect(second.port)
  const offsets = await reader.call('listOffsets', { topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }] })
  expect(offsets.topics[0]!.partitions[0]!.offset).toBeGreaterThanOrEqual(acknowledged + 50)
  const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: acknowledged, partitionMaxBytes: 1e6 }] }]
  const { responses } = await reader.call('fetch', { maxWaitMs: 0, minBytes: 1, topics }, 12)
  expect(responses[0]!.partitions[0]!.records!.readBigInt64BE(0)).toBe(BigInt(acknowledged))
  reader.close()
  second.child.kill('SIGINT')
  expect(await second.ended).toEqual({ code: 0, signal: null })
})

it('killed while it compacts, it has the last value of every key, and goes on', async () => {
  const dataDir = temporaryFolder()
  const first = await startBin('--data-dir', dataDir, '--cleanup-ms', '1', '--config', 'log.cleaner.min.cleanable.ratio=0')
  const client = await TestClient.connect(first.port)
  const configs = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'segment.bytes', value: '1048576' }
  ]
  await client.call('createTopics', { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1, configs }] })
  const keys = Array.from({ length: 100 }, (_, index) => `k${index}`)
  let acknowledged = -1
  const folder = join(dataDir, 'logs', 't-0')
  const sending = (async () => {
    for (let round = 0; ; round++) {
      const records = batchOf({ keys, values: keys.map(() => `${round} ${'x'.repeat(1000)}`), firstTime: Date.now() })
      const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
      const { responses } = await client.call('produce', { acks: -1, timeoutMs: 1000, topicData }, 12)
      expect(responses[0]!.partitionResponses[0]!.errorCode).toBe(0)
      acknowledged = round
      // a segment is being written anew at this moment
      if (round > 60 && readdirSync(folder).some(name => name.endsWith('.compacted'))) first.child.kill('SIGKILL')
    }
  })()
  await expect(sending).rejects.toThrow()
  await first.ended

  const second = await startBin('--data-dir', dataDir, '--cleanup-ms', '60000')
  const reader = await TestClient.connect(second.port)
  const last = new Map<string, number>()
  let offset = 0
  for (;;) {
    const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1e6 }] }]
    const { responses } = await reader.call('fetch', { maxWaitMs: 0, minBytes: 1, maxBytes: 1e6, topics }, 12)
    const { errorCode, records } = responses[0]!.partitions[0]!
    expect(errorCode).toBe(0)
    if (!records || records.length === 0) break
    for (let at = 0; at < records.length; at += batchSizeAt(records, at)) {
      const batch = records.subarray(at, at + batchSizeAt(records, at))
      for (const { key, value } of recordsOf(batch)) last.set(String(key), Number.parseInt(String(value), 10))
      offset = readBatchHeader(batch).lastOffset + 1
    }
  }
  expect(last.size).toBe(100)
  expect(Math.min(...last.values())).toBeGreaterThanOrEqual(acknowledged)
  reader.close()
  second.child.kill('SIGTERM')
  await second.ended
})
