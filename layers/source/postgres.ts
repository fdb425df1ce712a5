// Which rows of a Postgres table are new or changed since the last run, read in one snapshot and in bounded pages?
import pg from 'pg'
import extractionLock from '../../sql/queries/extraction-lock.sql'
import extractionSession from '../../sql/queries/extraction-session.sql'
import oldestTransactionSql from '../../sql/queries/oldest-transaction.sql'
import oldestTransactionGranted from '../../sql/queries/oldest-transaction-granted.sql'
import sourceRights from '../../sql/queries/source-rights.sql'
import type { Contract, IncrementalLoad } from '../contract'
import { KEY_SEPARATOR } from '../contract/read-csv'
import { PipelineError } from '../errors'
import type { OutgoingRecord } from '../event/send'
import { log } from '../log'
import { storeError } from '../store/pool'
import { type Bounds, CURSOR_NAME, type Cursor, forwardStatement, lateStatement, type Snapshot, type Statement } from './source-sql'
import { readSourceTable, type SourceTable } from './source-table'

/** Rows that are fetched at once: a few megabytes in memory, and few round trips. */
const pageRows = 2_000
const connectTimeoutMs = 5_000
/** Bytes of a row's JSON that go as a record: a broker takes no more than a mebibyte unless told otherwise. */
const recordBytesMax = 900_000
/** Bytes that are kept of a larger one, which goes to quarantine; the row itself stays in the source. */
const keptBytes = 64 * 1024
/** A transaction that is open for longer than this holds the extraction up for somebody to notice. */
const heldUpMs = 10 * 60_000

/** SQLSTATEs of a value that is none of its column's type: what was asked for is wrong, not the source. */
const badValue = /^22/
/** SQLSTATEs of a table or column that is not there, or not for this role. */
const changedSource = /^(42|3F)/

export interface Page {
  records: OutgoingRecord[]
  /** Rows that turned up behind the cursor. */
  isLate: boolean
  /** Where the next run goes on once this page and those before it are acknowledged; absent among late rows, which come first. */
  cursor: Cursor | undefined
}

export interface Source {
  table: SourceTable
  /**
   * The rows that are wanted: late ones first, then those after the cursor in the order of (watermark, key); all of one snapshot.
   * @param since where the last run ended; without it from the first row
   */
  read(since: { cursor: Cursor; snapshotXmin: string } | undefined, bounds: Bounds): Promise<Reading>
}

export interface Reading {
  pages: AsyncGenerator<Page>
  snapshot: Snapshot
  /** ISO 8601 with microseconds. No row of a later watermark was read: a transaction open since then may still write one. */
  oldestTransactionAt: string
}

/** Turns what the source's server or driver says into a PipelineError; others are returned as they are. */
export function sourceError(error: unknown, table: string): unknown {
  if (error instanceof PipelineError) return error
  const { code = '', message = String(error) } = error as { code?: string; message?: string }
  if ((storeError(error) as { code?: string }).code === 'DATABASE_UNAVAILABLE' || /connection error/.test(message))
    return new PipelineError('SOURCE_UNAVAILABLE', `${table}: the source does not answer: ${message || code}`, { cause: error })
  if (badValue.test(code)) return new PipelineError('EVENT_INVALID', `${table}: ${message}`, { cause: error })
  if (changedSource.test(code)) return new PipelineError('SOURCE_CHANGED', `${table}: ${message}`, { cause: error })
  return error
}

/** Every value as the text that the server sends: the driver's numbers and dates would lose digits. */
const asText = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig

/** What goes in the place of a row that no broker takes: its beginning, with where to find the rest. */
function tooLarge(table: SourceTable, row: (string | null)[], json: string): OutgoingRecord {
  const place = table.key.map(({ name }, index) => `${name} ${row[table.fields.length + 1 + index]}`).join(', ')
  const unparsable = `row ${place} of ${table.schema}.${table.name} has ${Buffer.byteLength(json)} bytes, at most ${recordBytesMax}; its first are kept`
  return { key: null, value: Buffer.from(json).subarray(0, keptBytes), unparsable }
}

function recordMaker(contract: Contract, table: SourceTable): (row: (string | null)[]) => OutgoingRecord {
  const before = table.fields.map((field, index) => `${index === 0 ? '{' : ','}${JSON.stringify(field.name)}:`)
  const keyAt = contract.recordKey.map(name => table.fields.findIndex(field => field.name === name))
  return row => {
    let json = ''
    for (let index = 0; index < before.length; index++) {
      const text = row[index]!
      json += before[index]! + (text === null ? 'null' : table.fields[index]!.encode(text))
    }
    const key = keyAt.some(at => row[at] === null) ? null : keyAt.map(at => row[at]!.trim()).join(KEY_SEPARATOR)
    json += '}'
    // a character has up to three bytes for each of its UTF-16 units: most rows need no count
    if (json.length * 3 > recordBytesMax && Buffer.byteLength(json) > recordBytesMax) return tooLarge(table, row, json)
    return { key, value: json }
  }
}

class PostgresSource implements Source {
  readonly #makeRecord: (row: (string | null)[]) => OutgoingRecord

  constructor(
    private readonly client: pg.Client,
    contract: Contract,
    private readonly load: IncrementalLoad,
    readonly table: SourceTable
  ) {
    this.#makeRecord = recordMaker(contract, table)
  }

  async read(since: { cursor: Cursor; snapshotXmin: string } | undefined, bounds: Bounds): Promise<Reading> {
    // before the snapshot, never after it: whoever commits in between is in the snapshot, whoever begins in between writes later watermarks
    const oldestTransactionAt = await this.#oldestTransactionAt()
    await this.client.query('begin isolation level repeatable read read only')
    const snapshot = (await this.client.query<Snapshot>(extractionSession)).rows[0]!
    return { pages: this.#pages(since, { ...bounds, before: oldestTransactionAt }, snapshot), snapshot, oldestTransactionAt }
  }

  async #oldestTransactionAt(): Promise<string> {
    const { has_function, sees_all } = (await this.client.query(sourceRights)).rows[0]
    if (!has_function && !sees_all)
      log.warn(
        { table: this.load.table, remedy: 'grant pg_read_all_stats to the role of DATABASE_URL' },
        `${this.load.table}: this role sees its own transactions only; rows that others commit more than ${this.load.lagSeconds} s after they wrote them may be missed`
      )
    const { rows } = await this.client.query<{ oldest_transaction_at: string }>(
      has_function ? oldestTransactionGranted : oldestTransactionSql
    )
    const oldest = rows[0]!.oldest_transaction_at
    const openMs = Date.now() - Date.parse(oldest)
    if (openMs > heldUpMs)
      log.warn(
        { table: this.load.table, since: oldest },
        `${this.load.table}: a transaction open for ${Math.round(openMs / 60_000)} minutes holds extraction up`
      )
    return oldest
  }

  async *#pages(since: { cursor: Cursor; snapshotXmin: string } | undefined, bounds: Bounds, snapshot: Snapshot): AsyncGenerator<Page> {
    const { lagSeconds: lag, initialWatermarkValue } = this.load
    const from = initialWatermarkValue === undefined ? undefined : String(initialWatermarkValue)
    if (since) {
      const late = lateStatement(this.table, since.cursor, { lastXmin: since.snapshotXmin, snapshotXmax: snapshot.xmax, lag, from })
      yield* this.#fetched(late, true)
    }
    yield* this.#fetched(forwardStatement(this.table, { ...bounds, from: bounds.from ?? from, after: since?.cursor }), false)
    await this.client.query('commit')
  }

  async *#fetched(statement: Statement, isLate: boolean): AsyncGenerator<Page> {
    await this.client.query(statement)
    for (;;) {
      const { rows } = await this.client.query<(string | null)[]>({
        text: `fetch forward ${pageRows} from ${CURSOR_NAME}`,
        rowMode: 'array',
        types: asText
      })
      if (rows.length > 0) yield { records: rows.map(this.#makeRecord), isLate, cursor: isLate ? undefined : this.#cursorOf(rows.at(-1)!) }
      if (rows.length < pageRows) break
    }
    await this.client.query(`close ${CURSOR_NAME}`)
  }

  #cursorOf(row: (string | null)[]): Cursor {
    const [watermark, ...key] = row.slice(this.table.fields.length) as string[]
    return { watermark: watermark!, key }
  }
}

/**
 * Opens the source of a dataset on a connection of its own, alone: another extraction of it anywhere is an error.
 * @param url of the source database
 * @throws PipelineError SOURCE_UNAVAILABLE, SOURCE_CHANGED, BUSY; EVENT_INVALID for a watermark that is none
 */
export async function withSource<T>(
  url: string,
  contract: Contract,
  load: IncrementalLoad,
  work: (source: Source) => Promise<T>
): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'sluice-extract', connectionTimeoutMillis: connectTimeoutMs })
  // a connection may break while nothing is asked of it; without a listener that would end the process
  let broken: Error | undefined
  client.on('error', error => {
    broken = error
  })
  try {
    await client.connect()
    if (!(await client.query(extractionLock, [contract.dataset])).rows[0].is_locked)
      throw new PipelineError('BUSY', `${contract.dataset}: another extraction is under way`)
    return await work(new PostgresSource(client, contract, load, await readSourceTable(client, contract, load)))
  } catch (error) {
    throw sourceError(error instanceof PipelineError ? error : (broken ?? error), load.table)
  } finally {
    await client.end().catch(() => {})
  }
}
