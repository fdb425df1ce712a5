// What did a service print, without its log ever filling the disk?
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** A log and its predecessor (`.1`) hold at most this much each. */
const LIMIT_BYTES = 5 * 1024 * 1024
/** Kept in memory to explain a service that ended. */
const TAIL_BYTES = 4 * 1024

/** Appends to one file and starts a new one at the limit. Writes are synchronous: a log line is small, and the last ones before a crash matter most. */
export class LogFile {
  #descriptor: number
  #size: number
  #tail = ''

  constructor(readonly path: string) {
    mkdirSync(dirname(path), { recursive: true })
    this.#descriptor = openSync(path, 'a', 0o600)
    this.#size = fstatSync(this.#descriptor).size
  }

  write(chunk: Buffer | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (this.#size > 0 && this.#size + bytes.length > LIMIT_BYTES) this.#rotate()
    writeSync(this.#descriptor, bytes)
    this.#size += bytes.length
    this.#tail = (this.#tail + bytes.toString('utf8')).slice(-TAIL_BYTES)
  }

  /** The last few lines written through this object. */
  tail(lines = 8): string {
    return this.#tail.trimEnd().split('\n').slice(-lines).join('\n')
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #rotate(): void {
    closeSync(this.#descriptor)
    renameSync(this.path, `${this.path}.1`)
    this.#descriptor = openSync(this.path, 'a', 0o600)
    this.#size = 0
  }
}

/** The last lines of a log file on disk; '' when there is none. */
export function tailOf(path: string, lines = 8): string {
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-TAIL_BYTES).trimEnd().split('\n').slice(-lines).join('\n') : ''
}
