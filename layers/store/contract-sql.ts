// Which statements write a dataset's tables? All text that is put together from a contract's identifiers, in one place.
import { type Contract, quoteIdentifier as identifier } from '../contract'
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

/** The statements of one contract; `quarantineTypes` and `cleanTypes` are those of the rows that the COPYs take. */
export function contractSql(contract: Contract) {
  const { table, quarantineTable } = contract
  const stage = identifier(`stage_${table.name}`)
  const columns = list(table.columns)
  const quarantined = [...quarantineColumns, ...quarantineTable.extraColumns]
  return {
    cleanTypes: table.columns.map(column => column.type as CopyType),
    quarantineTypes: quarantined.map(column => column.type as CopyType),
    copyClean: `copy ${identifier(table.name)} (${columns}) from stdin binary`,
    createStage: `create temporary table if not exists ${stage} on commit delete rows as select ${columns}, 0::smallint as record_group from ${identifier(table.name)} with no data`,
    copyStage: `copy ${stage} (${columns}, record_group) from stdin binary`,
    insertClean: `insert into ${identifier(table.name)} (${columns}) select ${columns} from ${stage} where record_group = $1 on conflict do nothing`,
    copyQuarantine: `copy ${identifier(quarantineTable.name)} (${list(quarantined)}) from stdin binary`
  }
}
