// Which settings may a kafka or msk event have, and which values? One table of keys; every refusal names the remedy.
import { ConfigurationError, nearest } from './configuration-error'

export type Settings = Record<string, unknown>
type Check = (value: unknown) => string | undefined

const integer =
  (least: number, most: number, unit: string): Check =>
  value =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `Set a whole number of ${unit} from ${least} to ${most}.`

const topic: Check = value =>
  typeof value === 'string' && /^[A-Za-z0-9._-]{1,249}$/.test(value)
    ? undefined
    : 'Set the name of one Kafka topic: 1 to 249 letters, digits, dots, hyphens and underscores.'

const groupId: Check = value =>
  typeof value === 'string' && /^[a-zA-Z0-9\-/*:_+=.@]{1,200}$/.test(value)
    ? undefined
    : 'Set 1 to 200 of the characters that AWS allows in a consumer group: a-z A-Z 0-9 - / * : _ + = . @'

const startingPosition: Check = value =>
  ['LATEST', 'TRIM_HORIZON', 'AT_TIMESTAMP'].includes(value as string) ? undefined : 'Set LATEST, TRIM_HORIZON or AT_TIMESTAMP.'

const timestamp: Check = value =>
  typeof value === 'number' && value >= 0 && value * 1000 <= Date.now() ? undefined : 'Set Unix time in seconds that is not in the future.'

const boolean: Check = value => (typeof value === 'boolean' ? undefined : 'Set true or false.')

const arn: Check = value =>
  (typeof value === 'string' && value.startsWith('arn:')) || (typeof value === 'object' && value !== null)
    ? undefined
    : 'Set the ARN of the MSK cluster.'

const servers: Check = value =>
  Array.isArray(value) && value.length > 0 && serverList(value).every(isServer) ? undefined : 'Set a list such as ["127.0.0.1:9092"].'

const isObject = (value: unknown): value is Settings => typeof value === 'object' && value !== null && !Array.isArray(value)
const object: Check = value => (isObject(value) ? undefined : 'Set a map of keys to values.')

/** The greatest number of pollers AWS allows a mapping. */
const POLLERS_MAX = 2000
const pollers: Record<string, Check> = {
  minimumPollers: integer(1, 200, 'pollers'),
  maximumPollers: integer(1, POLLERS_MAX, 'pollers')
}

const common: Record<string, Check> = {
  topic,
  batchSize: integer(1, 10_000, 'records'),
  maximumBatchingWindow: integer(0, 300, 'seconds'),
  startingPosition,
  startingPositionTimestamp: timestamp,
  enabled: boolean,
  consumerGroupId: groupId,
  provisionedPollerConfig: object,
  filterPatterns: value => (Array.isArray(value) ? undefined : 'Set a list of patterns.')
}

/** Event type → its keys, as osls has them in its own schema. */
export const eventKeys = {
  kafka: { ...common, bootstrapServers: servers, accessConfigurations: object, onFailureDestination: () => undefined },
  msk: { ...common, arn, saslScram512: () => undefined }
} satisfies Record<string, Record<string, Check>>

/** Keys without which an event cannot be run; `accessConfigurations` means nothing to a local broker, and osls asks for it itself. */
const requiredKeys = { kafka: ['topic', 'bootstrapServers'], msk: ['topic', 'arn'] } as const

/** Splits comma lists, so that an environment variable with several servers may stand in the list. */
export function serverList(value: unknown): string[] {
  const entries = Array.isArray(value) ? value : [value]
  return entries
    .flatMap(entry => String(entry).split(','))
    .map(entry => entry.trim())
    .filter(Boolean)
}

/** Whether it is `host:port`. */
export function isServer(value: string): boolean {
  return /^(\[[^\]]+\]|[^:\s]+):\d{1,5}$/.test(value)
}

/**
 * Checks the settings of one event.
 * @param path where they stand in serverless.yml
 * @throws ConfigurationError for the first unknown key, missing key or value out of range
 */
export function checkEvent(type: 'kafka' | 'msk', settings: unknown, path: string): asserts settings is Settings {
  if (!isObject(settings)) throw new ConfigurationError({ path, key: type }, settings, 'Set a map with topic and its cluster.')
  const keys: Record<string, Check> = eventKeys[type]
  checkKeys(settings, keys, `${path}.${type}`)
  for (const key of requiredKeys[type]) {
    if (settings[key] === undefined) {
      throw new ConfigurationError({ path: `${path}.${type}`, key }, undefined, keys[key]!(undefined) ?? '')
    }
  }
  if (isObject(settings['provisionedPollerConfig'])) checkPollers(settings['provisionedPollerConfig'], `${path}.${type}`)
  if (settings['startingPosition'] === 'AT_TIMESTAMP' && settings['startingPositionTimestamp'] === undefined) {
    throw new ConfigurationError(
      { path: `${path}.${type}`, key: 'startingPositionTimestamp' },
      undefined,
      'AT_TIMESTAMP starts at this time: set Unix seconds.'
    )
  }
}

function checkPollers(settings: Settings, path: string): void {
  const place = `${path}.provisionedPollerConfig`
  checkKeys(settings, pollers, place)
  const { minimumPollers = 1, maximumPollers = POLLERS_MAX } = settings as Record<string, number>
  if (minimumPollers > maximumPollers) {
    throw new ConfigurationError({ path: place, key: 'minimumPollers' }, minimumPollers, `Set at most maximumPollers, ${maximumPollers}.`)
  }
}

/** Refuses keys that the table does not know, with the nearest one it knows, and values that the table's checks refuse. */
export function checkKeys(settings: Settings, known: Record<string, Check>, path: string): void {
  for (const [key, value] of Object.entries(settings)) {
    const check = known[key]
    if (!check) {
      const keys = Object.keys(known)
      throw new ConfigurationError(
        { path, key },
        value,
        `There is no such key; did you mean ${nearest(key, keys)}? Known are ${keys.join(', ')}.`
      )
    }
    if (value === undefined || value === null) continue
    const remedy = check(value)
    if (remedy) throw new ConfigurationError({ path, key }, value, remedy)
  }
}

/** Property of AWS::Lambda::EventSourceMapping → the event key that means the same. */
const extensionKeys: Record<string, string> = {
  BatchSize: 'batchSize',
  MaximumBatchingWindowInSeconds: 'maximumBatchingWindow',
  StartingPosition: 'startingPosition',
  StartingPositionTimestamp: 'startingPositionTimestamp',
  Enabled: 'enabled'
}

/** Properties that AWS has and this mapping does not apply yet. */
const laterProperties = [
  'BisectBatchOnFunctionError',
  'DestinationConfig',
  'FilterCriteria',
  'FunctionResponseTypes',
  'KMSKeyArn',
  'LoggingConfig',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'MetricsConfig',
  'SourceAccessConfigurations',
  'Tags'
]

/** What `resources.extensions.<LogicalId>.Properties` changes: event settings, and the names of properties that are not applied. */
export function readExtension(properties: unknown, path: string): { settings: Settings; later: string[] } {
  if (properties === undefined) return { settings: {}, later: [] }
  if (!isObject(properties)) throw new ConfigurationError({ path, key: 'Properties' }, properties, 'Set a map of properties.')
  const settings: Settings = {}
  const later: string[] = []
  for (const [key, value] of Object.entries(properties)) {
    const eventKey = extensionKeys[key]
    if (eventKey) {
      checkKeys({ [eventKey]: value }, common, path)
      settings[eventKey] = value
    } else if (key === 'ProvisionedPollerConfig') settings['provisionedPollerConfig'] = pollerSettings(value, path)
    else if (/^(SelfManaged|AmazonManaged)KafkaEventSourceConfig$/.test(key))
      Object.assign(settings, groupSettings(value, `${path}.${key}`))
    else if (laterProperties.includes(key)) later.push(key)
    else {
      const known = [...Object.keys(extensionKeys), 'ProvisionedPollerConfig', 'SelfManagedKafkaEventSourceConfig', ...laterProperties]
      throw new ConfigurationError(
        { path, key },
        value,
        `An event source mapping has no such property; did you mean ${nearest(key, known)}?`
      )
    }
  }
  return { settings, later }
}

function pollerSettings(value: unknown, path: string): Settings {
  if (!isObject(value))
    throw new ConfigurationError({ path, key: 'ProvisionedPollerConfig' }, value, 'Set MinimumPollers and MaximumPollers.')
  const settings: Settings = {}
  for (const [key, number] of Object.entries(value)) settings[key.charAt(0).toLowerCase() + key.slice(1)] = number
  checkPollers(settings, path)
  return settings
}

function groupSettings(value: unknown, path: string): Settings {
  const group = isObject(value) ? value['ConsumerGroupId'] : undefined
  const remedy = groupId(group)
  if (remedy) throw new ConfigurationError({ path, key: 'ConsumerGroupId' }, group, remedy)
  return { consumerGroupId: group }
}
