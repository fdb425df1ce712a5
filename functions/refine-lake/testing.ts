// How do tests get bronze objects and read what became of them, without a broker?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Lake, openLake } from '../../layers/lake'
import { withDuckDb } from '../../layers/lake/duckdb'
import { newestVersion } from '../../layers/lake-tables/versions'
import { REFINED, viewTables } from '../../layers/lake-tables/views'

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

/** One record as a bronze line. */
export function bronzeLine({ value, key = null, unparsable, partition = 0, offset = 0 }: TestBronze): string {
  const headers = unparsable === undefined ? [] : [{ 'sluice-unparsable': [...Buffer.from(unparsable)] }]
  const start = JSON.stringify({ topic: 'transactions_raw', partition, offset, timestamp: 1_767_225_600_000, key, headers }).slice(0, -1)
  return `${start},${valueMember(value)}}`
}

function valueMember(value: TestBronze['value']): string {
  if (value === null) return '"value":null'
  const bytes = Buffer.from(value as string)
  const text = bytes.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes)) return `"value_base64":${JSON.stringify(bytes.toString('base64'))}`
  try {
    JSON.parse(text)
    if (!/[\r\n]/.test(text)) return `"value":${text}`
  } catch {
    // no JSON: as text
  }
  return `"value_text":${JSON.stringify(text)}`
}

/** Writes records of one partition, in order of offset, as one object. */
export async function putBronze(lake: Lake, records: TestBronze[], { gzip = false, time = '1767225600000' } = {}): Promise<string> {
  const { partition = 0, offset: first = 0 } = records[0]!
  const last = records.at(-1)!.offset ?? 0
  const key = `bronze/${REFINED}/dt=2026-01-01/transactions_raw-${partition}-${first}-${last}-${time}.jsonl${gzip ? '.gz' : ''}`
  const body = Buffer.from(records.map(record => `${bronzeLine(record)}\n`).join(''))
  await lake.put(key, gzip ? gzipSync(body) : body)
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
        { gzip: count % 2 === 0 }
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
