// How do committed offsets outlive the broker? One JSON line per commit, appended to a file that is rewritten when it is mostly history.
import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync
} from 'node:fs'
import { promisify } from 'node:util'
import type { Flushable } from '../log/flusher'
import { KafkaError } from '../protocol'

const fdatasyncAsync = promisify(fdatasync)

/** One committed offset; `null` in place of the offset forgets it. */
export type OffsetEntry = [
  group: string,
  topic: string,
  partition: number,
  offset: number | null,
  leaderEpoch: number,
  metadata: string | null
]

/** Lines beyond those in force, after which the file is rewritten. */
const surplusLinesMax = 50_000

export class OffsetFile implements Flushable {
  private fd: number
  private size: number
  private lines = 0

  constructor(private readonly path: string) {
    this.fd = openSync(path, 'a')
    this.size = 0
  }

  /** The entries of the file in order. A last line that was cut by a stop is cut off. */
  load(): OffsetEntry[] {
    const text = existsSync(this.path) ? readFileSync(this.path, 'utf8') : ''
    const entries: OffsetEntry[] = []
    for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
      if (line === '') continue
      try {
        entries.push(JSON.parse(line))
      } catch {
        break
      }
      this.size += Buffer.byteLength(line) + 1
    }
    ftruncateSync(this.fd, this.size)
    this.lines = entries.length
    return entries
  }

  /** Whether so much of the file is history that it should be rewritten. */
  isWorthRewriting(entriesInForce: number): boolean {
    return this.lines > entriesInForce * 2 + surplusLinesMax
  }

  append(entries: OffsetEntry[]): void {
    const bytes = Buffer.from(entries.map(entry => `${JSON.stringify(entry)}\n`).join(''))
    try {
      const written = writeSync(this.fd, bytes)
      if (written < bytes.length) throw new Error('the disk is full')
    } catch (cause) {
      ftruncateSync(this.fd, this.size)
      throw new KafkaError('KAFKA_STORAGE_ERROR', `cannot append to ${this.path}`, { cause })
    }
    this.size += bytes.length
    this.lines += entries.length
  }

  /** Replaces the file by `entries`, whole or not at all. */
  rewrite(entries: OffsetEntry[]): void {
    const bytes = Buffer.from(entries.map(entry => `${JSON.stringify(entry)}\n`).join(''))
    const next = openSync(`${this.path}.new`, 'w')
    writeSync(next, bytes)
    fsyncSync(next)
    closeSync(next)
    renameSync(`${this.path}.new`, this.path)
    closeSync(this.fd)
    this.fd = openSync(this.path, 'a')
    this.size = bytes.length
    this.lines = entries.length
  }

  flush(): Promise<void> {
    return fdatasyncAsync(this.fd)
  }

  flushSync(): void {
    fdatasyncSync(this.fd)
  }

  close(): void {
    fdatasyncSync(this.fd)
    closeSync(this.fd)
  }
}
