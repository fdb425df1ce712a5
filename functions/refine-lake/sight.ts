// Does the statement that accepts records at sight still say what the contract says?
import { createHash } from 'node:crypto'
import type { Contract } from '../../layers/contract'

/** What the contract said of a record when sql/lake/conformed-transactions.sql was written and compared with its validator. */
const WRITTEN_FOR = '30c99c826ffd5ddb'

/** A digest of everything in a contract that makes the validator say this or that about a record. */
export function rulesDigest(contract: Contract): string {
  const fields = contract.fields.map(field => [
    field.name,
    [field.column.name, field.column.type, field.column.nullable],
    [field.range.minimum, field.range.maximum, field.range.exclusiveMinimum, field.range.exclusiveMaximum],
    [field.maxLength, field.pattern, field.normalise, field.fromText?.remove, Object.values(field.timestamp)]
  ])
  const rules = contract.rules.map(rule => [rule.code, rule.when])
  const rest = [contract.derived, contract.unknownFields, contract.timeColumn, contract.latenessMs, contract.aheadMs]
  return createHash('sha256')
    .update(JSON.stringify([fields, rules, rest]))
    .digest('hex')
    .slice(0, 16)
}

/** Whether plain records may be accepted at sight; if not the validator decides about every record, which takes longer and is as right. */
export const isSightValid = (contract: Contract): boolean => rulesDigest(contract) === WRITTEN_FOR
