// Which settings may a kafka or msk event have, and which property of the mapping does each become? Tables of keys, as osls 4.3.1 has them
// (lib/plugins/aws/package/compile/events/kafka.js and msk/index.js).
import { ConfigurationError, type Place } from './configuration-error'
import { flag, integer, isMap, type Rule, type Rules, readSettings, type Settings } from './rules'
import {
  clusterArn,
  destination,
  FILTERS_MAX,
  groupId,
  MAXIMUM_POLLERS_MAX,
  MINIMUM_POLLERS_MAX,
  PATTERN_CHARACTERS_MAX,
  secretArn,
  securityGroup,
  servers,
  startingPosition,
  subnet,
  timestamp,
  topic
} from './values'

export type EventType = 'kafka' | 'msk'

/** osls: mskProvisionedPollerConfig, for both numbers. */
const MSK_POLLERS_MAX = 1000

const filterPattern: Rule = {
  take: value => (isMap(value) && JSON.stringify(value).length <= PATTERN_CHARACTERS_MAX ? value : undefined),
  remedy: `Set a map, at most ${PATTERN_CHARACTERS_MAX} characters as JSON.`
}

const listOf = (items: Rule, remedy: string): Rule => ({ items, least: 1, most: Infinity, remedy })
const secrets = listOf(secretArn, 'Set a list of ARNs of Secrets Manager secrets.')

const accessConfigurations: Rule = {
  keys: {
    vpcSubnet: listOf(subnet, 'Set a list of subnet ids.'),
    vpcSecurityGroup: listOf(securityGroup, 'Set a list of security group ids.'),
    saslPlainAuth: secrets,
    saslScram256Auth: secrets,
    saslScram512Auth: secrets,
    clientCertificateTlsAuth: secrets,
    serverRootCaCertificate: secrets
  },
  isEmptyRefused: true,
  remedy: 'Set how the cluster is reached on AWS, for instance { vpcSubnet: [subnet-0123], vpcSecurityGroup: [sg-0123] }.'
}

const deployedBy = (property: string): Rule => ({
  refusal: `The framework has no such key for this event: set ${property} under resources.extensions.<logical id of the mapping>.Properties.`
})

const pollers = (minimum: number, maximum: number, isEmptyRefused: boolean): Rule => ({
  keys: {
    minimumPollers: integer(1, minimum, 'pollers'),
    maximumPollers: integer(1, maximum, 'pollers'),
    pollerGroupName: deployedBy('ProvisionedPollerConfig.PollerGroupName')
  },
  isEmptyRefused,
  remedy: 'Set minimumPollers, maximumPollers or both.'
})

const common: Rules = {
  topic,
  batchSize: integer(1, 10_000, 'records'),
  maximumBatchingWindow: integer(0, 300, 'seconds'),
  startingPosition,
  startingPositionTimestamp: timestamp,
  enabled: flag,
  consumerGroupId: groupId,
  filterPatterns: { items: filterPattern, least: 1, most: FILTERS_MAX, remedy: `Set a list of 1 to ${FILTERS_MAX} patterns.` },
  maximumRetryAttempts: deployedBy('MaximumRetryAttempts'),
  maximumRecordAgeInSeconds: deployedBy('MaximumRecordAgeInSeconds'),
  bisectBatchOnFunctionError: deployedBy('BisectBatchOnFunctionError'),
  functionResponseType: deployedBy('FunctionResponseTypes'),
  functionResponseTypes: deployedBy('FunctionResponseTypes'),
  destinations: deployedBy('DestinationConfig'),
  maximumBatchingWindowInSeconds: { refusal: 'The framework calls it maximumBatchingWindow in events.' }
}

/** Event type → its keys. */
export const eventKeys: Readonly<Record<EventType, Rules>> = {
  kafka: {
    ...common,
    bootstrapServers: servers,
    accessConfigurations,
    onFailureDestination: destination,
    provisionedPollerConfig: pollers(MINIMUM_POLLERS_MAX, MAXIMUM_POLLERS_MAX, true)
  },
  msk: {
    ...common,
    arn: clusterArn,
    saslScram512: secretArn,
    onFailureDestination: deployedBy('DestinationConfig'),
    provisionedPollerConfig: pollers(MSK_POLLERS_MAX, MSK_POLLERS_MAX, false)
  }
}

const requiredKeys: Readonly<Record<EventType, readonly string[]>> = {
  kafka: ['topic', 'bootstrapServers', 'accessConfigurations'],
  msk: ['topic', 'arn']
}

/**
 * Checks the settings of one event and gives them in the types they are used in.
 * @param path where the event stands in serverless.yml
 * @throws ConfigurationError for the first unknown key, missing key or value out of range
 */
export function readEvent(type: EventType, settings: unknown, path: string): Settings {
  if (!isMap(settings)) throw new ConfigurationError({ path, key: type }, settings, 'Set a map with topic and its cluster.')
  const place = `${path}.${type}`
  const event = readSettings(settings, eventKeys[type], place)
  for (const key of requiredKeys[type]) {
    if (event[key] === undefined) {
      const rule = eventKeys[type][key]
      throw new ConfigurationError({ path: place, key }, undefined, rule && 'remedy' in rule ? rule.remedy : '')
    }
  }
  if (type === 'kafka') checkVpc(event['accessConfigurations'] as Settings, `${place}.accessConfigurations`)
  checkPollers(
    event['provisionedPollerConfig'] as Settings | undefined,
    ['minimumPollers', 'maximumPollers'],
    `${place}.provisionedPollerConfig`
  )
  checkTimestamp(event['startingPosition'], event['startingPositionTimestamp'], { path: place, key: 'startingPositionTimestamp' })
  return event
}

function checkVpc(access: Settings, path: string): void {
  const [missing, set] = access['vpcSubnet'] ? ['vpcSecurityGroup', 'vpcSubnet'] : ['vpcSubnet', 'vpcSecurityGroup']
  if (access[set] === undefined || access[missing] !== undefined) return
  throw new ConfigurationError({ path, key: missing }, undefined, `${set} is set: set both or neither.`)
}

/** Refuses a minimum above the maximum. */
export function checkPollers(settings: Settings | undefined, [minimumKey, maximumKey]: readonly [string, string], path: string): void {
  const minimum = settings?.[minimumKey] as number | undefined
  const maximum = settings?.[maximumKey] as number | undefined
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    throw new ConfigurationError({ path, key: minimumKey }, minimum, `Set at most ${maximumKey}, ${maximum}.`)
  }
}

/** Refuses AT_TIMESTAMP without its time. */
export function checkTimestamp(position: unknown, seconds: unknown, place: Place): void {
  if (position !== 'AT_TIMESTAMP' || seconds !== undefined) return
  throw new ConfigurationError(place, undefined, 'AT_TIMESTAMP starts at this time: set Unix seconds.')
}

/** `accessConfigurations` key → type of the mapping's SourceAccessConfigurations, and what osls writes before the value. */
const accessTypes: Readonly<Record<string, { type: string; prefix?: string }>> = {
  vpcSubnet: { type: 'VPC_SUBNET', prefix: 'subnet:' },
  vpcSecurityGroup: { type: 'VPC_SECURITY_GROUP', prefix: 'security_group:' },
  saslPlainAuth: { type: 'BASIC_AUTH' },
  saslScram256Auth: { type: 'SASL_SCRAM_256_AUTH' },
  saslScram512Auth: { type: 'SASL_SCRAM_512_AUTH' },
  clientCertificateTlsAuth: { type: 'CLIENT_CERTIFICATE_TLS_AUTH' },
  serverRootCaCertificate: { type: 'SERVER_ROOT_CA_CERTIFICATE' }
}

/** Property of the mapping → the event key that it comes from. */
const keyOfProperty: Readonly<Record<string, string>> = {
  Topics: 'topic',
  EventSourceArn: 'arn',
  SelfManagedEventSource: 'bootstrapServers',
  SourceAccessConfigurations: 'accessConfigurations',
  BatchSize: 'batchSize',
  MaximumBatchingWindowInSeconds: 'maximumBatchingWindow',
  StartingPosition: 'startingPosition',
  StartingPositionTimestamp: 'startingPositionTimestamp',
  Enabled: 'enabled',
  SelfManagedKafkaEventSourceConfig: 'consumerGroupId',
  AmazonManagedKafkaEventSourceConfig: 'consumerGroupId',
  FilterCriteria: 'filterPatterns',
  DestinationConfig: 'onFailureDestination',
  ProvisionedPollerConfig: 'provisionedPollerConfig'
}

/** Where an event says what becomes a property of the mapping. */
export function eventKeyOf(type: EventType, property: string): string {
  if (type === 'msk' && property === 'SourceAccessConfigurations') return 'saslScram512'
  return keyOfProperty[property] ?? property
}

/** What osls compiles a checked event to: the properties of AWS::Lambda::EventSourceMapping, without its function. */
export function compileEvent(type: EventType, event: Settings): Settings {
  const group = event['consumerGroupId'] && { ConsumerGroupId: event['consumerGroupId'] }
  const patterns = event['filterPatterns'] as object[] | undefined
  const provisioned = event['provisionedPollerConfig'] as Settings | undefined
  return withoutUndefined({
    Topics: [event['topic']],
    StartingPosition: event['startingPosition'] ?? 'TRIM_HORIZON',
    StartingPositionTimestamp: event['startingPositionTimestamp'],
    // 0 is not sent
    BatchSize: event['batchSize'] || undefined,
    MaximumBatchingWindowInSeconds: event['maximumBatchingWindow'] || undefined,
    Enabled: event['enabled'],
    FilterCriteria: patterns && { Filters: patterns.map(pattern => ({ Pattern: JSON.stringify(pattern) })) },
    ProvisionedPollerConfig:
      provisioned && withoutUndefined({ MinimumPollers: provisioned['minimumPollers'], MaximumPollers: provisioned['maximumPollers'] }),
    ...(type === 'kafka'
      ? {
          SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: event['bootstrapServers'] } },
          SourceAccessConfigurations: Object.entries(event['accessConfigurations'] as Record<string, string[]>).flatMap(([key, values]) =>
            values.map(value => ({ Type: accessTypes[key]!.type, URI: `${accessTypes[key]!.prefix ?? ''}${value}` }))
          ),
          SelfManagedKafkaEventSourceConfig: group,
          DestinationConfig: event['onFailureDestination'] ? { OnFailure: { Destination: event['onFailureDestination'] } } : undefined
        }
      : {
          EventSourceArn: event['arn'],
          SourceAccessConfigurations: event['saslScram512'] ? [{ Type: 'SASL_SCRAM_512_AUTH', URI: event['saslScram512'] }] : undefined,
          AmazonManagedKafkaEventSourceConfig: group
        })
  })
}

const withoutUndefined = (settings: Settings): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
