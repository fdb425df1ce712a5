// What is set, but means nothing on AWS, or something else than it says? Said at the start, one sentence each with the remedy.
import { RETRIES_WITH_DESTINATION } from '../delivery/pieces'
import { type Mapping, WINDOW_MS_DEFAULT } from './mapping'
import { clusterKey, type MappingOptions, OPTIONS_PATH } from './options'
import { destinationOf } from './properties'
import { type Request, serversOf } from './request'
import type { Settings } from './rules'
import { FILTERS_QUOTA, MINIMUM_POLLERS_MAX } from './values'

/** Kafka mappings support no function that may run longer. */
export const FUNCTION_TIMEOUT_SECONDS_MAX = 14 * 60

interface Subject {
  request: Request
  mapping: Mapping
  timeoutSeconds?: number
}

/** Properties that AWS takes in provisioned mode only; locally they are applied. */
const provisionedOnly = [
  'MaximumRetryAttempts',
  'MaximumRecordAgeInSeconds',
  'BisectBatchOnFunctionError',
  'FunctionResponseTypes',
  'LoggingConfig',
  'MetricsConfig'
]

function neededProvisioned({ request: { properties }, mapping }: Subject): string | undefined {
  if (mapping.provisioned) return undefined
  const isSet = (value: unknown) => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)
  const needing = provisionedOnly.filter(property => isSet(properties[property]))
  if (mapping.onFailure?.kind === 'kafka') needing.push('a kafka:// destination')
  if (needing.length === 0) return undefined
  return `AWS takes ${needing.join(', ')} in provisioned mode only, here it works without: set ProvisionedPollerConfig`
}

/** One question each; a warning is the answer. */
const checks: ReadonlyArray<(subject: Subject) => string | undefined> = [
  ({ request: { event, placeOf } }) =>
    event?.['maximumBatchingWindow'] === 0 && placeOf('MaximumBatchingWindowInSeconds').key === 'maximumBatchingWindow'
      ? `maximumBatchingWindow: 0 is not sent to AWS by the framework, so the window is ${WINDOW_MS_DEFAULT} ms; for no window set ` +
        'MaximumBatchingWindowInSeconds: 0 under resources.extensions'
      : undefined,
  neededProvisioned,
  ({ request: { properties } }) =>
    properties['MaximumRetryAttempts'] === -1 && destinationOf(properties) !== undefined
      ? `MaximumRetryAttempts: -1 with an on-failure destination means ${RETRIES_WITH_DESTINATION} retries on AWS, and here: set the number you want`
      : undefined,
  ({ timeoutSeconds }) =>
    timeoutSeconds !== undefined && timeoutSeconds > FUNCTION_TIMEOUT_SECONDS_MAX
      ? `the function's timeout of ${timeoutSeconds} s is more than the ${FUNCTION_TIMEOUT_SECONDS_MAX} s that AWS supports for Kafka: set less`
      : undefined,
  ({ request: { properties } }) =>
    properties['StartingPositionTimestamp'] !== undefined && properties['StartingPosition'] !== 'AT_TIMESTAMP'
      ? 'startingPositionTimestamp means nothing without startingPosition: AT_TIMESTAMP'
      : undefined,
  ({ mapping: { filterPatterns } }) =>
    filterPatterns.length > FILTERS_QUOTA
      ? `AWS allows ${FILTERS_QUOTA} filters, and more only on request: ${filterPatterns.length} are set`
      : undefined,
  ({ mapping: { provisioned } }) =>
    provisioned && provisioned.minimumPollers > MINIMUM_POLLERS_MAX
      ? `AWS takes at most ${MINIMUM_POLLERS_MAX} minimum pollers and will refuse ${provisioned.minimumPollers}`
      : undefined
]

/** @param timeoutSeconds of the mapping's function, if it is set */
export function warningsOf(request: Request, mapping: Mapping, timeoutSeconds?: number): string[] {
  return checks.flatMap(check => check({ request, mapping, timeoutSeconds }) ?? [])
}

/** What the poller says, once, when it finds committed offsets: that a starting position was set in vain is known only then. */
export function ignoredStartingPosition({ group, startingPosition, isStartingPositionSet }: Mapping): string | undefined {
  if (!isStartingPositionSet) return undefined
  return `startingPosition ${startingPosition.at} means nothing now: the group ${group} goes on at its committed offsets, as on AWS`
}

/** A group shares out the topic among its members: two mappings in one get a part each. */
export function sharedGroups(mappings: readonly Mapping[]): string[] {
  return mappings.flatMap((mapping, index) => {
    const other = mappings.slice(0, index).find(({ group }) => group === mapping.group)
    if (!other) return []
    const names = `${other.functionKey} (topic ${other.topic}) and ${mapping.functionKey} (topic ${mapping.topic})`
    return [
      `${names} have the consumer group ${mapping.group}: AWS asks for one of its own for every mapping; give each another consumerGroupId`
    ]
  })
}

/** Local settings for ARNs that no mapping has: a slip of the pen, most likely. */
export function unusedOptions(
  requests: readonly Request[],
  mappings: readonly Mapping[],
  { clusters, credentials, destinations }: MappingOptions
): string[] {
  const used = (read: (properties: Settings) => unknown[]) => new Set(requests.flatMap(({ properties }) => read(properties)))
  const known: Array<[string, object | undefined, Set<unknown>]> = [
    ['clusters', clusters, new Set([...mappings.map(({ arn }) => arn), ...requests.map(clusterName)])],
    [
      'credentials',
      credentials,
      used(({ SourceAccessConfigurations }) =>
        ((SourceAccessConfigurations as Array<{ URI: unknown }> | undefined) ?? []).map(({ URI }) => URI)
      )
    ],
    ['destinations', destinations, used(properties => [destinationOf(properties)])]
  ]
  return known.flatMap(([key, settings, names]) =>
    Object.keys(settings ?? {})
      .filter(name => !names.has(name))
      .map(name => `${OPTIONS_PATH}.${key}.${name} belongs to no mapping of this service`)
  )
}

function clusterName(request: Request): string | undefined {
  const servers = serversOf(request)
  return servers && clusterKey(servers)
}
