// Which bytes of a file are delivered, and can they be read as they are? One pass that looks at every byte, before anything is written.
import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { PipelineError } from '../../layers/errors'
import { MAX_RECORD_BYTES } from './records'

const CHUNK_BYTES = 1024 * 1024
const LF = 10
const CR = 13
const QUOTE = 34

export interface Snapshot {
  file: string
  /** Bytes that belong to the delivery, from the first. */
  size: number
  sha256: string
  isParquet: boolean
  /** Bytes that came after the file was opened, or the beginning of a last line that was still being written. */
  ignoredBytes: number
  /** Nanoseconds since the epoch: with the size it tells whether the file was written to since. */
  modifiedAt: bigint
  /** Lines that are not blank, with those inside of quotes left out: the records of a well-formed CSV file and its header. */
  lines: number
  /** Whether every line is UTF-8 without NUL and within the bound: otherwise the file has to be sifted before it is read. */
  isPlain: boolean
}

/** Bytes at the end of `buffer[0, length)` that may be the beginning of a character whose rest comes later. */
function cutCharacter(buffer: Buffer, length: number): number {
  for (let back = 1; back <= Math.min(4, length); back++) {
    const byte = buffer[length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back
  }
  return 0
}

/** Counts lines that are not blank; a line end inside of quotes ends none. */
class LineCounter {
  #isQuoted = false
  #isBlank = true

  count(buffer: Buffer, from: number, to: number): number {
    const quote = buffer.indexOf(QUOTE, from)
    return this.#isQuoted || (quote !== -1 && quote < to) ? this.#countQuoted(buffer, from, to) : this.#countPlain(buffer, from, to)
  }

  /** 1 for a last line without its end. */
  last(): number {
    return this.#isBlank ? 0 : 1
  }

  #countPlain(buffer: Buffer, from: number, to: number): number {
    let lines = 0
    let start = from
    for (let at = buffer.indexOf(LF, from); at !== -1 && at < to; at = buffer.indexOf(LF, start)) {
      if (!this.#isBlank || at - start > 1 || (at - start === 1 && buffer[start] !== CR)) lines++
      this.#isBlank = true
      start = at + 1
    }
    if (to - start > 1 || (to - start === 1 && buffer[start] !== CR)) this.#isBlank = false
    return lines
  }

  #countQuoted(buffer: Buffer, from: number, to: number): number {
    let lines = 0
    for (let index = from; index < to; index++) {
      const code = buffer[index]!
      if (code === LF) {
        if (this.#isQuoted) continue
        if (!this.#isBlank) lines++
        this.#isBlank = true
      } else if (code === QUOTE) {
        this.#isQuoted = !this.#isQuoted
        this.#isBlank = false
      } else if (code !== CR) this.#isBlank = false
    }
    return lines
  }
}

async function read(handle: FileHandle, size: number): Promise<Pick<Snapshot, 'sha256' | 'lines' | 'isPlain'> & { lastLineFeed: number }> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES + 4)
  let carried = 0
  let lines = 0
  let isPlain = true
  const counter = new LineCounter()
  let lastLineFeed = -1
  for (let position = 0; position < size; ) {
    const { bytesRead } = await handle.read(buffer, carried, Math.min(CHUNK_BYTES, size - position), position)
    if (bytesRead === 0) break
    hash.update(buffer.subarray(carried, carried + bytesRead))
    const length = carried + bytesRead
    lines += counter.count(buffer, carried, length)
    const found = buffer.subarray(carried, length).lastIndexOf(LF)
    if (found !== -1) lastLineFeed = position + found
    // a chunk without a line end lies in a line of at least its length
    else if (bytesRead === CHUNK_BYTES || position + bytesRead - lastLineFeed > MAX_RECORD_BYTES) isPlain = false
    position += bytesRead
    const cut = position < size ? cutCharacter(buffer, length) : 0
    if (isPlain && (!isUtf8(buffer.subarray(0, length - cut)) || buffer.subarray(0, length).includes(0))) isPlain = false
    buffer.copyWithin(0, length - cut, length)
    carried = cut
  }
  return { sha256: hash.digest('hex'), lines: lines + counter.last(), isPlain, lastLineFeed }
}

async function magicOf(handle: FileHandle, size: number): Promise<{ first: string; last: string }> {
  const bytes = Buffer.alloc(4)
  await handle.read(bytes, 0, 4, 0)
  const first = bytes.toString('latin1')
  if (size >= 4) await handle.read(bytes, 0, 4, size - 4)
  return { first, last: bytes.toString('latin1') }
}

/**
 * Looks at a file as long as it is now. What is added while it is read is not part of the delivery; neither is a last line without its end
 * where something was added, because that line was not complete yet.
 * @throws PipelineError SOURCE_UNREADABLE naming the file: it is not there, empty, no file, or Parquet cut short
 */
export async function snapshotOf(file: string): Promise<Snapshot> {
  const handle = await open(file).catch(cause => {
    throw new PipelineError('SOURCE_UNREADABLE', `${file}: ${(cause as Error).message}`, { cause })
  })
  try {
    const found = await handle.stat({ bigint: true })
    let size = Number(found.size)
    if (!found.isFile()) throw new PipelineError('SOURCE_UNREADABLE', `${file}: it is not a file`)
    if (size === 0)
      throw new PipelineError('SOURCE_UNREADABLE', `${file}: it is empty`, {
        remedy: 'Put a header line and rows into it, or take it away.'
      })
    const magic = await magicOf(handle, size)
    const isParquet = magic.first === 'PAR1'
    if (isParquet && (magic.last !== 'PAR1' || size < 12))
      throw new PipelineError(
        'SOURCE_UNREADABLE',
        `${file}: it is a Parquet file without its end: it was cut short or is still being written`,
        {
          remedy: 'Write it again, under another name until it is complete.'
        }
      )
    let bytes = await read(handle, size)
    const now = Number((await stat(file)).size)
    if (now < size) throw changed(file)
    if (!isParquet && now > size && bytes.lastLineFeed + 1 < size) {
      size = bytes.lastLineFeed + 1
      bytes = await read(handle, size)
    }
    const { sha256, lines, isPlain } = bytes
    return { file, size, sha256, isParquet, ignoredBytes: now - size, modifiedAt: found.mtimeNs, lines, isPlain }
  } finally {
    await handle.close()
  }
}

const changed = (file: string) =>
  new PipelineError('SOURCE_UNREADABLE', `${file}: it was changed while it was read`, {
    remedy: 'Wait until its writer is done, then deliver it again.'
  })

/**
 * Makes sure that what was read since the snapshot is what the snapshot saw. Rows that were added behind it do no harm.
 * @throws PipelineError SOURCE_UNREADABLE when the bytes of the snapshot are others now
 */
export async function ensureUnchanged({ file, size, sha256, ignoredBytes, modifiedAt }: Snapshot): Promise<void> {
  const now = await stat(file, { bigint: true }).catch(() => {
    throw changed(file)
  })
  if (Number(now.size) === size + ignoredBytes && now.mtimeNs === modifiedAt) return
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { end: size - 1, highWaterMark: CHUNK_BYTES }), hash)
  if (hash.digest('hex') !== sha256) throw changed(file)
}
