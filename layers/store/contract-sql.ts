// Which statements write a dataset's tables? All text that is put together from a contract's identifiers, in one place.
import { bucketMinutes, type Contract, quoteIdentifier as identifier, WINDOW_ORIGIN } from '../contract'
import type { CopyType } from './copy-binary'

/** The columns that every quarantine table has and that the writer fills, in the order they are written. */
export const quarantineColumns: readonly { name: string; type: CopyType }[] = [
  { name: 'raw_data', type: 'jsonb' },
  { name: 'issues', type: 'text' },
  { name: 'reasons', type: 'text[]' },
  { name: 'value', type: 'bytea' },
  { name: 'key', type: 'bytea' },
  { name: 'headers', type: 'jsonb' },
  { name: 'topic', type: 'text' },
  { name: 'partition', type: 'integer' },
  { name: 'offset', type: 'bigint' },
  { name: 'line_number', type: 'bigint' },
  { name: 'contract_version', type: 'text' },
  { name: 'recorded_at', type: 'timestamptz' },
  { name: 'replay_count', type: 'integer' }
]

const list = (columns: readonly { name: string }[]) => columns.map(column => identifier(column.name)).join(', ')

/**
 * What becomes of a staged row whose key is there already: nothing, or it replaces a row that says something else. Either way only rows that
 * changed the table are returned.
 */
function onConflict({ duplicates, table }: Contract): string {
  const others = table.columns.filter(column => !table.uniqueKey.includes(column.name))
  if (duplicates === 'keep' || others.length === 0) return 'on conflict do nothing'
  const set = others.map(({ name }) => `${identifier(name)} = excluded.${identifier(name)}`)
  const [now, then] = ['t', 'excluded'].map(alias => `(${others.map(({ name }) => `${alias}.${identifier(name)}`).join(', ')})`)
  return `on conflict (${table.uniqueKey.map(identifier).join(', ')}) do update set ${set.join(', ')} where ${now} is distinct from ${then}`
}

/** The statements of one contract; `quarantineTypes` and `cleanTypes` are those of the rows that the COPYs take. */
export function contractSql(contract: Contract) {
  const { table, quarantineTable } = contract
  const stage = identifier(`stage_${table.name}`)
  const columns = list(table.columns)
  const quarantined = [...quarantineColumns, ...quarantineTable.extraColumns]
  const minutes = bucketMinutes(contract)
  const bucket = minutes && `date_bin(interval '${minutes} minutes', ${identifier(contract.timeColumn!)}, timestamptz '${WINDOW_ORIGIN}')`
  const insert = `insert into ${identifier(table.name)} as t (${columns}) select ${columns} from ${stage} where record_group = $1 ${onConflict(contract)}`
  return {
    cleanTypes: table.columns.map(column => column.type as CopyType),
    quarantineTypes: quarantined.map(column => column.type as CopyType),
    copyClean: `copy ${identifier(table.name)} (${columns}) from stdin binary`,
    createStage: `create temporary table if not exists ${stage} on commit delete rows as select ${columns}, 0::smallint as record_group from ${identifier(table.name)} with no data`,
    copyStage: `copy ${stage} (${columns}, record_group) from stdin binary`,
    /** Rows that changed the table, and the buckets of their times. */
    insertClean: bucket
      ? `with changed as (${insert} returning ${bucket} as bucket) select count(*)::integer as changed, array_agg(distinct bucket) as buckets from changed`
      : `with changed as (${insert} returning 1) select count(*)::integer as changed from changed`,
    copyQuarantine: `copy ${identifier(quarantineTable.name)} (${list(quarantined)}) from stdin binary`
  }
}
