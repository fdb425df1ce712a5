// Which records does a JSON file hold: an array, or JSON Lines?
import { readFile, stat } from 'node:fs/promises'
import { PipelineError } from '../errors'
import { hasByteOrderMark, withoutByteOrderMark } from './decode'
import { readLines, tooLong, unreadable } from './lines'
import { KEY_SEPARATOR } from './read-csv'
import type { Contract, SourceRecord } from './types'

/** An array is read whole, to cut its elements exactly; a larger file has to be JSON Lines. */
export const MAX_ARRAY_BYTES = 64 * 1024 * 1024
/** Elements of an array that are handed over at once. */
const CHUNK_RECORDS = 2000

const LF = 10
const BRACKET = 91

/**
 * Reads a JSON array or JSON Lines, told apart by the first character. Every element or line goes on as its own bytes, so that what is
 * wrong in it (a key twice, no JSON at all) is the validator's to see. Empty lines hold no record.
 * @returns chunks of records in file order
 * @throws PipelineError SOURCE_UNREADABLE when the file is missing or empty, or starts as an array and is none
 */
export async function* readJson(contract: Contract, file: string, signal?: AbortSignal): AsyncGenerator<SourceRecord[]> {
  let array: boolean | undefined
  for await (const lines of readLines(file, signal)) {
    const records: SourceRecord[] = []
    for (const line of lines) {
      const bytes = line.number === 1 && hasByteOrderMark(line.bytes) ? withoutByteOrderMark(line.bytes) : line.bytes
      const start = bytes.findIndex(byte => byte !== 32 && byte !== 9 && byte !== 13)
      if (start < 0) continue
      array ??= bytes[start] === BRACKET
      if (array) break
      if (line.number === 1 && /\}\r\s*\{/.test(bytes.toString('latin1')))
        throw new PipelineError('SOURCE_UNREADABLE', `${file}: its lines end in CR alone`, { remedy: 'End them in LF.' })
      if (line.cut)
        records.push({
          line: line.number,
          value: Buffer.from(bytes),
          unparsable: tooLong(line)
        })
      else records.push(recordOf(contract, line.number, Buffer.from(bytes)))
    }
    if (array) break
    if (records.length > 0) yield records
  }
  if (array === undefined)
    throw new PipelineError('SOURCE_UNREADABLE', `${file}: is empty; expected a JSON array or one JSON object a line`)
  if (array) yield* readArray(contract, file, signal)
}

async function* readArray(contract: Contract, file: string, signal?: AbortSignal): AsyncGenerator<SourceRecord[]> {
  const bytes = withoutByteOrderMark(await readWhole(file, signal))
  let records: SourceRecord[] = []
  let line = 1
  let counted = 0
  for (const [from, to] of elementsOf(bytes)) {
    for (; counted < from; counted++) if (bytes[counted] === LF) line++
    records.push(recordOf(contract, line, bytes.subarray(from, to)))
    if (records.length < CHUNK_RECORDS) continue
    yield records
    records = []
  }
  if (records.length > 0) yield records
}

async function readWhole(file: string, signal?: AbortSignal): Promise<Buffer> {
  let bytes: Buffer
  try {
    const { size } = await stat(file)
    if (size > MAX_ARRAY_BYTES)
      throw new PipelineError('SOURCE_UNREADABLE', `${file}: is a JSON array of ${size} bytes, at most ${MAX_ARRAY_BYTES}`, {
        remedy: 'Give JSON Lines: one object a line.'
      })
    bytes = await readFile(file, { signal })
  } catch (error) {
    if (error instanceof PipelineError || signal?.aborted) throw error
    throw unreadable(file, error)
  }
  try {
    JSON.parse(withoutByteOrderMark(bytes).toString('utf8'))
  } catch (cause) {
    throw new PipelineError('SOURCE_UNREADABLE', `${file}: starts as a JSON array but is none: ${(cause as Error).message}`, { cause })
  }
  return bytes
}

/** From and to of each element of a valid array, without the white space around it. */
function* elementsOf(bytes: Buffer): Generator<[number, number]> {
  let depth = 0
  let from = -1
  let end = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === 32 || (byte >= 9 && byte <= 13)) continue
    const separates = depth === 1 && (byte === 44 || byte === 93)
    if (separates && from >= 0) yield [from, end]
    if (separates) from = -1
    else if (depth === 1 && from < 0) from = at
    if (byte === 34) at = endOfString(bytes, at)
    else if (byte === BRACKET || byte === 123) depth++
    else if (byte === 93 || byte === 125) depth--
    end = at + 1
  }
}

function endOfString(bytes: Buffer, open: number): number {
  let at = open + 1
  for (; bytes[at] !== 34; at++) if (bytes[at] === 92) at++
  return at
}

/** The key is absent where the fields that make it cannot be read. */
function recordOf(contract: Contract, line: number, value: Buffer): SourceRecord {
  try {
    const object = JSON.parse(value.toString('utf8')) as Record<string, unknown> | null
    const parts = contract.recordKey.map(name => object?.[name])
    if (parts.every(part => typeof part === 'string' || typeof part === 'number'))
      return { line, value, key: parts.map(part => String(part).trim()).join(KEY_SEPARATOR) }
  } catch {
    // The validator reports it with the record's bytes.
  }
  return { line, value }
}
