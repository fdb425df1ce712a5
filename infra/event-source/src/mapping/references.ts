// What does a CloudFormation function stand for? Computed as far as the template itself tells, with names and ARNs for resources that are not deployed.
import { nearest } from './configuration-error'
import { stableUuid } from './identity'

/** The account of local ARNs. */
export const LOCAL_ACCOUNT = '000000000000'

/** A value that cannot be computed here. */
export class Unresolved {
  constructor(
    readonly source: unknown,
    readonly remedy: string,
    /** A deployed stack has it; it hangs on a condition that a deployed stack knows; CloudFormation refuses it, too. */
    readonly kind: 'deployed' | 'undecided' | 'mistaken' = 'deployed'
  ) {}

  /** Shown as it was written. */
  toJSON(): unknown {
    return this.source
  }
}

export interface TemplateResource {
  Type?: string
  Condition?: unknown
  Properties?: unknown
}

export interface Conditions {
  names: readonly string[]
  /** Whether the condition holds; undefined when there is none of that name. */
  get(name: string): boolean | Unresolved | undefined
}

/** Map → key → key → a text, a number, or a list. */
export type Mappings = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>

/** What references of a service can point to. */
export interface Template {
  stackName: string
  region: string
  resources: Readonly<Record<string, TemplateResource>>
  parameters: Readonly<Record<string, { Type?: string; Default?: unknown }>>
  mappings: Mappings
  conditions: Conditions
  /** Logical id of a function's resource → its name. */
  functionNames: ReadonlyMap<string, string>
}

interface Naming {
  /** The property that names such a resource. */
  name?: string
  /** What Ref gives; the name without it. */
  ref?: (arn: string) => string
  /** @param place region and account, as ARNs name them */
  arn: (name: string, place: string) => string
}

const regional =
  (service: string, prefix = '') =>
  (name: string, place: string) =>
    `arn:aws:${service}:${place}:${prefix}${name}`
const arnItself = (arn: string) => arn
const msk: Naming = {
  name: 'ClusterName',
  ref: arnItself,
  arn: (name, place) => `arn:aws:kafka:${place}:cluster/${name}/${stableUuid(name)}-1`
}

/** Type → how its resources are named. */
const namings: Readonly<Record<string, Naming>> = {
  'AWS::Lambda::Function': { name: 'FunctionName', arn: regional('lambda', 'function:') },
  'AWS::MSK::Cluster': msk,
  'AWS::MSK::ServerlessCluster': msk,
  'AWS::S3::Bucket': { name: 'BucketName', arn: name => `arn:aws:s3:::${name}` },
  'AWS::SNS::Topic': { name: 'TopicName', ref: arnItself, arn: regional('sns') },
  'AWS::SQS::Queue': {
    name: 'QueueName',
    ref: arn => `https://sqs.${arn.split(':')[3]}.amazonaws.com/${LOCAL_ACCOUNT}/${arn.split(':').at(-1)}`,
    arn: regional('sqs')
  },
  'AWS::SecretsManager::Secret': { name: 'Name', ref: arnItself, arn: regional('secretsmanager', 'secret:') }
}
/** Attributes that give a resource's ARN. */
const arnAttributes = ['Arn', 'TopicArn', 'Id']

/** The ARN of an MSK cluster that is known by a name only. */
export const clusterArn = (name: string, region: string): string => msk.arn(name, `${region}:${LOCAL_ACCOUNT}`)

const LITERAL = 'set the literal value, for instance from an environment variable'

/**
 * Computes every reference in a value. A property or an item that is AWS::NoValue is left out; what cannot be computed becomes an
 * `Unresolved`.
 */
export function resolveReferences(value: unknown, template: Template): unknown {
  if (Array.isArray(value)) return value.map(item => resolveReferences(item, template)).filter(item => item !== undefined)
  if (typeof value !== 'object' || value === null || value instanceof Unresolved) return value
  const [name, ...others] = Object.keys(value)
  if (name !== undefined && others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
    return call(name, (value as Record<string, unknown>)[name], value, template)
  }
  const entries = Object.entries(value).map(([key, item]) => [key, resolveReferences(item, template)] as const)
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined))
}

function call(name: string, argument: unknown, source: unknown, template: Template): unknown {
  const unresolved = (why: string) => new Unresolved(source, `${why}: ${LITERAL}.`)
  const known = functions[name]
  const resolved = known ? known(argument, template, unresolved) : unresolved(`${name} is known to a deployed stack only`)
  return resolved instanceof Unresolved ? new Unresolved(source, resolved.remedy, resolved.kind) : resolved
}

/** What is said of a condition that there is not. */
export function noCondition(name: unknown, { names }: Conditions): string {
  const shown = typeof name === 'string' ? name : JSON.stringify(name)
  if (names.length === 0) return `There is no condition ${shown}: set it in resources.Conditions.`
  return `There is no condition ${shown}; did you mean ${nearest(String(name), names)}? Known are ${names.join(', ')}.`
}

type Call = (argument: unknown, template: Template, unresolved: (why: string) => Unresolved) => unknown

const functions: Readonly<Record<string, Call>> = {
  Ref: (argument, template, unresolved) => refer(String(argument), template, unresolved),
  'Fn::GetAtt': (argument, template, unresolved) => {
    const [id = '', ...attribute] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.')
    return attributeOf(id, attribute.join('.'), template, unresolved)
  },
  'Fn::If': (argument, template) => {
    if (!Array.isArray(argument) || argument.length !== 3) {
      return new Unresolved(
        argument,
        'Fn::If takes a list of length 3: the name of a condition, the value if it holds, the other.',
        'mistaken'
      )
    }
    const [name, whenTrue, whenFalse] = argument
    const truth = template.conditions.get(String(name))
    if (truth === undefined) return new Unresolved(argument, noCondition(name, template.conditions), 'mistaken')
    return truth instanceof Unresolved ? truth : resolveReferences(truth ? whenTrue : whenFalse, template)
  },
  'Fn::FindInMap': (argument, template) => {
    const keys = resolveReferences(argument, template)
    if (!Array.isArray(keys) || keys.length !== 3)
      return new Unresolved(argument, 'Fn::FindInMap takes a list of length 3: a map of resources.Mappings, and two keys.', 'mistaken')
    return keys.find(key => key instanceof Unresolved) ?? findInMap(keys.map(String), argument, template)
  },
  'Fn::Join': (argument, template, unresolved) => {
    const [separator, items] = resolveReferences(argument, template) as [unknown, unknown]
    if (items instanceof Unresolved) return items
    if (typeof separator !== 'string' || !Array.isArray(items)) return unresolved('Fn::Join needs a separator and a list')
    return items.find(item => item instanceof Unresolved) ?? items.join(separator)
  },
  'Fn::Select': (argument, template) => {
    const mistaken = (why: string) => new Unresolved(argument, `Fn::Select ${why}`, 'mistaken')
    if (!Array.isArray(argument) || argument.length !== 2) return mistaken('takes a position, counted from 0, and a list.')
    const [position, items] = argument.map(each => resolveReferences(each, template))
    if (position instanceof Unresolved) return position
    if (items instanceof Unresolved) return items
    if (!/^\d+$/.test(String(position)) || !Array.isArray(items)) return mistaken('takes a position, counted from 0, and a list.')
    return Number(position) < items.length
      ? items[Number(position)]
      : mistaken(`${position} is beyond its list of ${items.length}, which is counted from 0.`)
  },
  'Fn::Split': (argument, template, unresolved) => {
    const [separator, source] = resolveReferences(argument, template) as [unknown, unknown]
    if (source instanceof Unresolved) return source
    return typeof separator === 'string' && typeof source === 'string'
      ? source.split(separator)
      : unresolved('Fn::Split needs a separator and a text')
  },
  'Fn::Sub': substitute
}

function findInMap(keys: readonly string[], source: unknown, { mappings }: Template): unknown {
  let found: unknown = mappings
  for (const [index, key] of keys.entries()) {
    const known = typeof found === 'object' && found !== null ? Object.keys(found) : []
    if (!known.includes(key)) {
      const place = ['resources.Mappings', ...keys.slice(0, index)].join('.')
      const remedy = known.length === 0 ? '' : `; did you mean ${nearest(key, known)}? Known are ${known.join(', ')}`
      return new Unresolved(source, `${place} has no ${key}${remedy}.`, 'mistaken')
    }
    found = (found as Record<string, unknown>)[key]
  }
  return found
}

function refer(id: string, template: Template, unresolved: (why: string) => Unresolved): unknown {
  const pseudo: Record<string, string | undefined> = {
    'AWS::AccountId': LOCAL_ACCOUNT,
    'AWS::NoValue': undefined,
    'AWS::Partition': 'aws',
    'AWS::Region': template.region,
    'AWS::StackName': template.stackName,
    'AWS::URLSuffix': 'amazonaws.com'
  }
  if (id in pseudo) return pseudo[id]
  const functionName = template.functionNames.get(id)
  if (functionName !== undefined) return functionName
  const parameter = template.parameters[id]
  if (parameter?.Type?.startsWith('AWS::SSM::Parameter::Value')) return unresolved(`parameter ${id} is read from Systems Manager`)
  if (parameter) return parameter.Default ?? unresolved(`parameter ${id} has no Default`)
  const resource = template.resources[id]
  if (!resource) return unresolved(`the template has no resource or parameter ${id}`)
  // an alias or a version is spoken of by its ARN, which holds that of its function
  if (resource.Type === 'AWS::Lambda::Alias' || resource.Type === 'AWS::Lambda::Version') {
    const { FunctionName, Name } = (resource.Properties ?? {}) as Record<string, unknown>
    const target = resolveReferences(FunctionName, template)
    if (typeof target !== 'string') return target
    const name = target.split(':function:').at(-1)
    return `${arnOf('AWS::Lambda::Function', String(name), template)}:${typeof Name === 'string' ? Name : '1'}`
  }
  const naming = namings[resource.Type ?? '']
  if (!naming) return unresolved(`what Ref gives for ${id}, a ${resource.Type}, is known to a deployed stack only`)
  const name = nameOf(id, resource, naming, template)
  if (name instanceof Unresolved) return name
  return naming.ref ? naming.ref(arnOf(resource.Type!, name, template)) : name
}

function attributeOf(id: string, attribute: string, template: Template, unresolved: (why: string) => Unresolved): unknown {
  const functionName = template.functionNames.get(id)
  const resource = template.resources[id]
  const naming = namings[functionName === undefined ? (resource?.Type ?? '') : 'AWS::Lambda::Function']
  if (functionName === undefined && !resource) return unresolved(`the template has no resource ${id}`)
  if (!naming || !arnAttributes.includes(attribute)) return unresolved(`${id}.${attribute} is known to a deployed stack only`)
  if (functionName !== undefined) return arnOf('AWS::Lambda::Function', functionName, template)
  const name = nameOf(id, resource!, naming, template)
  return name instanceof Unresolved ? name : arnOf(resource!.Type!, name, template)
}

function arnOf(type: string, name: string, { region }: Template): string {
  return namings[type]!.arn(name, `${region}:${LOCAL_ACCOUNT}`)
}

/** The name that was set, or the logical id where CloudFormation would make one up. */
function nameOf(id: string, { Properties }: TemplateResource, naming: Naming, template: Template): string | Unresolved {
  const set = naming.name && resolveReferences((Properties as Record<string, unknown> | undefined)?.[naming.name], template)
  if (set instanceof Unresolved && set.kind === 'mistaken') return set
  return typeof set === 'string' ? set : id
}

function substitute(argument: unknown, template: Template, unresolved: (why: string) => Unresolved): unknown {
  const [pattern, variables] = Array.isArray(argument) ? argument : [argument, {}]
  if (typeof pattern !== 'string') return unresolved('Fn::Sub needs a text')
  const own = resolveReferences(variables ?? {}, template) as Record<string, unknown>
  let failed: Unresolved | undefined
  const replaced = pattern.replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
    if (literal) return `\${${name}}`
    const [id = '', ...attribute] = name.trim().split('.')
    const value = Object.hasOwn(own, name.trim())
      ? own[name.trim()]
      : attribute.length > 0
        ? attributeOf(id, attribute.join('.'), template, unresolved)
        : refer(id, template, unresolved)
    if (value instanceof Unresolved) failed ??= value
    return String(value)
  })
  return failed ?? replaced
}
