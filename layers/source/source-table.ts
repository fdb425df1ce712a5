// Is the source table what the contract says, and how is each of its columns read? Asked once a run.
import type pg from 'pg'
import sourceColumns from '../../sql/queries/source-columns.sql'
import sourceTableSql from '../../sql/queries/source-table.sql'
import sourceTables from '../../sql/queries/source-tables.sql'
import sourceUniqueKeys from '../../sql/queries/source-unique-keys.sql'
import type { Contract, IncrementalLoad } from '../contract'
import { nearest } from '../contract/identifiers'
import { PipelineError } from '../errors'
import { type Encoder, encoderFor, typesFor } from './json-encoder'

export interface TypedColumn {
  name: string
  /** As `format_type` of the source's catalog writes it, so that it may stand in a cast. */
  type: string
}

export interface SourceTable {
  schema: string
  name: string
  /** One for each field of the message, in the contract's order. */
  fields: { name: string; column: string; encode: Encoder }[]
  watermark: TypedColumn
  key: TypedColumn[]
  /** The zone in which the server reads timestamps without one. */
  timeZone: string
  /** Values that the contract's timestamp formats could not say, by field; counted while rows are encoded. */
  inexact: Map<string, number>
}

interface CatalogColumn extends TypedColumn {
  nullable: boolean
}

const tableKinds = ['r', 'p']
const watermarkTypes: Record<IncrementalLoad['watermarkType'], readonly string[]> = {
  timestamp: ['timestamp with time zone', 'timestamp without time zone'],
  bigint: ['bigint', 'integer']
}
const defaultSchema = 'public'

const changed = (message: string, remedy?: string) => new PipelineError('SOURCE_CHANGED', message, { remedy })

async function missingTable(client: pg.ClientBase, contract: Contract, name: string): Promise<PipelineError> {
  const names = (await client.query<{ name: string }>(sourceTables, [name.split('.')[0]])).rows.map(row => row.name)
  const near = nearest(name, names)
  return changed(
    `${contract.file}: incrementalLoad.table ${name} is not there, or this role may not see it${near ? `; did you mean ${near}?` : ''}`
  )
}

/**
 * Reads the catalog and compares it with the contract.
 * @throws PipelineError SOURCE_CHANGED naming table and column, with the nearest right one, for a table, field, watermark or key that is
 *   missing, of another type, may be null, or is not unique; nothing was read of the table then
 */
export async function readSourceTable(client: pg.ClientBase, contract: Contract, load: IncrementalLoad): Promise<SourceTable> {
  const [schema, name] = load.table.includes('.') ? (load.table.split('.') as [string, string]) : [defaultSchema, load.table]
  const [table] = (await client.query<{ kind: string; time_zone: string }>(sourceTableSql, [schema, name])).rows
  if (!table) throw await missingTable(client, contract, load.table)
  if (!tableKinds.includes(table.kind))
    throw changed(`${load.table} is no table: rows of a view cannot be told by the transaction that wrote them`, 'Name the table under it.')
  const columns = (await client.query<CatalogColumn>(sourceColumns, [schema, name])).rows
  const names = columns.map(column => column.name)
  const find = (wanted: string, what: string): CatalogColumn => {
    const column = columns.find(each => each.name === wanted)
    if (column) return column
    const near = nearest(wanted, names)
    throw changed(`${load.table} has no column ${wanted}, ${what}; ${near ? `did you mean ${near}?` : `it has ${names.join(', ')}`}`)
  }
  const unfailing = (wanted: string, what: string) => {
    const column = find(wanted, what)
    if (!column.nullable) return column
    throw changed(
      `${load.table}.${wanted}, ${what}, may be null; such a row would never be found`,
      `alter table ${load.table} alter column ${wanted} set not null`
    )
  }
  const watermark = unfailing(load.watermarkColumn, 'the watermark of the contract')
  if (!watermarkTypes[load.watermarkType].includes(watermark.type))
    throw changed(
      `${load.table}.${watermark.name} is ${watermark.type}; a ${load.watermarkType} watermark is ${watermarkTypes[load.watermarkType].join(' or ')}`
    )
  const key = load.key.map(column => unfailing(column, 'part of the key of the contract'))
  const unique = (await client.query<{ columns: string[] }>(sourceUniqueKeys, [schema, name])).rows
  const ordered = new Set([watermark.name, ...load.key])
  if (!unique.some(index => index.columns.every(column => ordered.has(column))))
    throw changed(
      `${load.table}: (${load.key.join(', ')}) does not tell rows apart; no unique index says so`,
      'Name the primary key as the key.'
    )
  const inexact = new Map<string, number>()
  const fields = contract.fields.map(field => {
    const column =
      columns.find(each => each.name === field.column.name && !names.includes(field.name)) ?? find(field.name, 'a field of the contract')
    const encode = encoderFor(field, column.type, () => inexact.set(field.name, (inexact.get(field.name) ?? 0) + 1))
    if (encode) return { name: field.name, column: column.name, encode }
    throw changed(
      `${load.table}.${column.name} is ${column.type}; ${field.name} of the contract can be made of ${typesFor(field).join(', ')}`
    )
  })
  return { schema, name, fields, watermark, key, timeZone: table.time_zone, inexact }
}
