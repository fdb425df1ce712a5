// How does the shop's file get into the operational table sales_db.transactions, with no line lost?
import { basename } from 'node:path'
import type pg from 'pg'
import transactionsCopy from '../../sql/queries/transactions-copy.sql'
import transactionsReject from '../../sql/queries/transactions-reject.sql'
import type { Contract, Field, SourceRecord } from '../contract'
import { isDecimal } from '../contract/decimal'
import { readCsv } from '../contract/read-csv'
import { shown } from '../contract/shown'
import { wallClockParser } from '../contract/timestamp'
import { PipelineError } from '../errors'
import { connectedTo } from '../store/connection'
import { copyIn } from '../store/copy'

/** Rejected lines that are kept at once. */
const rejectedMax = 1_000
const INT4_MAX = 2_147_483_647n

export interface LoadedTransactions {
  /** Records of the file; loaded and rejected together. */
  lines: number
  loaded: number
  rejected: number
}

interface Rejected {
  line: number
  bytes: Buffer
  content: 'line' | 'fields'
  reason: string
}

/** A column's text for COPY, or undefined where it is no value of the column. */
type Reader = (text: string) => string | undefined

const columns: readonly { name: string; reader: (field: Field) => Reader; is: string }[] = [
  { name: 'InvoiceNo', reader: () => text, is: 'text' },
  { name: 'StockCode', reader: () => text, is: 'text' },
  { name: 'Description', reader: () => text, is: 'text' },
  { name: 'Quantity', reader: () => integer, is: 'a whole number of 32 bits' },
  { name: 'InvoiceDate', reader: wallClock, is: 'a date and time' },
  { name: 'UnitPrice', reader: () => numeric, is: 'a number' },
  { name: 'CustomerID', reader: () => text, is: 'text' },
  { name: 'Country', reader: () => text, is: 'text' }
]

/** Text of COPY's text format: what would end a field or a line, or read as NULL, is escaped. */
function text(value: string): string | undefined {
  if (!/[\\\t\n\r\0]/.test(value)) return value
  if (value.includes('\0')) return undefined
  return value.replace(/[\\\t\n\r]/g, character => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[character]!)
}

function integer(value: string): string | undefined {
  const trimmed = value.trim()
  if (!/^[+-]?\d{1,10}$/.test(trimmed)) return undefined
  const number = BigInt(trimmed.replace('+', ''))
  return number >= -INT4_MAX - 1n && number <= INT4_MAX ? number.toString() : undefined
}

function numeric(value: string): string | undefined {
  const trimmed = value.trim()
  return isDecimal(trimmed) ? trimmed : undefined
}

function wallClock({ timestamp }: Field): Reader {
  // the time stays the shop's wall-clock time: no zone comes into it
  const parse = timestamp.kind === 'wall-clock' ? wallClockParser(timestamp.pattern, 'UTC') : () => 'invalid' as const
  return value => {
    const ms = parse(value.trim())
    return typeof ms === 'number' ? new Date(ms).toISOString().slice(0, 19).replace('T', ' ') : undefined
  }
}

/** A maker of COPY lines; what it cannot make goes to `reject` with the reason. */
function lineMaker(contract: Contract, reject: (rejected: Rejected) => void): (record: SourceRecord) => string {
  const readers = columns.map(({ name, reader, is }) => {
    const field = contract.fields.find(each => each.name === name)
    if (field) return { name, read: reader(field), is }
    throw new PipelineError('CONTRACT_INVALID', `${contract.file}: has no field ${name}, which sales_db.transactions holds`)
  })
  return record => {
    if (record.unparsable !== undefined) {
      reject({ line: record.line, bytes: record.value, content: 'line', reason: record.unparsable })
      return ''
    }
    const fields = JSON.parse(record.value.toString('utf8')) as Record<string, string>
    let line = ''
    for (const { name, read, is } of readers) {
      const value = fields[name]!
      // an empty field holds nothing, as in COPY's own CSV format
      const made = value === '' ? '\\N' : read(value)
      if (made === undefined) {
        reject({ line: record.line, bytes: record.value, content: 'fields', reason: `${name} is not ${is}: ${shown(value)}` })
        return ''
      }
      line += line === '' ? made : `\t${made}`
    }
    return `${line}\n`
  }
}

async function keepRejected(client: pg.ClientBase, file: string, rejected: Rejected[]): Promise<void> {
  for (let from = 0; from < rejected.length; from += rejectedMax) {
    const some = rejected.slice(from, from + rejectedMax)
    await client.query(transactionsReject, [
      file,
      some.map(each => each.line),
      some.map(each => each.bytes),
      some.map(each => each.content),
      some.map(each => each.reason)
    ])
  }
}

/**
 * Loads a file into sales_db.transactions with `COPY … FROM STDIN`, and lines that are no rows of it into sales_db.transactions_rejected;
 * all or nothing. Memory stays that of one piece of the file. The table keeps what it had.
 * @param url of a role that may write sales_db
 * @param file a CSV of the shop's columns, in the contract's encoding
 * @param options `count` records at most; `onProgress` is told the records so far
 * @throws PipelineError SOURCE_UNREADABLE, DATABASE_UNAVAILABLE
 */
export function loadTransactions(
  url: string,
  contract: Contract,
  file: string,
  options: { count?: number; onProgress?: (lines: number) => void; signal?: AbortSignal } = {}
): Promise<LoadedTransactions> {
  const { count = Number.POSITIVE_INFINITY, onProgress, signal } = options
  return connectedTo(url, async client => {
    const total: LoadedTransactions = { lines: 0, loaded: 0, rejected: 0 }
    let rejected: Rejected[] = []
    const make = lineMaker(contract, each => rejected.push(each))
    await client.query('begin')
    for await (const chunk of readCsv(contract, file, signal)) {
      const records = chunk.slice(0, count - total.lines)
      const lines = records.map(make).join('')
      // the next piece is read when the server has taken this one
      if (lines !== '') await copyIn(client, transactionsCopy, Buffer.from(lines))
      await keepRejected(client, basename(file), rejected)
      total.lines += records.length
      total.rejected += rejected.length
      total.loaded += records.length - rejected.length
      rejected = []
      onProgress?.(total.lines)
      if (total.lines >= count) break
    }
    await client.query('commit')
    return total
  })
}
