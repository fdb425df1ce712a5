// Does kcat, and with it librdkafka, produce and consume as it does with Kafka? Skipped by name where kcat is not installed.
import { TestClient } from '../test/client'
import { isInstalled, run } from '../test/command'
import { type Broker, startBroker } from './index'

const whereInstalled = isInstalled('kcat', '-V') ? it : it.skip
let broker: Broker

beforeEach(async () => {
  broker = await startBroker({ defaultPartitions: 2 })
})
afterEach(() => broker.close())

async function kcat(args: string[], input = ''): Promise<string[]> {
  const { code, stderr, stdout } = await run('kcat', ['-b', broker.address, ...args], input)
  if (code !== 0) throw new Error(`kcat ended with ${code}: ${stderr}`)
  return stdout.split('\n').filter(line => line !== '')
}

const lines = Array.from({ length: 2000 }, (_, index) => `${index}`)

whereInstalled.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('kcat reads what it wrote with compression %s', async compression => {
  await kcat(['-P', '-t', 't', '-p', '1', '-z', compression], lines.join('\n'))
  expect(await kcat(['-C', '-t', 't', '-p', '1', '-e', '-q'])).toEqual(lines)
})

whereInstalled('kcat lists topics and partitions', async () => {
  await kcat(['-P', '-t', 't'], 'a')
  expect((await kcat(['-L'])).join('\n')).toContain('topic "t" with 2 partitions')
})

whereInstalled('kcat writes idempotently, with keys and headers', async () => {
  await kcat(['-P', '-t', 't', '-p', '0', '-K:', '-H', 'h=1', '-X', 'enable.idempotence=true'], 'k:v')
  expect(await kcat(['-C', '-t', 't', '-p', '0', '-e', '-q', '-f', '%o %k %s %h\n'])).toEqual(['0 k v h=1'])
})

whereInstalled('kcat reads in a group and goes on where the group was', async () => {
  await kcat(['-P', '-t', 't', '-p', '0'], 'a\nb')
  const inGroup = () => kcat(['-G', 'g', '-e', '-q', '-X', 'auto.offset.reset=earliest', 't'])
  expect(await inGroup()).toEqual(['a', 'b'])
  await kcat(['-P', '-t', 't', '-p', '0'], 'c')
  expect(await inGroup()).toEqual(['c'])
})

whereInstalled('kcat finds an offset by time and reads from there', async () => {
  await kcat(['-P', '-t', 't', '-p', '0'], 'a\nb')
  expect(await kcat(['-Q', '-t', 't:0:1'])).toEqual(['t [0] offset 0'])
  expect(await kcat(['-Q', '-t', 't:0:-1'])).toEqual(['t [0] offset 2'])
  expect(await kcat(['-C', '-t', 't', '-p', '0', '-o', 's@1', '-e', '-q'])).toEqual(['a', 'b'])
})

whereInstalled.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
  'kcat finds a record by its time within a batch with compression %s',
  async compression => {
    const producing = ['-P', '-t', 't', '-p', '0', '-z', compression, '-X', 'linger.ms=200']
    await kcat(producing, lines.join('\n'))
    const times = await kcat(['-C', '-t', 't', '-p', '0', '-e', '-q', '-f', '%T\n'])
    const time = times.at(-1)!
    expect(await kcat(['-Q', '-t', `t:0:${time}`])).toEqual([`t [0] offset ${times.indexOf(time)}`])
  }
)

whereInstalled('kcat begins at the earliest record that delete-records left', async () => {
  await kcat(['-P', '-t', 't', '-p', '0'], 'a\nb\nc')
  const client = await TestClient.connect(broker.port)
  await client.call('deleteRecords', { topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 1 }] }] })
  client.close()
  expect(await kcat(['-Q', '-t', 't:0:-2'])).toEqual(['t [0] offset 1'])
  // an offset that is gone: librdkafka goes on at the earliest
  expect(await kcat(['-C', '-t', 't', '-p', '0', '-o', '0', '-e', '-q', '-X', 'auto.offset.reset=earliest'])).toEqual(['b', 'c'])
})
