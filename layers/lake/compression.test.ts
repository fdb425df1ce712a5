import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as zlib from 'node:zlib'
import { type Compression, codecFor, compressionEndings } from './compression'
import { literal, withDuckDb } from './duckdb'

const lines = Buffer.from(Array.from({ length: 2_000 }, (_, index) => `{"a":${index},"b":"ä"}\n`).join(''))
const hasZstd =
  'zstdCompress' in zlib ||
  (() => {
    try {
      return Boolean(require.resolve('@bokuweb/zstd-wasm'))
    } catch {
      return false
    }
  })()

const readsBack = async (compression: Compression) => {
  const codec = await codecFor(compression, 'test')
  const bytes = await codec.compress(lines)
  expect(await codec.compress(lines)).toEqual(bytes)
  expect(await codec.decompress(bytes)).toEqual(lines)
  await withDuckDb(async (connection, folder) => {
    const file = join(folder, `lines.jsonl${compressionEndings[compression]}`)
    writeFileSync(file, bytes)
    const rows = await connection.runAndReadAll(`select count(*)::int as n, sum(a)::int as total from ${literal(file)}`)
    expect(rows.getRowObjectsJson()).toEqual([{ n: 2_000, total: 1_999_000 }])
  })
  return bytes
}

test('lines without compression come back from DuckDB', () => readsBack('none'))

test('gzip comes back from DuckDB, and its header holds no time', async () => {
  expect((await readsBack('gzip')).subarray(4, 8)).toEqual(Buffer.alloc(4))
})

const whereZstd = hasZstd ? test : test.skip
whereZstd('zstd comes back from DuckDB', async () => {
  expect((await readsBack('zstd')).subarray(0, 4)).toEqual(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))
})

const whereNone = hasZstd ? test.skip : test
whereNone('zstd on a Node without it is an error that names the key and what to do', async () => {
  await expect(codecFor('zstd', 'x.odcs.yaml: landing.compression')).rejects.toMatchObject({
    code: 'CONTRACT_INVALID',
    message: expect.stringContaining('x.odcs.yaml: landing.compression is zstd'),
    remedy: expect.stringContaining('Set gzip')
  })
})
