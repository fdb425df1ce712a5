// What does the name of a bronze object say?
import type { Compression } from './compression'
import { compressionEndings } from './compression'

/** What the name of a bronze object is made of. */
export interface BronzeName {
  dataset: string
  topic: string
  partition: number
  firstOffset: number
  lastOffset: number
  /** Kafka timestamp of the first record, in epoch milliseconds: the object's day and time. */
  timestamp: number
}

/** The last millisecond of the year 9999: later times, and records without one, stand at the beginning of 1970. */
const LATEST_MS = Date.UTC(10_000, 0) - 1

const isoTime = (timestamp: number): string =>
  new Date(Number.isInteger(timestamp) && timestamp >= 0 && timestamp <= LATEST_MS ? timestamp : 0).toISOString()

/** 2010-12-01T08:26:00.000Z → 20101201T082600000Z */
const compactTime = (timestamp: number): string => isoTime(timestamp).replace(/[-:.]/g, '')

/** What the keys of all objects begin with that start at this record. */
export const bronzePrefix = ({ dataset, topic, partition, firstOffset, timestamp }: Omit<BronzeName, 'lastOffset'>): string =>
  `bronze/${dataset}/dt=${isoTime(timestamp).slice(0, 10)}/${topic}-${partition}-${firstOffset}-`

/** bronze/<dataset>/dt=YYYY-MM-DD/<topic>-<partition>-<first>-<last>-<time>.jsonl[.gz|.zst] */
export const bronzeKey = (name: BronzeName, compression: Compression): string =>
  `${bronzePrefix(name)}${name.lastOffset}-${compactTime(name.timestamp)}.jsonl${compressionEndings[compression]}`

/**
 * The last offset of an object that starts at this record, and how it is compressed.
 * @param key one that begins with the record's `bronzePrefix`
 * @returns undefined where the object is of another record or has a name of another form
 */
export function bronzeEnd(
  start: Omit<BronzeName, 'lastOffset'>,
  key: string
): { lastOffset: number; compression: Compression } | undefined {
  const rest = /^(\d+)-([0-9TZ]+)\.jsonl(\.gz|\.zst)?$/.exec(key.slice(bronzePrefix(start).length))
  if (!rest || rest[2] !== compactTime(start.timestamp)) return undefined
  const compression = (Object.keys(compressionEndings) as Compression[]).find(name => compressionEndings[name] === (rest[3] ?? ''))!
  return { lastOffset: Number(rest[1]), compression }
}
