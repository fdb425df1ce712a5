// Which mappings does the service write as resources of its own? Those of a Kafka topic for one of its functions.
import { isInStack } from './conditions'
import { ConfigurationError } from './configuration-error'
import { checkTogether, RESOURCE_TYPE, readProperties, writtenProperties } from './properties'
import { resolveReferences, type Template, type TemplateResource, Unresolved } from './references'
import type { Request } from './request'
import { isMap, type Settings } from './rules'
import { functionKeyOf, type ServiceDefinition } from './service-definition'

const kafkaProperties = ['Topics', 'SelfManagedEventSource', 'SelfManagedKafkaEventSourceConfig', 'AmazonManagedKafkaEventSourceConfig']

/** Whether a resource is a mapping of a Kafka topic; those of queues and streams are not ours. */
function isKafkaMapping({ Type, Properties }: TemplateResource): boolean {
  if (Type !== RESOURCE_TYPE || !isMap(Properties)) return false
  const { EventSourceArn: arn } = Properties
  return kafkaProperties.some(property => property in Properties) || (typeof arn === 'string' && arn.split(':')[2] === 'kafka')
}

/**
 * @param generated logical ids of events: a resource of that name only changes what the framework generates
 * @param leftOut gets the logical ids of mappings whose condition does not hold
 * @param warnings gets a sentence for every mapping of another function
 * @throws ConfigurationError for the first setting that cannot be run
 */
export function rawRequests(
  service: ServiceDefinition,
  template: Template,
  generated: ReadonlySet<string>,
  leftOut: Set<string>,
  warnings: string[]
): Request[] {
  const requests: Request[] = []
  for (const [logicalId, resource] of Object.entries(template.resources)) {
    if (generated.has(logicalId) || !isMap(resource) || !isKafkaMapping(resource)) continue
    if (!isInStack(logicalId, service.resources?.extensions?.[logicalId], template)) {
      leftOut.add(logicalId)
      continue
    }
    const { FunctionName } = resource.Properties as Settings
    const named = resolveReferences(FunctionName, template)
    const functionKey = typeof named === 'string' ? functionKeyOf(service, named) : undefined
    if (functionKey !== undefined) {
      const request = rawRequest(service, template, logicalId, functionKey)
      requests.push(request)
    } else if (FunctionName === undefined) {
      const remedy = "Set the name or the ARN of one of the service's functions."
      throw new ConfigurationError({ path: `resources.Resources.${logicalId}.Properties`, key: 'FunctionName' }, undefined, remedy)
    } else if (named instanceof Unresolved && named.kind !== 'deployed') {
      throw new ConfigurationError({ path: `resources.Resources.${logicalId}.Properties`, key: 'FunctionName' }, FunctionName, named.remedy)
    } else {
      warnings.push(
        `resources.Resources.${logicalId}: FunctionName ${JSON.stringify(FunctionName)} is no function of this service, so that it is not run here`
      )
    }
  }
  return requests
}

function rawRequest(service: ServiceDefinition, template: Template, logicalId: string, functionKey: string): Request {
  const path = `resources.Resources.${logicalId}`
  const own = writtenProperties(template.resources[logicalId]!.Properties, `${path}.Properties`)
  const extensionPath = `resources.extensions.${logicalId}.Properties`
  const extension = writtenProperties(service.resources?.extensions?.[logicalId]?.Properties, extensionPath)
  const pathOf = (key: string) => (key in extension ? extensionPath : `${path}.Properties`)
  const placeOf = (key: string) => ({ path: pathOf(key), key })
  const properties = readProperties({ ...own, ...extension }, template, pathOf)
  const isManaged = properties['EventSourceArn'] !== undefined
  if (isManaged && properties['SelfManagedEventSource'] !== undefined) {
    throw new ConfigurationError(
      placeOf('SelfManagedEventSource'),
      properties['SelfManagedEventSource'],
      'EventSourceArn is set: keep one of them.'
    )
  }
  checkTogether(properties, placeOf)
  return { logicalId, functionKey, source: isManaged ? 'msk' : 'kafka', properties, path, placeOf }
}
