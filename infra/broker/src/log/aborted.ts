// Which offsets belong to transactions that were aborted, so that a consumer that reads committed records passes over them?

export interface AbortedRange {
  producerId: number
  /** Offset of the transaction's first batch. */
  firstOffset: number
  /** Offset of its abort marker. */
  lastOffset: number
  /** The first offset that was still undecided once it had ended: no transaction that ended later begins before it. */
  stableOffset: number
}

/** The aborted transactions of one partition, in the order in which they ended. */
export class AbortedRanges {
  constructor(private ranges: AbortedRange[] = []) {}

  add(range: AbortedRange): void {
    this.ranges.push(range)
  }

  private indexOf(offset: number): number {
    let low = 0
    let high = this.ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.ranges[middle]!.lastOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Whether a range ends at `offset` or later. */
  reaches(offset: number): boolean {
    return this.ranges.length > 0 && this.ranges.at(-1)!.lastOffset >= offset
  }

  /** The ranges that share an offset with `from` up to but not including `before`. */
  within(from: number, before: number): AbortedRange[] {
    const found: AbortedRange[] = []
    for (let index = this.indexOf(from); index < this.ranges.length; index++) {
      const range = this.ranges[index]!
      if (range.firstOffset < before) found.push(range)
      if (range.stableOffset >= before) break
    }
    return found
  }

  /** The ranges that ended from `from` up to but not including `before`. */
  endedWithin(from: number, before: number): AbortedRange[] {
    return this.ranges.slice(this.indexOf(from), this.indexOf(before))
  }

  /** Forgets ranges that ended before `offset`, where the log now begins. */
  dropBefore(offset: number): void {
    this.ranges = this.ranges.slice(this.indexOf(offset))
  }
}
