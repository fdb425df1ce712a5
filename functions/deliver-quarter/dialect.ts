// How is a text file to be read: where do its columns end, and what are they called?
import { isUtf8 } from 'node:buffer'
import { open } from 'node:fs/promises'
import { PipelineError } from '../../layers/errors'
import { fieldsOf } from './records'

const HEAD_BYTES = 256 * 1024
const LF = 10
const QUOTE = 34
/** Lines whose columns are counted to find the delimiter. */
const HEAD_LINES = 50
const delimiters = [',', ';', '\t', '|'] as const

/** What to do about bytes that are no UTF-8. */
export const NAME_ENCODING = 'Name the encoding of the file, such as windows-1252.'

export interface Dialect {
  delimiter: (typeof delimiters)[number]
  /** Names of the columns, each different from the others also without regard to case. */
  columns: string[]
  /** Bytes of the file before its first record. */
  headerBytes: number
  /** Blank lines and the header: a name in quotes may hold line ends. */
  headerRecords: number
  /** Lines that these are. */
  headerLines: number
}

/** Trims names, gives a name to a column without one and another to one whose name is taken. */
export function columnNames(header: readonly string[]): string[] {
  const taken = new Set<string>()
  return header.map((cell, index) => {
    const wanted = cell.trim() === '' ? `column_${index + 1}` : cell.trim()
    let name = wanted
    for (let copy = 2; taken.has(name.toLowerCase()); copy++) name = `${wanted}_${copy}`
    taken.add(name.toLowerCase())
    return name
  })
}

/** Bytes of the first record that is not blank: a name in quotes may go on in the next line. */
function headerRecord(head: Buffer, from: number): { start: number; end: number; next: number } | undefined {
  let start = from
  for (;;) {
    const lineFeed = head.indexOf(LF, start)
    if (
      head
        .subarray(start, lineFeed === -1 ? head.length : lineFeed)
        .toString('latin1')
        .trim() !== ''
    )
      break
    if (lineFeed === -1) return undefined
    start = lineFeed + 1
  }
  let isQuoted = false
  for (let at = start; at < head.length; at++) {
    if (head[at] === QUOTE) isQuoted = !isQuoted
    else if (head[at] === LF && !isQuoted) return { start, end: at, next: at + 1 }
  }
  // a quote that nothing closes is one line's
  const lineFeed = isQuoted ? head.indexOf(LF, start) : -1
  const end = lineFeed === -1 ? head.length : lineFeed
  return { start, end, next: Math.min(head.length, end + 1) }
}

const isValue = (cell: string) => /^\s*[+-]?\d[\d.,:\-/T ]*(e[+-]?\d+)?Z?\s*$/i.test(cell)

function delimiterOf(lines: readonly string[]): Dialect['delimiter'] {
  const scored = delimiters.map(delimiter => {
    const counts = lines.map(line => fieldsOf(line, delimiter).length)
    const columns = counts[0] ?? 1
    return { delimiter, score: columns === 1 ? 0 : counts.filter(count => count === columns).length * 1000 + columns }
  })
  return scored.reduce((best, next) => (next.score > best.score ? next : best)).delimiter
}

/**
 * Reads the beginning of a UTF-8 file.
 * @param name of the file, for errors
 * @throws PipelineError SOURCE_UNREADABLE: not a table in text, or without a header line
 */
export async function dialectOf(file: string, name: string, size: number): Promise<Dialect> {
  const handle = await open(file)
  const head = Buffer.alloc(Math.min(HEAD_BYTES, size))
  try {
    await handle.read(head, 0, head.length, 0)
  } finally {
    await handle.close()
  }
  const isMarked = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf
  const bodyStart = isMarked ? 3 : 0
  const refused = (what: string, remedy = 'Drop CSV files with a header line, or Parquet files.') =>
    new PipelineError('SOURCE_UNREADABLE', `${name}: ${what}`, { remedy })
  if (head[0] === 0x1f && head[1] === 0x8b) throw refused('it is compressed (gzip)', 'Unpack it first.')
  const record = headerRecord(head, bodyStart)
  if (record === undefined) throw refused('it has no line that is not blank')
  const bytes = head.subarray(record.start, record.end)
  const shown = bytes.toString('latin1')
  if (/^\s*[[{<]/.test(shown)) throw refused('it holds JSON or XML, not the rows of a table')
  if (/[\0-\x08\x0e-\x1f]/.test(shown)) throw refused('it is not text')
  if (!isUtf8(bytes)) throw refused('the names of its columns are not UTF-8', NAME_ENCODING)
  const header = bytes.toString('utf8').replace(/\r$/, '')
  if (header.replaceAll(/"[^"]*"/g, '').includes('\r'))
    throw refused('its lines end in a carriage return alone', 'Write it with line feeds at the ends of lines.')
  if (record.next === head.length && head.length < size) throw refused(`its first line is longer than ${HEAD_BYTES} bytes`)
  const body = head
    .subarray(record.next)
    .toString('utf8')
    .split('\n')
    .slice(0, HEAD_LINES)
    .filter(line => line.trim() !== '')
  const delimiter = delimiterOf([header, ...body.map(line => line.replace(/\r$/, ''))])
  const cells = fieldsOf(header, delimiter)
  if (cells.some(isValue))
    throw refused(`its first line holds values (${cells.find(isValue)}), not the names of columns`, 'Put a header line before the rows.')
  const lineFeeds = (from: number, to: number) => head.subarray(from, to).filter(byte => byte === LF).length
  const before = lineFeeds(0, record.start)
  return {
    delimiter,
    columns: columnNames(cells),
    headerBytes: record.next,
    headerRecords: before + 1,
    headerLines: before + lineFeeds(record.start, record.end) + 1
  }
}
