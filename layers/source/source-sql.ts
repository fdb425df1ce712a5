// Which statements read a source table? All text that is put together from a contract's identifiers, in one place.
import { quoteIdentifier as identifier } from '../contract'
import type { SourceTable, TypedColumn } from './source-table'

/** A row's place in the order of extraction. */
export interface Cursor {
  /** As the source writes it in UTC. */
  watermark: string
  key: string[]
}

export interface Statement {
  text: string
  values: unknown[]
}

/** Bounds of what is wanted; each value is a parameter that the server reads with its column's type. */
export interface Bounds {
  /** Rows after this one. */
  after?: Cursor
  /** Rows of this watermark and later ones. */
  from?: string
  /** Rows before this watermark. */
  to?: string
  /** Rows before this instant, where the watermark is a time: an open transaction may still write later ones. */
  before?: string
  limit?: number
}

export const CURSOR_NAME = 'extraction'

class Parameters {
  readonly values: unknown[] = []

  add(value: unknown, type: string): string {
    this.values.push(value)
    return `$${this.values.length}::${type}`
  }
}

const isTime = (column: TypedColumn) => column.type.startsWith('timestamp')

/** An instant as a value of the watermark's type; one without a zone is written in the server's. */
function instant(table: SourceTable, parameters: Parameters, value: string): string {
  const given = parameters.add(value, 'timestamptz')
  return table.watermark.type === 'timestamp without time zone'
    ? `(${given} at time zone ${parameters.add(table.timeZone, 'text')})`
    : given
}

const orderOf = (table: SourceTable) => [table.watermark, ...table.key].map(column => identifier(column.name)).join(', ')

const rowOf = (table: SourceTable, parameters: Parameters, cursor: Cursor) =>
  `(${[parameters.add(cursor.watermark, table.watermark.type), ...table.key.map((column, index) => parameters.add(cursor.key[index], column.type))].join(', ')})`

/** Fields first, then watermark and key: the row's cursor. */
function select(table: SourceTable): string {
  const columns = [...table.fields.map(field => field.column), table.watermark.name, ...table.key.map(column => column.name)]
  return `declare ${CURSOR_NAME} no scroll cursor for select ${columns.map(identifier).join(', ')} from ${identifier(table.schema)}.${identifier(table.name)}`
}

/** Rows in the order of (watermark, key), within the bounds. */
export function forwardStatement(table: SourceTable, bounds: Bounds): Statement {
  const parameters = new Parameters()
  const watermark = identifier(table.watermark.name)
  const conditions: string[] = []
  if (bounds.after) conditions.push(`(${orderOf(table)}) > ${rowOf(table, parameters, bounds.after)}`)
  if (bounds.from !== undefined) conditions.push(`${watermark} >= ${parameters.add(bounds.from, table.watermark.type)}`)
  if (bounds.to !== undefined) conditions.push(`${watermark} < ${parameters.add(bounds.to, table.watermark.type)}`)
  if (bounds.before !== undefined && isTime(table.watermark)) conditions.push(`${watermark} < ${instant(table, parameters, bounds.before)}`)
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const limit = bounds.limit === undefined ? '' : ` limit ${parameters.add(bounds.limit, 'bigint')}`
  return { text: `${select(table)}${where} order by ${orderOf(table)}${limit}`, values: parameters.values }
}

/** What Postgres keeps in a row of the 64 bits of a transaction's id. */
const XID_EPOCH = 2n ** 32n

/**
 * The id of the transaction that wrote a row: a row holds the lower 32 bits, and the epoch is the one that makes it the newest id below
 * the snapshot's end. A row of 2^32 transactions ago may so be taken for new and sent again; none is passed over.
 */
function rowXid(parameters: Parameters, snapshotXmax: string): string {
  const epoch = BigInt(snapshotXmax) / XID_EPOCH
  const [current, before] = [epoch * XID_EPOCH, (epoch - 1n) * XID_EPOCH].map(start => parameters.add(start.toString(), 'bigint'))
  return `(xmin::text::bigint + case when xmin::text::bigint < ${parameters.add((BigInt(snapshotXmax) % XID_EPOCH).toString(), 'bigint')} then ${current} else ${before} end)`
}

/** Oldest transaction in flight, and the end of those that were begun, in a snapshot. */
export interface Snapshot {
  xmin: string
  xmax: string
}

/**
 * Rows no further than the cursor that were committed after it had passed: written by a transaction that was in flight, or not begun, when
 * the source was last read. Looked for only as far back as the lag.
 * @param lastXmin oldest transaction in flight when the source was last read: it and later ones may have committed since
 * @param snapshotXmax end of the snapshot that this statement reads
 * @param lag seconds before the cursor's watermark; units of it where it is a number
 */
export function lateStatement(
  table: SourceTable,
  cursor: Cursor,
  { lastXmin, snapshotXmax, lag, from }: { lastXmin: string; snapshotXmax: string; lag: number; from?: string }
): Statement {
  const parameters = new Parameters()
  const watermark = identifier(table.watermark.name)
  const since = parameters.add(cursor.watermark, table.watermark.type)
  const back = isTime(table.watermark)
    ? `make_interval(secs => ${parameters.add(lag, 'double precision')})`
    : parameters.add(Math.ceil(lag), 'bigint')
  const conditions = [
    `${watermark} >= ${since} - ${back}`,
    `(${orderOf(table)}) <= ${rowOf(table, parameters, cursor)}`,
    `${rowXid(parameters, snapshotXmax)} >= ${parameters.add(lastXmin, 'bigint')}`
  ]
  if (from !== undefined) conditions.push(`${watermark} >= ${parameters.add(from, table.watermark.type)}`)
  return { text: `${select(table)} where ${conditions.join(' and ')} order by ${orderOf(table)}`, values: parameters.values }
}
