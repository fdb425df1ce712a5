// What is in a dataset's quarantine, and how is a row marked as sent back?
import type pg from 'pg'
import lastSql from '../../sql/queries/quarantine-last.sql'
import listSql from '../../sql/queries/quarantine-list.sql'
import lockSql from '../../sql/queries/quarantine-lock.sql'
import markSql from '../../sql/queries/quarantine-mark.sql'
import pageSql from '../../sql/queries/quarantine-page.sql'
import readSql from '../../sql/queries/quarantine-read.sql'
import reasonsSql from '../../sql/queries/quarantine-reasons.sql'
import { type Contract, quoteIdentifier } from '../contract'

type Client = Pick<pg.ClientBase, 'query'>

/** Which rows are meant; every part that is given must hold. Rows that were sent back before are never meant. */
export interface QuarantineFilter {
  /** A reason code. */
  reason?: string
  /** ISO 8601; rows quarantined at this time or later. */
  from?: string
  /** ISO 8601; rows quarantined before this time. */
  to?: string
  /** Ids of rows, as decimal text. */
  ids?: string[]
}

/** Header values are text, `base64:…` for bytes that are no text, or null. */
export interface StoredHeader {
  name: string
  value: string | null
}

export interface QuarantinedRow {
  id: string
  reasons: string[]
  issues: string
  /** null is a tombstone. */
  value: Buffer | null
  key: Buffer | null
  headers: StoredHeader[] | null
  topic: string
  partition: number
  offset: string
  /** The Kafka record's timestamp; null where it had none. */
  recorded_ms: number | null
  replay_count: number
}

export interface ListedRow extends Omit<QuarantinedRow, 'key' | 'headers' | 'recorded_ms'> {
  quarantined_at: Date
  line_number: string | null
  contract_version: string
  replayed_at: Date | null
  value_bytes: number | null
}

export interface PlacedSize {
  id: string
  bytes: number
}

/** The statements of one dataset's quarantine: the queries with the table that the contract names. */
export function quarantineOf(contract: Contract) {
  const table = quoteIdentifier(contract.quarantineTable.name)
  const on = (sql: string) => sql.replaceAll('"quarantine"', () => table)
  const [page, read, lock, mark] = [on(pageSql), on(readSql), on(lockSql), on(markSql)]
  const [last, list, reasons] = [on(lastSql), on(listSql), on(reasonsSql)]
  return {
    /** The id of the newest row: a replay looks at none that came after its start. */
    last: async (client: Client): Promise<string> => (await client.query<{ id: string }>(last)).rows[0]!.id,
    /** Ids and sizes of the next rows after `after`, up to `upTo`. */
    page: async (client: Client, filter: QuarantineFilter, after: string, upTo: string, limit: number): Promise<PlacedSize[]> =>
      (
        await client.query<PlacedSize>(page, [
          after,
          upTo,
          filter.reason ?? null,
          filter.from ?? null,
          filter.to ?? null,
          filter.ids ?? null,
          limit
        ])
      ).rows,
    /** Rows by id; `locked` keeps them for this transaction and leaves out those that another one keeps. */
    rows: async (client: Client, ids: readonly string[], locked: boolean): Promise<QuarantinedRow[]> =>
      (await client.query<QuarantinedRow>(locked ? lock : read, [ids])).rows,
    mark: async (client: Client, ids: readonly string[], replayId: string): Promise<void> => {
      await client.query(mark, [ids, replayId])
    },
    /** The newest rows first. */
    list: async (client: Client, reason: string | undefined, limit: number): Promise<ListedRow[]> =>
      (await client.query<ListedRow>(list, [reason ?? null, limit])).rows,
    reasons: async (client: Client): Promise<{ reason: string; record_count: number; replayed_count: number }[]> =>
      (await client.query<{ reason: string; record_count: number; replayed_count: number }>(reasons)).rows
  }
}
