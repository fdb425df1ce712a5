// Where in a segment file does a batch lie that holds an offset or a time? A sparse index, kept in memory.
import type { BatchHeader } from '../protocol'

/** Bytes of batches between two entries: what a lookup reads in vain at most. */
export const indexIntervalBytes = 64 * 1024

export interface IndexSnapshot {
  offsets: number[]
  positions: number[]
  /** The highest timestamp before each entry. */
  times: number[]
  maxTimestamp: number
  /** Base offset of the first batch that has it. */
  maxTimestampOffset: number
  /** The timestamp of the first batch. */
  firstTimestamp?: number
}

const noTime = -1

export class SegmentIndex {
  private readonly offsets: number[]
  private readonly positions: number[]
  private readonly times: number[]
  maxTimestamp: number
  maxTimestampOffset: number
  firstTimestamp: number

  constructor(snapshot?: IndexSnapshot) {
    this.offsets = snapshot?.offsets ?? []
    this.positions = snapshot?.positions ?? []
    this.times = snapshot?.times ?? []
    this.maxTimestamp = snapshot?.maxTimestamp ?? noTime
    this.maxTimestampOffset = snapshot?.maxTimestampOffset ?? -1
    this.firstTimestamp = snapshot?.firstTimestamp ?? noTime
  }

  /** Notes the batch at `position`; batches come in order. */
  add(baseOffset: number, position: number, header: BatchHeader): void {
    const last = this.positions.at(-1)
    if (last === undefined) this.firstTimestamp = header.maxTimestamp
    if (last === undefined || position - last >= indexIntervalBytes) {
      this.offsets.push(baseOffset)
      this.positions.push(position)
      this.times.push(this.maxTimestamp)
    }
    if (header.maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = header.maxTimestamp
      this.maxTimestampOffset = baseOffset
    }
  }

  /** A position at or before the batch that holds `offset`. */
  positionOf(offset: number): number {
    return this.positions[lastWhere(this.offsets, each => each <= offset)] ?? 0
  }

  /** The offset of a batch before which no record is as late as `time`. */
  offsetBefore(time: number): number {
    return this.offsets[lastWhere(this.times, each => each < time)] ?? 0
  }

  snapshot(): IndexSnapshot {
    const { firstTimestamp, maxTimestamp, maxTimestampOffset, offsets, positions, times } = this
    return { offsets: [...offsets], positions: [...positions], times: [...times], maxTimestamp, maxTimestampOffset, firstTimestamp }
  }
}

/** Index of the last value for which `holds`, where it holds for a leading part of `values`; -1 for none. */
function lastWhere(values: number[], holds: (value: number) => boolean): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(values[middle]!)) low = middle + 1
    else high = middle
  }
  return low - 1
}
