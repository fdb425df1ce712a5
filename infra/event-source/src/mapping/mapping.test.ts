import { ConfigurationError } from './configuration-error'
import { kafkaLogicalId, mskLogicalId, stableUuid } from './identity'
import { readMappings, type ServiceDefinition } from './mapping'
import { readOptions } from './options'

const kafka = { topic: 'orders', bootstrapServers: ['b1:9092'], accessConfigurations: { vpcSubnet: ['subnet-1'] } }
const arn = 'arn:aws:kafka:eu-west-1:1:cluster/main/0-1'

function service(events: Array<Record<string, unknown>>, resources?: ServiceDefinition['resources']): ServiceDefinition {
  return { service: 'shop', stage: 'dev', functions: { 'take-orders': { events } }, resources }
}

const one = (settings: object, properties?: object) =>
  readMappings(
    service(
      [{ kafka: { ...kafka, ...settings } }],
      properties && { extensions: { TakeDashordersEventSourceMappingKafkaOrders: { Properties: properties } } }
    ),
    {}
  )

test('what is not set is as on AWS: 100 records, 500 ms, TRIM_HORIZON, the UUID as group, one poller', () => {
  const { mappings, warnings } = one({})
  expect(mappings).toEqual([
    {
      uuid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      functionKey: 'take-orders',
      source: 'kafka',
      topic: 'orders',
      group: mappings[0]!.uuid,
      batchSize: 100,
      windowMs: 500,
      startingPosition: { at: 'TRIM_HORIZON' },
      minimumPollers: 1,
      maximumPollers: 200,
      bootstrapServers: ['b1:9092'],
      access: { bootstrapServers: ['b1:9092'] },
      isStartingPositionSet: false,
      filterPatterns: [],
      maximumRetryAttempts: -1,
      maximumRecordAgeSeconds: -1,
      bisectBatchOnFunctionError: false,
      reportBatchItemFailures: false,
      backoff: { firstMs: 250, mostMs: 10_000 },
      enabled: true
    }
  ])
  expect(warnings).toEqual([])
})

test('every setting of the event is taken', () => {
  const settings = {
    batchSize: 10_000,
    maximumBatchingWindow: 2,
    startingPosition: 'AT_TIMESTAMP',
    startingPositionTimestamp: 1_700_000_000,
    enabled: false,
    consumerGroupId: 'own',
    provisionedPollerConfig: { minimumPollers: 3, maximumPollers: 9 },
    bootstrapServers: ['a:1,b:2', '[::1]:3']
  }
  expect(one(settings).mappings[0]).toMatchObject({
    batchSize: 10_000,
    windowMs: 2000,
    startingPosition: { at: 'AT_TIMESTAMP', timestampMs: 1_700_000_000_000 },
    enabled: false,
    group: 'own',
    minimumPollers: 3,
    maximumPollers: 9,
    bootstrapServers: ['a:1', 'b:2', '[::1]:3']
  })
})

test('the UUID is the same after a restart, and another for another stage, function or topic', () => {
  const base = one({}).mappings[0]!.uuid
  expect(one({ batchSize: 7 }).mappings[0]!.uuid).toBe(base)
  const staged = readMappings({ ...service([{ kafka }]), stage: 'prod' }, {})
  expect(new Set([base, staged.mappings[0]!.uuid, one({ topic: 'other' }).mappings[0]!.uuid]).size).toBe(3)
  expect(stableUuid('a')).toBe(stableUuid('a'))
})

test('logical ids are those that the framework gives', () => {
  const naming = require('serverless/lib/plugins/aws/lib/naming.js')
  for (const [name, topic] of [
    ['take-orders_now', 'my.topic-1'],
    ['take', 'Orders'],
    ['t', `${'long-'.repeat(50)}end`]
  ] as const) {
    expect(kafkaLogicalId(name, topic)).toBe(naming.getKafkaEventLogicalId(name, topic))
    expect(mskLogicalId(name, arn, topic)).toBe(naming.getMSKEventLogicalId(name, 'main', topic))
    expect(mskLogicalId(name, { Ref: 'My-Cluster' }, topic)).toBe(naming.getMSKEventLogicalId(name, 'My-Cluster', topic))
  }
})

test('a window of 0 in the event is 500 ms, with a warning; one in resources.extensions is 0', () => {
  const event = one({ maximumBatchingWindow: 0 })
  expect(event.mappings[0]!.windowMs).toBe(500)
  expect(event.warnings).toEqual([expect.stringMatching(/MaximumBatchingWindowInSeconds: 0/)])
  const extended = one({ maximumBatchingWindow: 3 }, { MaximumBatchingWindowInSeconds: 0 })
  expect(extended).toMatchObject({ mappings: [{ windowMs: 0 }], warnings: [] })
})

test('resources.extensions changes what the event says', () => {
  const properties = {
    BatchSize: 7,
    Enabled: false,
    ProvisionedPollerConfig: { MinimumPollers: 2 },
    SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'g' }
  }
  expect(one({ batchSize: 50 }, properties).mappings[0]).toMatchObject({ batchSize: 7, enabled: false, minimumPollers: 2, group: 'g' })
})

test('settings that are not applied are named in a warning, filters are refused', () => {
  expect(one({ onFailureDestination: 'arn:aws:sqs:x' }).warnings).toEqual([
    expect.stringMatching(/onFailureDestination is not applied yet/)
  ])
  expect(one({}, { MaximumRetryAttempts: 3, FunctionResponseTypes: [] }).warnings).toEqual([
    expect.stringMatching(/MaximumRetryAttempts, FunctionResponseTypes/)
  ])
  const sasl = { accessConfigurations: { saslPlainAuth: ['arn:aws:secretsmanager:x'] } }
  expect(one(sasl).warnings).toEqual([expect.stringMatching(/saslPlainAuth is not applied yet/)])
  expect(readMappings(service([{ kafka: { ...kafka, ...sasl } }]), { bootstrapServers: ['l:1'] }).warnings).toEqual([])
  expect(() => one({ filterPatterns: [{}] })).toThrow(/Filters are not applied yet/)
  expect(() => one({}, { FilterCriteria: {} })).toThrow(/Filters are not applied yet/)
})

test('raw event source mappings are named in a warning', () => {
  const raw = { Resources: { Mine: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { Topics: ['t'] } } } }
  expect(readMappings(service([], raw), {}).warnings).toEqual([expect.stringMatching(/resources\.Resources\.Mine/)])
})

test('an msk event needs a broker that can be reached from here', () => {
  const events = [{ msk: { arn, topic: 'orders' } }]
  expect(() => readMappings(service(events), {})).toThrow(
    /cluster cannot be reached from here: set custom\.serverless-offline-kafka-event-source/
  )
  expect(readMappings(service(events), { bootstrapServers: ['l:9092'] }).mappings[0]).toMatchObject({
    source: 'msk',
    arn,
    bootstrapServers: ['l:9092']
  })
})

test.each([
  [{ batchsize: 5 }, 'batchsize', /did you mean batchSize\?/],
  [{ batchSize: 0 }, 'batchSize', /1 to 10000/],
  [{ batchSize: 2.5 }, 'batchSize', /whole number/],
  [{ maximumBatchingWindow: 301 }, 'maximumBatchingWindow', /0 to 300/],
  [{ topic: 'a b' }, 'topic', /249 letters/],
  [{ topic: undefined }, 'topic', /missing/],
  [{ bootstrapServers: ['no-port'] }, 'bootstrapServers', /127\.0\.0\.1:9092/],
  [{ bootstrapServers: undefined }, 'bootstrapServers', /missing/],
  [{ startingPosition: 'EARLIEST' }, 'startingPosition', /TRIM_HORIZON/],
  [{ startingPosition: 'AT_TIMESTAMP' }, 'startingPositionTimestamp', /missing/],
  [{ startingPositionTimestamp: 99_999_999_999 }, 'startingPositionTimestamp', /not in the future/],
  [{ consumerGroupId: 'ä' }, 'consumerGroupId', /AWS allows/],
  [{ consumerGroupId: 'has spaces' }, 'consumerGroupId', /is "has spaces"/],
  [{ filterPatterns: [{ value: { a: [1] } }] }, 'filterPatterns', /Filters are not applied yet/],
  [{ enabled: 'yes' }, 'enabled', /true or false/],
  [{ provisionedPollerConfig: { minimumPollers: 5, maximumPollers: 2 } }, 'minimumPollers', /at most maximumPollers/],
  [{ provisionedPollerConfig: { minPollers: 5 } }, 'minPollers', /did you mean minimumPollers/]
])('%j is refused: place, key and remedy', (settings, key, message) => {
  const attempt = () => one(settings)
  expect(attempt).toThrow(ConfigurationError)
  expect(attempt).toThrow(message)
  expect(attempt).toThrow(/^serverless\.yml: functions\.take-orders\.events\[0\]\.kafka/)
  expect(attempt).toThrow(new RegExp(`\\.${key} is `))
})

test('an unknown property in resources.extensions is refused with the nearest one', () => {
  expect(() => one({}, { BatchSizes: 3 })).toThrow(/did you mean BatchSize\?/)
})

test('the same topic twice in one function is refused, as AWS does', () => {
  expect(() => readMappings(service([{ kafka }, { kafka: { ...kafka, bootstrapServers: ['x:1', 'b1:9092'] } }]), {})).toThrow(/twice/)
})

test("the plugin's own options replace the servers of every mapping", () => {
  const options = readOptions({ 'serverless-offline-kafka-event-source': { bootstrapServers: 'l:1, m:2', stopTimeoutMs: 500 } })
  expect(options).toEqual({ bootstrapServers: ['l:1', 'm:2'], stopTimeoutMs: 500 })
  expect(readMappings(service([{ kafka }]), options).mappings[0]!.bootstrapServers).toEqual(['l:1', 'm:2'])
  expect(readOptions(undefined)).toEqual({})
  expect(() => readOptions({ 'serverless-offline-kafka-event-source': { bootstrapServer: 'l:1' } })).toThrow(
    /did you mean bootstrapServers/
  )
  expect(() => readOptions({ 'serverless-offline-kafka-event-source': { bootstrapServers: 'l' } })).toThrow(/host:port/)
})
