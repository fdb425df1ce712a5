// Which settings do a topic and the broker have, and where do they come from?
import { configResource, configSource, errorCodes, KafkaError } from '../protocol'
import { configType, topicConfigs } from '../topics/topic-configs'
import { type BrokerState, type Handler, nodeId } from './handler'

interface DescribedConfig {
  name: string
  value: string
  configSource: number
  configType: number
  readOnly?: boolean
  synonyms: { name: string; value: string; source: number }[]
}

/** A topic's setting: what was set, or else its default. */
export function describeConfig(name: string, set: Record<string, string>): DescribedConfig {
  const { default: byDefault, type } = topicConfigs[name]!
  const isSet = set[name] !== undefined
  const synonyms = [{ name, value: byDefault, source: configSource.default as number }]
  if (isSet) synonyms.unshift({ name, value: set[name]!, source: configSource.topic })
  const source = isSet ? configSource.topic : configSource.default
  return { name, value: set[name] ?? byDefault, configSource: source, configType: type, synonyms }
}

function brokerConfigs({ autoCreateTopics, defaultPartitions, host, port }: BrokerState): DescribedConfig[] {
  const values: [name: string, value: string, type: number][] = [
    ['broker.id', String(nodeId), configType.int],
    ['node.id', String(nodeId), configType.int],
    ['listeners', `PLAINTEXT://${host}:${port}`, configType.list],
    ['advertised.listeners', `PLAINTEXT://${host}:${port}`, configType.list],
    ['auto.create.topics.enable', String(autoCreateTopics), configType.boolean],
    ['num.partitions', String(defaultPartitions), configType.int],
    ['default.replication.factor', '1', configType.int],
    ['message.max.bytes', topicConfigs['max.message.bytes']!.default, configType.int],
    ['log.retention.ms', '-1', configType.long]
  ]
  return values.map(([name, value, type]) => ({
    name,
    value,
    configSource: configSource.staticBroker,
    configType: type,
    readOnly: true,
    synonyms: []
  }))
}

function configsOf(state: BrokerState, resourceType: number, resourceName: string): DescribedConfig[] {
  if (resourceType === configResource.topic) {
    const topic = state.topics.find(resourceName)
    if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${resourceName}`)
    return Object.keys(topicConfigs).map(name => describeConfig(name, topic.configs))
  }
  if (resourceType !== configResource.broker) throw new KafkaError('INVALID_REQUEST', `resource type ${resourceType} has no settings here`)
  if (resourceName !== '' && resourceName !== String(nodeId)) throw new KafkaError('INVALID_REQUEST', `the only broker here is ${nodeId}`)
  return resourceName === '' ? [] : brokerConfigs(state)
}

export const describeConfigs: Handler<'describeConfigs'> = (state, { includeSynonyms, resources }) => ({
  results: resources.map(({ configurationKeys, resourceName, resourceType }) => {
    const resource = { resourceType, resourceName }
    try {
      const configs = configsOf(state, resourceType, resourceName)
        .filter(({ name }) => !configurationKeys || configurationKeys.includes(name))
        .map(config => (includeSynonyms ? config : { ...config, synonyms: [] }))
      return { ...resource, errorCode: errorCodes.NONE, configs }
    } catch (error) {
      if (error instanceof KafkaError) return { ...resource, errorCode: error.code, errorMessage: error.message, configs: [] }
      throw error
    }
  })
})
