// What is one event source mapping? Everything that running it needs, checked, with AWS's defaults where nothing is set.
import type { ClusterAccess } from '../client/access'
import { type BackoffLimits, RETRY_BACKOFF } from '../client/backoff'
import { SCALING_INTERVAL_MS } from '../scaling'

/** AWS's default batch size. */
export const BATCH_SIZE_DEFAULT = 100
/** AWS's batching window when none is set. */
export const WINDOW_MS_DEFAULT = 500
/** Pollers of a mapping without provisioned pollers. AWS starts on-demand mappings with one and scales them by lag. */
export const POLLERS_ON_DEMAND = 1
/** AWS's upper bound when provisioned mode names none. */
export const POLLERS_MAX_DEFAULT = 200

export type StartingPosition = { at: 'TRIM_HORIZON' } | { at: 'LATEST' } | { at: 'AT_TIMESTAMP'; timestampMs: number }

/** Where a local run delivers instead of an ARN: a folder, or a server that speaks the service's protocol (`aws`: AWS itself). */
export type LocalTarget = { directory: string } | { endpoint: string }

/** The on-failure destination. */
export type DestinationSetting = { kind: 'sqs' | 'sns' | 's3'; arn: string; target?: LocalTarget } | { kind: 'kafka'; topic: string }

export interface Mapping {
  /** Version 5, from service, stage, function and logical id: the same after every restart. */
  uuid: string
  functionKey: string
  source: 'kafka' | 'msk'
  /** The cluster of an msk event. */
  arn?: string
  topic: string
  /** Partitions of the topic, if it is to be created when it does not exist. */
  createTopicPartitions?: number
  /** The consumer group: the one set, or the UUID as on AWS. */
  group: string
  batchSize: number
  windowMs: number
  startingPosition: StartingPosition
  /** Whether the starting position was set, and not left to its default: only then is it news that a committed offset wins. */
  isStartingPositionSet: boolean
  /** In both modes; on demand the first is POLLERS_ON_DEMAND. */
  minimumPollers: number
  maximumPollers: number
  /** Undefined: on-demand mode. */
  provisioned?: { minimumPollers: number; maximumPollers: number; groupName?: string }
  /** As the event names them. */
  bootstrapServers: string[]
  /** How the cluster is reached from here. */
  access: ClusterAccess
  /** Patterns as JSON texts; a record passes if one matches. None: every record passes. */
  filterPatterns: string[]
  /** -1: until the records expire. With a destination and -1 there are 10. */
  maximumRetryAttempts: number
  /** -1: records never expire. */
  maximumRecordAgeSeconds: number
  bisectBatchOnFunctionError: boolean
  reportBatchItemFailures: boolean
  onFailure?: DestinationSetting
  /** Between the attempts of a failing batch. */
  backoff: BackoffLimits
  /** Between two judgements of the lag, which decide about pollers. */
  scalingMs: number
  enabled: boolean
}

/** What a mapping is where nothing is set. */
export const mappingDefaults = {
  batchSize: BATCH_SIZE_DEFAULT,
  windowMs: WINDOW_MS_DEFAULT,
  startingPosition: { at: 'TRIM_HORIZON' },
  isStartingPositionSet: false,
  minimumPollers: POLLERS_ON_DEMAND,
  maximumPollers: POLLERS_MAX_DEFAULT,
  filterPatterns: [],
  maximumRetryAttempts: -1,
  maximumRecordAgeSeconds: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: false,
  backoff: RETRY_BACKOFF,
  scalingMs: SCALING_INTERVAL_MS,
  enabled: true
} satisfies Partial<Mapping>
