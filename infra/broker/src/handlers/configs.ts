// Which settings do a topic and the broker have, and where do they come from?
import { configResource, configSource, errorCodes, KafkaError } from '../protocol'
import { configType } from '../topics/config-values'
import { type Configs, topicConfigOfBroker, topicConfigs } from '../topics/topic-configs'
import { checkTopicName } from '../topics/topics'
import { type BrokerState, distinct, type Handler, nodeId } from './handler'

interface DescribedConfig {
  name: string
  value: string
  configSource: number
  configType: number
  readOnly?: boolean
  synonyms: { name: string; value: string; source: number }[]
}

/** Where the broker's setting `name` was made, the place that counts first. */
function brokerSynonyms({ topics }: BrokerState, name: string | undefined): DescribedConfig['synonyms'] {
  if (name === undefined) return []
  const { broker, cluster } = topics.brokerConfigs
  const places: [Configs, number][] = [
    [broker, configSource.dynamicBroker],
    [cluster, configSource.dynamicDefaultBroker],
    [topics.startConfigs, configSource.staticBroker]
  ]
  return places.flatMap(([set, source]) => (set[name] === undefined ? [] : [{ name, value: set[name], source }]))
}

/** A topic's setting: what was set on it, else on the broker, else its default. */
export function describeConfig(state: BrokerState, name: string, set: Configs): DescribedConfig {
  const { broker, default: byDefault, isDerived, kind } = topicConfigs[name]!
  const synonyms = brokerSynonyms(state, broker)
  if (broker !== undefined && !isDerived) synonyms.push({ name: broker, value: byDefault, source: configSource.default })
  if (set[name] !== undefined) synonyms.unshift({ name, value: set[name], source: configSource.topic })
  const { source, value } = synonyms[0] ?? { source: configSource.default, value: byDefault }
  return { name, value, configSource: source, configType: kind.type, synonyms }
}

function fixedConfigs({ autoCreateTopics, defaultPartitions, host, port, topics }: BrokerState): DescribedConfig[] {
  const values: [name: string, value: string, type: number][] = [
    ['advertised.listeners', `PLAINTEXT://${host}:${port}`, configType.list],
    ['auto.create.topics.enable', String(autoCreateTopics), configType.boolean],
    ['broker.id', String(nodeId), configType.int],
    ['default.replication.factor', '1', configType.int],
    ['listeners', `PLAINTEXT://${host}:${port}`, configType.list],
    ['log.dirs', topics.dataDir ?? '', configType.list],
    ['node.id', String(nodeId), configType.int],
    ['num.partitions', String(defaultPartitions), configType.int]
  ]
  return values.map(([name, value, type]) => ({
    name,
    value,
    configSource: configSource.staticBroker,
    configType: type,
    readOnly: true,
    synonyms: [{ name, value, source: configSource.staticBroker }]
  }))
}

function brokerConfigs(state: BrokerState): DescribedConfig[] {
  const ofTopics = [...topicConfigOfBroker].map(([name, topicName]) => {
    const { default: byDefault, kind } = topicConfigs[topicName]!
    const synonyms = [...brokerSynonyms(state, name), { name, value: byDefault, source: configSource.default as number }]
    return { name, value: synonyms[0]!.value, configSource: synonyms[0]!.source, configType: kind.type, synonyms }
  })
  return [...fixedConfigs(state), ...ofTopics, ...keptConfigs(state, state.topics.brokerConfigs.broker, configSource.dynamicBroker)]
}

/** What was set without being a topic's default. */
function keptConfigs(state: BrokerState, set: Configs, source: number): DescribedConfig[] {
  const others = Object.entries(set).filter(([name]) => !topicConfigOfBroker.has(name))
  return others.map(([name, value]) => ({
    name,
    value,
    configSource: source,
    configType: configType.string,
    synonyms: brokerSynonyms(state, name)
  }))
}

/** What was set for all brokers of the cluster. */
function clusterConfigs(state: BrokerState): DescribedConfig[] {
  return Object.entries(state.topics.brokerConfigs.cluster).map(([name, value]) => {
    const source = configSource.dynamicDefaultBroker
    const type = topicConfigs[topicConfigOfBroker.get(name) ?? '']?.kind.type ?? configType.string
    return { name, value, configSource: source, configType: type, synonyms: [{ name, value, source }] }
  })
}

function checkNodeId(resourceName: string): void {
  if (resourceName === String(nodeId)) return
  const isNumber = /^-?\d+$/.test(resourceName)
  const reason = isNumber
    ? `Unexpected broker id, expected ${nodeId} or empty string, but received ${resourceName}`
    : `Broker id must be an integer, but it is: ${resourceName}`
  throw new KafkaError('INVALID_REQUEST', reason)
}

function configsOf(state: BrokerState, resourceType: number, resourceName: string): DescribedConfig[] {
  switch (resourceType) {
    case configResource.topic: {
      checkTopicName(resourceName)
      const topic = state.topics.find(resourceName)
      if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.')
      return Object.keys(topicConfigs).map(name => describeConfig(state, name, topic.configs))
    }
    case configResource.broker:
      if (resourceName === '') return clusterConfigs(state)
      checkNodeId(resourceName)
      return brokerConfigs(state)
    case configResource.brokerLogger:
    case configResource.clientMetrics:
    case configResource.group:
      // one can ask for these; nothing of them is set here
      return []
    default:
      throw new KafkaError('INVALID_REQUEST', `Unknown resource type ${resourceType}`)
  }
}

export const describeConfigs: Handler<'describeConfigs'> = (state, { includeSynonyms, resources }) => ({
  results: distinct(resources).map(({ configurationKeys, resourceName, resourceType }) => {
    const resource = { resourceType, resourceName }
    try {
      const configs = configsOf(state, resourceType, resourceName)
        .filter(({ name }) => !configurationKeys || configurationKeys.includes(name))
        .map(config => (includeSynonyms ? config : { ...config, synonyms: [] }))
      return { ...resource, errorCode: errorCodes.NONE, configs }
    } catch (error) {
      if (error instanceof KafkaError) return { ...resource, errorCode: error.code, errorMessage: error.reason, configs: [] }
      throw error
    }
  })
})

export const listConfigResources: Handler<'listConfigResources'> = ({ topics }, { resourceTypes }, { version }) => {
  const { broker, brokerLogger, clientMetrics, group, topic } = configResource
  const known: number[] = [topic, broker, brokerLogger, clientMetrics, group]
  const asked = version === 0 ? [clientMetrics as number] : resourceTypes.length === 0 ? known : resourceTypes
  if (asked.some(type => !known.includes(type))) return { errorCode: errorCodes.UNSUPPORTED_VERSION, configResources: [] }
  const names: Record<number, string[]> = {
    [topic]: topics.all().map(({ name }) => name),
    [broker]: [String(nodeId)],
    [brokerLogger]: [String(nodeId)]
  }
  const configResources = [...new Set(asked)].flatMap(resourceType =>
    (names[resourceType] ?? []).map(resourceName => ({ resourceName, resourceType }))
  )
  return { errorCode: errorCodes.NONE, configResources }
}
