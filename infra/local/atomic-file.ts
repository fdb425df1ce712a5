// How is a small file replaced so that a reader, or the next start after a crash, never sees half of it?
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/** Writes beside the file, syncs and renames over it. Throws what the file system throws; then the old content is still there. */
export function writeAtomically(file: string, content: string, mode = 0o644): void {
  const beside = `${file}.${process.pid}.tmp`
  try {
    const descriptor = openSync(beside, 'w', mode)
    try {
      writeSync(descriptor, content)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(beside, file)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}
