// Which fields came in a batch that its contract does not know, and how often?
import type { Contract } from '../../layers/contract'
import { UNKNOWN_FIELDS_COLUMN } from '../../layers/contract/columns'
import type { DecidedRecords } from '../../layers/store/batch'

/** Names that one batch counts at most, and characters of a name: producers may make up any. */
const fieldsMax = 100
const nameLengthMax = 200
/** Names that are kept of one dataset. */
export const fieldsPerDatasetMax = 1000

/** A counter for one contract, or undefined where its policy keeps no unknown fields: then there is nothing to do for any record. */
export function unknownFieldCounter(contract: Contract): ((decided: readonly DecidedRecords[]) => Map<string, number>) | undefined {
  if (contract.unknownFields !== 'evolve') return undefined
  const at = contract.table.columns.findIndex(column => column.name === UNKNOWN_FIELDS_COLUMN)
  return decided => {
    const counts = new Map<string, number>()
    for (const { rows } of decided)
      for (const row of rows)
        for (const field of Object.keys((row[at] as object | null) ?? {})) {
          const name = field.slice(0, nameLengthMax).replace(/\p{Surrogate}/gu, '\uFFFD')
          const count = counts.get(name)
          if (count !== undefined || counts.size < fieldsMax) counts.set(name, (count ?? 0) + 1)
        }
    return counts
  }
}
