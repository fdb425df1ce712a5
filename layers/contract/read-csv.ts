// Which records does a CSV file hold, when any of its lines may be broken?
import { PipelineError } from '../errors'
import { type CsvFields, splitRecord } from './csv-line'
import { decode, type Encoding, hasByteOrderMark, withoutByteOrderMark } from './decode'
import { nearest } from './identifiers'
import { type Line, MAX_LINE_BYTES, readLines, tooLong } from './lines'
import { shown } from './shown'
import type { Contract, SourceRecord } from './types'

/** Lines that one quoted record may span. A quote that does not close within them is an error of its first line alone. */
export const MAX_RECORD_LINES = 20

export const KEY_SEPARATOR = '|'

/** Unknown columns that an error names, and characters of a name that is compared with those of the contract. */
const NAMED_COLUMNS = 10
const NAMED_LENGTH = 100

/**
 * Reads a CSV file line by line. A broken line is handed over as its own bytes with the reason, and never takes its neighbours with it:
 * - an open quote is closed by following lines only when that makes exactly one record of the right number of fields, within
 *   MAX_RECORD_LINES, and none of the lines in between is a whole record by itself; else the line is unparsable alone;
 * - fewer or more fields than the header, bytes that are not of the encoding and lines beyond MAX_LINE_BYTES are unparsable.
 * Empty lines hold no record and are skipped. A file that opens with a UTF-8 byte order mark is read as UTF-8.
 * @returns chunks of records in file order
 * @throws PipelineError SOURCE_UNREADABLE when the file is missing, empty, or its header is not the contract's
 */
export async function* readCsv(contract: Contract, file: string, signal?: AbortSignal): AsyncGenerator<SourceRecord[]> {
  let reader: CsvReader | undefined
  let waiting: Line[] = []
  for await (const lines of readLines(file, signal)) {
    let from = 0
    if (!reader) {
      reader = openHeader(contract, file, lines[0]!)
      from = 1
    }
    const all = [...waiting, ...lines.slice(from)]
    const records: SourceRecord[] = []
    waiting = reader.read(all, records, false)
    if (records.length > 0) yield records
  }
  if (!reader)
    throw new PipelineError(
      'SOURCE_UNREADABLE',
      `${file}: is empty; expected a header ${contract.source.columns.join(contract.source.delimiter)}`
    )
  const last: SourceRecord[] = []
  reader.read(waiting, last, true)
  if (last.length > 0) yield last
}

function openHeader(contract: Contract, file: string, first: Line): CsvReader {
  const { columns, delimiter, encoding } = contract.source
  const encodingFound: Encoding = hasByteOrderMark(first.bytes) ? 'utf-8' : encoding
  const text = decode(withoutByteOrderMark(first.bytes), encodingFound)
  const found = text === undefined || first.cut ? 'malformed' : splitRecord(text, delimiter)
  if (Array.isArray(found) && found.length === columns.length && found.every((name, index) => name.trim() === columns[index]))
    return new CsvReader(contract, encodingFound)
  const why = headerProblem(contract, first, found)
  throw new PipelineError('SOURCE_UNREADABLE', `${file}:1: the header is ${shown(text ?? '')}; expected ${columns.join(delimiter)}${why}`, {
    remedy: `Give a file whose first line is the header that ${contract.file} names, with ${JSON.stringify(delimiter)} between the columns.`
  })
}

/** What is probably wrong with a header, to go on with after a semicolon. */
function headerProblem({ source: { columns } }: Contract, { bytes }: Line, found: CsvFields): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return '; the file is UTF-16'
  if (bytes.includes(13)) return '; its lines end in CR alone: end them in LF'
  if (!Array.isArray(found)) return ''
  const names = found.map(name => name.trim())
  const missing = columns.filter(name => !names.includes(name))
  const unknown = names.filter(name => !columns.includes(name)).slice(0, NAMED_COLUMNS)
  const parts = unknown.map(name => {
    const near = name.length > NAMED_LENGTH ? undefined : nearest(name, missing)
    return `column ${shown(name)} is not in the contract${near ? `, did you mean ${near}?` : ''}`
  })
  if (missing.length > 0) parts.push(`missing: ${missing.join(', ')}`)
  return parts.map(part => `; ${part}`).join('')
}

const notDecoded: Record<Encoding, string> = {
  'utf-8': 'it is not UTF-8',
  'windows-1252': 'it holds characters in UTF-8, in a file of Windows-1252'
}

/** Characters that cannot stand in a JSON string as they are. */
const NEEDS_ESCAPE = /["\\\u0000-\u001f]/

class CsvReader {
  private readonly delimiter: string
  private readonly columns: readonly string[]
  /** `{"InvoiceNo":"`, `","StockCode":"`, …: what stands before each value. */
  private readonly before: readonly string[]
  private readonly keyAt: readonly number[]

  constructor(
    contract: Contract,
    private readonly encoding: Encoding
  ) {
    this.delimiter = contract.source.delimiter
    this.columns = contract.source.columns
    this.before = this.columns.map((name, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`)
    this.keyAt = contract.recordKey.map(name => this.columns.indexOf(name))
  }

  /** Adds the records of the lines; returns the lines that need more to be judged, none when these are the `last`. */
  read(lines: readonly Line[], records: SourceRecord[], last: boolean): Line[] {
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at]!
      if (line.bytes.length === 0) continue
      const text = line.cut ? undefined : decode(line.bytes, this.encoding)
      if (text === undefined) {
        records.push(unparsable(line, line.cut ? tooLong(line) : notDecoded[this.encoding]))
        continue
      }
      const fields = splitRecord(text, this.delimiter)
      if (fields !== 'open') {
        records.push(this.record(line, fields, text))
        continue
      }
      const joined = this.join(lines, at, text)
      if (joined === 'more' && !last) return lines.slice(at)
      if (joined === 'more' || joined === 'none') records.push(unparsable(line, 'a quote is not closed'))
      else {
        records.push(this.json(line, joined.fields, true))
        at += joined.lines - 1
      }
    }
    return []
  }

  /** Closes the quote that is open in line `at` with the lines after it; `more` when these lines do not decide. */
  private join(lines: readonly Line[], at: number, first: string): { fields: string[]; lines: number } | 'more' | 'none' {
    let text = first
    for (let count = 1; count < MAX_RECORD_LINES; count++) {
      const line = lines[at + count]
      if (!line) return 'more'
      const next = line.cut ? undefined : decode(line.bytes, this.encoding)
      if (next === undefined) return 'none'
      text += `\n${next}`
      if (text.length > MAX_LINE_BYTES) return 'none'
      const fields = splitRecord(text, this.delimiter)
      if (fields === 'malformed') return 'none'
      if (fields !== 'open') return fields.length === this.columns.length ? { fields, lines: count + 1 } : 'none'
      const alone = splitRecord(next, this.delimiter)
      if (Array.isArray(alone) && alone.length === this.columns.length) return 'none'
    }
    return 'none'
  }

  private record(line: Line, fields: CsvFields, text: string): SourceRecord {
    if (!Array.isArray(fields)) return unparsable(line, 'something other than a delimiter follows a closing quote')
    if (fields.length !== this.columns.length) return unparsable(line, `it has ${fields.length} fields, expected ${this.columns.length}`)
    return this.json(line, fields, NEEDS_ESCAPE.test(text))
  }

  private json(line: Line, fields: string[], escaped: boolean): SourceRecord {
    let json = ''
    if (escaped) for (let index = 0; index < fields.length; index++) json += this.before[index]! + JSON.stringify(fields[index])
    else for (let index = 0; index < fields.length; index++) json += `${this.before[index]!}"${fields[index]!}"`
    return { line: line.number, value: Buffer.from(`${json}}`), key: this.keyAt.map(index => fields[index]!.trim()).join(KEY_SEPARATOR) }
  }
}

/** A copy: the line is a view into a read buffer that would otherwise be kept alive. */
function unparsable(line: Line, why: string): SourceRecord {
  return { line: line.number, value: Buffer.from(line.bytes), unparsable: why }
}
