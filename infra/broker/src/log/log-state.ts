// What does a log remember of itself that its segments do not say? Where it starts, and up to where it is compacted.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from './atomic-file'

export interface LogState {
  /** Records before it were deleted, though their segment may still hold them. */
  startOffset: number
  /** Every key occurs once before it. */
  compactedTo: number
}

const fileName = 'state.json'

/** Without a file, or with one that cannot be read, a log starts with its first segment and counts as never compacted. */
export function loadState(folder: string): LogState {
  const path = join(folder, fileName)
  try {
    const { compactedTo, startOffset } = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
    return { startOffset: Number(startOffset ?? 0), compactedTo: Number(compactedTo ?? 0) }
  } catch {
    return { startOffset: 0, compactedTo: 0 }
  }
}

export function saveState(folder: string, state: LogState): void {
  replaceFile(join(folder, fileName), `${JSON.stringify(state)}\n`)
}
