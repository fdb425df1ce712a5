// What does a request mean here? The mapping to run: AWS's properties, and the settings for this machine.
import { compileFilters, InvalidPattern } from '../filter'
import { accessOf, type SourceAccess } from './cluster-access'
import { ConfigurationError, type Place } from './configuration-error'
import { stableUuid } from './identity'
import { type DestinationSetting, type Mapping, mappingDefaults, POLLERS_ON_DEMAND, type StartingPosition } from './mapping'
import type { MappingOptions } from './options'
import { destinationOf } from './properties'
import type { Template } from './references'
import { arnOf, type Request, serversOf } from './request'
import type { Settings } from './rules'
import type { ServiceDefinition } from './service-definition'

/** @throws ConfigurationError for filters that AWS refuses, and for a cluster that cannot be reached with what is set */
export function mappingOf(request: Request, service: ServiceDefinition, template: Template, options: MappingOptions): Mapping {
  const { properties, functionKey, source, logicalId, event, placeOf } = request
  const arn = arnOf(request, template)
  const access = accessOf(
    {
      arn,
      servers: serversOf(request),
      access: (properties['SourceAccessConfigurations'] as SourceAccess[] | undefined) ?? [],
      accessPlace: placeOf('SourceAccessConfigurations'),
      place: placeOf(arn === undefined ? 'SelfManagedEventSource' : 'EventSourceArn')
    },
    options
  )
  const uuid = stableUuid([service.service, service.stage, functionKey, logicalId].join('/'))
  const seconds = properties['MaximumBatchingWindowInSeconds'] as number | undefined
  const group = (properties['SelfManagedKafkaEventSourceConfig'] ?? properties['AmazonManagedKafkaEventSourceConfig']) as
    | Settings
    | undefined
  const onFailure = onFailureOf(properties, options)
  return {
    ...mappingDefaults,
    uuid,
    functionKey,
    source,
    ...(arn !== undefined && { arn }),
    topic: (properties['Topics'] as string[])[0]!,
    ...(options.createTopics && { createTopicPartitions: options.createTopics.partitions }),
    group: (group?.['ConsumerGroupId'] as string | undefined) ?? uuid,
    batchSize: (properties['BatchSize'] as number | undefined) ?? mappingDefaults.batchSize,
    windowMs: seconds === undefined ? mappingDefaults.windowMs : seconds * 1000,
    startingPosition: positionOf(properties),
    // osls writes its default into what it compiles
    isStartingPositionSet:
      event && placeOf('StartingPosition').key === 'startingPosition'
        ? event['startingPosition'] !== undefined
        : properties['StartingPosition'] !== undefined,
    ...pollersOf(properties['ProvisionedPollerConfig'] as Settings | undefined),
    bootstrapServers: [...access.bootstrapServers],
    access,
    filterPatterns: filterPatternsOf(properties, placeOf('FilterCriteria')),
    maximumRetryAttempts: (properties['MaximumRetryAttempts'] as number | undefined) ?? mappingDefaults.maximumRetryAttempts,
    maximumRecordAgeSeconds: (properties['MaximumRecordAgeInSeconds'] as number | undefined) ?? mappingDefaults.maximumRecordAgeSeconds,
    bisectBatchOnFunctionError: properties['BisectBatchOnFunctionError'] === true,
    reportBatchItemFailures: ((properties['FunctionResponseTypes'] as string[] | undefined) ?? []).length > 0,
    ...(onFailure && { onFailure }),
    backoff: options.retryBackoff ?? mappingDefaults.backoff,
    enabled: properties['Enabled'] !== false
  }
}

function positionOf(properties: Settings): StartingPosition {
  const at = (properties['StartingPosition'] as StartingPosition['at'] | undefined) ?? 'TRIM_HORIZON'
  return at === 'AT_TIMESTAMP' ? { at, timestampMs: (properties['StartingPositionTimestamp'] as number) * 1000 } : { at }
}

function pollersOf(config: Settings | undefined): Pick<Mapping, 'minimumPollers' | 'maximumPollers' | 'provisioned'> {
  if (!config) return { minimumPollers: POLLERS_ON_DEMAND, maximumPollers: mappingDefaults.maximumPollers }
  const minimumPollers = (config['MinimumPollers'] as number | undefined) ?? 1
  const maximumPollers = (config['MaximumPollers'] as number | undefined) ?? Math.max(minimumPollers, mappingDefaults.maximumPollers)
  const groupName = config['PollerGroupName'] as string | undefined
  return { minimumPollers, maximumPollers, provisioned: { minimumPollers, maximumPollers, ...(groupName && { groupName }) } }
}

function filterPatternsOf(properties: Settings, place: Place): string[] {
  const { Filters = [] } = (properties['FilterCriteria'] ?? {}) as { Filters?: Array<{ Pattern?: string }> }
  const patterns = Filters.flatMap(({ Pattern }) => Pattern ?? [])
  try {
    compileFilters(patterns)
  } catch (error) {
    if (!(error instanceof InvalidPattern)) throw error
    throw new ConfigurationError(place, patterns[error.place.index], error.message)
  }
  return patterns
}

function onFailureOf(properties: Settings, { destinations }: MappingOptions): DestinationSetting | undefined {
  const set = destinationOf(properties)
  if (set === undefined) return undefined
  if (set.startsWith('kafka://')) return { kind: 'kafka', topic: set.slice('kafka://'.length) }
  const target = destinations?.[set]
  return { kind: set.split(':')[2] as 'sqs' | 'sns' | 's3', arn: set, ...(target && { target }) }
}
