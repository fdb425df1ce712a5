// How do tests get bronze objects and read what became of them, without a broker?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contractOf, UNPARSABLE_HEADER } from '../../layers/contract'
import { type Lake, openLake } from '../../layers/lake'
import { bronzeKey } from '../../layers/lake/bronze'
import { type Compression, codecFor } from '../../layers/lake/compression'
import { withDuckDb } from '../../layers/lake/duckdb'
import { newestVersion } from '../../layers/lake-tables/versions'
import { REFINED, viewTables } from '../../layers/lake-tables/views'
import { bronzeLines } from '../land-bronze/lines'

const contracts = join(__dirname, '../../contracts')

export interface TestBronze {
  value: string | Buffer | null
  key?: string | null
  unparsable?: string
  partition?: number
  offset?: number
}

/** A new lake in a folder of its own; `remove` takes it away. */
export function testLake(): { lake: Lake; url: string; folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-lake-'))
  const url = `file:${folder}`
  return { lake: openLake(url), url, folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** When the records of tests were sent. */
const SENT_MS = 1_767_225_600_000

/** Writes records of one partition, in order of offset, as one object, as landing does. */
export async function putBronze(lake: Lake, records: TestBronze[], compression: Compression = 'none'): Promise<string> {
  const { partition = 0, offset: firstOffset = 0 } = records[0]!
  const { topic } = contractOf(REFINED, contracts)
  const lines = bronzeLines(
    records.map(({ value, key, unparsable, offset = 0 }) => ({
      topic: topic.name,
      partition,
      offset,
      timestamp: SENT_MS,
      timestampType: 'CREATE_TIME' as const,
      ...(key == null ? {} : { key: Buffer.from(key).toString('base64') }),
      ...(value === null ? {} : { value: Buffer.from(value as string).toString('base64') }),
      headers: unparsable === undefined ? [] : [{ [UNPARSABLE_HEADER]: [...Buffer.from(unparsable)] }]
    }))
  )
  const name = { dataset: REFINED, topic: topic.name, partition, firstOffset, lastOffset: records.at(-1)!.offset ?? 0, timestamp: SENT_MS }
  const key = bronzeKey(name, compression)
  await lake.put(key, await (await codecFor(compression, 'test')).compress(Buffer.from(lines)))
  return key
}

/** Writes chunks of records over partitions, by turns, as objects of at most `size` records. */
export async function landRecords(lake: Lake, chunks: AsyncIterable<TestBronze[]>, { partitions = 3, size = 2000 } = {}): Promise<number> {
  const next = new Array<number>(partitions).fill(0)
  let count = 0
  for await (const chunk of chunks)
    for (let from = 0; from < chunk.length; from += size) {
      const partition = count++ % partitions
      const records = chunk.slice(from, from + size)
      const first = next[partition]!
      next[partition] = first + records.length
      await putBronze(
        lake,
        records.map((record, index) => ({ ...record, partition, offset: first + index })),
        count % 2 === 0 ? 'gzip' : 'none'
      )
    }
  return count
}

/** The answer to a question about the newest version's tables. */
export function askLake(lake: Lake, question: string): Promise<Record<string, unknown>[]> {
  return withDuckDb(async (connection, folder) => {
    await viewTables(connection, lake, (await newestVersion(lake, REFINED))!, folder)
    return (await connection.runAndReadAll(question)).getRowObjectsJson() as Record<string, unknown>[]
  })
}

/** A line of an invoice, as far as cancellations look at it. */
export interface Line {
  id: string
  customer: string | null
  code: string
  price: number
  minute: number
  /** Negative on a cancellation. */
  quantity: number
}

/** The rule of sql/lake/silver-cancellations.sql, one cancellation at a time. */
export function matchedBySteps(lines: Line[]): Map<string, string> {
  const byTime = (one: Line, other: Line) => one.minute - other.minute || (one.id < other.id ? -1 : 1)
  const left = new Map(lines.filter(line => line.quantity > 0).map(line => [line.id, line.quantity]))
  const matched = new Map<string, string>()
  for (const cancellation of lines.filter(line => line.quantity < 0).sort(byTime)) {
    const sale = lines
      .filter(line => line.quantity > 0 && line.customer !== null && line.customer === cancellation.customer)
      .filter(line => line.code === cancellation.code && line.price === cancellation.price && line.minute <= cancellation.minute)
      .filter(line => left.get(line.id)! >= -cancellation.quantity)
      .sort(byTime)
      .at(-1)
    if (!sale) continue
    left.set(sale.id, left.get(sale.id)! + cancellation.quantity)
    matched.set(cancellation.id, sale.id)
  }
  return matched
}
