// Which settings does a topic have, what do they mean when nobody set them, and which values may they take?
import { KafkaError } from '../protocol'

/** Values of `config_type` in DescribeConfigs. */
export const configType = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 } as const

interface TopicConfig {
  default: string
  type: number
  accepts: RegExp
}

const wholeNumber = /^-?\d{1,19}$/
const fraction = /^\d+(\.\d+)?$/
const truth = /^(true|false)$/i
const anything = /^.*$/s

/**
 * The settings of Apache Kafka's topics with its defaults. All are kept and described; this broker acts on `max.message.bytes` and
 * `message.timestamp.type` alone: it keeps every record until its topic is deleted.
 */
export const topicConfigs: Record<string, TopicConfig> = {
  'cleanup.policy': { default: 'delete', type: configType.list, accepts: /^(delete|compact|compact,delete|delete,compact)$/ },
  'compression.type': { default: 'producer', type: configType.string, accepts: /^(uncompressed|zstd|lz4|snappy|gzip|producer)$/ },
  'delete.retention.ms': { default: '86400000', type: configType.long, accepts: wholeNumber },
  'file.delete.delay.ms': { default: '60000', type: configType.long, accepts: wholeNumber },
  'flush.messages': { default: '9223372036854775807', type: configType.long, accepts: wholeNumber },
  'flush.ms': { default: '9223372036854775807', type: configType.long, accepts: wholeNumber },
  'index.interval.bytes': { default: '4096', type: configType.int, accepts: wholeNumber },
  'max.compaction.lag.ms': { default: '9223372036854775807', type: configType.long, accepts: wholeNumber },
  'max.message.bytes': { default: '1048588', type: configType.int, accepts: /^\d{1,10}$/ },
  'message.timestamp.after.max.ms': { default: '3600000', type: configType.long, accepts: wholeNumber },
  'message.timestamp.before.max.ms': { default: '9223372036854775807', type: configType.long, accepts: wholeNumber },
  'message.timestamp.type': { default: 'CreateTime', type: configType.string, accepts: /^(CreateTime|LogAppendTime)$/ },
  'min.cleanable.dirty.ratio': { default: '0.5', type: configType.double, accepts: fraction },
  'min.compaction.lag.ms': { default: '0', type: configType.long, accepts: wholeNumber },
  'min.insync.replicas': { default: '1', type: configType.int, accepts: wholeNumber },
  preallocate: { default: 'false', type: configType.boolean, accepts: truth },
  'retention.bytes': { default: '-1', type: configType.long, accepts: wholeNumber },
  'retention.ms': { default: '604800000', type: configType.long, accepts: wholeNumber },
  'segment.bytes': { default: '1073741824', type: configType.int, accepts: wholeNumber },
  'segment.index.bytes': { default: '10485760', type: configType.int, accepts: wholeNumber },
  'segment.jitter.ms': { default: '0', type: configType.long, accepts: wholeNumber },
  'segment.ms': { default: '604800000', type: configType.long, accepts: wholeNumber },
  'unclean.leader.election.enable': { default: 'false', type: configType.boolean, accepts: truth },
  'follower.replication.throttled.replicas': { default: '', type: configType.list, accepts: anything },
  'leader.replication.throttled.replicas': { default: '', type: configType.list, accepts: anything }
}

/** Throws KafkaError INVALID_CONFIG, naming the setting and its value, when they cannot be kept. */
export function checkTopicConfigs(configs: Record<string, string>): void {
  for (const [name, value] of Object.entries(configs)) {
    const known = topicConfigs[name]
    if (!known) throw new KafkaError('INVALID_CONFIG', `Unknown topic config name: ${name}`)
    if (!known.accepts.test(value)) throw new KafkaError('INVALID_CONFIG', `Invalid value ${value} for configuration ${name}`)
  }
}
