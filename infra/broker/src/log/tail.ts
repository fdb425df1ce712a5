// Which batches at a partition's end are still in memory, so that a consumer that keeps up needs no disk?

export interface Batch {
  baseOffset: number
  lastOffset: number
  /** Epoch milliseconds. */
  maxTimestamp: number
  bytes: Buffer
}

/** What an entry costs beside its bytes, roughly: two objects and a slot. */
const entryBytes = 256
/** Slots given back to the allocator at once. */
const compactAt = 1024

/** The memory that all tails of a broker share; the oldest batch of all goes first. */
export class TailBudget {
  private queue: Tail[] = []
  private head = 0
  private used = 0

  constructor(private readonly bytesMax: number) {}

  added(tail: Tail, bytes: number): void {
    this.queue.push(tail)
    this.used += bytes + entryBytes
    while (this.used > this.bytesMax && this.head < this.queue.length) {
      const dropped = this.queue[this.head++]!.dropOldest()
      if (dropped) this.used -= dropped.bytes.length + entryBytes
    }
    if (this.head > compactAt && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head)
      this.head = 0
    }
  }

  removed(batches: number, bytes: number): void {
    this.used -= bytes + batches * entryBytes
  }
}

/** The newest batches of one partition, contiguous up to its end. Without a budget it keeps all, and is the whole log. */
export class Tail {
  private batches: Batch[] = []
  private head = 0

  constructor(
    private readonly budget: TailBudget | undefined,
    /** Offset of the first batch kept, or of the next one to come. */
    public startOffset: number
  ) {}

  push(batch: Batch): void {
    this.batches.push(batch)
    this.budget?.added(this, batch.bytes.length)
  }

  dropOldest(): Batch | undefined {
    const dropped = this.batches[this.head]
    if (!dropped) return undefined
    this.batches[this.head++] = undefined as unknown as Batch
    this.startOffset = dropped.lastOffset + 1
    if (this.head > compactAt && this.head * 2 > this.batches.length) {
      this.batches = this.batches.slice(this.head)
      this.head = 0
    }
    return dropped
  }

  /** Forgets the batches that end before `offset`. */
  dropBefore(offset: number): void {
    for (let first = this.batches[this.head]; first && first.lastOffset < offset; first = this.batches[this.head]) {
      this.dropOldest()
      this.budget?.removed(1, first.bytes.length)
    }
    this.startOffset = Math.max(this.startOffset, Math.min(offset, this.batches[this.head]?.baseOffset ?? offset))
  }

  clear(): void {
    let bytes = 0
    for (let index = this.head; index < this.batches.length; index++) bytes += this.batches[index]!.bytes.length
    this.budget?.removed(this.batches.length - this.head, bytes)
    this.batches = []
    this.head = 0
  }

  private indexOf(offset: number): number {
    let low = this.head
    let high = this.batches.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.batches[middle]!.lastOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Whole batches from the one that holds `offset` on, at most `bytesMax` bytes but always one where there is one. */
  read(offset: number, bytesMax: number): Buffer[] {
    const found: Buffer[] = []
    let left = bytesMax
    for (let index = this.indexOf(offset); index < this.batches.length; index++) {
      const { bytes } = this.batches[index]!
      if (found.length > 0 && bytes.length > left) break
      found.push(bytes)
      left -= bytes.length
    }
    return found
  }
}
