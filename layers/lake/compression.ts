// How are the lake's text files compressed? By what the contract names and this machine can write; DuckDB reads each by its file name.
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'
import type { Landing } from '../contract'
import { PipelineError } from '../errors'

export type Compression = Landing['compression']

/** What a file name ends with. */
export const compressionEndings: Readonly<Record<Compression, string>> = { none: '', gzip: '.gz', zstd: '.zst' }

/** Measured on lines of transactions: a third of the time of the usual 6, and a sixth more bytes. */
const GZIP_LEVEL = 1
const ZSTD_LEVEL = 3

export interface Codec {
  /** The same bytes for the same input: the header of gzip holds no time. */
  compress(bytes: Buffer): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}

/** Node has zstd from 22.15 on. */
type NodeZstd = Partial<
  Record<'zstdCompress' | 'zstdDecompress', (bytes: Buffer, done: (error: Error | null, bytes: Buffer) => void) => void>
>

interface WasmZstd {
  init(): Promise<void>
  compress(bytes: Buffer, level: number): Uint8Array
  decompress(bytes: Buffer): Uint8Array
}

/** Not a literal: bundlers leave it out, and it is asked for only where Node has no zstd of its own. */
const WASM_PACKAGE = '@bokuweb/zstd-wasm'

async function zstdCodec(): Promise<Codec> {
  const { zstdCompress, zstdDecompress } = zlib as NodeZstd
  if (zstdCompress && zstdDecompress) return { compress: promisify(zstdCompress), decompress: promisify(zstdDecompress) }
  const wasm = (await import(WASM_PACKAGE)) as WasmZstd
  await wasm.init()
  return {
    compress: async bytes => Buffer.from(wasm.compress(bytes, ZSTD_LEVEL)),
    decompress: async bytes => Buffer.from(wasm.decompress(bytes))
  }
}

const gzip = promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gzip)
const gunzip = promisify<Buffer, Buffer>(zlib.gunzip)

const codecs: Record<Compression, () => Codec | Promise<Codec>> = {
  none: () => ({ compress: async bytes => bytes, decompress: async bytes => bytes }),
  gzip: () => ({ compress: bytes => gzip(bytes, { level: GZIP_LEVEL }), decompress: gunzip }),
  zstd: zstdCodec
}

/**
 * Compresses and decompresses.
 * @param where file and key that asked for it, for the error
 * @throws PipelineError CONTRACT_INVALID when this machine cannot
 */
export async function codecFor(compression: Compression, where: string): Promise<Codec> {
  try {
    return await codecs[compression]()
  } catch (cause) {
    throw new PipelineError('CONTRACT_INVALID', `${where} is ${compression}, which Node ${process.versions.node} cannot write by itself`, {
      remedy: `Set gzip, run Node 22.15 or later, or install ${WASM_PACKAGE}.`,
      cause
    })
  }
}
