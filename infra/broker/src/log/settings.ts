// Which of a topic's settings does a log act on?

/** Times in milliseconds; Infinity for what Kafka writes as Long.MAX_VALUE, and as -1 in the two settings of retention. */
export interface LogSettings {
  /** Bound of one batch. */
  batchBytesMax: number
  hasLogAppendTime: boolean
  timestampBeforeMaxMs: number
  timestampAfterMaxMs: number
  segmentBytes: number
  segmentMs: number
  /** Whether old segments go: cleanup.policy has `delete`. */
  isDeleted: boolean
  retentionMs: number
  retentionBytes: number
  /** Whether old values of a key go: cleanup.policy has `compact`. */
  isCompacted: boolean
  /** How long a tombstone stays once compaction has reached it. */
  deleteRetentionMs: number
  minCompactionLagMs: number
  maxCompactionLagMs: number
  minCleanableRatio: number
}

/** What takes every record and keeps it. */
export const keepEverything: LogSettings = {
  batchBytesMax: Number.POSITIVE_INFINITY,
  hasLogAppendTime: false,
  timestampBeforeMaxMs: Number.POSITIVE_INFINITY,
  timestampAfterMaxMs: Number.POSITIVE_INFINITY,
  segmentBytes: Number.POSITIVE_INFINITY,
  segmentMs: Number.POSITIVE_INFINITY,
  isDeleted: false,
  retentionMs: Number.POSITIVE_INFINITY,
  retentionBytes: Number.POSITIVE_INFINITY,
  isCompacted: false,
  deleteRetentionMs: Number.POSITIVE_INFINITY,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.POSITIVE_INFINITY,
  minCleanableRatio: 0
}
