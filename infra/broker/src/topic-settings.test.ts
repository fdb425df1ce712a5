// Are settings changed, checked and described as Apache Kafka 4.3 does, in its words? The refusals were read from it.
import { TestClient } from '../test/client'
import { temporaryFolder } from '../test/folder'
import { type Broker, type BrokerOptions, startBroker } from './index'
import { configOperation, configResource, configSource, errorName } from './protocol'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close()
})

async function setUp(options: BrokerOptions = {}): Promise<{ broker: Broker; client: TestClient }> {
  const broker = await startBroker(options)
  const client = await TestClient.connect(broker.port)
  opened.push(broker, client)
  return { broker, client }
}

const { append, delete: remove, set, subtract } = configOperation
const create = (client: TestClient, configs: { name: string; value: string | null }[] = []) =>
  client.call('createTopics', { topics: [{ name: 't', numPartitions: 1, replicationFactor: 1, configs }] }).then(({ topics }) => topics[0]!)

type Change = [operation: number, name: string, value: string | null]

async function change(client: TestClient, changes: Change[], resource: [type: number, name: string] = [2, 't'], validateOnly = false) {
  const configs = changes.map(([operation, name, value]) => ({ configOperation: operation, name, value }))
  const resources = [{ resourceType: resource[0], resourceName: resource[1], configs }]
  const { responses } = await client.call('incrementalAlterConfigs', { resources, validateOnly })
  return [errorName(responses[0]!.errorCode), responses[0]!.errorMessage]
}

async function describeConfigs(client: TestClient, resource: [type: number, name: string] = [2, 't'], keys: string[] | null = null) {
  const resources = [{ resourceType: resource[0], resourceName: resource[1], configurationKeys: keys }]
  const { results } = await client.call('describeConfigs', { resources, includeSynonyms: true })
  return results[0]!
}

async function settingOf(client: TestClient, name: string) {
  const { configSource: source, value } = (await describeConfigs(client, [2, 't'], [name])).configs[0]!
  return [value, source]
}

describe('a value is refused with the setting, the value and what is allowed', () => {
  let client: TestClient
  let broker: Broker
  beforeAll(async () => {
    broker = await startBroker()
    client = await TestClient.connect(broker.port)
    await create(client)
  })
  afterAll(async () => {
    client.close()
    await broker.close()
  })

  it.each([
    ['retention.ms', 'x', 'Not a number of type LONG'],
    ['retention.ms', '', 'Not a number of type LONG'],
    ['retention.ms', '1.5', 'Not a number of type LONG'],
    ['retention.ms', '99999999999999999999', 'Not a number of type LONG'],
    ['min.compaction.lag.ms', '9223372036854775808', 'Not a number of type LONG'],
    ['retention.ms', '-2', 'Value must be at least -1'],
    ['segment.bytes', '1048575', 'Value must be at least 1048576'],
    ['segment.bytes', '2147483648', 'Not a number of type INT'],
    ['segment.ms', '0', 'Value must be at least 1'],
    ['max.compaction.lag.ms', '0', 'Value must be at least 1'],
    ['max.message.bytes', '-9', 'Value must be at least 0'],
    ['local.retention.ms', '-9', 'Value must be at least -2'],
    ['min.insync.replicas', '0', 'Value must be at least 1'],
    ['segment.index.bytes', '3', 'Value must be at least 4'],
    ['compression.gzip.level', '-9', 'Value must be between 1 and 9 or equal to -1'],
    ['compression.lz4.level', '-9', 'Value must be at least 1'],
    ['compression.type', 'zip', 'String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer'],
    ['message.timestamp.type', 'createtime', 'String must be one of: CreateTime, LogAppendTime'],
    ['cleanup.policy', 'x', 'String must be one of: compact, delete'],
    ['preallocate', '3', 'Expected value to be either true or false'],
    ['min.cleanable.dirty.ratio', 'x', 'Not a number of type DOUBLE']
  ])('%s=%s', async (name, value, reason) => {
    expect(await change(client, [[set, name, value]])).toEqual([
      'INVALID_CONFIG',
      `Invalid value ${value} for configuration ${name}: ${reason}`
    ])
  })

  it.each([
    ['min.cleanable.dirty.ratio', '-9', '-9.0', 'Value must be at least 0'],
    ['min.cleanable.dirty.ratio', '1.5', '1.5', 'Value must be no more than 1'],
    ['cleanup.policy', 'compact,x', 'x', 'String must be one of: compact, delete'],
    [
      'leader.replication.throttled.replicas',
      'x',
      '[x]',
      "leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],..."
    ]
  ])('%s=%s, which Kafka shows otherwise', async (name, value, shown, reason) => {
    expect((await change(client, [[set, name, value]]))[1]).toBe(`Invalid value ${shown} for configuration ${name}: ${reason}`)
  })

  it.each([
    ['retention.ms', ' 5 '],
    ['retention.bytes', '-9'],
    ['cleanup.policy', ''],
    ['cleanup.policy', 'compact, delete'],
    ['preallocate', 'TRUE'],
    ['leader.replication.throttled.replicas', '0:0'],
    ['compression.zstd.level', '-9'],
    ['flush.ms', '9223372036854775807']
  ])('but not %s=%s', async (name, value) => {
    expect(await change(client, [[set, name, value]], [2, 't'], true)).toEqual(['NONE', null])
  })

  it.each<[string, Change[], [number, string], string, string]>([
    ['an unknown setting', [[set, 'nope', '1']], [2, 't'], 'INVALID_CONFIG', 'Unknown topic config name: nope'],
    ['one that objects have anyway', [[set, 'toString', '1']], [2, 't'], 'INVALID_CONFIG', 'Unknown topic config name: toString'],
    ['no value', [[set, 'retention.ms', null]], [2, 't'], 'INVALID_REQUEST', 'Null value not supported for : retention.ms'],
    [
      'adding to what is no list',
      [[append, 'retention.ms', '1']],
      [2, 't'],
      'INVALID_CONFIG',
      "Can't APPEND to key retention.ms because its type is not LIST."
    ],
    [
      'a setting twice',
      [
        [set, 'retention.ms', '1'],
        [set, 'retention.ms', '2']
      ],
      [2, 't'],
      'INVALID_REQUEST',
      'Error due to duplicate config keys'
    ],
    ['a topic that is not', [[set, 'retention.ms', '1']], [2, 'u'], 'UNKNOWN_TOPIC_OR_PARTITION', "The topic 'u' does not exist."],
    ['no topic', [], [2, ''], 'INVALID_REQUEST', 'Default topic resources are not allowed.'],
    ['another broker', [], [4, '77'], 'INVALID_REQUEST', 'Unexpected broker id, expected 0, but received 77'],
    ['no broker', [], [4, 'x'], 'INVALID_REQUEST', 'Node id must be an integer, but it is: x'],
    ['what is fixed', [[set, 'node.id', '2']], [4, '0'], 'INVALID_REQUEST', 'Cannot update these configs dynamically: [node.id]'],
    [
      'a value of the broker',
      [[set, 'log.retention.ms', 'x']],
      [4, '0'],
      'INVALID_REQUEST',
      'Invalid value x for configuration log.retention.ms: Not a number of type LONG'
    ],
    ['an unknown resource', [], [3, 'x'], 'INVALID_REQUEST', 'Unknown resource type 3']
  ])('%s', async (_, changes, resource, code, reason) => {
    expect(await change(client, changes, resource)).toEqual([code, reason])
  })

  it.each<[string, [number, string], string, string]>([
    ['a topic that is not', [2, 'u'], 'UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.'],
    [
      'a name no topic has',
      [2, 'a b'],
      'INVALID_TOPIC_EXCEPTION',
      "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    ],
    ['another broker', [4, '77'], 'INVALID_REQUEST', 'Unexpected broker id, expected 0 or empty string, but received 77'],
    ['no broker', [4, 'x'], 'INVALID_REQUEST', 'Broker id must be an integer, but it is: x']
  ])('described is not %s', async (_, resource, code, reason) => {
    const { errorCode, errorMessage } = await describeConfigs(client, resource)
    expect([errorName(errorCode), errorMessage]).toEqual([code, reason])
  })
})

describe('the settings of a topic', () => {
  it('are changed one by one, all at once, back again, and only looked at', async () => {
    const { client } = await setUp()
    await create(client, [{ name: 'retention.ms', value: '5' }])
    expect(await change(client, [[set, 'segment.ms', '100']])).toEqual(['NONE', null])
    expect([await settingOf(client, 'retention.ms'), await settingOf(client, 'segment.ms')]).toEqual([
      ['5', configSource.topic],
      ['100', configSource.topic]
    ])
    await change(client, [[remove, 'segment.ms', null]])
    expect(await settingOf(client, 'segment.ms')).toEqual(['604800000', configSource.default])
    await change(client, [[set, 'retention.ms', '6']], [2, 't'], true)
    expect(await settingOf(client, 'retention.ms')).toEqual(['5', configSource.topic])
    const configs = [{ name: 'cleanup.policy', value: 'compact' }]
    await client.call('alterConfigs', { resources: [{ resourceType: 2, resourceName: 't', configs }] })
    expect([await settingOf(client, 'retention.ms'), await settingOf(client, 'cleanup.policy')]).toEqual([
      ['604800000', configSource.default],
      ['compact', configSource.topic]
    ])
  })

  it('that are lists grow and shrink', async () => {
    const { client } = await setUp()
    await create(client)
    await change(client, [[append, 'cleanup.policy', 'compact']])
    expect((await settingOf(client, 'cleanup.policy'))[0]).toBe('delete,compact')
    await change(client, [[subtract, 'cleanup.policy', 'delete']])
    expect((await settingOf(client, 'cleanup.policy'))[0]).toBe('compact')
  })

  it('are all changed or none, and a resource is named once', async () => {
    const { client } = await setUp()
    await create(client)
    const changes: Change[] = [
      [set, 'retention.ms', '5'],
      [set, 'segment.ms', '0']
    ]
    expect((await change(client, changes))[0]).toBe('INVALID_CONFIG')
    expect((await settingOf(client, 'retention.ms'))[1]).toBe(configSource.default)
    const twice = { resourceType: 2, resourceName: 't', configs: [] }
    const { responses } = await client.call('alterConfigs', { resources: [twice, twice] })
    expect(responses.map(({ errorMessage }) => errorMessage)).toEqual(Array(2).fill('Each resource must appear at most once.'))
  })

  it('and those of the broker are the same after a restart', async () => {
    const dataDir = temporaryFolder()
    const first = await setUp({ dataDir })
    await create(first.client)
    await change(first.client, [[set, 'retention.ms', '5']])
    await change(first.client, [[set, 'log.segment.bytes', '2000000']], [4, ''])
    await first.broker.close()
    const { client } = await setUp({ dataDir })
    expect(await settingOf(client, 'retention.ms')).toEqual(['5', configSource.topic])
    expect(await settingOf(client, 'segment.bytes')).toEqual(['2000000', configSource.dynamicDefaultBroker])
  })

  it('have the defaults of the broker: started with, changed for the cluster, changed for it alone', async () => {
    const { client } = await setUp({ configs: { 'log.retention.ms': '1000' } })
    await create(client)
    expect(await settingOf(client, 'retention.ms')).toEqual(['1000', configSource.staticBroker])
    await change(client, [[set, 'log.retention.ms', '2000']], [4, ''])
    expect(await settingOf(client, 'retention.ms')).toEqual(['2000', configSource.dynamicDefaultBroker])
    await change(client, [[set, 'log.retention.ms', '3000']], [4, '0'])
    const { synonyms } = (await describeConfigs(client, [2, 't'], ['retention.ms'])).configs[0]!
    expect(synonyms).toEqual([
      { name: 'log.retention.ms', value: '3000', source: configSource.dynamicBroker },
      { name: 'log.retention.ms', value: '2000', source: configSource.dynamicDefaultBroker },
      { name: 'log.retention.ms', value: '1000', source: configSource.staticBroker }
    ])
    const [size] = (await describeConfigs(client, [2, 't'], ['segment.bytes'])).configs
    expect(size!.synonyms).toEqual([{ name: 'log.segment.bytes', value: '1073741824', source: configSource.default }])
    expect((await describeConfigs(client, [4, ''])).configs).toMatchObject([{ name: 'log.retention.ms', value: '2000' }])
  })

  it('are refused at a start that names one that cannot be', async () => {
    await expect(startBroker({ configs: { 'log.retention.ms': 'x' } })).rejects.toMatchObject({ problem: 'CONFIG_UNUSABLE' })
    await expect(startBroker({ configs: { nope: '1' } })).rejects.toThrow('nope')
  })
})

it('settings are listed for what has them', async () => {
  const { client } = await setUp()
  await create(client)
  const listed = async (resourceTypes: number[]) => {
    const { configResources, errorCode } = await client.call('listConfigResources', { resourceTypes })
    return [errorName(errorCode), configResources.map(({ resourceName, resourceType }) => `${resourceType} ${resourceName}`)]
  }
  expect(await listed([])).toEqual(['NONE', ['2 t', '4 0', '8 0']])
  expect(await listed([configResource.group, configResource.clientMetrics])).toEqual(['NONE', []])
  expect(await listed(Array(1000).fill(configResource.topic))).toEqual(['NONE', ['2 t']])
  expect(await listed([7])).toEqual(['UNSUPPORTED_VERSION', []])
  for (const type of [configResource.group, configResource.clientMetrics, configResource.brokerLogger])
    expect(await describeConfigs(client, [type, '0'])).toMatchObject({ errorCode: 0, configs: [] })
})

it('partitions are described in pages', async () => {
  const { client } = await setUp()
  for (const name of ['b', 'a', 'c']) await client.call('createTopics', { topics: [{ name, numPartitions: 3, replicationFactor: 1 }] })
  const seen: string[] = []
  let cursor: { topicName: string; partitionIndex: number } | null = null
  let pages = 0
  do {
    const answer: Awaited<ReturnType<typeof page>> = await page(cursor)
    for (const { name, partitions } of answer.topics) for (const { partitionIndex } of partitions) seen.push(`${name}${partitionIndex}`)
    cursor = answer.nextCursor
    pages++
  } while (cursor)
  expect([seen, pages]).toEqual([['a0', 'a1', 'a2', 'b0', 'b1', 'b2', 'c0', 'c1', 'c2'], 5])
  const named = await client.call('describeTopicPartitions', { topics: [{ name: 'no such' }, { name: 'none' }, { name: 'a' }] })
  expect(named.topics.map(({ errorCode, name }) => [name, errorName(errorCode)])).toEqual([
    ['a', 'NONE'],
    ['no such', 'INVALID_TOPIC_EXCEPTION'],
    ['none', 'UNKNOWN_TOPIC_OR_PARTITION']
  ])
  const astray = await client.call('describeTopicPartitions', { topics: [{ name: 'b' }], cursor: { topicName: 'a', partitionIndex: 0 } })
  expect(astray.topics.map(({ errorCode }) => errorName(errorCode))).toEqual(['INVALID_REQUEST'])

  function page(from: { topicName: string; partitionIndex: number } | null) {
    return client.call('describeTopicPartitions', { topics: [], responsePartitionLimit: 2, cursor: from })
  }
})
