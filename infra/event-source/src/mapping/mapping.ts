// Which event source mappings does a service have? Reads kafka and msk events, and what extends them, into one typed list.
import type { ClusterAccess } from '../client/access'
import { type BackoffLimits, RETRY_BACKOFF } from '../client/backoff'
import { ConfigurationError } from './configuration-error'
import { kafkaLogicalId, mskLogicalId, stableUuid } from './identity'
import type { MappingOptions } from './options'
import { checkEvent, isServer, readExtension, type Settings, serverList } from './settings'

/** AWS's default batch size. */
export const BATCH_SIZE_DEFAULT = 100
/** AWS's batching window when none is set. */
export const WINDOW_MS_DEFAULT = 500
/** Pollers of a mapping without provisioned pollers. AWS starts on-demand mappings with one and scales them by lag. */
export const POLLERS_ON_DEMAND = 1
/** AWS's upper bound when provisioned mode names none. */
const POLLERS_MAX_DEFAULT = 200

export type StartingPosition = { at: 'TRIM_HORIZON' } | { at: 'LATEST' } | { at: 'AT_TIMESTAMP'; timestampMs: number }

/** Where a local run delivers instead of an ARN: a folder, or a server that speaks the service's protocol (`aws`: AWS itself). */
export type LocalTarget = { directory: string } | { endpoint: string }

/** The on-failure destination. */
export type DestinationSetting = { kind: 'sqs' | 'sns' | 's3'; arn: string; target?: LocalTarget } | { kind: 'kafka'; topic: string }

export interface Mapping {
  /** Version 5, from service, stage, function and logical id: the same after every restart. */
  uuid: string
  functionKey: string
  source: 'kafka' | 'msk'
  /** The cluster of an msk event. */
  arn?: string
  topic: string
  /** Partitions of the topic, if it is to be created when it does not exist. */
  createTopicPartitions?: number
  /** The consumer group: the one set, or the UUID as on AWS. */
  group: string
  batchSize: number
  windowMs: number
  startingPosition: StartingPosition
  /** Whether the starting position was set, and not left to its default: only then is it news that a committed offset wins. */
  isStartingPositionSet: boolean
  /** In both modes; on demand the first is POLLERS_ON_DEMAND. */
  minimumPollers: number
  maximumPollers: number
  /** Undefined: on-demand mode. */
  provisioned?: { minimumPollers: number; maximumPollers: number; groupName?: string }
  /** As the event names them. */
  bootstrapServers: string[]
  /** How the cluster is reached from here. */
  access: ClusterAccess
  /** Patterns as JSON texts; a record passes if one matches. None: every record passes. */
  filterPatterns: string[]
  /** -1: until the records expire. With a destination and -1 there are 10. */
  maximumRetryAttempts: number
  /** -1: records never expire. */
  maximumRecordAgeSeconds: number
  bisectBatchOnFunctionError: boolean
  reportBatchItemFailures: boolean
  onFailure?: DestinationSetting
  /** Between the attempts of a failing batch. */
  backoff: BackoffLimits
  enabled: boolean
}

/** What a mapping is where nothing is set. */
export const mappingDefaults = {
  batchSize: BATCH_SIZE_DEFAULT,
  windowMs: WINDOW_MS_DEFAULT,
  startingPosition: { at: 'TRIM_HORIZON' },
  isStartingPositionSet: false,
  minimumPollers: POLLERS_ON_DEMAND,
  maximumPollers: POLLERS_MAX_DEFAULT,
  filterPatterns: [],
  maximumRetryAttempts: -1,
  maximumRecordAgeSeconds: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: false,
  backoff: RETRY_BACKOFF,
  enabled: true
} satisfies Partial<Mapping>

/** The parts of a service that mappings are read from, as osls resolves them. */
export interface ServiceDefinition {
  service: string
  stage: string
  functions: Record<string, { events?: ReadonlyArray<Record<string, unknown>> }>
  resources?: { extensions?: Record<string, { Properties?: unknown }>; Resources?: Record<string, { Type?: string; Properties?: unknown }> }
}

export interface Mappings {
  mappings: Mapping[]
  /** What is set but means nothing, on AWS or here. */
  warnings: string[]
}

/**
 * Reads all mappings of a service.
 * @throws ConfigurationError for the first setting that cannot be run
 */
export function readMappings(service: ServiceDefinition, options: MappingOptions): Mappings {
  const mappings: Mapping[] = []
  const warnings: string[] = []
  for (const [functionKey, definition] of Object.entries(service.functions)) {
    for (const [index, event] of (definition.events ?? []).entries()) {
      for (const source of ['kafka', 'msk'] as const) {
        if (event[source] === undefined) continue
        const path = `functions.${functionKey}.events[${index}]`
        const mapping = readMapping({ service, options, functionKey, source, path, warnings }, event[source])
        refuseDuplicate(mappings, mapping, `${path}.${source}`)
        mappings.push(mapping)
      }
    }
  }
  warnings.push(...rawMappings(service))
  return { mappings, warnings }
}

interface Reading {
  service: ServiceDefinition
  options: MappingOptions
  functionKey: string
  source: 'kafka' | 'msk'
  path: string
  warnings: string[]
}

function readMapping(reading: Reading, event: unknown): Mapping {
  const { service, options, functionKey, source, path, warnings } = reading
  checkEvent(source, event, path)
  const topic = event['topic'] as string
  const logicalId = source === 'kafka' ? kafkaLogicalId(functionKey, topic) : mskLogicalId(functionKey, event['arn'], topic)
  const extensionPath = `resources.extensions.${logicalId}.Properties`
  const extension = readExtension(service.resources?.extensions?.[logicalId]?.Properties, extensionPath)
  const settings: Settings = { ...event, ...extension.settings }
  const warn = (text: string) => warnings.push(`${path}.${source} (${functionKey}, topic ${topic}): ${text}`)
  refuseFilters(settings, extension.later, `${path}.${source}`)
  warnOfUnapplied(settings, extension.later, options, warn)
  const window = windowOf(event, extension.settings, warn)
  const uuid = stableUuid([service.service, service.stage, functionKey, logicalId].join('/'))
  const pollers = settings['provisionedPollerConfig'] as Record<string, number> | undefined
  const minimumPollers = pollers ? (pollers['minimumPollers'] ?? 1) : POLLERS_ON_DEMAND
  const bootstrapServers = serversOf(source, settings, options, `${path}.${source}`)
  const maximumPollers = pollers?.['maximumPollers'] ?? Math.max(minimumPollers, POLLERS_MAX_DEFAULT)
  return {
    ...mappingDefaults,
    uuid,
    functionKey,
    source,
    ...(source === 'msk' && { arn: arnText(event['arn']) }),
    topic,
    group: (settings['consumerGroupId'] as string | undefined) ?? uuid,
    batchSize: (settings['batchSize'] as number | undefined) ?? BATCH_SIZE_DEFAULT,
    windowMs: window,
    startingPosition: positionOf(settings),
    isStartingPositionSet: settings['startingPosition'] !== undefined,
    minimumPollers,
    maximumPollers,
    ...(pollers && { provisioned: { minimumPollers, maximumPollers } }),
    bootstrapServers,
    access: { bootstrapServers },
    enabled: settings['enabled'] !== false
  }
}

// osls does not send a window of 0 from an event, so that AWS applies its default; an extension's 0 does reach AWS.
function windowOf(event: Settings, extension: Settings, warn: (text: string) => void): number {
  const extended = extension['maximumBatchingWindow']
  if (extended !== undefined) return (extended as number) * 1000
  if (event['maximumBatchingWindow'] === 0) {
    warn(
      `maximumBatchingWindow: 0 is not sent to AWS by the framework, so the window is ${WINDOW_MS_DEFAULT} ms; for no window set ` +
        'MaximumBatchingWindowInSeconds: 0 under resources.extensions'
    )
  }
  return ((event['maximumBatchingWindow'] as number | undefined) || 0) * 1000 || WINDOW_MS_DEFAULT
}

function positionOf(settings: Settings): StartingPosition {
  const at = (settings['startingPosition'] as StartingPosition['at'] | undefined) ?? 'TRIM_HORIZON'
  return at === 'AT_TIMESTAMP' ? { at, timestampMs: (settings['startingPositionTimestamp'] as number) * 1000 } : { at }
}

function serversOf(source: 'kafka' | 'msk', settings: Settings, options: MappingOptions, path: string): string[] {
  if (options.bootstrapServers) return options.bootstrapServers
  const servers = serverList(settings['bootstrapServers'] ?? [])
  if (servers.length > 0 && servers.every(isServer)) return servers
  throw new ConfigurationError(
    { path, key: source === 'msk' ? 'arn' : 'bootstrapServers' },
    settings[source === 'msk' ? 'arn' : 'bootstrapServers'],
    source === 'msk'
      ? 'An MSK cluster cannot be reached from here: set custom.serverless-offline-kafka-event-source.bootstrapServers to a local broker.'
      : 'Set a list such as ["127.0.0.1:9092"].'
  )
}

const arnText = (arn: unknown) =>
  typeof arn === 'string' ? arn : `arn:aws:kafka:local:000000000000:cluster/${Object.values(arn as object)[0]}/local`

// Records that a filter would drop must not reach the function: rather no start than a different behaviour.
function refuseFilters(settings: Settings, later: string[], path: string): void {
  if (settings['filterPatterns'] === undefined && !later.includes('FilterCriteria')) return
  throw new ConfigurationError(
    { path, key: 'filterPatterns' },
    settings['filterPatterns'],
    'Filters are not applied yet: remove them to run this service.'
  )
}

function warnOfUnapplied(settings: Settings, later: string[], options: MappingOptions, warn: (text: string) => void): void {
  if (settings['onFailureDestination'] !== undefined)
    warn('onFailureDestination is not applied yet: a failing batch is retried until it succeeds')
  if (later.length > 0) warn(`not applied yet, set under resources.extensions: ${later.join(', ')}`)
  const access = {
    ...(settings['accessConfigurations'] as Settings | undefined),
    ...(settings['saslScram512'] ? { saslScram512: true } : {})
  }
  const secrets = Object.keys(access).filter(key => !key.startsWith('vpc'))
  if (secrets.length > 0 && !options.bootstrapServers)
    warn(`${secrets.join(', ')} is not applied yet: the broker is spoken to without TLS and SASL`)
}

// On AWS the second of two mappings of one function and topic with a common server is a ResourceConflictException.
function refuseDuplicate(mappings: Mapping[], mapping: Mapping, path: string): void {
  const same = mappings.find(
    other =>
      other.functionKey === mapping.functionKey &&
      other.topic === mapping.topic &&
      other.arn === mapping.arn &&
      other.bootstrapServers.some(server => mapping.bootstrapServers.includes(server))
  )
  if (same)
    throw new ConfigurationError(
      { path, key: 'topic' },
      mapping.topic,
      'This function has that topic twice, which AWS refuses: remove one event.'
    )
}

function rawMappings(service: ServiceDefinition): string[] {
  return Object.entries(service.resources?.Resources ?? {})
    .filter(([, resource]) => resource.Type === 'AWS::Lambda::EventSourceMapping' && 'Topics' in ((resource.Properties ?? {}) as object))
    .map(([id]) => `resources.Resources.${id}: raw event source mappings are not applied yet; write it as a kafka event of its function`)
}
