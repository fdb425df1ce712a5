// How does small state that changes often outlive the broker? One JSON line per change, appended to a file that is rewritten when it is
// mostly history.
import { closeSync, existsSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { KafkaError } from '../protocol'
import { replaceFile } from './atomic-file'
import type { Flushable } from './flusher'

const fdatasyncAsync = promisify(fdatasync)

/** Lines beyond those in force, after which the file is rewritten. */
const surplusLinesMax = 50_000

function linesOf(entries: readonly unknown[]): string {
  return entries.map(entry => `${JSON.stringify(entry)}\n`).join('')
}

export class JsonLines<Entry> implements Flushable {
  private fd: number
  private size: number
  private lines = 0

  constructor(private readonly path: string) {
    this.fd = openSync(path, 'a')
    this.size = 0
  }

  /** The entries of the file in order. A last line that was cut by a stop is cut off. */
  load(): Entry[] {
    const text = existsSync(this.path) ? readFileSync(this.path, 'utf8') : ''
    const entries: Entry[] = []
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

  append(entries: Entry[]): void {
    const bytes = Buffer.from(linesOf(entries))
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

  /** Replaces the file by `entries`, whole or not at all: where the disk refuses, the file goes on with its history. */
  rewrite(entries: Entry[]): void {
    const text = linesOf(entries)
    // also when it is refused: the next attempt is due after as much history again, not at the next line
    this.lines = entries.length
    try {
      replaceFile(this.path, text)
    } catch {
      return
    }
    closeSync(this.fd)
    this.fd = openSync(this.path, 'a')
    this.size = Buffer.byteLength(text)
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
