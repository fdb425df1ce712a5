// Which statements bring a dataset's tables to what its contract says, and which change is refused?
import { createHash } from 'node:crypto'
import { PipelineError } from '../errors'
import { numericShape } from './columns'
import { MAX_IDENTIFIER_LENGTH, quoteIdentifier as quoted } from './identifiers'
import { bucketMinutes, finalityView, invalidationLogs, summaryGroups, summaryMeasures, WINDOW_ORIGIN } from './summaries'
import type { CatalogColumn, CatalogConstraint, Column, Contract, DefaultedColumn, Range, Summary } from './types'

/** What every quarantine table has; the contract's extra columns follow. No rule of the data may stop a bad record from being kept. */
const QUARANTINE_COLUMNS: readonly [name: string, type: string, rest: string][] = [
  ['id', 'bigint', 'generated always as identity primary key'],
  ['raw_data', 'jsonb', ''],
  ['issues', 'text', 'not null'],
  ['reasons', 'text[]', 'not null'],
  ['value', 'bytea', ''],
  ['key', 'bytea', ''],
  ['headers', 'jsonb', ''],
  ['topic', 'text', 'not null'],
  ['partition', 'integer', 'not null'],
  ['offset', 'bigint', 'not null'],
  ['line_number', 'bigint', ''],
  ['contract_version', 'text', 'not null'],
  ['recorded_at', 'timestamptz', ''],
  ['quarantined_at', 'timestamptz', 'not null default now()'],
  ['replay_count', 'integer', 'not null default 0'],
  ['replayed_at', 'timestamptz', ''],
  ['replay_id', 'bigint', '']
]

/** Names that an extra column of the quarantine cannot have. */
export const quarantineColumnNames: readonly string[] = QUARANTINE_COLUMNS.map(([name]) => name)

/** `format_type` spells this one out. */
const CATALOG_TYPES: Record<string, string> = { timestamptz: 'timestamp with time zone' }
const catalogType = (type: string) => CATALOG_TYPES[type] ?? type

/**
 * The statements that make the clean and the quarantine table, or add to them what a newer contract has more, and the summaries. A summary
 * holds nothing of its own: one that is to be other than it is is made again, and all times of the clean table are noted to fill it.
 * @param columns of the tables that are there; none means that nothing is
 * @param constraints of the tables that are there; without them changed ranges and keys are not seen
 * @returns statements in order; none when nothing has to change
 * @throws PipelineError MIGRATION_REFUSED naming table, column, from and to, for a change that existing rows may not survive
 */
export function tableStatements(
  contract: Contract,
  columns: readonly CatalogColumn[] = [],
  constraints?: readonly CatalogConstraint[]
): string[] {
  try {
    return planned(contract, columns, constraints)
  } catch (error) {
    if (!(error instanceof PipelineError) || error.code !== 'MIGRATION_REFUSED') throw error
    throw new PipelineError('MIGRATION_REFUSED', error.message, {
      remedy: `\`npx sluice contract diff ${contract.dataset}\` shows every change of ${contract.file} and whom it breaks. Take this one back, or write a migration by hand in sql/migrations/ for it.`
    })
  }
}

function planned(contract: Contract, columns: readonly CatalogColumn[], constraints: readonly CatalogConstraint[] | undefined): string[] {
  const { table, quarantineTable } = contract
  const clean = columns.filter(column => column.table === table.name)
  const quarantine = columns.filter(column => column.table === quarantineTable.name)
  return [
    ...(clean.length === 0
      ? [createClean(contract)]
      : migrateClean(
          contract,
          clean,
          constraints?.filter(each => each.table === table.name)
        )),
    ...(quarantine.length === 0 ? [createQuarantine(contract)] : migrateQuarantine(contract, quarantine)),
    ...summaryStatements(contract, columns, constraints)
  ]
}

function summaryStatements(
  contract: Contract,
  columns: readonly CatalogColumn[],
  constraints: readonly CatalogConstraint[] | undefined
): string[] {
  const statements = contract.summaries.flatMap(summary => {
    const shape = summaryShape(contract, summary)
    const create = createSummary(summary, shape)
    if (!columns.some(column => column.table === summary.table)) return [create]
    if (!constraints || constraints.some(each => each.table === summary.table && each.name === shape.name)) return []
    return [`drop view if exists ${quoted(finalityView(summary))}`, `drop table ${quoted(summary.table)}`, create]
  })
  return statements.length === 0 ? [] : [...statements, noteAllTimes(contract)]
}

/** What a summary's table is made of, and the name of a constraint that ends in its digest: another shape is another name. */
function summaryShape({ table }: Contract, summary: Summary): { name: string; lines: string[] } {
  const groups = summaryGroups(table.columns, summary)
  const lines = [
    '"window_start" timestamptz not null',
    '"window_minutes" integer not null',
    ...groups.map(column => columnSql(column)),
    '"record_count" bigint not null',
    ...summaryMeasures(table.columns, summary).map(({ name, type, of }) => `${quoted(name)} ${type}${of.nullable ? '' : ' not null'}`),
    '"computed_at" timestamptz not null default now()',
    `primary key (${['window_minutes', 'window_start', ...summary.by].map(quoted).join(', ')})`,
    `check ("window_minutes" in (${summary.minutes.join(', ')}))`
  ]
  return { name: `summary_${createHash('sha256').update(lines.join()).digest('hex').slice(0, 8)}`, lines }
}

function createSummary({ table }: Summary, { name, lines }: { name: string; lines: string[] }): string {
  const check = `constraint ${quoted(name)} ${lines.at(-1)}`
  return `create table ${quoted(table)} (\n  ${[...lines.slice(0, -1), check].join(',\n  ')}\n)`
}

/** The dataset's name is an identifier: the contract's reader saw to that. */
function noteAllTimes(contract: Contract): string {
  const bin = `date_bin(interval '${bucketMinutes(contract)} minutes', ${quoted(contract.timeColumn!)}, timestamptz '${WINDOW_ORIGIN}')`
  return `insert into window_invalidations (dataset, bucket) select distinct '${invalidationLogs(contract)[0]}', ${bin} from ${quoted(contract.table.name)}`
}

/**
 * The views that say which windows are final: those that end no later than the watermark, which is the latest time in the clean table less
 * the allowed lateness. A record for such a window would be late when the latest one was sent. Replaced at every migrate.
 */
export function viewStatements(contract: Contract): string[] {
  const { summaries, latenessMs, timeColumn, table } = contract
  return summaries.map(summary => {
    const view = quoted(finalityView(summary))
    if (latenessMs === undefined) return `drop view if exists ${view}`
    const end = 's.window_start + make_interval(mins => s.window_minutes)'
    return [
      `create or replace view ${view} as`,
      `select s.*, ${end} as window_end, c.watermark, ${end} <= c.watermark as is_final`,
      `from ${quoted(summary.table)} s`,
      `cross join (select max(${quoted(timeColumn!)}) - interval '${latenessMs} milliseconds' as watermark from ${quoted(table.name)}) c`
    ].join('\n')
  })
}

function createClean(contract: Contract): string {
  const { name, columns, defaulted, uniqueKey } = contract.table
  const lines = [
    ...columns.map(column => columnSql(column)),
    ...defaulted.map(column => columnSql(column, column.expression)),
    `primary key (${uniqueKey.map(quoted).join(', ')})`,
    ...rangeChecks(contract).map(check => `constraint ${quoted(check.name)} check (${check.expression})`)
  ]
  return `create table ${quoted(name)} (\n  ${lines.join(',\n  ')}\n)`
}

function createQuarantine(contract: Contract): string {
  const { name, extraColumns } = contract.quarantineTable
  const lines = [
    ...QUARANTINE_COLUMNS.map(([column, type, rest]) => `${quoted(column)} ${type} ${rest}`.trim()),
    ...extraColumns.map(column => columnSql(column))
  ]
  return `create table ${quoted(name)} (\n  ${lines.join(',\n  ')}\n)`
}

function columnSql(column: Column, defaultExpression?: DefaultedColumn['expression']): string {
  return `${quoted(column.name)} ${column.type}${column.nullable ? '' : ' not null'}${defaultExpression ? ` default ${defaultExpression}` : ''}`
}

/** The contract's ranges as constraints. A name ends in a digest of its expression, so that a changed range is a changed name. */
export function rangeChecks(contract: Contract): { name: string; expression: string }[] {
  return contract.fields.flatMap(field => {
    const expression = rangeExpression(quoted(field.column.name), field.range)
    if (!expression) return []
    const digest = createHash('sha256').update(expression).digest('hex').slice(0, 8)
    return [{ name: `${rangePrefix(field.column.name)}${digest}`, expression }]
  })
}

const RANGE = '_range_'
const rangePrefix = (column: string) => `${column.slice(0, MAX_IDENTIFIER_LENGTH - RANGE.length - 8)}${RANGE}`
const RANGE_NAME = /_range_[0-9a-f]{8}$/

function rangeExpression(column: string, range: Range): string {
  const parts: [string, number | undefined][] = [
    ['>=', range.minimum],
    ['<=', range.maximum],
    ['>', range.exclusiveMinimum],
    ['<', range.exclusiveMaximum]
  ]
  return parts.flatMap(([operator, bound]) => (bound === undefined ? [] : [`${column} ${operator} ${bound}`])).join(' and ')
}

function migrateClean(
  contract: Contract,
  existing: readonly CatalogColumn[],
  constraints: readonly CatalogConstraint[] | undefined
): string[] {
  const { table } = contract
  if (constraints) refuseOtherKey(contract, constraints)
  const statements = [
    ...table.columns.flatMap(column => migrateColumn(table.name, column, existing)),
    ...table.defaulted.flatMap(column => migrateColumn(table.name, column, existing, column.expression))
  ]
  const wanted = new Set([...table.columns, ...table.defaulted].map(column => column.name))
  // A column that the contract no longer has keeps its values; new rows leave it empty.
  for (const column of existing)
    if (!wanted.has(column.name) && !column.nullable)
      statements.push(`alter table ${quoted(table.name)} alter column ${quoted(column.name)} drop not null`)
  return [...statements, ...(constraints ? migrateChecks(contract, constraints) : [])]
}

function migrateQuarantine(contract: Contract, existing: readonly CatalogColumn[]): string[] {
  const { name, extraColumns } = contract.quarantineTable
  const statements = QUARANTINE_COLUMNS.filter(([column]) => !existing.some(each => each.name === column)).map(([column, type, rest]) =>
    `alter table ${quoted(name)} add column ${quoted(column)} ${type} ${rest.includes('default') ? rest : ''}`.trim()
  )
  return [...statements, ...extraColumns.flatMap(column => migrateColumn(name, column, existing))]
}

function migrateColumn(
  table: string,
  column: Column,
  existing: readonly CatalogColumn[],
  defaultExpression?: DefaultedColumn['expression']
): string[] {
  const alter = `alter table ${quoted(table)}`
  const now = existing.find(each => each.name === column.name)
  if (!now) {
    if (column.nullable || defaultExpression) return [`${alter} add column ${columnSql(column, defaultExpression)}`]
    throw refused(
      table,
      column.name,
      'no column',
      `${column.type} not null`,
      'rows that are there would have no value; make the field required: false'
    )
  }
  const statements: string[] = []
  if (now.type !== catalogType(column.type)) {
    if (!widens(now.type, column.type)) throw refused(table, column.name, now.type, column.type, 'values that are there may not fit')
    statements.push(`${alter} alter column ${quoted(column.name)} type ${column.type}`)
  }
  if (now.nullable && !column.nullable)
    throw refused(table, column.name, `${now.type} null`, `${column.type} not null`, 'rows that are there may have no value')
  if (!now.nullable && column.nullable) statements.push(`${alter} alter column ${quoted(column.name)} drop not null`)
  return statements
}

/** More digits in front at the same scale: every value stays as it is, and Postgres rewrites nothing. */
export function widens(from: string, to: Column['type']): boolean {
  const [before, after] = [numericShape(from as Column['type']), numericShape(to)]
  return before !== undefined && after !== undefined && after.scale === before.scale && after.precision > before.precision
}

/** A replaced check is not asked of rows that an earlier contract let in: `not valid` holds for new rows only. */
function migrateChecks(contract: Contract, constraints: readonly CatalogConstraint[]): string[] {
  const table = quoted(contract.table.name)
  const wanted = rangeChecks(contract)
  const old = constraints.filter(each => RANGE_NAME.test(each.name) && !wanted.some(check => check.name === each.name))
  const fresh = wanted.filter(check => !constraints.some(each => each.name === check.name))
  return [
    ...old.map(each => `alter table ${table} drop constraint ${quoted(each.name)}`),
    ...fresh.map(check => `alter table ${table} add constraint ${quoted(check.name)} check (${check.expression}) not valid`)
  ]
}

function refuseOtherKey(contract: Contract, constraints: readonly CatalogConstraint[]): void {
  const { name, uniqueKey } = contract.table
  const definition = constraints.find(each => each.definition.startsWith('PRIMARY KEY'))?.definition
  if (!definition) return
  const now = /\((.*)\)/
    .exec(definition)![1]!
    .split(', ')
    .map(column => column.replaceAll('"', ''))
  if (now.join() !== uniqueKey.join())
    throw refused(
      name,
      uniqueKey.join(', '),
      `key (${now.join(', ')})`,
      `key (${uniqueKey.join(', ')})`,
      'rows that are there may not be distinct'
    )
}

function refused(table: string, column: string, from: string, to: string, why: string): PipelineError {
  return new PipelineError('MIGRATION_REFUSED', `table ${table}, column ${column}: cannot go from ${from} to ${to}: ${why}`)
}
