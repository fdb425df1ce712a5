import { ConfigurationError } from './configuration-error'
import { readMappings } from './read-mappings'
import { type Template, Unresolved } from './references'
import { type ServiceDefinition, templateOf } from './service-definition'

const Parameters = {
  Stage: { Default: 'dev' },
  Size: { Default: 7 },
  Open: {},
  Name: { Type: 'AWS::SSM::Parameter::Name', Default: 'stage' },
  Stored: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/shop/stage' }
}
const IsProd = { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] }
const IsDev = { 'Fn::Not': [{ Condition: 'IsProd' }] }
const IsOpen = { 'Fn::Equals': [{ Ref: 'Open' }, ''] }

const arn = 'arn:aws:kafka:eu-west-1:123456789012:cluster/main/0-1'
const kafka = {
  topic: 'orders',
  bootstrapServers: ['b1:9092'],
  accessConfigurations: { vpcSubnet: ['subnet-1'], vpcSecurityGroup: ['sg-1'] }
}
const logicalId = 'TakeEventSourceMappingKafkaOrders'

function service(resources: Record<string, unknown>, events: Array<Record<string, unknown>> = []): ServiceDefinition {
  const all = { Parameters, Conditions: { IsProd, IsDev, IsOpen }, ...resources }
  return { service: 'shop', stage: 'dev', functions: { take: { events } }, resources: all as ServiceDefinition['resources'] }
}

const conditions = (Conditions: Record<string, unknown>): Template['conditions'] => templateOf(service({ Conditions })).conditions

const computed: Array<[string, unknown, boolean]> = [
  ['Fn::Equals of a parameter', { 'Fn::Equals': [{ Ref: 'Stage' }, 'dev'] }, true],
  ['Fn::Equals tells case apart', { 'Fn::Equals': [{ Ref: 'Stage' }, 'Dev'] }, false],
  ['the name of a parameter of Systems Manager', { 'Fn::Equals': [{ Ref: 'Name' }, 'stage'] }, true],
  ['a number is its text', { 'Fn::Equals': [{ Ref: 'Size' }, '7'] }, true],
  ['a boolean is its text', { 'Fn::Equals': [true, 'true'] }, true],
  ['pseudo parameters', { 'Fn::Equals': [{ 'Fn::Sub': '${AWS::StackName}-${AWS::Region}' }, 'shop-dev-us-east-1'] }, true],
  ['lists', { 'Fn::Equals': [{ 'Fn::Split': [',', 'a,1'] }, ['a', 1]] }, true],
  ['Condition', { Condition: 'IsProd' }, false],
  ['Fn::Not', { 'Fn::Not': [{ Condition: 'IsProd' }] }, true],
  ['Fn::And', { 'Fn::And': [{ Condition: 'IsProd' }, { 'Fn::Not': [IsProd] }] }, false],
  ['Fn::Or', { 'Fn::Or': [{ Condition: 'IsProd' }, { 'Fn::Not': [IsProd] }] }, true],
  ['Fn::And with one that is false and one that is open', { 'Fn::And': [IsOpen, IsProd] }, false],
  ['Fn::Or with one that is true and one that is open', { 'Fn::Or': [IsOpen, { 'Fn::Not': [IsProd] }] }, true]
]

test.each(computed)('%s is computed', (_, condition, holds) => {
  // one that stands before those that it names
  expect(conditions({ Mine: condition, IsProd }).get('Mine')).toBe(holds)
})

test.each([
  [{ Condition: 'IsOpen' }, /Condition IsOpen cannot be computed: parameter Open has no Default/],
  [{ 'Fn::Or': [IsOpen, IsProd] }, /Condition Mine cannot be computed: parameter Open/],
  [{ 'Fn::And': [IsOpen, { 'Fn::Not': [IsProd] }] }, /parameter Open/],
  [{ 'Fn::Not': [IsOpen] }, /parameter Open/],
  [{ 'Fn::Equals': [{ Ref: 'Stored' }, 'prod'] }, /parameter Stored is read from Systems Manager/],
  [{ 'Fn::Equals': [{ 'Fn::ImportValue': 'a' }, 'prod'] }, /Fn::ImportValue is known to a deployed stack only/]
])('%j is open', (condition, remedy) => {
  const truth = conditions({ Mine: condition, IsProd, IsOpen }).get('Mine')
  expect(truth).toBeInstanceOf(Unresolved)
  expect(truth).toMatchObject({ kind: 'undecided', remedy: expect.stringMatching(remedy) })
})

test.each([
  [{ Condition: 'IsProd_' }, /There is no condition IsProd_; did you mean IsProd\? Known are Mine, IsProd\./],
  [{ 'Fn::Not': [{ Condition: 'isprod' }] }, /did you mean IsProd\?/],
  [{ Condition: 'Mine' }, /depends on itself: Mine → Mine\./],
  [{ 'Fn::Equals': ['a'] }, /Fn::Equals takes a list of length 2\./],
  [{ 'Fn::Equals': ['a', 'b', 'c'] }, /Fn::Equals takes a list of length 2\./],
  [{ 'Fn::Not': [IsProd, IsProd] }, /Fn::Not takes a list of length 1\./],
  [{ 'Fn::Not': IsProd }, /Fn::Not takes a list of length 1\./],
  [{ 'Fn::And': [IsProd] }, /Fn::And takes a list of length 2 to 10\./],
  [{ 'Fn::Or': Array(11).fill(IsProd) }, /Fn::Or takes a list of length 2 to 10\./],
  [{ 'Fn::Equal': ['a', 'b'] }, /Fn::Equal is no function of conditions; did you mean Fn::Equals\?/],
  [{ 'Fn::Equals': [{ 'Fn::If': ['No', 1, 2] }, 1] }, /There is no condition No;/],
  [{}, /Set a map with one of/],
  [true, /Set a map with one of/]
])('%j is refused: place, value and remedy', (condition, message) => {
  const attempt = () => conditions({ Mine: condition, IsProd })
  expect(attempt).toThrow(ConfigurationError)
  expect(attempt).toThrow(message)
  expect(attempt).toThrow(`serverless.yml: resources.Conditions.Mine is ${JSON.stringify(condition)}.`)
})

test('a circle of conditions is refused with its names', () => {
  const circle = { A: { 'Fn::Not': [{ Condition: 'B' }] }, B: { Condition: 'C' }, C: { Condition: 'B' } }
  expect(() => conditions(circle)).toThrow(/resources\.Conditions\.B is .* It depends on itself: B → C → B\./)
})

const raw = (Condition: string | undefined, Properties: object = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  ...(Condition && { Condition }),
  Properties: { FunctionName: 'shop-dev-take', Topics: ['orders'], EventSourceArn: arn, ...Properties }
})
const servers = { bootstrapServers: ['l:9092'] }
const read = (resources: Record<string, unknown>, events?: Array<Record<string, unknown>>) =>
  readMappings(service(resources, events), servers)

test('of two mappings with opposite conditions one is run, the other not even read', () => {
  const Resources = { Prod: raw('IsProd', { BatchSize: { 'Fn::ImportValue': 'size' } }), Dev: raw('IsDev', { BatchSize: 7 }) }
  const extensions = { Prod: { Properties: { BatchSize: 0 } } }
  expect(read({ Resources, extensions })).toMatchObject({ mappings: [{ batchSize: 7 }], warnings: [] })
})

test('parameters of the stack stand over their defaults, and it may have a name of its own', () => {
  const Resources = {
    Prod: raw('IsProd', { Topics: [{ Ref: 'AWS::StackName' }] }),
    Dev: raw('IsDev')
  }
  const set = { stackName: 'shop-of-ann', stackParameters: [{ ParameterKey: 'Stage', ParameterValue: 'prod' }] }
  expect(readMappings({ ...service({ Resources }), ...set }, servers).mappings).toMatchObject([{ topic: 'shop-of-ann' }])
})

test('the condition of an extension replaces that of the resource', () => {
  const Resources = { Mine: raw('IsDev') }
  expect(read({ Resources, extensions: { Mine: { Condition: 'IsProd' } } }).mappings).toEqual([])
})

test.each(['extensions', 'Resources'])('the mapping of an event is left out by a condition in resources.%s', key => {
  const change = (Condition: string) => read({ [key]: { [logicalId]: { Condition, Properties: { BatchSize: 7 } } } }, [{ kafka }]).mappings
  expect(change('IsProd')).toEqual([])
  expect(change('IsDev')).toMatchObject([{ batchSize: 7 }])
})

test.each([
  [raw('IsPrd'), /resources\.Resources\.Mine\.Condition is "IsPrd"\. There is no condition IsPrd; did you mean IsProd\?/],
  [raw('IsOpen'), /Mine\.Condition is "IsOpen"\. Condition IsOpen cannot be computed: parameter Open has no Default/],
  [raw('IsDev', { FunctionName: { 'Fn::If': ['IsPrd', 'a', 'b'] } }), /Mine\.Properties\.FunctionName is .* did you mean IsProd\?/],
  [raw('IsDev', { FunctionName: { 'Fn::If': ['IsOpen', 'a', 'b'] } }), /FunctionName is .* Condition IsOpen cannot be computed/],
  [raw('IsDev', { EventSourceArn: { 'Fn::If': ['IsOpen', arn, arn] } }), /EventSourceArn is .* Condition IsOpen cannot be computed/],
  [raw('IsDev', { EventSourceArn: { 'Fn::If': ['IsDev', arn] } }), /EventSourceArn is .* Fn::If takes a list of length 3/],
  [raw('IsDev', { Topics: { 'Fn::If': ['IsProd', ['orders'], { Ref: 'AWS::NoValue' }] } }), /Topics is missing\. Set a list/]
])('%j is refused: place, value and remedy', (resource, message) => {
  const attempt = () => read({ Resources: { Mine: resource } })
  expect(attempt).toThrow(ConfigurationError)
  expect(attempt).toThrow(message)
})

test('a condition that is open hinders nobody where it does not matter', () => {
  const access = [{ Type: 'VPC_SUBNET', URI: { 'Fn::If': ['IsOpen', 'subnet:subnet-1', 'subnet:subnet-2'] } }]
  expect(
    read({ Resources: { Mine: raw('IsDev', { SourceAccessConfigurations: access, Tags: { 'Fn::If': ['IsOpen', [], []] } }) } })
  ).toMatchObject({
    mappings: [{ functionKey: 'take' }],
    warnings: []
  })
})

const noValue = { Ref: 'AWS::NoValue' }
test.each([
  ['FunctionName', { FunctionName: { 'Fn::If': ['IsProd', 'another', { Ref: 'TakeLambdaFunction' }] } }, { functionKey: 'take' }],
  ['a whole property', { ProvisionedPollerConfig: { 'Fn::If': ['IsDev', { MaximumPollers: 3 }, noValue] } }, { maximumPollers: 3 }],
  ['an item of a list', { Topics: [{ 'Fn::If': ['IsProd', 'orders', noValue] }, 'others'] }, { topic: 'others' }],
  ['one within another', { BatchSize: { 'Fn::If': ['IsProd', 1, { 'Fn::If': ['IsDev', 2, 3] }] } }, { batchSize: 2 }],
  ['one within Fn::Sub', { Topics: [{ 'Fn::Sub': ['${S}-orders', { S: { 'Fn::If': ['IsProd', 'p', 'd'] } }] }] }, { topic: 'd-orders' }]
])('Fn::If gives %s', (_, properties, expected) => {
  expect(read({ Resources: { Mine: raw(undefined, properties) } }).mappings).toMatchObject([expected])
})

test('what AWS::NoValue leaves out of an extension is not as the event has it, but as on AWS without it', () => {
  const events = [{ kafka: { ...kafka, batchSize: 50, provisionedPollerConfig: { minimumPollers: 2, maximumPollers: 9 } } }]
  const choice = (value: unknown) => ({ 'Fn::If': ['IsProd', value, noValue] })
  const extended = { [logicalId]: { Properties: { BatchSize: choice(500) } } }
  expect(read({ extensions: extended }, events).mappings).toMatchObject([{ batchSize: 100, maximumPollers: 9 }])
  const merged = { [logicalId]: { Properties: { BatchSize: choice(500), ProvisionedPollerConfig: { MinimumPollers: choice(5) } } } }
  expect(read({ Resources: merged }, events).mappings).toMatchObject([{ batchSize: 100, minimumPollers: 1, maximumPollers: 9 }])
})
