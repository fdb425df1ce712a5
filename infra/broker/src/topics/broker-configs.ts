// Which settings does the broker itself have, which of them may be changed while it runs, and what follows for its topics?
import { KafkaError } from '../protocol'
import { checkValue } from './config-values'
import { type Configs, topicConfigOfBroker, topicConfigs } from './topic-configs'

/** Settings that Kafka lets change while it runs, beyond the defaults of topics: kept and described, without effect on a broker like this. */
const keptOnly = new Set(['log.cleaner.threads', 'log.cleaner.backoff.ms', 'num.io.threads', 'num.network.threads', 'num.replica.fetchers'])

/** Settings of the broker by where they were made: for all brokers of the cluster, or for this one. */
export interface BrokerConfigs {
  cluster: Configs
  broker: Configs
}

/** Throws KafkaError INVALID_REQUEST, as Kafka does, unless all may be changed while the broker runs. */
export function checkBrokerConfigs(configs: Configs): void {
  const isDynamic = (name: string): boolean => topicConfigOfBroker.has(name) || keptOnly.has(name)
  const fixed = Object.keys(configs).filter(name => !isDynamic(name))
  if (fixed.length > 0) throw new KafkaError('INVALID_REQUEST', `Cannot update these configs dynamically: [${fixed.join(', ')}]`)
  for (const [name, value] of Object.entries(configs)) {
    const topicConfig = topicConfigs[topicConfigOfBroker.get(name) ?? '']
    try {
      if (topicConfig) checkValue(topicConfig.kind, name, value)
    } catch (error) {
      if (error instanceof KafkaError) throw new KafkaError('INVALID_REQUEST', error.reason)
      throw error
    }
  }
}

/** What topics have by default, by the topic's own names: this broker's word counts before the cluster's. */
export function topicDefaults({ broker, cluster }: BrokerConfigs): Configs {
  const defaults: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...cluster, ...broker })) {
    const topicName = topicConfigOfBroker.get(name)
    if (topicName !== undefined) defaults[topicName] = value
  }
  return defaults
}
