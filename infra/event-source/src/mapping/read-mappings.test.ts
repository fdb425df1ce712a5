import { ConfigurationError } from './configuration-error'
import { kafkaLogicalId, lambdaLogicalId, mskLogicalId, stableUuid } from './identity'
import { mappingDefaults } from './mapping'
import { readMappings } from './read-mappings'
import type { ServiceDefinition } from './service-definition'

const accessConfigurations = { vpcSubnet: ['subnet-1'], vpcSecurityGroup: ['sg-1'] }
const kafka = { topic: 'orders', bootstrapServers: ['b1:9092'], accessConfigurations }
const arn = 'arn:aws:kafka:eu-west-1:123456789012:cluster/main/0-1'
const logicalId = 'TakeDashordersEventSourceMappingKafkaOrders'
const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:kafka-AbCdEf'
const provisioned = { ProvisionedPollerConfig: { MinimumPollers: 1 } }

function service(events: Array<Record<string, unknown>>, resources?: ServiceDefinition['resources']): ServiceDefinition {
  return { service: 'shop', stage: 'dev', functions: { 'take-orders': { events } }, resources }
}

const one = (settings: object, properties?: object) =>
  readMappings(
    service([{ kafka: { ...kafka, ...settings } }], properties && { extensions: { [logicalId]: { Properties: properties } } }),
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
      enabled: true,
      scalingMs: 60_000
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
    expect(lambdaLogicalId(name)).toBe(naming.getLambdaLogicalId(name))
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

const extensions: Array<[string, object, object]> = [
  ['BatchSize', { BatchSize: 7 }, { batchSize: 7 }],
  ['numbers as text, as CloudFormation takes them', { BatchSize: '7', Enabled: 'false' }, { batchSize: 7, enabled: false }],
  ['MaximumBatchingWindowInSeconds', { MaximumBatchingWindowInSeconds: 300 }, { windowMs: 300_000 }],
  ['MaximumRetryAttempts', { MaximumRetryAttempts: 0 }, { maximumRetryAttempts: 0 }],
  ['MaximumRecordAgeInSeconds', { MaximumRecordAgeInSeconds: 60 }, { maximumRecordAgeSeconds: 60 }],
  ['BisectBatchOnFunctionError', { BisectBatchOnFunctionError: true }, { bisectBatchOnFunctionError: true }],
  ['FunctionResponseTypes', { FunctionResponseTypes: ['ReportBatchItemFailures'] }, { reportBatchItemFailures: true }],
  ['no FunctionResponseTypes', { FunctionResponseTypes: [] }, { reportBatchItemFailures: false }],
  [
    'ProvisionedPollerConfig',
    { ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 2000, PollerGroupName: 'shared' } },
    { minimumPollers: 2, maximumPollers: 2000, provisioned: { minimumPollers: 2, maximumPollers: 2000, groupName: 'shared' } }
  ],
  [
    'an empty ProvisionedPollerConfig',
    { ProvisionedPollerConfig: {} },
    { maximumPollers: 200, provisioned: { minimumPollers: 1, maximumPollers: 200 } }
  ],
  ['ConsumerGroupId', { SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'g', ConsumptionMode: 'Stream' } }, { group: 'g' }],
  [
    'FilterCriteria',
    { FilterCriteria: { Filters: [{ Pattern: '{"value":{"a":[1.0]}}' }] } },
    { filterPatterns: ['{"value":{"a":[1.0]}}'] }
  ],
  ['no Filters', { FilterCriteria: { Filters: [] } }, { filterPatterns: [] }],
  [
    'StartingPosition',
    { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: 1_700_000_000 },
    { startingPosition: { at: 'AT_TIMESTAMP', timestampMs: 1_700_000_000_000 }, isStartingPositionSet: true }
  ],
  ['Topics', { Topics: ['others'] }, { topic: 'others' }],
  [
    'a destination',
    { DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::lost' } } },
    { onFailure: { kind: 's3', arn: 'arn:aws:s3:::lost' } }
  ],
  [
    'a topic as destination',
    { DestinationConfig: { OnFailure: { Destination: 'kafka://lost' } } },
    { onFailure: { kind: 'kafka', topic: 'lost' } }
  ],
  ['what only a deployment needs', { Tags: { 'Fn::If': [] }, KmsKeyArn: { Ref: 'Key' }, LoggingConfig: {}, MetricsConfig: {} }, {}]
]

test.each(extensions)('resources.extensions: %s replaces what the event says', (_, properties, expected) => {
  const settings = { batchSize: 50, startingPosition: 'LATEST', consumerGroupId: 'own', provisionedPollerConfig: { maximumPollers: 3 } }
  const before = one(settings).mappings[0]!
  expect(one(settings, properties).mappings[0]).toEqual({ ...before, ...expected })
})

test('a property of resources.extensions replaces the whole of that property, one of resources.Resources is merged into it', () => {
  const settings = { provisionedPollerConfig: { minimumPollers: 2, maximumPollers: 9 } }
  const change = { [logicalId]: { Properties: { ProvisionedPollerConfig: { MaximumPollers: 5 } } } }
  const read = (resources: object) => readMappings(service([{ kafka: { ...kafka, ...settings } }], resources), {}).mappings
  expect(read({ extensions: change })).toMatchObject([{ minimumPollers: 1, maximumPollers: 5 }])
  expect(read({ Resources: change })).toMatchObject([{ minimumPollers: 2, maximumPollers: 5 }])
})

test('extensions of a mapping that does not exist are refused with the nearest logical id', () => {
  const extensions = { TakeOrdersEventSourceMappingKafkaOrders: { Properties: { BatchSize: 1 } } }
  expect(() => readMappings(service([{ kafka }], { extensions }), {})).toThrow(new RegExp(`did you mean ${logicalId}\\?`))
  expect(readMappings(service([{ kafka }], { extensions: { SomeTable: { Properties: {} } } }), {}).mappings).toHaveLength(1)
})

test('an attribute of an extension that the framework does not extend is refused', () => {
  const read = (extension: object) => readMappings(service([{ kafka }], { extensions: { [logicalId]: extension } }), {})
  expect(() => read({ Property: { BatchSize: 1 } })).toThrow(/did you mean Properties\?/)
  expect(read({ Metadata: {}, DependsOn: ['Queue'] }).mappings).toHaveLength(1)
})

const refusedProperties: Array<[object, RegExp]> = [
  [{ BatchSizes: 3 }, /did you mean BatchSize\?/],
  [{ BatchSize: 10_001 }, /1 to 10000/],
  [{ BatchSize: { 'Fn::ImportValue': 'size' } }, /Fn::ImportValue is known to a deployed stack only: set the literal value/],
  [{ BatchSize: { 'Fn::If': ['Prod', 1, 2] } }, /There is no condition Prod: set it in resources\.Conditions/],
  [{ 'Fn::If': ['Prod', {}, {}] }, /There is no such key/],
  [{ MaximumBatchingWindowInSeconds: 0.5 }, /0 to 300/],
  [{ MaximumRetryAttempts: -2 }, /-1 to 10000|from -1/],
  [{ MaximumRetryAttempts: 10_001 }, /10000/],
  [{ MaximumRecordAgeInSeconds: 0 }, /refuses 0 to 59/],
  [{ MaximumRecordAgeInSeconds: 59 }, /60 to 604800/],
  [{ MaximumRecordAgeInSeconds: 604_801 }, /60 to 604800/],
  [{ BisectBatchOnFunctionError: 1 }, /true or false/],
  [{ FunctionResponseTypes: ['ReportBatchItemFailure'] }, /Set ReportBatchItemFailures\./],
  [{ FunctionResponseTypes: ['ReportBatchItemFailures', 'ReportBatchItemFailures'] }, /or \[\]/],
  [{ ProvisionedPollerConfig: { MinimumPollers: 201 } }, /1 to 200/],
  [{ ProvisionedPollerConfig: { MaximumPollers: 2001 } }, /1 to 2000/],
  [{ ProvisionedPollerConfig: { MinimumPollers: 3, MaximumPollers: 2 } }, /at most MaximumPollers, 2/],
  [{ ProvisionedPollerConfig: { PollerGroupName: 'a'.repeat(129) } }, /at most 128/],
  [{ SelfManagedKafkaEventSourceConfig: { ConsumptionMode: 'Queue' } }, /share groups/],
  [{ SelfManagedKafkaEventSourceConfig: { SchemaRegistryConfig: {} } }, /schema registry is not spoken to/],
  [{ AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'g' } }, /self-managed cluster: set SelfManagedKafkaEventSourceConfig/],
  [{ StartingPosition: 'AT_TIMESTAMP' }, /StartingPositionTimestamp is missing/],
  [{ FilterCriteria: { Filters: [{ Pattern: { value: {} } }] } }, /as JSON text/],
  [{ FilterCriteria: { Filters: [{ Pattern: `{"value":["${'a'.repeat(4090)}"]}` }] } }, /4096 characters/],
  [{ FilterCriteria: { Filters: [{ Pattern: '{' }] } }, /Invalid filter pattern definition/],
  [{ FilterCriteria: { Filters: Array(11).fill({ Pattern: '{}' }) } }, /at most 10/],
  [{ DestinationConfig: { OnSuccess: { Destination: 'arn:aws:s3:::x' } } }, /no destination for success/],
  [
    { DestinationConfig: { OnFailure: { Destination: 'arn:aws:lambda:eu-west-1:123456789012:function:x' } } },
    /SQS queue, an SNS topic or an S3/
  ],
  [{ DestinationConfig: { OnFailure: { Destination: 'kafka://.hidden' } } }, /kafka:\/\/topic/],
  [{ DestinationConfig: { OnFailure: { Destination: 'kafka://orders' } } }, /cannot go to the topic it comes from/],
  [{ DestinationConfig: { OnFailure: { Destination: `arn:aws:s3:::${'x'.repeat(350)}` } } }, /350 characters/],
  [{ DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Nowhere', 'Arn'] } } } }, /no resource Nowhere/],
  [{ Topics: ['a1', 'b1'] }, /one topic/],
  [{ SourceAccessConfigurations: [{ Type: 'VIRTUAL_HOST', URI: '/' }] }, /BASIC_AUTH/],
  [{ SourceAccessConfigurations: [{ Type: 'OAUTHBEARER_AUTH', URI: secret }] }, /OAUTHBEARER_AUTH is not spoken here/],
  [{ TumblingWindowInSeconds: 1 }, /Kinesis and DynamoDB streams, not for Kafka/],
  [{ ParallelizationFactor: 2 }, /not for Kafka/],
  [{ ScalingConfig: {} }, /Amazon SQS, not for Kafka/],
  [{ FunctionName: 'another' }, /Set shop-dev-take-orders/]
]

test.each(refusedProperties)('in resources.extensions %j is refused: place, key and remedy', (properties, message) => {
  const attempt = () => one({}, properties)
  expect(attempt).toThrow(ConfigurationError)
  expect(attempt).toThrow(message)
  expect(attempt).toThrow(/^serverless\.yml: resources\.extensions\.TakeDashordersEventSourceMappingKafkaOrders\.Properties/)
})

const failed = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'failed' } }
test.each([
  [{ 'Fn::GetAtt': ['Failed', 'Arn'] }, { kind: 'sqs', arn: 'arn:aws:sqs:us-east-1:000000000000:failed' }],
  [{ Ref: 'Alarm' }, { kind: 'sns', arn: 'arn:aws:sns:us-east-1:000000000000:Alarm' }],
  [{ 'Fn::Sub': 'arn:${AWS::Partition}:s3:::${Lost}' }, { kind: 's3', arn: 'arn:aws:s3:::Lost' }]
])('a destination may be a resource of the template: %j', (Destination, onFailure) => {
  const resources = {
    Resources: { Failed: failed, Alarm: { Type: 'AWS::SNS::Topic' }, Lost: { Type: 'AWS::S3::Bucket' } },
    extensions: { [logicalId]: { Properties: { DestinationConfig: { OnFailure: { Destination } } } } }
  }
  expect(readMappings(service([{ kafka }], resources), {}).mappings[0]!.onFailure).toEqual(onFailure)
})

test('Ref of a queue is its URL, which AWS refuses as a destination', () => {
  const Properties = { DestinationConfig: { OnFailure: { Destination: { Ref: 'Failed' } } } }
  const resources = { Resources: { Failed: failed }, extensions: { [logicalId]: { Properties } } }
  expect(() => readMappings(service([{ kafka }], resources), {})).toThrow(/Destination is "https:\/\/sqs.*Set the ARN/)
})

test('a destination gets its target of this machine', () => {
  const destinations = { 'arn:aws:sqs:eu-west-1:123456789012:failed': { directory: '/failed' } }
  const [mapping] = readMappings(service([{ kafka: { ...kafka, onFailureDestination: Object.keys(destinations)[0] } }]), {
    destinations
  }).mappings
  expect(mapping!.onFailure).toEqual({ kind: 'sqs', arn: 'arn:aws:sqs:eu-west-1:123456789012:failed', target: { directory: '/failed' } })
})

const raw = (Properties: object) => ({
  Resources: {
    Mine: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        FunctionName: 'shop-dev-take-orders',
        Topics: ['orders'],
        SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: ['b1:9092'] } },
        SourceAccessConfigurations: [{ Type: 'VPC_SUBNET', URI: { 'Fn::Sub': 'subnet:${Subnet}' } }],
        ...Properties
      }
    },
    Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'TakeDashordersLambdaFunction' }, Name: 'live' } }
  }
})

test('a mapping as a resource of its own is run with all its properties', () => {
  const properties = { MaximumRetryAttempts: 3, BatchSize: 7, ...provisioned }
  const { mappings, warnings } = readMappings(service([], raw(properties)), {})
  expect(warnings).toEqual([])
  expect(mappings).toEqual([
    {
      ...mappingDefaults,
      uuid: stableUuid('shop/dev/take-orders/Mine'),
      functionKey: 'take-orders',
      source: 'kafka',
      topic: 'orders',
      group: stableUuid('shop/dev/take-orders/Mine'),
      batchSize: 7,
      maximumRetryAttempts: 3,
      provisioned: { minimumPollers: 1, maximumPollers: 200 },
      bootstrapServers: ['b1:9092'],
      access: { bootstrapServers: ['b1:9092'] }
    }
  ])
})

test.each([
  'shop-dev-take-orders',
  'shop-dev-take-orders:live',
  '123456789012:function:shop-dev-take-orders',
  'arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-take-orders:7',
  { Ref: 'TakeDashordersLambdaFunction' },
  { 'Fn::GetAtt': ['TakeDashordersLambdaFunction', 'Arn'] },
  { 'Fn::GetAtt': 'TakeDashordersLambdaFunction.Arn' },
  { 'Fn::Sub': '${TakeDashordersLambdaFunction.Arn}' },
  { 'Fn::Sub': 'arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:shop-dev-take-orders' },
  { 'Fn::Join': [':', [{ 'Fn::GetAtt': ['TakeDashordersLambdaFunction', 'Arn'] }, 'live']] },
  { Ref: 'Live' }
])('FunctionName %j means the function of the service', FunctionName => {
  expect(readMappings(service([], raw({ FunctionName })), {}).mappings).toMatchObject([{ functionKey: 'take-orders' }])
})

test.each(['another', 'shop-prod-take-orders', { 'Fn::ImportValue': 'x' }, { Ref: 'Other' }])(
  'FunctionName %j is another function: a warning',
  FunctionName => {
    const { mappings, warnings } = readMappings(service([], raw({ FunctionName })), {})
    expect(mappings).toEqual([])
    expect(warnings).toEqual([expect.stringMatching(/resources\.Resources\.Mine: FunctionName .* is no function of this service/)])
  }
)

test.each([
  [{ Topics: undefined }, /Topics is missing/],
  [{ FunctionName: undefined }, /FunctionName is missing/],
  [{ SelfManagedEventSource: undefined }, /SelfManagedEventSource is missing/],
  [{ SourceAccessConfigurations: undefined }, /Required 'sourceAccessConfigurations' parameter is missing/],
  [{ EventSourceArn: arn }, /keep one of them/],
  [{ EventSourceArn: 'arn:aws:sqs:eu-west-1:123456789012:q', SelfManagedEventSource: undefined }, /ARN of an MSK cluster/]
])('a resource with %j is refused', (properties, message) => {
  expect(() => readMappings(service([], raw(properties)), {})).toThrow(message)
})

test('mappings of queues and streams are not ours', () => {
  const Properties = { FunctionName: 'shop-dev-take-orders', EventSourceArn: 'arn:aws:sqs:eu-west-1:123456789012:q' }
  const resources = { Resources: { Queue: { Type: 'AWS::Lambda::EventSourceMapping', Properties } } }
  expect(readMappings(service([], resources), {})).toEqual({ mappings: [], warnings: [] })
})

test('an event and a resource for the same function, topic and cluster are refused, as AWS does', () => {
  expect(() => readMappings(service([{ kafka }], raw({})), {})).toThrow(/which AWS refuses: remove one/)
  const otherCluster = raw({ SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: ['other:9092'] } } })
  expect(readMappings(service([{ kafka }], otherCluster), {}).mappings).toHaveLength(2)
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
  [{ 'Fn::ImportValue': 'shared-cluster' }, 'shared-cluster'],
  [{ Ref: 'Cluster' }, 'Cluster'],
  [{ Ref: 'Defined' }, 'defined']
])('the cluster %j has an ARN with its name', (reference, name) => {
  const resources = { Resources: { Defined: { Type: 'AWS::MSK::Cluster', Properties: { ClusterName: 'defined' } } } }
  const [mapping] = readMappings(service([{ msk: { arn: reference, topic: 'orders' } }], resources), {
    bootstrapServers: ['l:9092']
  }).mappings
  expect(mapping!.arn).toMatch(new RegExp(`^arn:aws:kafka:us-east-1:000000000000:cluster/${name}/[0-9a-f-]{36}-1$`))
})

const queue = 'arn:aws:sqs:eu-west-1:123456789012:failed'
const toQueue = { DestinationConfig: { OnFailure: { Destination: queue } } }
const withWarning: Array<[string, object, object, RegExp]> = [
  ['retries without provisioned pollers', {}, { MaximumRetryAttempts: 3 }, /takes MaximumRetryAttempts in provisioned mode only/],
  ['bisecting without provisioned pollers', {}, { BisectBatchOnFunctionError: true }, /provisioned mode only/],
  ['partial responses without provisioned pollers', {}, { FunctionResponseTypes: ['ReportBatchItemFailures'] }, /provisioned mode only/],
  [
    'a topic as destination without provisioned pollers',
    { onFailureDestination: 'kafka://lost' },
    {},
    /a kafka:\/\/ destination in provisioned/
  ],
  ['-1 retries with a destination', {}, { MaximumRetryAttempts: -1, ...provisioned, ...toQueue }, /means 10 retries/],
  ['a time without AT_TIMESTAMP', { startingPositionTimestamp: 5 }, {}, /means nothing without startingPosition: AT_TIMESTAMP/],
  ['more filters than AWS allows', { filterPatterns: Array(6).fill({ topic: ['orders'] }) }, {}, /allows 5 filters/]
]

test.each(withWarning)('%s: a warning', (_, settings, properties, message) => {
  expect(one(settings, properties).warnings).toEqual([expect.stringMatching(message)])
})

test.each([
  ['subnets and security groups', {}, {}],
  ['retries in provisioned mode', {}, { MaximumRetryAttempts: 3, BisectBatchOnFunctionError: true, ...provisioned }],
  ['a queue as destination', { onFailureDestination: queue }, {}],
  ['what is off', {}, { BisectBatchOnFunctionError: false, FunctionResponseTypes: [] }]
])('%s: no warning', (_, settings, properties) => {
  expect(one(settings, properties).warnings).toEqual([])
})

test('a function that may run longer than 14 minutes: a warning, also by the default of the provider', () => {
  const read = (functionSeconds?: number, providerSeconds?: number) => {
    const definition = {
      service: 'shop',
      stage: 'dev',
      timeout: providerSeconds,
      functions: { take: { timeout: functionSeconds, events: [{ kafka }] } }
    }
    return readMappings(definition, {}).warnings
  }
  expect(read(841)).toEqual([expect.stringMatching(/timeout of 841 s is more than the 840 s/)])
  expect(read(undefined, 900)).toHaveLength(1)
  expect(read(840, 900)).toEqual([])
})

test('two mappings in one consumer group: a warning', () => {
  const events = [{ kafka: { ...kafka, consumerGroupId: 'g' } }, { kafka: { ...kafka, topic: 'others', consumerGroupId: 'g' } }]
  expect(readMappings(service(events), {}).warnings).toEqual([expect.stringMatching(/have the consumer group g/)])
})

test('two events that the framework gives one resource are refused: it would deploy the last only', () => {
  const events = [{ kafka: { ...kafka, topic: 'new-orders' } }, { kafka: { ...kafka, topic: 'new.orders' } }]
  expect(() => readMappings(service(events), {})).toThrow(
    /topic is "new\.orders".*TakeDashordersEventSourceMappingKafkaNeworders.*only the last/
  )
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
  [{ filterPatterns: [] }, 'filterPatterns', /1 to 10 patterns/],
  [{ filterPatterns: ['{}'] }, 'filterPatterns[0]', /Set a map/],
  [{ filterPatterns: [{ value: ['a'.repeat(4096)] }] }, 'filterPatterns[0]', /4096 characters/],
  [{ filterPatterns: [{ value: { a: 1 } }] }, 'filterPatterns', /Invalid filter pattern definition/],
  [{ enabled: 'yes' }, 'enabled', /true or false/],
  [{ provisionedPollerConfig: { minimumPollers: 5, maximumPollers: 2 } }, 'minimumPollers', /at most maximumPollers/],
  [{ provisionedPollerConfig: { minPollers: 5 } }, 'minPollers', /did you mean minimumPollers/],
  [
    { provisionedPollerConfig: { pollerGroupName: 'g' } },
    'pollerGroupName',
    /set ProvisionedPollerConfig\.PollerGroupName under resources\.extensions/
  ],
  [{ provisionedPollerConfig: {} }, 'provisionedPollerConfig', /Set minimumPollers, maximumPollers or both/],
  [{ topic: 'a' }, 'topic', /2 to 249/],
  [{ topic: '.hidden' }, 'topic', /not a dot first/],
  [{ bootstrapServers: ['b:65536'] }, 'bootstrapServers', /host:port/],
  [{ bootstrapServers: [9092] }, 'bootstrapServers', /host:port/],
  [{ accessConfigurations: undefined }, 'accessConfigurations', /vpcSubnet/],
  [{ accessConfigurations: {} }, 'accessConfigurations', /vpcSubnet/],
  [{ accessConfigurations: { vpcSubnet: ['subnet-1'] } }, 'vpcSecurityGroup', /vpcSubnet is set: set both or neither/],
  [{ accessConfigurations: { vpcSecurityGroup: ['sg-1'] } }, 'vpcSubnet', /vpcSecurityGroup is set: set both or neither/],
  [{ accessConfigurations: { saslPlainAuth: ['secret'] } }, 'saslPlainAuth[0]', /literal ARN of a Secrets Manager secret/],
  [{ accessConfigurations: { saslScram384Auth: [] } }, 'saslScram384Auth', /did you mean saslScram/],
  [{ onFailureDestination: 'https://example.com' }, 'onFailureDestination', /kafka:\/\/topic/],
  [{ onFailureDestination: { Ref: 'Queue' } }, 'onFailureDestination', /ARN of an SQS queue/],
  [{ onFailureDestination: 'kafka://orders' }, 'onFailureDestination', /cannot go to the topic it comes from/],
  [{ maximumRetryAttempts: 3 }, 'maximumRetryAttempts', /set MaximumRetryAttempts under resources\.extensions/],
  [{ functionResponseTypes: [] }, 'functionResponseTypes', /FunctionResponseTypes under resources\.extensions/],
  [{ maximumBatchingWindowInSeconds: 1 }, 'maximumBatchingWindowInSeconds', /calls it maximumBatchingWindow/]
])('%j is refused: place, key and remedy', (settings, key, message) => {
  const attempt = () => one(settings)
  expect(attempt).toThrow(ConfigurationError)
  expect(attempt).toThrow(message)
  expect(attempt).toThrow(/^serverless\.yml: functions\.take-orders\.events\[0\]\.kafka/)
  expect(attempt).toThrow(`.${key} is `)
})

test('the same topic twice in one function is refused', () => {
  expect(() => readMappings(service([{ kafka }, { kafka: { ...kafka, bootstrapServers: ['x:1', 'b1:9092'] } }]), {})).toThrow(
    /only the last one/
  )
})

test('a raw mapping takes its servers from a map of the template, for its region', () => {
  const Topics = [{ 'Fn::Select': [1, { 'Fn::Split': [',', 'returns,orders'] }] }]
  const KafkaBootstrapServers = { 'Fn::FindInMap': ['Clusters', { Ref: 'AWS::Region' }, 'servers'] }
  const Mappings = { Clusters: { 'us-east-1': { servers: ['b1:9092', 'b2:9092'] } } }
  const { Resources } = raw({ Topics, SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers } } })
  const { mappings } = readMappings(service([], { Mappings, Resources }), {})
  expect(mappings).toMatchObject([{ topic: 'orders', bootstrapServers: ['b1:9092', 'b2:9092'] }])
})
