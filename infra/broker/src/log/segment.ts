// How do batches lie in one file of a partition's log? One after the other, as they came, in a file named by its first offset.
import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, read, writevSync } from 'node:fs'
import { promisify } from 'node:util'
import { batchHeaderBytes, batchSizeAt, KafkaError, readBatchHeader } from '../protocol'
import { indexIntervalBytes, SegmentIndex } from './segment-index'

const readAsync = promisify(read)
const fdatasyncAsync = promisify(fdatasync)
const offsetDigits = 20

/** The file name of the segment that begins at `offset`. */
export function segmentName(offset: number): string {
  return `${String(offset).padStart(offsetDigits, '0')}.log`
}

export class Segment {
  private fd: number | undefined
  private users = 0
  private isClosing = false
  /** Whether bytes of an append that failed may still lie behind `size`. */
  private isTorn = false

  constructor(
    readonly path: string,
    readonly baseOffset: number,
    /** Bytes of whole batches in the file. */
    public size = 0,
    /** Offset after the last batch. */
    public nextOffset = baseOffset,
    readonly index = new SegmentIndex()
  ) {}

  /** Opened on first use: most partitions of a development broker never hold a record. */
  private descriptor(): number {
    if (this.isClosing && this.fd === undefined) throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.path} is gone`)
    this.fd ??= openSync(this.path, 'a+')
    return this.fd
  }

  /** Makes the file, empty as yet. */
  create(): void {
    try {
      this.descriptor()
    } catch (cause) {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `cannot create ${this.path}: ${(cause as Error).message}`, { cause })
    }
  }

  /**
   * Writes batches at the end; they are in the operating system's hands when it returns.
   * @throws KafkaError KAFKA_STORAGE_ERROR when the disk refuses; the file is then as it was
   */
  append(buffers: Buffer[], bytes: number): void {
    let written = 0
    try {
      const fd = this.descriptor()
      if (this.isTorn) ftruncateSync(fd, this.size)
      this.isTorn = false
      written = writevSync(fd, buffers)
      if (written === bytes) return
    } catch (cause) {
      this.undo()
      throw new KafkaError('KAFKA_STORAGE_ERROR', `cannot append to ${this.path}: ${(cause as Error).message}`, { cause })
    }
    this.undo()
    throw new KafkaError('KAFKA_STORAGE_ERROR', `${written} of ${bytes} bytes written to ${this.path}: the disk is full`)
  }

  /** Cuts what was written behind the last whole batch; when even that fails, the next append tries again before it writes. */
  undo(): void {
    if (this.fd === undefined) return
    this.isTorn = true
    try {
      ftruncateSync(this.fd, this.size)
      this.isTorn = false
    } catch {
      // said by the append that failed, and by the next one should this fail again
    }
  }

  private async bytesAt(fd: number, position: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, this.size - position))
    const buffer = Buffer.allocUnsafeSlow(wanted)
    const { bytesRead } = await readAsync(fd, buffer, 0, wanted, position)
    return bytesRead === wanted ? buffer : buffer.subarray(0, bytesRead)
  }

  /** Whole batches from the one that holds `offset` on, at most `bytesMax` bytes but always one where there is one. */
  read(offset: number, bytesMax: number): Promise<Buffer> {
    return this.using(fd => this.readFrom(fd, offset, bytesMax))
  }

  private async readFrom(fd: number, offset: number, bytesMax: number): Promise<Buffer> {
    let position = this.index.positionOf(offset)
    let length = bytesMax + indexIntervalBytes
    while (position < this.size) {
      const buffer = await this.bytesAt(fd, position, Math.max(length, batchHeaderBytes))
      if (buffer.length < batchHeaderBytes) break
      let at = 0
      while (at + batchHeaderBytes <= buffer.length && readBatchHeader(buffer, at).lastOffset < offset) at += batchSizeAt(buffer, at)
      if (at + batchHeaderBytes > buffer.length) {
        position += at
        continue
      }
      const size = batchSizeAt(buffer, at)
      if (at + size <= buffer.length) return buffer.subarray(at, endOfWholeBatches(buffer, at, bytesMax))
      position += at
      length = Math.max(size, bytesMax)
    }
    return Buffer.alloc(0)
  }

  private async using<T>(use: (fd: number) => Promise<T>): Promise<T> {
    const fd = this.descriptor()
    this.users++
    try {
      return await use(fd)
    } finally {
      this.users--
      if (this.isClosing) this.close()
    }
  }

  /** Brings what was appended to the disk. */
  async flush(): Promise<void> {
    if (this.fd !== undefined && !this.isClosing) await this.using(fd => fdatasyncAsync(fd))
  }

  flushSync(): void {
    if (this.fd !== undefined) fdatasyncSync(this.fd)
  }

  /** Closes the file, once reads and flushes under way have ended. */
  close(): void {
    this.isClosing = true
    if (this.users > 0 || this.fd === undefined) return
    closeSync(this.fd)
    this.fd = undefined
  }
}

/** Where the last whole batch ends of those from `from` on that fit into `bytesMax`; the first counts whether it fits or not. */
export function endOfWholeBatches(buffer: Buffer, from: number, bytesMax: number): number {
  let end = from + batchSizeAt(buffer, from)
  while (end + batchHeaderBytes <= buffer.length) {
    const next = end + batchSizeAt(buffer, end)
    if (next > buffer.length || next - from > bytesMax) break
    end = next
  }
  return end
}
