// Which mappings do the kafka and msk events ask for? As osls compiles them, with what the template changes of its resources.
import { ConfigurationError, type Place } from './configuration-error'
import { compileEvent, type EventType, eventKeyOf, readEvent } from './event-settings'
import { merged } from './merge'
import { checkTogether, readProperties } from './properties'
import { resolveReferences, type Template } from './references'
import type { Request } from './request'
import { isMap, type Settings } from './rules'
import { functionKeyOf, functionName, logicalIdOf, type ServiceDefinition } from './service-definition'

/** @throws ConfigurationError for the first setting that cannot be run */
export function eventRequests(service: ServiceDefinition, template: Template): Request[] {
  const requests: Request[] = []
  for (const [functionKey, definition] of Object.entries(service.functions)) {
    for (const [index, events] of (definition?.events ?? []).entries()) {
      for (const source of ['kafka', 'msk'] as const) {
        if (!isMap(events) || events[source] === undefined) continue
        const path = `functions.${functionKey}.events[${index}]`
        const event = readEvent(source, events[source], path)
        const request = eventRequest(service, template, functionKey, source, event, `${path}.${source}`)
        const same = requests.find(({ logicalId }) => logicalId === request.logicalId)
        if (same) {
          const remedy =
            `The framework gives it the resource ${request.logicalId}, which ${same.path} has already: only the last one would be deployed. ` +
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
  const compiled = resolveReferences(compileEvent(source, event), template) as Settings
  const resourcePath = `resources.Resources.${logicalId}.Properties`
  const resource = readProperties(template.resources[logicalId]?.Properties, template, resourcePath)
  const extensionPath = `resources.extensions.${logicalId}.Properties`
  const extension = readProperties(service.resources?.extensions?.[logicalId]?.Properties, template, extensionPath)
  const properties: Settings = { ...(merged(compiled, resource) as Settings), ...extension }
  const named = properties['FunctionName'] as string | undefined
  const placeOf = (property: string): Place =>
    property in extension
      ? { path: extensionPath, key: property }
      : property in resource
        ? { path: resourcePath, key: property }
        : { path, key: eventKeyOf(source, property) }
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
