// What are the physical lines of a file, whatever its size?
import { type FileHandle, open } from 'node:fs/promises'
import { PipelineError } from '../errors'
import { log } from '../log'

/** Bytes of a line that are kept; what a longer line has more is counted and skipped, so that one line cannot fill the memory. */
export const MAX_LINE_BYTES = 256 * 1024
/** Bytes read at once, and while the rest of a too long line is skipped. */
const READ_BYTES = 256 * 1024
const SKIP_BYTES = 1024 * 1024

const LF = 10
const CR = 13

export interface Line {
  /** From 1. */
  number: number
  /** Without its end; a view into what was read. */
  bytes: Buffer
  /** Whether the line was longer than MAX_LINE_BYTES and this is its beginning. */
  cut: boolean
  /** Bytes of the whole line. */
  length: number
}

/** Why a cut line is no record. */
export const tooLong = ({ length }: Line): string => `it has ${length} bytes, at most ${MAX_LINE_BYTES}; its first are kept`

/** A file that got longer while it was read. */
export interface Growth {
  file: string
  /** Bytes that were read: whole lines of what was there when the file was opened. */
  readBytes: number
  /** Bytes that came later, with the line that was not complete. */
  leftBytes: number
  /** The first line that was not read. */
  fromLine: number
}

const tell = (growth: Growth) =>
  log.warn(
    growth,
    `${growth.file} grew while it was read: ${growth.leftBytes} bytes from line ${growth.fromLine} on were not read; read the file when it is complete`
  )

/**
 * Reads a file by chunks of whole lines; LF and CR LF end one, a last line needs no end. A UTF-8 byte order mark stays in the first line.
 * What is read is what the file held when it was opened: where it grows meanwhile, the lines that were complete by then.
 * @param grown is told what was left
 * @throws PipelineError SOURCE_UNREADABLE when the file is missing, cannot be read, or gets shorter while it is read
 */
export async function* readLines(file: string, signal?: AbortSignal, grown: (growth: Growth) => void = tell): AsyncGenerator<Line[]> {
  const handle = await open(file).catch(cause => {
    throw unreadable(file, cause)
  })
  try {
    yield* linesOf(file, handle, signal, grown)
  } finally {
    await handle.close()
  }
}

async function* linesOf(
  file: string,
  handle: FileHandle,
  signal: AbortSignal | undefined,
  grown: (growth: Growth) => void
): AsyncGenerator<Line[]> {
  const bytes = new Bytes(file, handle, await sizeOf(file, handle))
  let rest: Buffer = Buffer.alloc(0)
  let number = 0
  /** The line whose end is looked for, where it is too long. */
  let long: Line | undefined
  const line = (view: Buffer): Line => {
    const length = view.at(-1) === CR ? view.length - 1 : view.length
    return { number: ++number, bytes: view.subarray(0, Math.min(length, MAX_LINE_BYTES)), cut: length > MAX_LINE_BYTES, length }
  }
  for (;;) {
    signal?.throwIfAborted()
    const read = await bytes.next(long === undefined ? READ_BYTES : SKIP_BYTES)
    if (read.length === 0) break
    const lines: Line[] = []
    let chunk = rest.length === 0 ? read : Buffer.concat([rest, read])
    if (long) {
      const end = read.indexOf(LF)
      long.length += end < 0 ? read.length : end
      if (end < 0) continue
      lines.push(long)
      long = undefined
      chunk = Buffer.from(read.subarray(end + 1))
    }
    let from = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      lines.push(line(chunk.subarray(from, end)))
      from = end + 1
    }
    rest = chunk.subarray(from)
    if (rest.length > MAX_LINE_BYTES + 1) {
      // a copy: what is read while skipping must not keep more alive than is kept of the line
      long = { ...line(rest), bytes: Buffer.from(rest.subarray(0, MAX_LINE_BYTES)), length: rest.length }
      rest = Buffer.alloc(0)
    }
    if (lines.length > 0) yield lines
  }
  const left = (await bytes.sizeNow()) - bytes.size
  if (left < 0) throw new PipelineError('SOURCE_UNREADABLE', `${file}: became ${-left} bytes shorter while it was read`)
  const open = long?.length ?? rest.length
  if (left > 0) grown({ file, readBytes: bytes.size - open, leftBytes: left + open, fromLine: long ? number : number + 1 })
  else if (long) yield [long]
  else if (rest.length > 0) yield [line(rest)]
}

/** The bytes of a file up to the size that it had when it was opened; of a pipe, all. */
class Bytes {
  private position = 0
  private skipped: Buffer | undefined

  constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
    private readonly opened: number | undefined
  ) {}

  /** Bytes to read; of a pipe, those that were read. */
  get size(): number {
    return this.opened ?? this.position
  }

  async next(most: number): Promise<Buffer> {
    const length = Math.min(most, this.opened === undefined ? most : this.opened - this.position)
    if (length === 0) return Buffer.alloc(0)
    try {
      const { bytesRead, buffer } = await this.handle.read(this.room(length), 0, length, null)
      this.position += bytesRead
      return buffer.subarray(0, bytesRead)
    } catch (cause) {
      throw unreadable(this.file, cause)
    }
  }

  /** Lines are views of what was read, so each piece has room of its own; what is skipped needs it but once. */
  private room(length: number): Buffer {
    if (length <= READ_BYTES) return Buffer.allocUnsafe(length)
    this.skipped ??= Buffer.allocUnsafe(SKIP_BYTES)
    return this.skipped
  }

  async sizeNow(): Promise<number> {
    return this.opened === undefined ? this.position : ((await sizeOf(this.file, this.handle)) ?? this.opened)
  }
}

/** undefined for what has no size: a pipe, a terminal. */
async function sizeOf(file: string, handle: FileHandle): Promise<number | undefined> {
  const found = await handle.stat()
  if (found.isDirectory()) throw unreadable(file, Object.assign(new Error(), { code: 'EISDIR' }))
  return found.isFile() ? found.size : undefined
}

/** The error for a file that the system does not let us read. */
export function unreadable(file: string, cause: unknown): PipelineError {
  const code = (cause as NodeJS.ErrnoException).code
  const why =
    { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'permission denied' }[code ?? ''] ?? (cause as Error).message
  return new PipelineError('SOURCE_UNREADABLE', `${file}: ${why}`, { cause })
}
