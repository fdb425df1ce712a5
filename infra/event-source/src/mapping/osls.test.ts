// Do our tables agree with the framework's? Its own schemas and its own compiler are asked.
import { execFileSync } from 'node:child_process'
import Ajv from 'ajv'
import { compileEvent, type EventType, eventKeys, readEvent } from './event-settings'
import { isMap, type Settings } from './rules'

const aws = 'serverless/lib/plugins/aws'
const naming = require(`${aws}/lib/naming.js`)

interface Schema {
  properties: Record<string, Schema>
  minimum?: number
  maximum?: number
}

/** What the framework's plugins register, and the event compilers themselves. */
function framework(events: Settings[]) {
  const schemas: Record<string, Schema> = {}
  const template = { Resources: {} as Record<string, { Properties: Settings }> }
  const serverless = {
    configSchemaHandler: {
      defineFunctionEvent: (_: string, name: string, schema: Schema) => {
        schemas[name] = schema
      }
    },
    service: {
      provider: { name: 'aws', compiledCloudFormationTemplate: template },
      getAllFunctions: () => ['collect'],
      getFunction: () => ({ events })
    },
    getProvider: () => ({ naming, resolveFunctionIamRoleResourceName: () => 'Role' })
  }
  const Kafka = require(`${aws}/package/compile/events/kafka.js`)
  const Msk = require(`${aws}/package/compile/events/msk/index.js`)
  return { schemas, template, kafka: new Kafka(serverless), msk: new Msk(serverless) }
}

/** What its schemas refer to. A process of its own reads it: the provider needs modules that Jest cannot load. */
const readDefinitions = `
  const Provider = require('${aws}/provider.js')
  const defineProvider = (_, { definitions }) => console.log(JSON.stringify(definitions))
  const service = { provider: { name: 'aws' } }
  new Provider({ setProvider() {}, configSchemaHandler: { defineProvider }, service }, { region: 'eu-west-1', stage: 'dev' })`
const definitions: Settings = JSON.parse(execFileSync(process.execPath, ['-e', readDefinitions], { cwd: __dirname, encoding: 'utf8' }))

const { schemas } = framework([])
const ajv = new Ajv({ strict: false })
const takenByFramework = Object.fromEntries(
  (['kafka', 'msk'] as const).map(type => [type, ajv.compile({ ...schemas[type], definitions })])
) as unknown as Record<EventType, (settings: Settings) => boolean>

const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:kafka-AbCdEf'
const least: Record<EventType, Settings> = {
  kafka: {
    topic: 'orders',
    bootstrapServers: ['b1:9092'],
    accessConfigurations: { vpcSubnet: ['subnet-1'], vpcSecurityGroup: ['sg-1'] }
  },
  msk: { topic: 'orders', arn: 'arn:aws:kafka:eu-west-1:123456789012:cluster/main/0-1' }
}

function isTaken(type: EventType, settings: Settings): boolean {
  try {
    readEvent(type, settings, 'e')
    return true
  } catch {
    return false
  }
}

test.each(['kafka', 'msk'] as const)('a %s event has exactly the keys of the framework', type => {
  const ours = Object.entries(eventKeys[type]).filter(([, rule]) => !('refusal' in rule))
  expect(ours.map(([key]) => key).sort()).toEqual(Object.keys(schemas[type]!.properties).sort())
})

test('access configurations have exactly the keys of the framework', () => {
  const rule = eventKeys.kafka['accessConfigurations']!
  const keys = 'keys' in rule && isMap(rule.keys) ? Object.keys(rule.keys) : []
  expect(keys.sort()).toEqual(Object.keys(schemas['kafka']!.properties['accessConfigurations']!.properties).sort())
})

const ranges: Array<[EventType, string, string | undefined]> = [
  ['kafka', 'batchSize', undefined],
  ['kafka', 'maximumBatchingWindow', undefined],
  ['kafka', 'provisionedPollerConfig', 'minimumPollers'],
  ['kafka', 'provisionedPollerConfig', 'maximumPollers'],
  ['msk', 'batchSize', undefined],
  ['msk', 'maximumBatchingWindow', undefined],
  ['msk', 'provisionedPollerConfig', 'minimumPollers'],
  ['msk', 'provisionedPollerConfig', 'maximumPollers']
]

test.each(ranges)('the range of %s %s %s is that of the framework', (type, key, inner) => {
  const outer =
    key === 'provisionedPollerConfig' && type === 'msk'
      ? (definitions['mskProvisionedPollerConfig'] as Schema)
      : schemas[type]!.properties[key]!
  const { minimum, maximum } = inner ? outer.properties[inner]! : outer
  for (const value of [minimum! - 1, minimum!, maximum!, maximum! + 1]) {
    const settings = { ...least[type], [key]: inner ? { [inner]: value } : value }
    expect([value, isTaken(type, settings)]).toEqual([value, value >= minimum! && value <= maximum!])
    expect(takenByFramework[type](settings)).toBe(isTaken(type, settings))
  }
})

const forms: Array<[EventType, Settings]> = [
  ['kafka', { filterPatterns: [] }],
  ['kafka', { filterPatterns: Array.from({ length: 10 }, () => ({ value: { a: [1] } })) }],
  ['kafka', { filterPatterns: Array.from({ length: 11 }, () => ({})) }],
  ['kafka', { filterPatterns: ['text'] }],
  ['kafka', { provisionedPollerConfig: {} }],
  ['msk', { provisionedPollerConfig: {} }],
  ['kafka', { accessConfigurations: {} }],
  ['kafka', { accessConfigurations: { saslPlainAuth: [] } }],
  ['kafka', { accessConfigurations: { saslPlainAuth: [secret] } }],
  ['kafka', { accessConfigurations: { saslPlainAuth: ['kafka-secret'] } }],
  ['kafka', { accessConfigurations: { saslScram256Auth: [{ Ref: 'Secret' }] } }],
  ['kafka', { accessConfigurations: { iamAuth: [secret] } }],
  ['kafka', { onFailureDestination: { 'Fn::GetAtt': ['Queue', 'Arn'] } }],
  ['kafka', { startingPosition: 'EARLIEST' }],
  ['kafka', { enabled: 'perhaps' }],
  ['msk', { arn: { Ref: 'Cluster' } }],
  ['msk', { arn: { 'Fn::ImportValue': 'cluster' } }],
  ['msk', { arn: { 'Fn::GetAtt': ['Cluster', 'Arn'] } }],
  ['msk', { arn: 'main' }],
  ['msk', { saslScram512: secret }],
  ['msk', { saslScram512: [secret, secret] }],
  ['msk', { accessConfigurations: {} }]
]

test.each(forms)('%s %j is taken exactly if the framework takes it', (type, settings) => {
  const event = { ...least[type], ...settings }
  expect(isTaken(type, event)).toBe(takenByFramework[type](event))
})

const everything: Record<EventType, Settings[]> = {
  kafka: [
    least.kafka,
    {
      ...least.kafka,
      accessConfigurations: {
        vpcSubnet: ['subnet-1', 'subnet-2'],
        vpcSecurityGroup: ['sg-1'],
        saslPlainAuth: [secret],
        saslScram256Auth: [secret],
        saslScram512Auth: [secret],
        clientCertificateTlsAuth: [secret],
        serverRootCaCertificate: [secret]
      },
      batchSize: 7,
      maximumBatchingWindow: 3,
      startingPosition: 'AT_TIMESTAMP',
      startingPositionTimestamp: 1_700_000_000,
      enabled: false,
      consumerGroupId: 'own',
      filterPatterns: [{ value: { a: ['b'] } }, { topic: ['orders'] }],
      onFailureDestination: 'arn:aws:sqs:eu-west-1:123456789012:failed',
      provisionedPollerConfig: { minimumPollers: 2, maximumPollers: 4 }
    },
    { ...least.kafka, maximumBatchingWindow: 0, provisionedPollerConfig: { maximumPollers: 4 }, onFailureDestination: '' }
  ],
  msk: [
    least.msk,
    {
      ...least.msk,
      saslScram512: secret,
      batchSize: 7,
      maximumBatchingWindow: 3,
      startingPosition: 'LATEST',
      enabled: true,
      consumerGroupId: 'own',
      filterPatterns: [{ value: [{ prefix: 'a' }] }],
      provisionedPollerConfig: { minimumPollers: 2 }
    },
    { ...least.msk, arn: { Ref: 'Cluster' }, provisionedPollerConfig: {} }
  ]
}

test.each((['kafka', 'msk'] as const).flatMap(type => everything[type].map(event => [type, event] as const)))(
  'a %s event becomes the properties that the framework compiles: %j',
  (type, event) => {
    const { template, kafka, msk } = framework([{ [type]: event }])
    if (type === 'kafka') kafka.compileKafkaEvents()
    else msk.compileMSKEvents()
    const [resource] = Object.values(template.Resources)
    const { FunctionName: _, ...properties } = JSON.parse(JSON.stringify(resource!.Properties))
    expect(compileEvent(type, readEvent(type, event, 'e'))).toEqual(properties)
  }
)
