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

export interface DuckDbSession {
  connection: DuckDBConnection
  /** For temporary files; removed by `close`. */
  folder: string
  close(): Promise<void>
}

/**
 * A new in-memory database whose sessions are in UTC. Nothing is loaded from the network. For work that ends where it begins, `withDuckDb`
 * closes it by itself.
 */
export async function openDuckDb({
  memoryMb = DEFAULT_MEMORY_MB,
  threads = availableParallelism()
}: DuckDbOptions = {}): Promise<DuckDbSession> {
  // loaded on demand: the library has 60 MB, and most invocations of most functions do without it
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const folder = await mkdtemp(join(tmpdir(), 'sluice-duckdb-'))
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  try {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${memoryMb}MiB`,
      threads: String(threads),
      temp_directory: join(folder, 'spill'),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // of many small pieces it keeps a multiple of their bytes; the system keeps what was read anyway
      enable_external_file_cache: 'false'
    })
    const connection = await instance.connect()
    const close = async () => {
      connection.closeSync()
      instance.closeSync()
      await removeFolder()
    }
    await connection.run("set timezone = 'UTC'")
    return { connection, folder, close }
  } catch (error) {
    await removeFolder()
    throw error
  }
}

/**
 * Runs `work` on a new in-memory database whose sessions are in UTC; what it spilled is removed afterwards. Nothing is loaded from the network.
 * @param work gets the connection and a folder for its own temporary files
 */
export async function withDuckDb<T>(
  work: (connection: DuckDBConnection, folder: string) => Promise<T>,
  options: DuckDbOptions = {}
): Promise<T> {
  const { connection, folder, close } = await openDuckDb(options)
  try {
    return await work(connection, folder)
  } finally {
    await close()
  }
}
