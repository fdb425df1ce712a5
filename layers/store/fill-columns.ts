// A contract gained a field whose values came before: how do they get from `unknown_fields` into the new column?
import type pg from 'pg'
import { type CatalogColumn, type ColumnType, type Contract, quoteIdentifier as quoted } from '../contract'
import { UNKNOWN_FIELDS_COLUMN } from '../contract/columns'
import { compileField, Findings } from '../contract/field-rules'
import type { Field } from '../contract/types'

/** Rows that are in memory at once. */
const pageRows = 2000
/** SQLSTATE of a range that an older row breaks; a check that is `not valid` is asked again when its row is updated. */
const checkViolation = '23514'

type UnknownFields = Record<string, unknown>
interface Row {
  key: string[]
  unknown: UnknownFields
}
interface Filled {
  key: string[]
  /** As text that casts to the column's type; null where the value is missing or does not pass. */
  values: (string | null)[]
  passes: boolean[]
  rest: string | null
}

/** The value of a row as text that Postgres casts to the type; undefined where it has no such text. */
function asText(type: ColumnType, value: unknown): string | undefined {
  if (type === 'jsonb') return JSON.stringify(value)
  if (type !== 'timestamptz') return String(value)
  const whole = Math.floor(value as number)
  const micros = Math.round(((value as number) - whole) * 1000)
  const iso = new Date(whole).toISOString()
  return iso.length === 24 ? `${iso.slice(0, -1)}${String(micros).padStart(3, '0')}Z` : undefined
}

function fillRow(fields: readonly { field: Field; rule: ReturnType<typeof compileField> }[], { key, unknown }: Row): Filled {
  const rest = new Map(Object.entries(unknown))
  const read = fields.map(({ field, rule }) => {
    if (!rest.has(field.name)) return undefined
    const findings = new Findings()
    const value = rule(rest.get(field.name), findings)
    const text = value === null ? null : asText(field.column.type, value)
    if (findings.reasons || text === undefined) return undefined
    rest.delete(field.name)
    return text
  })
  return {
    key,
    values: read.map(text => text ?? null),
    passes: read.map(text => text !== undefined),
    rest: rest.size === 0 ? null : JSON.stringify(Object.fromEntries(rest))
  }
}

/**
 * Fills columns that were added to a clean table from the unknown fields that the policy `evolve` kept, where the values pass the field's rules;
 * a value that does not pass stays where it is. Inside the transaction that added the columns.
 * @param existing columns of the table before they were added
 * @returns what was done, one sentence a column; none where nothing was kept
 */
export async function fillColumns(client: pg.Client, contract: Contract, existing: readonly CatalogColumn[]): Promise<string[]> {
  const { table } = contract
  const before = new Set(existing.filter(column => column.table === table.name).map(column => column.name))
  const fields = contract.fields
    .filter(({ column }) => !before.has(column.name))
    .map(field => ({ field, rule: compileField({ ...field, column: { ...field.column, nullable: true } }) }))
  if (!before.has(UNKNOWN_FIELDS_COLUMN) || fields.length === 0) return []
  const keys = table.uniqueKey.map(name => ({ name: quoted(name), type: table.columns.find(column => column.name === name)!.type }))
  const unknown = quoted(UNKNOWN_FIELDS_COLUMN)
  const names = keys
    .map((_, index) => `k${index}`)
    .concat(
      fields.map((_, index) => `v${index}`),
      'rest'
    )
  const update = `update ${quoted(table.name)} as t set ${fields.map(({ field }, index) => `${quoted(field.column.name)} = u.v${index}::${field.column.type}`).join(', ')}, ${unknown} = u.rest::jsonb
from unnest(${names.map((_, index) => `$${index + 1}::text[]`).join(', ')}) as u(${names.join(', ')})
where ${keys.map(({ name, type }, index) => `t.${name} = u.k${index}::${type}`).join(' and ')}`
  const write = (rows: readonly Filled[]) => {
    const columns = names.map((_, at) => rows.map(({ key, values, rest }) => [...key, ...values, rest][at]))
    return client.query(update, columns)
  }
  const counts = fields.map(() => ({ filled: 0, left: 0 }))
  const note = (rows: readonly Filled[], pages: readonly Row[], written: boolean) => {
    for (const [at, { passes }] of rows.entries())
      for (const [index, { field }] of fields.entries())
        if (Object.hasOwn(pages[at]!.unknown, field.name)) counts[index]![written && passes[index] ? 'filled' : 'left']++
  }
  const writeOneByOne = async (rows: readonly Filled[], page: readonly Row[]) => {
    for (const [at, row] of rows.entries()) {
      const written = await guarded(client, () => write([row]))
      note([row], [page[at]!], written)
    }
  }
  await client.query(
    `declare unknown_rows no scroll cursor for select array[${keys.map(({ name }) => `${name}::text`).join(', ')}] as key, ${unknown} as unknown from ${quoted(table.name)} where ${unknown} ?| array[${fields.map(({ field }) => `'${field.name.replaceAll("'", "''")}'`).join(', ')}]`
  )
  for (;;) {
    const page = (await client.query<Row>(`fetch ${pageRows} from unknown_rows`)).rows
    if (page.length === 0) break
    const rows = page.map(row => fillRow(fields, row))
    if (await guarded(client, () => write(rows))) note(rows, page, true)
    else await writeOneByOne(rows, page)
  }
  await client.query('close unknown_rows')
  return fields.flatMap(({ field }, index) => {
    const { filled, left } = counts[index]!
    return filled + left === 0
      ? []
      : [`${table.name}.${field.column.name}: ${filled} rows filled from ${UNKNOWN_FIELDS_COLUMN}, ${left} left there`]
  })
}

/** @returns false where a range of an older row forbids the update; then nothing of it was done */
async function guarded(client: pg.Client, work: () => Promise<unknown>): Promise<boolean> {
  await client.query('savepoint fill')
  try {
    await work()
    return true
  } catch (error) {
    if ((error as { code?: string }).code !== checkViolation) throw error
    await client.query('rollback to savepoint fill')
    return false
  } finally {
    await client.query('release savepoint fill').catch(() => undefined)
  }
}
