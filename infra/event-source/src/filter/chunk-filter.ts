// Which records of a fetched chunk are kept? Those that pass, copied together, so that the rest costs no memory while they wait.
import { type RecordChunk, RecordCursor } from '../event/record-batch'
import type { FilteredRecord, RecordFilter } from './record-filter'

const SPANS_FIRST = 64

export class ChunkFilter {
  private readonly cursor = new RecordCursor()
  private readonly record: FilteredRecord
  /** Begin and end of the stretches of records that pass, in pairs. */
  private spans = new Int32Array(2 * SPANS_FIRST)

  constructor(
    private readonly passes: RecordFilter,
    topic: string
  ) {
    const value = { bytes: Buffer.alloc(0), valueAt: 0, valueLength: -1 }
    this.record = { topic, partition: 0, offset: 0, timestamp: 0, timestampType: 'CREATE_TIME', ...value }
  }

  /**
   * Takes the records out of the chunk that do not pass.
   * @returns how many those are
   * @throws RangeError when a record reaches over the chunk's end
   */
  apply(chunk: RecordChunk, partition: number): number {
    const { record } = this
    record.partition = partition
    record.timestampType = chunk.logAppendTime ? 'LOG_APPEND_TIME' : 'CREATE_TIME'
    record.bytes = chunk.bytes
    const records = chunk.left
    const start = chunk.at
    const { kept, spans } = this.walk(chunk)
    chunk.at = start
    if (kept < records) this.keep(chunk, kept, spans)
    return records - kept
  }

  private walk(chunk: RecordChunk): { kept: number; spans: number } {
    const { cursor, record } = this
    let kept = 0
    let spans = 0
    for (let left = chunk.left; left > 0; left--) {
      cursor.read(chunk)
      record.offset = cursor.offset
      record.timestamp = cursor.timestamp
      record.valueAt = cursor.valueAt
      record.valueLength = cursor.valueLength
      if (this.passes(record)) {
        kept++
        if (spans > 0 && this.spans[2 * spans - 1] === chunk.at) this.spans[2 * spans - 1] = cursor.end
        else this.addSpan(spans++, chunk.at, cursor.end)
      }
      chunk.at = cursor.end
    }
    return { kept, spans }
  }

  private addSpan(index: number, from: number, to: number): void {
    if (2 * index === this.spans.length) {
      const larger = new Int32Array(2 * this.spans.length)
      larger.set(this.spans)
      this.spans = larger
    }
    this.spans[2 * index] = from
    this.spans[2 * index + 1] = to
  }

  // a record holds its offset and time relative to its batch, so that it may be moved within the chunk
  private keep(chunk: RecordChunk, kept: number, spans: number): void {
    let size = 0
    for (let index = 0; index < spans; index++) size += this.spans[2 * index + 1]! - this.spans[2 * index]!
    const bytes = Buffer.allocUnsafe(size)
    let at = 0
    for (let index = 0; index < spans; index++) at += chunk.bytes.copy(bytes, at, this.spans[2 * index], this.spans[2 * index + 1])
    chunk.bytes = bytes
    chunk.at = 0
    chunk.left = kept
  }
}
