// What is one change between two versions of a contract, and whom does it break?
import { shown } from './shown'

/**
 * - `writers`: a record that was good is now quarantined, late, not read at all, or means something else.
 * - `readers`: what is read from the tables goes away, may be empty, or means something else.
 * - `migration`: rows that are there may not survive it, so that the next start refuses it.
 */
export type Broken = 'writers' | 'readers' | 'migration'

export type Bump = 'none' | 'patch' | 'minor' | 'major'

export interface Change {
  /** Where in the contract: `fields.temperature.range`. */
  path: string
  /** Empty for a compatible change. */
  breaks: Broken[]
  /** What semantic versioning asks for. */
  bump: Bump
  /** As text; `–` where there was nothing. */
  from: string
  to: string
  /** What to do; empty where nothing has to be done. */
  remedy: string
}

export interface Judgement {
  breaks?: Broken[]
  /** Only for compatible changes; a breaking one is major. */
  bump?: Bump
  remedy?: string
}

const ABSENT = '–'

const text = (value: unknown): string =>
  value === undefined ? ABSENT : shown(typeof value === 'object' && value !== null ? JSON.stringify(value) : value)

/** A change; without `breaks` it is compatible. */
export function change(path: string, from: unknown, to: unknown, { breaks = [], bump = 'minor', remedy = '' }: Judgement): Change {
  return { path, breaks, bump: breaks.length > 0 ? 'major' : bump, from: text(from), to: text(to), remedy }
}

/** Whether two parts of contracts say the same; keys with undefined count as absent. */
export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)])
  )
}
