// What are the physical lines of a file, whatever its size?
import { createReadStream } from 'node:fs'
import { PipelineError } from '../errors'

/** Bytes of a line that are kept; what a longer line has more is skipped, so that one line cannot fill the memory. */
export const MAX_LINE_BYTES = 256 * 1024
/** Bytes read at once. */
const READ_BYTES = 256 * 1024

const LF = 10
const CR = 13

export interface Line {
  /** From 1. */
  number: number
  /** Without its end; a view into what was read. */
  bytes: Buffer
  /** Whether the line was longer than MAX_LINE_BYTES and this is its beginning. */
  cut: boolean
}

/**
 * Reads a file by chunks of whole lines; LF and CR LF end one, a last line needs no end. A UTF-8 byte order mark stays in the first line.
 * @throws PipelineError SOURCE_UNREADABLE when the file is missing or cannot be read
 */
export async function* readLines(file: string, signal?: AbortSignal): AsyncGenerator<Line[]> {
  let rest: Buffer = Buffer.alloc(0)
  let number = 0
  let skipping = false
  const line = (bytes: Buffer, cut = false): Line => ({
    number: ++number,
    bytes: !cut && bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes,
    cut
  })
  for await (const read of readBytes(file, signal)) {
    let chunk = rest.length === 0 ? read : Buffer.concat([rest, read])
    if (skipping) {
      const end = chunk.indexOf(LF)
      if (end < 0) continue
      chunk = chunk.subarray(end + 1)
      skipping = false
    }
    const lines: Line[] = []
    let from = 0
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      lines.push(end - from > MAX_LINE_BYTES ? line(chunk.subarray(from, from + MAX_LINE_BYTES), true) : line(chunk.subarray(from, end)))
      from = end + 1
    }
    rest = chunk.subarray(from)
    if (rest.length > MAX_LINE_BYTES) {
      lines.push(line(rest.subarray(0, MAX_LINE_BYTES), true))
      rest = Buffer.alloc(0)
      skipping = true
    }
    if (lines.length > 0) yield lines
  }
  if (rest.length > 0) yield [line(rest)]
}

async function* readBytes(file: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES, signal })) yield chunk as Buffer
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw unreadable(file, cause)
  }
}

/** The error for a file that the system does not let us read. */
export function unreadable(file: string, cause: unknown): PipelineError {
  const code = (cause as NodeJS.ErrnoException).code
  const why =
    { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'permission denied' }[code ?? ''] ?? (cause as Error).message
  return new PipelineError('SOURCE_UNREADABLE', `${file}: ${why}`, { cause })
}
