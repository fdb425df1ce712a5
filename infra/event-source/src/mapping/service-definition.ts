// What of a service decides about its mappings? The parts that osls resolves, and what references between them point to.
import { conditionsOf } from './conditions'
import { kafkaLogicalId, lambdaLogicalId, mskLogicalId } from './identity'
import type { Mappings, Template, TemplateResource } from './references'

export interface ServiceFunction {
  events?: ReadonlyArray<Record<string, unknown>>
  /** As osls names it: `<service>-<stage>-<key>` unless set. */
  name?: string
  /** Seconds. */
  timeout?: number
}

/** The parts of a service that mappings are read from, as osls resolves them. */
export interface ServiceDefinition {
  service: string
  stage: string
  region?: string
  /** Seconds, of functions that set none. */
  timeout?: number
  /** `<service>-<stage>` unless set. */
  stackName?: string
  /** What osls gives to the stack when it deploys, over the parameters' defaults. */
  stackParameters?: ReadonlyArray<{ ParameterKey: string; ParameterValue?: string }>
  functions: Readonly<Record<string, ServiceFunction>>
  resources?: {
    extensions?: Readonly<Record<string, { Properties?: unknown; Condition?: unknown }>>
    Resources?: Readonly<Record<string, TemplateResource>>
    Parameters?: Readonly<Record<string, { Type?: string; Default?: unknown }>>
    Mappings?: Mappings
    Conditions?: Readonly<Record<string, unknown>>
  }
}

const REGION_DEFAULT = 'us-east-1'

export function functionName({ service, stage, functions }: ServiceDefinition, key: string): string {
  return functions[key]?.name ?? `${service}-${stage}-${key}`
}

/**
 * What references in the service's resources can point to.
 * @throws ConfigurationError for the first condition that CloudFormation refuses
 */
export function templateOf(service: ServiceDefinition): Template {
  const { stage, stackName = `${service.service}-${stage}`, stackParameters = [], region = REGION_DEFAULT, functions, resources } = service
  const parameters = { ...resources?.Parameters }
  for (const { ParameterKey, ParameterValue } of stackParameters)
    if (ParameterValue !== undefined) parameters[ParameterKey] = { ...parameters[ParameterKey], Default: ParameterValue }
  const template: Template = {
    stackName,
    region,
    resources: resources?.Resources ?? {},
    parameters,
    mappings: resources?.Mappings ?? {},
    conditions: { names: [], get: () => undefined },
    functionNames: new Map(Object.keys(functions).map(key => [lambdaLogicalId(key), functionName(service, key)]))
  }
  return { ...template, conditions: conditionsOf(resources?.Conditions ?? {}, template) }
}

/** The logical id that osls gives to an event. */
export function logicalIdOf(source: 'kafka' | 'msk', functionKey: string, event: Record<string, unknown>): string {
  const topic = event['topic'] as string
  return source === 'kafka' ? kafkaLogicalId(functionKey, topic) : mskLogicalId(functionKey, event['arn'], topic)
}

/** `my-function`, `123456789012:function:my-function`, an ARN; each may end in a version or an alias. */
const functionForms = /^(?:(?:arn:[^:]+:lambda:[^:]+:)?(?:\d{12}:)?function:)?([a-zA-Z0-9\-_.]+)(?::[a-zA-Z0-9\-_$.]+)?$/

/** The key of the function that a FunctionName means; undefined when it is none of the service's. */
export function functionKeyOf(service: ServiceDefinition, name: string): string | undefined {
  const plain = functionForms.exec(name)?.[1]
  return Object.keys(service.functions).find(key => functionName(service, key) === plain)
}
