// Does every window that has rows have its line in the summary tables?
import type pg from 'pg'
import { type Contract, quoteIdentifier as identifier } from '../contract'

export interface SummaryCount {
  table: string
  minutes: number
  /** Lines of the summary. */
  rows: number
  /** Windows in which the clean table has rows. */
  expected: number
}

/**
 * Counts the windows of a dataset's summaries beside those that its rows make, in one snapshot.
 * @returns `pending` when rows have come whose windows are not computed yet: then the two may differ
 */
export async function summaryCounts(
  client: Pick<pg.Pool, 'query'>,
  contract: Contract
): Promise<{ tables: SummaryCount[]; pending: boolean }> {
  const time = identifier(contract.timeColumn ?? '')
  const counted = contract.summaries.flatMap(({ table, minutes, by }) => minutes.map(length => ({ table, minutes: length, by })))
  const selects = counted.map(({ table, by }, index) => {
    const columns = [`date_bin(make_interval(mins => $${index + 2}), ${time}, timestamptz '2000-01-01 00:00Z')`, ...by.map(identifier)]
    return `(select count(*) from ${identifier(table)} where window_minutes = $${index + 2}) as rows_${index},
      (select count(*) from (select distinct ${columns.join(', ')} from ${identifier(contract.table.name)}) as windows) as expected_${index}`
  })
  const pending = 'exists (select from window_invalidations where dataset = $1) as pending'
  const { rows } = await client.query(`select ${[pending, ...selects].join(', ')}`, [
    contract.dataset,
    ...counted.map(each => each.minutes)
  ])
  const tables = counted.map(({ table, minutes }, index) => ({
    table,
    minutes,
    rows: Number(rows[0][`rows_${index}`]),
    expected: Number(rows[0][`expected_${index}`])
  }))
  return { tables, pending: rows[0].pending }
}
