import { resolveReferences, type Template, Unresolved } from './references'

const template: Template = {
  stackName: 'shop-dev',
  region: 'eu-west-1',
  functionNames: new Map([['TakeDashordersLambdaFunction', 'shop-dev-take-orders']]),
  parameters: { Size: { Default: 7 }, Open: {} },
  mappings: { Clusters: { dev: { size: 1, servers: ['a:1', 'b:2'] }, 'eu-west-1': { size: 2 } } },
  conditions: { names: ['IsDev', 'IsProd'], get: name => ({ IsDev: true, IsProd: false })[name] },
  resources: {
    Failed: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Sub': '${AWS::StackName}-failed' } } },
    Unnamed: { Type: 'AWS::SQS::Queue' },
    Alarm: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'alarm' } },
    Lost: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lost' } },
    Table: { Type: 'AWS::DynamoDB::Table' },
    Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'TakeDashordersLambdaFunction' }, Name: 'live' } }
  }
}

test.each([
  ['a literal is itself', 'x', 'x'],
  ['a queue’s ARN has its name', { 'Fn::GetAtt': ['Failed', 'Arn'] }, 'arn:aws:sqs:eu-west-1:000000000000:shop-dev-failed'],
  ['the short form of an attribute', { 'Fn::GetAtt': 'Unnamed.Arn' }, 'arn:aws:sqs:eu-west-1:000000000000:Unnamed'],
  ['Ref of a queue is its URL, as on AWS', { Ref: 'Unnamed' }, 'https://sqs.eu-west-1.amazonaws.com/000000000000/Unnamed'],
  ['Ref of a topic is its ARN', { Ref: 'Alarm' }, 'arn:aws:sns:eu-west-1:000000000000:alarm'],
  ['a bucket’s ARN has no region', { 'Fn::GetAtt': ['Lost', 'Arn'] }, 'arn:aws:s3:::lost'],
  ['Ref of a bucket is its name', { Ref: 'Lost' }, 'lost'],
  ['Ref of a function is its name', { Ref: 'TakeDashordersLambdaFunction' }, 'shop-dev-take-orders'],
  [
    'a function’s ARN',
    { 'Fn::GetAtt': ['TakeDashordersLambdaFunction', 'Arn'] },
    'arn:aws:lambda:eu-west-1:000000000000:function:shop-dev-take-orders'
  ],
  ['Ref of an alias is its ARN', { Ref: 'Live' }, 'arn:aws:lambda:eu-west-1:000000000000:function:shop-dev-take-orders:live'],
  ['a parameter is its default', { Ref: 'Size' }, 7],
  [
    'Fn::Sub with a name, an attribute and a literal',
    { 'Fn::Sub': '${AWS::Region}/${Alarm}/${Lost.Arn}/${!Kept}' },
    'eu-west-1/arn:aws:sns:eu-west-1:000000000000:alarm/arn:aws:s3:::lost/${Kept}'
  ],
  ['Fn::Sub with variables of its own', { 'Fn::Sub': ['${A}-${AWS::AccountId}', { A: { Ref: 'Lost' } }] }, 'lost-000000000000'],
  ['Fn::Join', { 'Fn::Join': [':', [{ Ref: 'AWS::Partition' }, 'x']] }, 'aws:x'],
  ['Fn::Split', { 'Fn::Split': [',', 'a:1,b:2'] }, ['a:1', 'b:2']],
  ['Fn::Select', { 'Fn::Select': [1, { 'Fn::Split': [',', 'a:1,b:2'] }] }, 'b:2'],
  ['Fn::Select by a text', { 'Fn::Select': ['0', [{ Ref: 'Lost' }, { Ref: 'Open' }]] }, 'lost'],
  ['Fn::FindInMap', { 'Fn::FindInMap': ['Clusters', 'dev', 'servers'] }, ['a:1', 'b:2']],
  ['Fn::FindInMap by a reference', { 'Fn::FindInMap': ['Clusters', { Ref: 'AWS::Region' }, 'size'] }, 2],
  ['a property of AWS::NoValue is left out', { a: { Ref: 'AWS::NoValue' }, b: [1] }, { b: [1] }],
  ['an item of AWS::NoValue is left out', [1, { Ref: 'AWS::NoValue' }, 2], [1, 2]],
  ['Fn::If whose condition holds', { 'Fn::If': ['IsDev', { Ref: 'Lost' }, { 'Fn::ImportValue': 'x' }] }, 'lost'],
  ['Fn::If whose condition does not hold', [{ 'Fn::If': ['IsProd', 1, { Ref: 'AWS::NoValue' }] }, 2], [2]]
])('%s', (_, value, resolved) => {
  expect(resolveReferences(value, template)).toEqual(resolved)
})

test.each([
  [{ Ref: 'Nothing' }, 'no resource or parameter Nothing'],
  [{ Ref: 'Open' }, 'parameter Open has no Default'],
  [{ Ref: 'Table' }, 'known to a deployed stack only'],
  [{ 'Fn::GetAtt': ['Table', 'StreamArn'] }, 'known to a deployed stack only'],
  [{ 'Fn::ImportValue': 'x' }, 'known to a deployed stack only'],
  [{ 'Fn::If': ['IsPrd', 1, 2] }, 'no condition IsPrd; did you mean IsProd'],
  [{ 'Fn::If': ['IsProd', 1] }, 'Fn::If takes a list of length 3'],
  [{ 'Fn::If': ['IsDev', { Ref: 'Open' }, 2] }, 'parameter Open has no Default'],
  [{ 'Fn::Select': [2, ['a', 'b']] }, 'Fn::Select 2 is beyond its list of 2'],
  [{ 'Fn::Select': [-1, ['a']] }, 'takes a position'],
  [{ 'Fn::Select': [0] }, 'takes a position'],
  [{ 'Fn::Select': [0, 'a'] }, 'takes a position'],
  [{ 'Fn::Select': [{ Ref: 'Open' }, ['a']] }, 'parameter Open has no Default'],
  [{ 'Fn::Select': [0, { 'Fn::Split': [',', { Ref: 'Open' }] }] }, 'parameter Open has no Default'],
  [{ 'Fn::Select': [1, ['a', { Ref: 'Open' }]] }, 'parameter Open has no Default'],
  [
    { 'Fn::FindInMap': ['Clusters', 'dev', 'sice'] },
    'resources.Mappings.Clusters.dev has no sice; did you mean size? Known are size, servers.'
  ],
  [{ 'Fn::FindInMap': ['Cluster', 'dev', 'size'] }, 'resources.Mappings has no Cluster; did you mean Clusters'],
  [{ 'Fn::FindInMap': ['Clusters', { Ref: 'Open' }, 'size'] }, 'parameter Open has no Default'],
  [{ 'Fn::FindInMap': ['Clusters', 'dev'] }, 'Fn::FindInMap takes a list of length 3'],
  [{ 'Fn::Sub': 'a-${Table.StreamArn}' }, 'known to a deployed stack only'],
  [{ 'Fn::Join': ['-', ['a', { 'Fn::ImportValue': 'x' }]] }, 'known to a deployed stack only']
])('%j stays as it is written, with what to do', (value, reason) => {
  const resolved = resolveReferences(value, template)
  expect(resolved).toBeInstanceOf(Unresolved)
  expect(JSON.stringify(resolved)).toBe(JSON.stringify(value))
  expect((resolved as Unresolved).remedy).toMatch(reason)
})
