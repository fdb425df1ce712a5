// How is a small file replaced so that a stop at any moment leaves the old one or the new one, whole?
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Brings a folder's names to disk. */
export function syncFolder(path: string): void {
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    fsyncSync(fd)
  } catch {
    // Windows cannot synchronise a folder, and needs not to
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Writes `text` beside `path`, brings it to disk, and renames it over `path`. */
export function replaceFile(path: string, text: string): void {
  const fd = openSync(`${path}.new`, 'w')
  try {
    writeFileSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(`${path}.new`, path)
  syncFolder(dirname(path))
}
