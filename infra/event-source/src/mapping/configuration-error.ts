// What does a user read when serverless.yml says something that cannot be run? One message: place, key, value, remedy.

export interface Place {
  /** Where it stands, for instance `functions.orders.events[0].kafka`. */
  path: string
  key: string
}

/** Stands for a value that may be a secret and is not shown. */
export const HIDDEN = Symbol('hidden')

/** A malformed setting. The command ends with exit code 2 and nothing is started. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError'

  constructor(
    readonly place: Place,
    readonly value: unknown,
    readonly remedy: string
  ) {
    const shown = value === HIDDEN ? 'set to what is not shown here' : (JSON.stringify(value) ?? 'missing')
    super(`serverless.yml: ${place.path}.${place.key} is ${shown}. ${remedy}`)
  }
}

/** The known word with the fewest edits to `word`, to be offered as what was meant. */
export function nearest(word: string, known: readonly string[]): string {
  const scored = known.map(candidate => ({ candidate, edits: edits(word.toLowerCase(), candidate.toLowerCase()) }))
  return scored.reduce((best, each) => (each.edits < best.edits ? each : best)).candidate
}

// Levenshtein distance, one row at a time.
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[to.length]!
}
