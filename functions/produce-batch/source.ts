// Where do the records of a request come from: the generator, or a file?
import { extname } from 'node:path'
import type { Contract } from '../../layers/contract'
import { generate } from '../../layers/contract/generate'
import { readCsv } from '../../layers/contract/read-csv'
import { readJson } from '../../layers/contract/read-json'
import { readParquet } from '../../layers/contract/read-parquet'
import { PipelineError } from '../../layers/errors'
import type { OutgoingRecord } from '../../layers/event/send'
import type { ProduceRequest } from './request'

type Reader = (contract: Contract, file: string) => AsyncIterable<OutgoingRecord[]>

const readers: Record<string, Reader> = {
  '.csv': readCsv,
  '.json': readJson,
  '.jsonl': readJson,
  '.ndjson': readJson,
  '.parquet': readParquet
}

function readerOf(file: string): Reader {
  const reader = readers[extname(file).toLowerCase()]
  if (reader) return reader
  throw new PipelineError('SOURCE_UNREADABLE', `${file}: '${extname(file)}' is not a format that can be read`, {
    remedy: `Name the file ${Object.keys(readers).join(', ')}.`
  })
}

async function* upTo<T>(count: number, chunks: AsyncIterable<T[]>): AsyncGenerator<T[]> {
  let left = count
  for await (const chunk of chunks) {
    yield chunk.length <= left ? chunk : chunk.slice(0, left)
    left -= chunk.length
    if (left <= 0) return
  }
}

/**
 * The records that a request asks for, in chunks, read or made as they are taken.
 * @param now epoch milliseconds; the simulator's readings are dated from it
 * @throws PipelineError SOURCE_UNREADABLE for a file that cannot be read as the contract says
 */
export function recordsOf(contract: Contract, request: ProduceRequest, now: number): AsyncIterable<OutgoingRecord[]> {
  const { file, count, rate } = request
  // records whose times are fixed are the same each time, so that sending them again changes nothing
  const { seed = (contract.source.kind === 'parquet' ? contract.generator['seed'] : undefined) ?? now % 2 ** 31 } = request
  if (file === undefined) return generate(contract, { count, seed, startTimeMs: now, perSecond: rate })
  const chunks = readerOf(file)(contract, file)
  return count === undefined ? chunks : upTo(count, chunks)
}
