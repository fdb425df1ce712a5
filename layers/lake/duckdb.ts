// How does a function run SQL over files? DuckDB in process, with bounded memory, spilling to a folder of its own.
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'

export interface DuckDbOptions {
  /** What DuckDB may keep in memory, in mebibytes; more goes to the disk. */
  memoryMb?: number
  threads?: number
}

const DEFAULT_MEMORY_MB = 256

/** A text literal of SQL; only for statements that take no parameters, such as `copy … to`. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/**
 * Runs `work` on a new in-memory database whose sessions are in UTC; what it spilled is removed afterwards. Nothing is loaded from the network.
 * @param work gets the connection and a folder for its own temporary files
 */
export async function withDuckDb<T>(
  work: (connection: DuckDBConnection, folder: string) => Promise<T>,
  { memoryMb = DEFAULT_MEMORY_MB, threads = availableParallelism() }: DuckDbOptions = {}
): Promise<T> {
  // loaded on demand: the library has 60 MB, and most invocations of most functions do without it
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const folder = await mkdtemp(join(tmpdir(), 'sluice-duckdb-'))
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMb}MiB`,
    threads: String(threads),
    temp_directory: join(folder, 'spill'),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false'
  })
  try {
    const connection = await instance.connect()
    try {
      await connection.run("set timezone = 'UTC'")
      return await work(connection, folder)
    } finally {
      connection.closeSync()
    }
  } finally {
    instance.closeSync()
    await rm(folder, { recursive: true, force: true })
  }
}
