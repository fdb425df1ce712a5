// How is a small file replaced so that a reader, or the next start after a crash, never sees half of it?
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/**
 * Writes beside the file and renames over it. Throws what the file system throws; then the old content is still there.
 * @param options `durable` syncs first, for what cannot be found out again after a power cut
 */
export function writeAtomically(file: string, content: string, options: { mode: number; durable: boolean }): void {
  const beside = `${file}.${process.pid}.tmp`
  try {
    const descriptor = openSync(beside, 'w', options.mode)
    try {
      writeSync(descriptor, content)
      if (options.durable) fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(beside, file)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}
