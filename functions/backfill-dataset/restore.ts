// Which rows are missing of a piece of a topic, and how do they come back together with the progress?
import type { KafkaMessage } from 'kafkajs'
import type pg from 'pg'
import { type Contract, compileValidator } from '../../layers/contract'
import { noteChanges } from '../../layers/store/batch'
import { rowInserter } from '../../layers/store/insert-rows'
import backfillAdvance from '../../sql/queries/backfill-advance.sql'
import backfillClaim from '../../sql/queries/backfill-claim.sql'
import { isNewestFirst, type Piece } from './pieces'
import type { BackfillRequest } from './request'

type Header = Buffer | string | (Buffer | string)[] | undefined

/** The last header of a name, as Kafka's own `lastHeader` picks it. */
function headerOf(message: KafkaMessage, name: string): Buffer | undefined {
  const given = message.headers?.[name] as Header
  const last = Array.isArray(given) ? given.at(-1) : given
  return last === undefined ? undefined : Buffer.from(last as Buffer)
}

/**
 * The restorer of one dataset. Only rows that are missing go into the clean table: a row that is there says what the newest record that came
 * says. Summaries learn which times changed; the records were counted when they first came, so nothing is counted again.
 *
 * Where the contract's `duplicates` is `replace`, pieces come newest first and a piece's records are taken newest first: the first one of a key
 * is what its row said last, and it stays, whatever comes in meanwhile and wherever the backfill ends.
 */
export function restorer(contract: Contract, { from, to, by }: Pick<BackfillRequest, 'from' | 'to' | 'by'>) {
  const validate = compileValidator(contract)
  const insertRows = rowInserter({ ...contract, duplicates: 'keep' })
  const timeIndex = contract.table.columns.findIndex(column => column.name === contract.timeColumn)
  const end = isNewestFirst(contract) && by === 'record-time' ? Number.POSITIVE_INFINITY : to
  const isWithin = (ms: number) => ms >= from && ms < end

  function decide(messages: readonly KafkaMessage[]): { rows: unknown[][]; invalid: number } {
    const rows: unknown[][] = []
    let invalid = 0
    for (const message of messages) {
      const timestampMs = Number(message.timestamp)
      if (by === 'record-time' && !isWithin(timestampMs)) continue
      const verdict = validate({ value: message.value, timestampMs, headers: name => headerOf(message, name) })
      if (!verdict.valid) {
        // a record without a usable time lies in no range of times
        if (by === 'record-time') invalid++
      } else if (by === 'record-time' || isWithin(verdict.row[timeIndex] as number)) rows.push(verdict.row)
    }
    return { rows, invalid }
  }

  /** Restores what is missing of a piece, inside the caller's transaction; a piece that an earlier transaction did is skipped. */
  return async function restore(client: pg.PoolClient, backfillId: string, piece: Piece): Promise<void> {
    const next = Number((await client.query(backfillClaim, [backfillId, piece.partition])).rows[0].next_offset)
    if (piece.next <= next) return
    const { rows, invalid } = decide(piece.records)
    const { changed, buckets } = rows.length === 0 ? { changed: [0], buckets: [] } : await insertRows(client, [rows])
    await noteChanges(client, contract, buckets)
    const restored = changed[0]!
    await client.query(backfillAdvance, [
      ...[backfillId, piece.partition, piece.next],
      ...[rows.length + invalid, restored, rows.length - restored, invalid]
    ])
  }
}
