// Which contracts did the last start apply?
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomically } from './atomic-file'
import type { Place } from './place'

const SUFFIX = '.odcs.yaml'

/** Where the copies are: the databases were migrated to these. */
export const appliedFolder = (place: Place): string => join(place.state, 'contracts')

/**
 * Keeps a copy of each contract once databases and topics follow it; `sluice contract diff` compares with it. A contract whose file is gone
 * keeps its copy: its tables are there still.
 * @param folder of the contracts
 */
export function keepAppliedContracts(place: Place, folder: string): void {
  const copies = appliedFolder(place)
  mkdirSync(copies, { recursive: true })
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(SUFFIX)) continue
    const [text, copy] = [readFileSync(join(folder, name), 'utf8'), join(copies, name)]
    if (!existsSync(copy) || readFileSync(copy, 'utf8') !== text) writeAtomically(copy, text, { mode: 0o600, durable: false })
  }
}
