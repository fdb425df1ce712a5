// Where does each record of a CSV file begin and end, and which of them have no readable structure? (RFC 4180, with any one-byte delimiter)
import { isUtf8 } from 'node:buffer'
import { open } from 'node:fs/promises'

/** A longer line is not read: this bounds memory whatever a file holds. */
export const MAX_RECORD_BYTES = 1024 * 1024
const CHUNK_BYTES = 1024 * 1024
const LF = 10
const CR = 13
const QUOTE = 34

/** Why a record has no structure. */
export type RecordProblem = 'missing_columns' | 'too_many_columns' | 'quote_out_of_place' | 'line_too_long' | 'not_utf8' | 'nul_byte'

/** One record; `bytes` is only valid until the next batch is asked for. */
export interface CsvRecord {
  /** Position among the records, counted from 1. */
  row: number
  /** Position among the records that have structure; of one that has none, that of the last before it. */
  structured: number
  /** Physical line on which it begins, the first line of the file being 1. */
  line: number
  /** Position in the file, in bytes. */
  offset: number
  /** Without its line end; of a line that is too long only the beginning. */
  bytes: Buffer
  problem: RecordProblem | undefined
}

export interface CsvShape {
  /** Code of the delimiter. */
  delimiter: number
  columns: number
}

/** What of a file is wanted. */
export interface Selection {
  /** Positions among the records that have structure, ascending; with it only these records are given, and those without structure. */
  structured?: AsyncIterator<number>
  /** Every record is known to have structure: then only their ends are looked for. */
  isTrusted?: boolean
}

interface Scanned {
  /** Index after the record's last byte, line end excluded. */
  end: number
  /** Index of the next record. */
  next: number
  /** Line ends up to there. */
  lines: number
  problem: RecordProblem | undefined
}

/**
 * Reads one record from `buffer[at, length)`.
 * @returns undefined when the buffer ends before the record does and more may come
 */
function scan(buffer: Buffer, at: number, length: number, isLast: boolean, { delimiter, columns }: CsvShape): Scanned | undefined {
  const lineFeedFrom = (index: number) => {
    const found = buffer.indexOf(LF, index)
    return found === -1 || found >= length ? -1 : found
  }
  const ended = (lineFeed: number, problem: RecordProblem | undefined): Scanned => {
    const stop = lineFeed === -1 ? length : lineFeed
    const next = lineFeed === -1 ? length : lineFeed + 1
    const lines = lineFeed === firstLineFeed ? 1 : countLineFeeds(buffer, at, next)
    return { end: stop > at && buffer[stop - 1] === CR ? stop - 1 : stop, next, lines, problem }
  }
  const firstLineFeed = lineFeedFrom(at)
  if (firstLineFeed === -1 && !isLast) return undefined
  let lineFeed = firstLineFeed
  let stop = lineFeed === -1 ? length : lineFeed
  let fields = 1
  let isFieldStart = true
  for (let index = at; index < stop; index++) {
    const code = buffer[index]!
    if (code === delimiter) {
      fields++
      isFieldStart = true
    } else if (code === QUOTE && isFieldStart) {
      let close = buffer.indexOf(QUOTE, index + 1)
      while (close !== -1 && close + 1 < length && buffer[close + 1] === QUOTE) close = buffer.indexOf(QUOTE, close + 2)
      if (close === -1 || close >= length || close - at > MAX_RECORD_BYTES) {
        // the rest of the file is not inside of one quote: give up this line only
        return isLast || length - at > MAX_RECORD_BYTES ? ended(firstLineFeed, 'quote_out_of_place') : undefined
      }
      if (close >= stop) {
        lineFeed = lineFeedFrom(close)
        if (lineFeed === -1 && !isLast) return undefined
        stop = lineFeed === -1 ? length : lineFeed
      }
      const after = close + 1 < stop ? buffer[close + 1]! : LF
      if (after !== delimiter && !(after === CR && close + 2 >= stop) && after !== LF) return ended(firstLineFeed, 'quote_out_of_place')
      index = close
      isFieldStart = false
    } else isFieldStart = false
  }
  return ended(lineFeed, fields === columns ? undefined : fields < columns ? 'missing_columns' : 'too_many_columns')
}

function countLineFeeds(buffer: Buffer, from: number, to: number): number {
  let count = 0
  for (let at = buffer.indexOf(LF, from); at !== -1 && at < to; at = buffer.indexOf(LF, at + 1)) count++
  return count
}

/** The same for a record that has structure and no quotes. */
function scanLine(buffer: Buffer, at: number, length: number, isLast: boolean): Scanned | undefined {
  const found = buffer.indexOf(LF, at)
  const isThere = found !== -1 && found < length
  if (!isThere && !isLast) return undefined
  const stop = isThere ? found : length
  return { end: stop > at && buffer[stop - 1] === CR ? stop - 1 : stop, next: isThere ? found + 1 : length, lines: 1, problem: undefined }
}

/**
 * The records of a range of a file in batches, blank lines left out, in memory that does not depend on the file.
 * @param range bytes `[start, end)`; `start` must be the beginning of a line, and line numbers count from there
 * @param tally how many records there were, when the last batch was given
 */
export async function* recordsOf(
  file: string,
  shape: CsvShape,
  range: { start: number; end: number },
  { structured: wanted, isTrusted = false }: Selection = {},
  tally: { rows: number; structured: number } = { rows: 0, structured: 0 }
): AsyncGenerator<CsvRecord[]> {
  const handle = await open(file)
  try {
    // room for the record that a chunk ends in
    const buffer = Buffer.allocUnsafe(MAX_RECORD_BYTES + 2 * CHUNK_BYTES)
    let length = 0
    let position = range.start
    let line = 1
    let isSkipping = false
    const nextWanted = async () => ((await wanted?.next()) as IteratorResult<number> | undefined)?.value ?? Number.POSITIVE_INFINITY
    let target = wanted === undefined ? 0 : await nextWanted()
    for (let isLast = false; !isLast; ) {
      const size = Math.min(CHUNK_BYTES, range.end - position)
      const { bytesRead } = size > 0 ? await handle.read(buffer, length, size, position) : { bytesRead: 0 }
      const base = position - length
      position += bytesRead
      length += bytesRead
      isLast = bytesRead === 0 || position >= range.end
      let at = 0
      const batch: CsvRecord[] = []
      if (isSkipping) {
        const lineFeed = buffer.subarray(0, length).indexOf(LF)
        if (lineFeed === -1) {
          length = 0
          continue
        }
        isSkipping = false
        line++
        at = lineFeed + 1
      }
      const held = buffer.subarray(0, length)
      const isText = isTrusted || isUtf8(held.subarray(at, isLast ? length : held.lastIndexOf(LF) + 1))
      const hasNul = !isTrusted && held.subarray(at).includes(0)
      const isPlain = isTrusted && !held.subarray(at).includes(QUOTE)
      while (at < length) {
        const found = isPlain ? scanLine(buffer, at, length, isLast) : scan(buffer, at, length, isLast, shape)
        if (found === undefined && length - at <= MAX_RECORD_BYTES) break
        const end = found?.end ?? length
        const isLong = found === undefined || end - at > MAX_RECORD_BYTES
        if (end > at || isLong) {
          const bytes = () => buffer.subarray(at, isLong ? Math.min(end, at + MAX_RECORD_BYTES) : end)
          let problem: RecordProblem | undefined = isLong ? 'line_too_long' : found!.problem
          if (!isLong && !isText && !isUtf8(bytes())) problem = 'not_utf8'
          else if (!isLong && hasNul && bytes().includes(0)) problem = 'nul_byte'
          tally.rows++
          if (problem === undefined) tally.structured++
          if (problem !== undefined || wanted === undefined || tally.structured === target) {
            batch.push({ row: tally.rows, structured: tally.structured, line, offset: base + at, bytes: bytes(), problem })
            if (problem === undefined && wanted !== undefined) target = await nextWanted()
          }
        }
        if (found === undefined) {
          isSkipping = true
          at = length
        } else {
          line += found.lines
          at = found.next
        }
      }
      if (batch.length > 0) yield batch
      buffer.copyWithin(0, at, length)
      length -= at
    }
  } finally {
    await handle.close()
  }
}

/** The fields of a record that has structure, unquoted. */
export function fieldsOf(text: string, delimiter: string): string[] {
  const fields: string[] = []
  for (let at = 0; at <= text.length; ) {
    let end: number
    if (text[at] === '"') {
      let close = text.indexOf('"', at + 1)
      while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2)
      if (close === -1) close = text.length
      fields.push(text.slice(at + 1, close).replaceAll('""', '"'))
      end = text.indexOf(delimiter, close)
    } else {
      end = text.indexOf(delimiter, at)
      fields.push(text.slice(at, end === -1 ? undefined : end))
    }
    if (end === -1) break
    at = end + 1
  }
  return fields
}
