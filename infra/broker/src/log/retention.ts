// Which segments at a log's beginning have had their time, or take more room than the topic grants?
import type { AnySegment } from './memory-segment'
import type { LogSettings } from './settings'

/**
 * How many segments may go, counted from the first. One that is older than another never stays without it, as in Apache Kafka:
 *
 * | cleanup.policy | goes when                                                                              |
 * |----------------|----------------------------------------------------------------------------------------|
 * | any            | all its records lie before the log's start, which delete-records moved                 |
 * | delete         | its latest record is older than retention.ms                                           |
 * | delete         | the log without it still holds retention.bytes                                         |
 *
 * The last segment goes by time alone; the log then goes on in an empty one.
 * @param now epoch milliseconds
 */
export function expiredSegments(segments: readonly AnySegment[], settings: LogSettings, startOffset: number, now: number): number {
  let surplus = -settings.retentionBytes
  for (const { size } of segments) surplus += size
  let expired = 0
  for (const segment of segments) {
    const isLast = expired === segments.length - 1
    const { maxTimestamp } = segment.index
    const isBefore = segment.nextOffset <= startOffset && !isLast
    const isOld = settings.isDeleted && maxTimestamp >= 0 && now - maxTimestamp > settings.retentionMs
    const isTooMuch = settings.isDeleted && !isLast && surplus - segment.size >= 0
    if (segment.size === 0 || !(isBefore || isOld || isTooMuch)) break
    surplus -= segment.size
    expired++
  }
  return expired
}
