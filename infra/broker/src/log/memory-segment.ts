// How do batches lie in memory, where a log has no folder? In the buffers they came in, under the same cover as in a file.
import { baseOffsetAt, batchSizeAt, readBatchHeader } from '../protocol'
import { endOfWholeBatches, type Segment } from './segment'
import { SegmentIndex } from './segment-index'

/** A segment of either kind. */
export type AnySegment = Segment | MemorySegment

export class MemorySegment {
  readonly path = undefined
  constructor(
    readonly baseOffset: number,
    public size = 0,
    public nextOffset = baseOffset,
    readonly index = new SegmentIndex(),
    private readonly chunks: Buffer[] = []
  ) {}

  /** What it holds, for another segment to hold. */
  takeChunks(): Buffer[] {
    return this.chunks
  }

  /** Keeps buffers of whole batches, whose offsets are in them already. */
  append(buffers: Buffer[]): void {
    this.chunks.push(...buffers)
  }

  private chunkOf(offset: number): number {
    let low = 0
    let high = this.chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (baseOffsetAt(this.chunks[middle]!, 0) <= offset) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  /** Whole batches from the one that holds `offset` on, at most `bytesMax` bytes but always one where there is one. */
  async read(offset: number, bytesMax: number): Promise<Buffer> {
    const found: Buffer[] = []
    let left = bytesMax
    for (let index = this.chunkOf(offset); index < this.chunks.length; index++) {
      const chunk = this.chunks[index]!
      let from = 0
      while (found.length === 0 && from < chunk.length && readBatchHeader(chunk, from).lastOffset < offset) from += batchSizeAt(chunk, from)
      if (from === chunk.length) continue
      if (found.length > 0 && batchSizeAt(chunk, from) > left) break
      const end = endOfWholeBatches(chunk, from, left)
      found.push(chunk.subarray(from, end))
      left -= end - from
      if (end < chunk.length || left <= 0) break
    }
    return found.length === 1 ? found[0]! : Buffer.concat(found)
  }

  create(): void {}
  undo(): void {}
  async flush(): Promise<void> {}
  flushSync(): void {}
  close(): void {}
}
