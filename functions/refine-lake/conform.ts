// What are the typed rows of a group of bronze objects, and what became of each of their records?
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api'
import { type Contract, compileValidator } from '../../layers/contract'
import type { Lake } from '../../layers/lake'
import { literal } from '../../layers/lake/duckdb'
import { bronzeLines, createView } from '../../layers/lake-tables/views'
import conformed from '../../sql/lake/conformed-transactions.sql'
import decided from '../../sql/lake/decided-transactions.sql'
import opened from '../../sql/lake/opened-transactions.sql'
import type { BronzeObject } from './bronze'
import { type BronzeRecord, readBronzeLine } from './bronze-line'
import { isSightValid } from './sight'

/** What became of the records of bronze objects: read = good + refused. */
export interface Conformed {
  /** Objects whose records are in the counts. */
  objects: string[]
  /** Records read. */
  read: number
  /** Those that became a row. */
  good: number
  refused: number
  /** Reason code → records; a record counts once for each of its reasons. */
  reasons: Map<string, number>
  /** Lines that are no record, by object. */
  corruptLines: Map<string, number>
  /** Objects that are kept out whole. */
  quarantined: { object: string; size: number; reason: string }[]
}

export const newConformed = (): Conformed => ({
  objects: [],
  read: 0,
  good: 0,
  refused: 0,
  reasons: new Map(),
  corruptLines: new Map(),
  quarantined: []
})

/** The validator's row, and the place of its record, in the order of `appendRow`. */
const decidedColumns = `object varchar, source_topic varchar, source_partition integer, source_offset bigint, invoice_no varchar,
  stock_code varchar, description varchar, quantity integer, invoice_date double, unit_price varchar, customer_id varchar, country varchar,
  is_cancellation boolean, transaction_id varchar`

/** The columns of a silver row, of staged ones too. */
const silverColumns = `source_topic, source_partition, source_offset, invoice_no, stock_code, description, quantity, invoice_date, unit_price,
  customer_id, country, is_cancellation, transaction_id, invoice_day, amount`

/** Where the contract is another than the one that the fast statement was written for: every line goes to the validator. */
const nothingAtSight = `select * from (${conformed}) as sighted where false union all by name ${opened}`

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0]!

/** Whether DuckDB gave up because of what is in the object, not for want of memory or for a fault of its own. */
const isOfTheObject = (error: unknown) => /^(Invalid Input|IO|Conversion|Serialization) Error/.test(messageOf(error))

function appendRow(appender: DuckDBAppender, object: string, record: BronzeRecord, value: (name: string) => unknown): void {
  const text = (name: string) => (value(name) === null ? appender.appendNull() : appender.appendVarchar(String(value(name))))
  appender.appendVarchar(object)
  appender.appendVarchar(record.topic)
  appender.appendInteger(record.partition)
  appender.appendBigInt(BigInt(record.offset))
  for (const name of ['invoice_no', 'stock_code', 'description']) text(name)
  appender.appendInteger(value('quantity') as number)
  appender.appendDouble(value('invoice_date') as number)
  for (const name of ['unit_price', 'customer_id', 'country']) text(name)
  appender.appendBoolean(value('is_cancellation') as boolean)
  text('transaction_id')
  appender.endRow()
}

/**
 * The reader of bronze objects for one run. Rows are staged below a folder, one folder for each month; `months` says which there are.
 * @param stage folder for the rows
 * @param counts what became of the records is added here
 */
export function bronzeReader(connection: DuckDBConnection, lake: Lake, contract: Contract, stage: string, counts: Conformed) {
  const validate = compileValidator(contract)
  const statement = isSightValid(contract) ? conformed : nothingAtSight
  const columnAt = new Map(contract.table.columns.map((column, index) => [column.name, index]))
  let staged = 0

  /** Opens the lines of the objects into the table `conformed`; throws what DuckDB says of an object that it cannot read. */
  async function open(paths: readonly string[]): Promise<void> {
    await createView(connection, 'bronze_transactions', `select object, json as line from ${bronzeLines(paths)}`)
    await connection.run(`create or replace temporary table conformed as ${statement}`)
  }

  /** Objects that do not begin and end with the records that their names say: cut off, or changed. Landing writes them whole. */
  async function incomplete(objects: ReadonlyMap<string, BronzeObject>): Promise<Map<string, string>> {
    const found = await connection.runAndReadAll(
      'select object, min(source_offset), max(source_offset), count(*) filter (where source_offset is null) from conformed group by object'
    )
    const broken = new Map([...objects.keys()].map(path => [path, 'it holds no record that can be read']))
    for (const [path, first, last, corrupt] of found.getRows() as [string, bigint | null, bigint | null, bigint][]) {
      const { firstOffset, lastOffset } = objects.get(path)!
      if (Number(first ?? -1) === firstOffset && Number(last ?? -1) === lastOffset) {
        broken.delete(path)
        if (corrupt > 0n) counts.corruptLines.set(objects.get(path)!.key, Number(corrupt))
      } else broken.set(path, `it holds the offsets ${first ?? 'none'} to ${last ?? 'none'}, its name says ${firstOffset} to ${lastOffset}`)
    }
    return broken
  }

  /** The validator's verdicts about the lines that are not plain; their rows are in the table `decided_transactions` afterwards. */
  async function decide(keyOf: (path: string) => string): Promise<void> {
    const odd = await connection.runAndReadAll('select line, object from conformed where line is not null and source_offset is not null')
    await connection.run(`create or replace temporary table decided_transactions (${decidedColumns})`)
    const appender = await connection.createAppender('decided_transactions')
    for (const [line, object] of odd.getRows() as [string, string][]) {
      const record = readBronzeLine(line)
      if (!record) {
        counts.corruptLines.set(keyOf(object), (counts.corruptLines.get(keyOf(object)) ?? 0) + 1)
        continue
      }
      counts.read++
      const verdict = validate(record)
      if (verdict.valid) {
        appendRow(appender, object, record, name => verdict.row[columnAt.get(name)!])
        continue
      }
      counts.refused++
      for (const code of new Set(verdict.reasons.map(reason => reason.code))) counts.reasons.set(code, (counts.reasons.get(code) ?? 0) + 1)
    }
    appender.closeSync()
  }

  async function stageRows(): Promise<void> {
    const rows = `select ${silverColumns} from conformed where transaction_id is not null union all select ${silverColumns} from (${decided}) as decided`
    const copied = await connection.run(
      `copy (select *, strftime(invoice_day, '%Y-%m') as month from (${rows}) as rows) to ${literal(stage)}
       (format parquet, partition_by (month), append, filename_pattern 'g${++staged}-{uuid}')`
    )
    const good = Number(copied.rowsChanged)
    const [[judged]] = (await connection.runAndReadAll('select count(*) from decided_transactions')).getRows() as [[bigint]]
    counts.good += good
    counts.read += good - Number(judged)
  }

  /** Keeps objects out whole. */
  async function quarantine(broken: ReadonlyMap<string, string>, objects: ReadonlyMap<string, BronzeObject>): Promise<void> {
    if (broken.size === 0) return
    for (const [path, reason] of broken) {
      const { key, size } = objects.get(path)!
      counts.quarantined.push({ object: key, size, reason })
    }
    await connection.run(`delete from conformed where object in (${[...broken.keys()].map(literal).join(', ')})`)
  }

  /**
   * Reads the objects of a group and stages their rows.
   * @param folder for copies, where the lake is no directory
   */
  async function read(group: readonly BronzeObject[], folder: string): Promise<void> {
    const paths = await lake.localFiles(
      group.map(object => object.key),
      folder
    )
    const objects = new Map(paths.map((path, index) => [path, group[index]!]))
    try {
      await open(paths)
    } catch (error) {
      if (group.length === 1) {
        if (!isOfTheObject(error)) throw error
        counts.quarantined.push({ object: group[0]!.key, size: group[0]!.size, reason: messageOf(error) })
        return
      }
      for (const object of group) await read([object], folder)
      return
    }
    const broken = await incomplete(objects)
    await quarantine(broken, objects)
    await decide(path => objects.get(path)!.key)
    await stageRows()
    for (const [path, { key }] of objects) if (!broken.has(path)) counts.objects.push(key)
  }

  return {
    read,
    /** The months that have staged rows, and the pattern that reads those of each. */
    months: async (): Promise<Map<string, string>> => {
      const folders = staged === 0 ? [] : await readdir(stage)
      return new Map(folders.sort().map(name => [name.replace('month=', ''), join(stage, name, '*.parquet')]))
    }
  }
}
