// Which properties may an AWS::Lambda::EventSourceMapping of a Kafka topic have? One table, with the ranges of the Lambda API model 2015-03-31.
import { ConfigurationError, type Place } from './configuration-error'
import { checkPollers, checkTimestamp } from './event-settings'
import { resolveReferences, type Template } from './references'
import { deployOnly, flag, integer, isMap, numberRule, oneOf, type Rule, type Rules, readSettings, type Settings, text } from './rules'
import {
  clusterArn,
  destination,
  FILTERS_MAX,
  groupId,
  MAXIMUM_POLLERS_MAX,
  MINIMUM_POLLERS_MAX,
  PATTERN_CHARACTERS_MAX,
  servers,
  startingPosition,
  timestamp,
  topic
} from './values'

export const RESOURCE_TYPE = 'AWS::Lambda::EventSourceMapping'

const schemaRegistry: Rule = {
  refusal:
    'A schema registry is not spoken to here, and records would reach the function in another form than on AWS: remove it to run the service locally.'
}

const group = (more: Rules): Rule => ({
  keys: { ConsumerGroupId: groupId, SchemaRegistryConfig: schemaRegistry, ...more },
  remedy: 'Set a map with ConsumerGroupId.'
})

const consumptionMode: Rule = {
  take: value => (value === 'Stream' ? value : undefined),
  remedy: 'Only Stream is run here: Queue reads with share groups, which know neither starting position nor order. Set Stream or remove it.'
}

const filters: Rule = {
  keys: {
    Filters: {
      items: {
        keys: {
          Pattern: {
            take: value => (typeof value === 'string' && value.length <= PATTERN_CHARACTERS_MAX ? value : undefined),
            remedy: `Set the pattern as JSON text, at most ${PATTERN_CHARACTERS_MAX} characters.`
          }
        },
        remedy: 'Set a map with Pattern.'
      },
      least: 0,
      most: FILTERS_MAX,
      remedy: `Set a list of at most ${FILTERS_MAX} maps with Pattern.`
    }
  },
  remedy: 'Set a map with Filters.'
}

const destinationConfig: Rule = {
  keys: {
    OnFailure: { keys: { Destination: destination }, remedy: 'Set a map with Destination.' },
    OnSuccess: { refusal: 'Event source mappings have no destination for success: remove it.' }
  },
  remedy: 'Set a map with OnFailure.'
}

/** API: SourceAccessType without those of Amazon MQ. */
const accessTypes = [
  'BASIC_AUTH',
  'SASL_SCRAM_256_AUTH',
  'SASL_SCRAM_512_AUTH',
  'CLIENT_CERTIFICATE_TLS_AUTH',
  'SERVER_ROOT_CA_CERTIFICATE',
  'VPC_SUBNET',
  'VPC_SECURITY_GROUP',
  'OAUTHBEARER_AUTH',
  'OAUTHBEARER_SCOPE',
  'OAUTHBEARER_AUDIENCE',
  'OAUTHBEARER_LOGICAL_CLUSTER',
  'OAUTHBEARER_IDENTITY_POOL',
  'IAM_AUTH',
  'IAM_OAUTHBEARER_AUTH'
]
/** API: SourceAccessConfigurations. */
const ACCESS_MAX = 23

const access: Rule = {
  items: {
    keys: {
      Type: oneOf(accessTypes),
      URI: {
        take: value => (typeof value === 'string' && /^[ a-zA-Z0-9\-/*:_+=.@]{1,200}$/.test(value) ? value : undefined),
        remedy: 'Set the ARN of a secret, or the id of a subnet or security group.',
        // of a subnet or security group, which are not reached from here
        takesUnresolved: ['deployed', 'undecided']
      }
    },
    remedy: 'Set a map with Type and URI.'
  },
  least: 0,
  most: ACCESS_MAX,
  remedy: `Set a list of at most ${ACCESS_MAX} maps with Type and URI.`
}

const notForKafka = (sources: string): Rule => ({ refusal: `It is for ${sources}, not for Kafka: remove it.` })

export const propertyKeys: Rules = {
  FunctionName: { take: value => (typeof value === 'string' && value !== '' ? value : undefined), remedy: "Set a function's name or ARN." },
  EventSourceArn: { ...clusterArn, takesUnresolved: ['deployed'] },
  SelfManagedEventSource: {
    keys: {
      Endpoints: { keys: { KafkaBootstrapServers: servers }, isEmptyRefused: true, remedy: 'Set a map with KafkaBootstrapServers.' }
    },
    isEmptyRefused: true,
    remedy: 'Set a map with Endpoints.KafkaBootstrapServers.'
  },
  Topics: { items: topic, least: 1, most: 1, remedy: 'Set a list with the name of one topic.' },
  BatchSize: integer(1, 10_000, 'records'),
  MaximumBatchingWindowInSeconds: integer(0, 300, 'seconds'),
  StartingPosition: startingPosition,
  StartingPositionTimestamp: timestamp,
  Enabled: flag,
  FilterCriteria: filters,
  DestinationConfig: destinationConfig,
  MaximumRetryAttempts: integer(-1, 10_000, 'retries (-1: until the records expire)'),
  MaximumRecordAgeInSeconds: numberRule(
    value => Number.isInteger(value) && (value === -1 || (value >= 60 && value <= 604_800)),
    'Set -1 for no limit, or a whole number of seconds from 60 to 604800 (AWS refuses 0 to 59).'
  ),
  BisectBatchOnFunctionError: flag,
  FunctionResponseTypes: { items: oneOf(['ReportBatchItemFailures']), least: 0, most: 1, remedy: 'Set [ReportBatchItemFailures] or [].' },
  ProvisionedPollerConfig: {
    keys: {
      MinimumPollers: integer(1, MINIMUM_POLLERS_MAX, 'pollers'),
      MaximumPollers: integer(1, MAXIMUM_POLLERS_MAX, 'pollers'),
      PollerGroupName: text(/^[a-zA-Z0-9\-_]{0,128}$/, 'Set at most 128 letters, digits, hyphens and underscores.')
    },
    remedy: 'Set MinimumPollers, MaximumPollers or both.'
  },
  SourceAccessConfigurations: access,
  SelfManagedKafkaEventSourceConfig: group({ ConsumptionMode: consumptionMode }),
  AmazonManagedKafkaEventSourceConfig: group({}),
  KMSKeyArn: deployOnly,
  KmsKeyArn: deployOnly,
  LoggingConfig: deployOnly,
  MetricsConfig: deployOnly,
  Tags: deployOnly,
  DocumentDBEventSourceConfig: notForKafka('Amazon DocumentDB'),
  ParallelizationFactor: notForKafka('Kinesis and DynamoDB streams'),
  Queues: notForKafka('Amazon MQ'),
  ScalingConfig: notForKafka('Amazon SQS'),
  TumblingWindowInSeconds: notForKafka('Kinesis and DynamoDB streams')
}

/**
 * Properties as one place of serverless.yml has them; null is not set.
 * @param path of the properties in serverless.yml
 */
export function writtenProperties(properties: unknown, path: string): Settings {
  if (properties === undefined || properties === null) return {}
  if (!isMap(properties)) {
    const at = path.lastIndexOf('.')
    throw new ConfigurationError({ path: path.slice(0, at), key: path.slice(at + 1) }, properties, 'Set a map of properties.')
  }
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined && value !== null))
}

/**
 * Checks properties of a mapping, computes what they refer to, and gives them in the types they are used in.
 * @param written all of them: what AWS::NoValue leaves out stands in no other place either
 * @param pathOf where a property stands in serverless.yml; undefined if it is of an event, which is checked
 * @throws ConfigurationError for the first property that cannot be run
 */
export function readProperties(written: Settings, template: Template, pathOf: (property: string) => string | undefined): Settings {
  const read = Object.entries(written).map(([key, value]) => {
    const path = pathOf(key)
    const resolved = { [key]: resolveReferences(value, template) }
    return path === undefined ? resolved : readSettings(resolved, propertyKeys, path)
  })
  return Object.assign({}, ...read)
}

/** Checks what one property says about another, once all are known. */
export function checkTogether(properties: Settings, placeOf: (property: string) => Place): void {
  checkRequired(properties, placeOf)
  const position = placeOf('StartingPosition')
  checkTimestamp(properties['StartingPosition'], properties['StartingPositionTimestamp'], { ...position, key: `${position.key}Timestamp` })
  const { path, key } = placeOf('ProvisionedPollerConfig')
  checkPollers(properties['ProvisionedPollerConfig'] as Settings | undefined, ['MinimumPollers', 'MaximumPollers'], `${path}.${key}`)
  const isManaged = properties['EventSourceArn'] !== undefined
  const foreign = isManaged ? 'SelfManagedKafkaEventSourceConfig' : 'AmazonManagedKafkaEventSourceConfig'
  const own = isManaged ? 'AmazonManagedKafkaEventSourceConfig' : 'SelfManagedKafkaEventSourceConfig'
  if (properties[foreign] !== undefined) {
    const kind = isManaged ? 'an MSK' : 'a self-managed'
    throw new ConfigurationError(placeOf(foreign), properties[foreign], `This mapping reads from ${kind} cluster: set ${own}.`)
  }
  const [topicName] = properties['Topics'] as string[]
  if (destinationOf(properties) === `kafka://${topicName}`) {
    const remedy = 'A failed record cannot go to the topic it comes from: set another topic.'
    throw new ConfigurationError(placeOf('DestinationConfig'), `kafka://${topicName}`, remedy)
  }
}

function checkRequired(properties: Settings, placeOf: (property: string) => Place): void {
  const requireSet = (key: string, remedy: string) => {
    if (properties[key] === undefined) throw new ConfigurationError(placeOf(key), undefined, remedy)
  }
  requireSet('Topics', 'Set a list with the name of one topic.')
  if (properties['EventSourceArn'] !== undefined) return
  requireSet('SelfManagedEventSource', 'Set Endpoints.KafkaBootstrapServers, or EventSourceArn for an MSK cluster.')
  requireSet(
    'SourceAccessConfigurations',
    "AWS refuses a self-managed cluster without it: Required 'sourceAccessConfigurations' parameter is missing."
  )
}

/** The on-failure destination as it is set; undefined for none. */
export function destinationOf(properties: Settings): string | undefined {
  const config = properties['DestinationConfig'] as { OnFailure?: { Destination?: string } } | undefined
  return config?.OnFailure?.Destination || undefined
}
