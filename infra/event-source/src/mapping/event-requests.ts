// Which mappings do the kafka and msk events ask for? As osls compiles them, with what the template changes of its resources.
import { isInStack } from './conditions'
import { ConfigurationError, type Place } from './configuration-error'
import { compileEvent, type EventType, eventKeyOf, readEvent } from './event-settings'
import { merged } from './merge'
import { checkTogether, readProperties, writtenProperties } from './properties'
import type { Template } from './references'
import type { Request } from './request'
import { isMap, type Settings } from './rules'
import { functionKeyOf, functionName, logicalIdOf, type ServiceDefinition } from './service-definition'

/**
 * @param leftOut gets the logical ids of mappings whose condition does not hold
 * @throws ConfigurationError for the first setting that cannot be run
 */
export function eventRequests(service: ServiceDefinition, template: Template, leftOut: Set<string>): Request[] {
  const requests: Request[] = []
  for (const [functionKey, definition] of Object.entries(service.functions)) {
    for (const [index, events] of (definition?.events ?? []).entries()) {
      for (const source of ['kafka', 'msk'] as const) {
        if (!isMap(events) || events[source] === undefined) continue
        const path = `functions.${functionKey}.events[${index}]`
        const event = readEvent(source, events[source], path)
        const logicalId = logicalIdOf(source, functionKey, event)
        if (!isInStack(logicalId, service.resources?.extensions?.[logicalId], template)) {
          leftOut.add(logicalId)
          continue
        }
        const request = eventRequest(service, template, functionKey, source, event, `${path}.${source}`)
        const same = requests.find(other => other.logicalId === logicalId)
        if (same) {
          const remedy =
            `The framework gives it the resource ${logicalId}, which ${same.path} has already: only the last one would be deployed. ` +
            'Remove one event, or write it as a resource of its own.'
          throw new ConfigurationError({ path: request.path, key: 'topic' }, event['topic'], remedy)
        }
        requests.push(request)
      }
    }
  }
  return requests
}

// The order of osls (package/lib/merge-custom-provider-resources.js): the event, `resources.Resources` merged into it, then extensions,
// whose properties replace those of the same name.
function eventRequest(
  service: ServiceDefinition,
  template: Template,
  functionKey: string,
  source: EventType,
  event: Settings,
  path: string
): Request {
  const logicalId = logicalIdOf(source, functionKey, event)
  const compiled = compileEvent(source, event)
  const resourcePath = `resources.Resources.${logicalId}.Properties`
  const resource = writtenProperties(template.resources[logicalId]?.Properties, resourcePath)
  const extensionPath = `resources.extensions.${logicalId}.Properties`
  const extension = writtenProperties(service.resources?.extensions?.[logicalId]?.Properties, extensionPath)
  const pathOf = (property: string) => (property in extension ? extensionPath : property in resource ? resourcePath : undefined)
  const properties = readProperties({ ...(merged(compiled, resource) as Settings), ...extension }, template, pathOf)
  const named = properties['FunctionName'] as string | undefined
  const placeOf = (property: string): Place => {
    const over = pathOf(property)
    return over === undefined ? { path, key: eventKeyOf(source, property) } : { path: over, key: property }
  }
  if (named !== undefined && functionKeyOf(service, named) !== functionKey) {
    throw new ConfigurationError(
      placeOf('FunctionName'),
      named,
      `Set ${functionName(service, functionKey)}, the function of the event, or remove it.`
    )
  }
  checkTogether(properties, placeOf)
  return { logicalId, functionKey, source, properties, event, path, placeOf }
}
