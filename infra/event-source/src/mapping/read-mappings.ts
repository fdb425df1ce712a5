// Which event source mappings does a service have? Its kafka and msk events and its own resources, each checked, none twice.
import { ConfigurationError, nearest } from './configuration-error'
import { eventRequests } from './event-requests'
import type { Mapping } from './mapping'
import { mappingOf } from './mapping-of'
import type { MappingOptions } from './options'
import { rawRequests } from './raw-requests'
import { type Request, serversOf } from './request'
import { type ServiceDefinition, templateOf } from './service-definition'
import { sharedGroups, unusedOptions, warningsOf } from './warnings'

export interface Mappings {
  mappings: Mapping[]
  /** What is set but means nothing or something else, on AWS or here. */
  warnings: string[]
}

/**
 * Reads all mappings of a service.
 * @throws ConfigurationError for the first setting that cannot be run
 */
export function readMappings(service: ServiceDefinition, options: MappingOptions): Mappings {
  const template = templateOf(service)
  const warnings: string[] = []
  const leftOut = new Set<string>()
  const ofEvents = eventRequests(service, template, leftOut)
  const generated = new Set([...leftOut, ...ofEvents.map(({ logicalId }) => logicalId)])
  const requests = [...ofEvents, ...rawRequests(service, template, generated, leftOut, warnings)]
  refuseUnknownExtensions(service, [...leftOut, ...requests.map(({ logicalId }) => logicalId)])
  const read = requests.map(request => ({ request, mapping: mappingOf(request, service, template, options) }))
  for (const [index, { request, mapping }] of read.entries()) {
    refuseDuplicate(
      read.slice(0, index).map(each => each.request),
      request
    )
    const seconds = service.functions[mapping.functionKey]?.timeout ?? service.timeout
    const name = `${request.path} (${mapping.functionKey}, topic ${mapping.topic})`
    warnings.push(...warningsOf(request, mapping, seconds).map(warning => `${name}: ${warning}`))
  }
  const mappings = read.map(({ mapping }) => mapping)
  warnings.push(...sharedGroups(mappings), ...unusedOptions(requests, mappings, options))
  return { mappings, warnings }
}

/** What osls takes (package/lib/merge-custom-provider-resources.js): only Properties and Condition matter here. */
const extensionAttributes = [
  'Properties',
  'Condition',
  'CreationPolicy',
  'DeletionPolicy',
  'DependsOn',
  'Metadata',
  'UpdatePolicy',
  'UpdateReplacePolicy'
]

// osls refuses to deploy it, and here it would be a setting that nobody misses.
function refuseUnknownExtensions({ resources }: ServiceDefinition, known: readonly string[]): void {
  for (const [id, extension] of Object.entries(resources?.extensions ?? {})) {
    if (known.includes(id)) {
      for (const [key, value] of Object.entries(extension)) {
        if (extensionAttributes.includes(key)) continue
        const remedy = `The framework extends no such attribute; did you mean ${nearest(key, extensionAttributes)}?`
        throw new ConfigurationError({ path: `resources.extensions.${id}`, key }, value, remedy)
      }
    } else if (/EventSourceMapping(Kafka|MSK)/.test(id)) {
      const remedy = known.length > 0 ? `did you mean ${nearest(id, known)}?` : 'there are no kafka or msk events.'
      throw new ConfigurationError({ path: 'resources.extensions', key: id }, extension, `No mapping has this logical id; ${remedy}`)
    }
  }
}

// On AWS the second of two mappings of one function and topic with a common server is a ResourceConflictException.
function refuseDuplicate(earlier: readonly Request[], request: Request): void {
  const servers = serversOf(request)
  const topicOf = ({ properties }: Request) => (properties['Topics'] as string[])[0]
  const clusterOf = ({ properties }: Request) => JSON.stringify(properties['EventSourceArn'])
  const same = earlier.find(
    other =>
      other.functionKey === request.functionKey &&
      topicOf(other) === topicOf(request) &&
      clusterOf(other) === clusterOf(request) &&
      (!servers || serversOf(other)?.some(server => servers.includes(server)))
  )
  if (!same) return
  const remedy = `This function has that topic of that cluster in ${same.path} already, which AWS refuses: remove one.`
  throw new ConfigurationError(request.placeOf('Topics'), topicOf(request), remedy)
}
