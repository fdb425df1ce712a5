// How are the settings of a topic and of the broker changed?
import { configOperation, configResource, errorCodes, KafkaError } from '../protocol'
import { configType, elementsOf } from '../topics/config-values'
import { type Configs, topicConfigOfBroker, topicConfigs } from '../topics/topic-configs'
import { checkTopicName, type Topic } from '../topics/topics'
import { type BrokerState, countOf, type Handler, nodeId } from './handler'

interface Resource {
  resourceType: number
  resourceName: string
}

/** What has settings that can be changed: those it has now, and how it is given others. */
interface Configurable {
  current: Configs
  /** Kind and default of a setting, where it is known. */
  known(name: string): { type: number; default: string } | undefined
  set(configs: Configs, validateOnly: boolean): void
}

function topicOf({ topics }: BrokerState, name: string): Topic {
  if (name === '') throw new KafkaError('INVALID_REQUEST', 'Default topic resources are not allowed.')
  checkTopicName(name)
  const topic = topics.find(name)
  if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
  return topic
}

function checkNodeId(name: string): void {
  if (!/^-?\d+$/.test(name)) throw new KafkaError('INVALID_REQUEST', `Node id must be an integer, but it is: ${name}`)
  if (name !== String(nodeId)) throw new KafkaError('INVALID_REQUEST', `Unexpected broker id, expected ${nodeId}, but received ${name}`)
}

function kindOf(name: string | undefined): { type: number; default: string } | undefined {
  const config = name !== undefined && Object.hasOwn(topicConfigs, name) ? topicConfigs[name] : undefined
  return config && { type: config.kind.type, default: config.default }
}

/** Throws KafkaError when there is no such thing, or when its settings cannot be changed here. */
function configurable(state: BrokerState, { resourceName, resourceType }: Resource): Configurable {
  const { topics } = state
  if (resourceType === configResource.topic) {
    const topic = topicOf(state, resourceName)
    return { current: topic.configs, known: kindOf, set: (configs, validateOnly) => topics.setConfigs(topic, configs, validateOnly) }
  }
  if (resourceType !== configResource.broker) throw new KafkaError('INVALID_REQUEST', `Unknown resource type ${resourceType}`)
  if (resourceName !== '') checkNodeId(resourceName)
  const scope = resourceName === '' ? 'cluster' : 'broker'
  return {
    current: topics.brokerConfigs[scope],
    known: name => kindOf(topicConfigOfBroker.get(name)),
    set: (configs, validateOnly) => topics.setBrokerConfigs(scope, configs, validateOnly)
  }
}

/** Runs `change` for each resource; one that is named twice, or names a setting twice, is refused. */
function answer<R extends Resource & { configs: { name: string }[] }>(resources: R[], change: (resource: R) => void) {
  const keyOf = ({ resourceName, resourceType }: Resource): string => `${resourceType} ${resourceName}`
  const times = countOf(resources.map(keyOf))
  return resources.map(resource => {
    const { configs, resourceName, resourceType } = resource
    try {
      if (times.get(keyOf(resource))! > 1) {
        throw new KafkaError('INVALID_REQUEST', 'Each resource must appear at most once.')
      }
      if (new Set(configs.map(({ name }) => name)).size < configs.length) {
        throw new KafkaError('INVALID_REQUEST', 'Error due to duplicate config keys')
      }
      change(resource)
      return { resourceType, resourceName, errorCode: errorCodes.NONE }
    } catch (error) {
      if (error instanceof KafkaError) return { resourceType, resourceName, errorCode: error.code, errorMessage: error.reason }
      throw error
    }
  })
}

function nullNames(configs: { name: string; value: string | null }[]): string {
  return configs.flatMap(({ name, value }) => (value === null ? [name] : [])).join(',')
}

export const alterConfigs: Handler<'alterConfigs'> = (state, { resources, validateOnly }) => ({
  responses: answer(resources, ({ configs, ...resource }) => {
    const names = nullNames(configs)
    if (names) throw new KafkaError('INVALID_REQUEST', `Null value not supported for : ${names}`)
    configurable(state, resource).set(Object.fromEntries(configs.map(({ name, value }) => [name, value!])), validateOnly)
  })
})

interface Change {
  name: string
  configOperation: number
  value: string | null
}

/** `configs` after one change; throws KafkaError when the change makes no sense for the setting. */
function changed(configs: Configs, { configOperation: operation, name, value }: Change, { known }: Configurable): Configs {
  const { [name]: current, ...others } = configs
  if (operation === configOperation.delete) return others
  if (operation === configOperation.set) return { ...others, [name]: value! }
  const word = operation === configOperation.append ? 'APPEND' : 'SUBTRACT'
  const kind = known(name)
  if (kind?.type !== configType.list) {
    throw new KafkaError('INVALID_CONFIG', `Can't ${word} to key ${name} because its type is not LIST.`)
  }
  const before = elementsOf(current ?? kind.default)
  const given = elementsOf(value!)
  const after = word === 'APPEND' ? new Set([...before, ...given]) : before.filter(each => !given.includes(each))
  return { ...others, [name]: [...after].join(',') }
}

export const incrementalAlterConfigs: Handler<'incrementalAlterConfigs'> = (state, { resources, validateOnly }) => ({
  responses: answer(resources, ({ configs, ...resource }) => {
    const names = nullNames(configs.filter(each => each.configOperation !== configOperation.delete))
    if (names) throw new KafkaError('INVALID_REQUEST', `Null value not supported for : ${names}`)
    const unknown = configs.find(each => each.configOperation < configOperation.set || each.configOperation > configOperation.subtract)
    if (unknown) throw new KafkaError('INVALID_REQUEST', `Unknown config operation ${unknown.configOperation} for ${unknown.name}`)
    const target = configurable(state, resource)
    let result = target.current
    for (const change of configs) result = changed(result, change, target)
    target.set(result, validateOnly)
  })
})
