// What would the pipeline make of records, without a broker or a database? For tests.
import type { Contract, Oracle, SourceRecord } from './types'
import { compileValidator, UNPARSABLE_HEADER } from './validator'

/** Seconds of the processor that this process took since `process.cpuUsage()`, whatever else the machine did meanwhile. */
export function secondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}

/**
 * Validates records and counts them as the clean table's key would.
 * @returns the counts, and the rows that were not duplicates
 */
export async function countRecords(
  contract: Contract,
  chunks: AsyncIterable<Pick<SourceRecord, 'value' | 'unparsable'>[]>,
  timestampMs = Date.now()
): Promise<Oracle & { rows: unknown[][] }> {
  const validate = compileValidator(contract)
  const key = contract.table.uniqueKey.map(name => contract.table.columns.findIndex(column => column.name === name))
  const seen = new Set<string>()
  const counts: Oracle & { rows: unknown[][] } = { records: 0, valid: 0, quarantined: 0, duplicate: 0, reasons: {}, rows: [] }
  for await (const records of chunks) {
    for (const { value, unparsable } of records) {
      counts.records++
      const header = unparsable === undefined ? undefined : Buffer.from(unparsable)
      const verdict = validate({ value, timestampMs, headers: name => (name === UNPARSABLE_HEADER ? header : undefined) })
      if (!verdict.valid) {
        counts.quarantined++
        for (const code of new Set(verdict.reasons.map(reason => reason.code))) counts.reasons[code] = (counts.reasons[code] ?? 0) + 1
        continue
      }
      const id = JSON.stringify(key.map(at => verdict.row[at]))
      if (seen.has(id)) counts.duplicate++
      else {
        seen.add(id)
        counts.valid++
        counts.rows.push(verdict.row)
      }
    }
  }
  return counts
}
