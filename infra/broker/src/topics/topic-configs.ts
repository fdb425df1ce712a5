// Which settings does a topic have, what do they mean when nobody set them, and which values may they take?
import type { LogSettings } from '../log/settings'
import { KafkaError } from '../protocol'
import { checkValue, elementsOf, fraction, int, listOf, long, oneOf, replicas, truth, type ValueKind } from './config-values'

interface TopicConfig {
  default: string
  kind: ValueKind
  /** The broker's setting that is the default of all topics, where there is one. */
  broker?: string
  /** The broker's setting has no default itself: Kafka reckons it from one in hours. */
  isDerived?: true
}

export type Configs = Readonly<Record<string, string>>

const longMax = '9223372036854775807'
const codecs = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer']
const gzipLevel = int(undefined, level =>
  level === -1n || (level >= 1n && level <= 9n) ? undefined : 'Value must be between 1 and 9 or equal to -1'
)
const zstdLevel = int(-131_072, level => (level <= 22n ? undefined : 'Value must be no more than 22'))
const lz4Level = int(1, level => (level <= 17n ? undefined : 'Value must be no more than 17'))

/**
 * The settings of Apache Kafka 4's topics with its defaults and ranges. What one broker without replicas, tiers and quotas has no use for is
 * kept and described, no more; `readLogSettings` below names the ones that are acted on.
 */
export const topicConfigs: Readonly<Record<string, TopicConfig>> = {
  'cleanup.policy': { default: 'delete', kind: listOf('compact', 'delete'), broker: 'log.cleanup.policy' },
  'compression.gzip.level': { default: '-1', kind: gzipLevel, broker: 'compression.gzip.level' },
  'compression.lz4.level': { default: '9', kind: lz4Level, broker: 'compression.lz4.level' },
  'compression.type': { default: 'producer', kind: oneOf(...codecs), broker: 'compression.type' },
  'compression.zstd.level': { default: '3', kind: zstdLevel, broker: 'compression.zstd.level' },
  'delete.retention.ms': { default: '86400000', kind: long(0), broker: 'log.cleaner.delete.retention.ms' },
  'file.delete.delay.ms': { default: '60000', kind: long(0), broker: 'log.segment.delete.delay.ms' },
  'flush.messages': { default: longMax, kind: long(1), broker: 'log.flush.interval.messages' },
  'flush.ms': { default: longMax, kind: long(0), broker: 'log.flush.interval.ms', isDerived: true },
  'follower.replication.throttled.replicas': { default: '', kind: replicas },
  'index.interval.bytes': { default: '4096', kind: int(0), broker: 'log.index.interval.bytes' },
  'leader.replication.throttled.replicas': { default: '', kind: replicas },
  'local.retention.bytes': { default: '-2', kind: long(-2), broker: 'log.local.retention.bytes' },
  'local.retention.ms': { default: '-2', kind: long(-2), broker: 'log.local.retention.ms' },
  'max.compaction.lag.ms': { default: longMax, kind: long(1), broker: 'log.cleaner.max.compaction.lag.ms' },
  'max.message.bytes': { default: '1048588', kind: int(0), broker: 'message.max.bytes' },
  'message.timestamp.after.max.ms': { default: '3600000', kind: long(0), broker: 'log.message.timestamp.after.max.ms' },
  'message.timestamp.before.max.ms': { default: longMax, kind: long(0), broker: 'log.message.timestamp.before.max.ms' },
  'message.timestamp.type': { default: 'CreateTime', kind: oneOf('CreateTime', 'LogAppendTime'), broker: 'log.message.timestamp.type' },
  'min.cleanable.dirty.ratio': { default: '0.5', kind: fraction, broker: 'log.cleaner.min.cleanable.ratio' },
  'min.compaction.lag.ms': { default: '0', kind: long(0), broker: 'log.cleaner.min.compaction.lag.ms' },
  'min.insync.replicas': { default: '1', kind: int(1), broker: 'min.insync.replicas' },
  preallocate: { default: 'false', kind: truth, broker: 'log.preallocate' },
  'remote.log.copy.disable': { default: 'false', kind: truth },
  'remote.log.delete.on.disable': { default: 'false', kind: truth },
  'remote.storage.enable': { default: 'false', kind: truth },
  'retention.bytes': { default: '-1', kind: long(), broker: 'log.retention.bytes' },
  'retention.ms': { default: '604800000', kind: long(-1), broker: 'log.retention.ms', isDerived: true },
  'segment.bytes': { default: '1073741824', kind: int(1_048_576), broker: 'log.segment.bytes' },
  'segment.index.bytes': { default: '10485760', kind: int(4), broker: 'log.index.size.max.bytes' },
  'segment.jitter.ms': { default: '0', kind: long(0), broker: 'log.roll.jitter.ms', isDerived: true },
  'segment.ms': { default: '604800000', kind: long(1), broker: 'log.roll.ms', isDerived: true },
  'unclean.leader.election.enable': { default: 'false', kind: truth, broker: 'unclean.leader.election.enable' }
}

/** Name of a topic's setting by the broker's setting that is its default. */
export const topicConfigOfBroker: ReadonlyMap<string, string> = new Map(
  Object.entries(topicConfigs).flatMap(([name, { broker }]) => (broker === undefined ? [] : [[broker, name] as const]))
)

/** Throws KafkaError INVALID_CONFIG, naming the setting and its value, when they cannot be kept. */
export function checkTopicConfigs(configs: Configs): void {
  for (const name of Object.keys(configs)) {
    if (!Object.hasOwn(topicConfigs, name)) throw new KafkaError('INVALID_CONFIG', `Unknown topic config name: ${name}`)
  }
  for (const [name, value] of Object.entries(configs)) checkValue(topicConfigs[name]!.kind, name, value)
  if (configs['remote.storage.enable']?.trim().toLowerCase() === 'true') {
    const reason = 'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.'
    throw new KafkaError('INVALID_CONFIG', reason)
  }
}

/** The settings of a topic: `set` on it, else on the broker (`byDefault`, in the topic's names), else Kafka's default. */
export function readLogSettings(set: Configs, byDefault: Configs = {}): LogSettings {
  const textOf = (name: string): string => set[name] ?? byDefault[name] ?? topicConfigs[name]!.default
  const numberOf = (name: string): number => (textOf(name).trim() === longMax ? Number.POSITIVE_INFINITY : Number(textOf(name)))
  const unlessNegative = (value: number): number => (value < 0 ? Number.POSITIVE_INFINITY : value)
  const policies = elementsOf(textOf('cleanup.policy'))
  return {
    batchBytesMax: numberOf('max.message.bytes'),
    hasLogAppendTime: textOf('message.timestamp.type').trim() === 'LogAppendTime',
    timestampBeforeMaxMs: numberOf('message.timestamp.before.max.ms'),
    timestampAfterMaxMs: numberOf('message.timestamp.after.max.ms'),
    segmentBytes: numberOf('segment.bytes'),
    segmentMs: policies.includes('compact') ? Math.min(numberOf('segment.ms'), numberOf('max.compaction.lag.ms')) : numberOf('segment.ms'),
    isDeleted: policies.includes('delete'),
    retentionMs: unlessNegative(numberOf('retention.ms')),
    retentionBytes: unlessNegative(numberOf('retention.bytes')),
    isCompacted: policies.includes('compact'),
    deleteRetentionMs: numberOf('delete.retention.ms'),
    minCompactionLagMs: numberOf('min.compaction.lag.ms'),
    maxCompactionLagMs: numberOf('max.compaction.lag.ms'),
    minCleanableRatio: numberOf('min.cleanable.dirty.ratio')
  }
}
