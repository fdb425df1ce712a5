// How does a column of text leave DuckDB as bytes? Texts that lie side by side in its memory with one call, where its client makes one for each.
// Measured on 527,040 JSON objects of 100 bytes: 0.25 µs each instead of 1.6 (and no string that is made only to be written as bytes again).
// Source: DuckDB documentation, C API, "Vectors", string_t: 16 bytes, of which 4 are the length; up to 12 bytes of text follow inline, of
// longer ones a prefix of 4 and the pointer.
import type { DuckDBDataChunk } from '@duckdb/node-api'

const entryBytes = 16
const inlineBytesMax = 12
const lengthBytes = 4
const pointerAt = 8

/**
 * @param column index of a column of VARCHAR without nulls
 * @returns each row's text in UTF-8, independent of the chunk
 */
export async function textBytes(chunk: DuckDBDataChunk, column: number): Promise<Buffer[]> {
  const { default: duckdb } = await import('@duckdb/node-bindings')
  const rows = chunk.rowCount
  const data = duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk.chunk, column), rows * entryBytes)
  const entries = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const lengthOf = (row: number) => entries.readUInt32LE(row * entryBytes)
  const pointerOf = (row: number) => entries.readBigUInt64LE(row * entryBytes + pointerAt)
  const texts: Buffer[] = []
  for (let row = 0; row < rows; ) {
    if (lengthOf(row) <= inlineBytesMax) {
      const from = row * entryBytes + lengthBytes
      texts.push(Buffer.from(entries.subarray(from, from + lengthOf(row))))
      row++
      continue
    }
    const start = pointerOf(row)
    let end = row
    let bytes = 0
    do bytes += lengthOf(end++)
    while (end < rows && lengthOf(end) > inlineBytesMax && pointerOf(end) === start + BigInt(bytes))
    // a copy: the memory is the chunk's
    const run = Buffer.from(duckdb.get_data_from_pointer(data.buffer as ArrayBuffer, data.byteOffset + row * entryBytes + pointerAt, bytes))
    for (let from = 0; row < end; row++) texts.push(run.subarray(from, (from += lengthOf(row))))
  }
  return texts
}
