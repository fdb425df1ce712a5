// How is a text file to be read: where do its columns end, and what are they called?
import { open } from 'node:fs/promises'
import { PipelineError } from '../../layers/errors'
import { fieldsOf } from './records'

const HEAD_BYTES = 256 * 1024
/** Lines whose columns are counted to find the delimiter. */
const HEAD_LINES = 50
const delimiters = [',', ';', '\t', '|'] as const

export interface Dialect {
  delimiter: (typeof delimiters)[number]
  /** Names of the columns, each different from the others also without regard to case. */
  columns: string[]
  /** Bytes of the file before its first record. */
  headerBytes: number
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
  const text = head.subarray(isMarked ? 3 : 0).toString('utf8')
  const refused = (what: string, remedy = 'Drop CSV files with a header line, or Parquet files.') =>
    new PipelineError('SOURCE_UNREADABLE', `${name}: ${what}`, { remedy })
  if (/^\s*[[{<]/.test(text)) throw refused('it holds JSON or XML, not the rows of a table')
  const lines = text.split('\n')
  const leading = lines.findIndex(line => line.trim() !== '')
  if (leading === -1) throw refused('it has no line that is not blank')
  const header = lines[leading]!.replace(/\r$/, '')
  if (header.includes('\0') || /[\x01-\x08\x0e-\x1f]/.test(header)) throw refused('it is not text')
  if (lines.length === 1 && head.length < size) throw refused(`its first line is longer than ${HEAD_BYTES} bytes`)
  const body = lines.slice(leading + 1, leading + 1 + HEAD_LINES).filter(line => line.trim() !== '')
  const delimiter = delimiterOf([header, ...body.map(line => line.replace(/\r$/, ''))])
  const cells = fieldsOf(header, delimiter)
  if (cells.some(isValue))
    throw refused(`its first line holds values (${cells.find(isValue)}), not the names of columns`, 'Put a header line before the rows.')
  const before = lines.slice(0, leading + 1)
  return {
    delimiter,
    columns: columnNames(cells),
    headerBytes: Math.min(size, (isMarked ? 3 : 0) + before.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)),
    headerLines: leading + 1
  }
}
