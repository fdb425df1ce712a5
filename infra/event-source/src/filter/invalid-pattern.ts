// What does a user read when a filter pattern cannot be used? AWS's words, then which pattern, where in it, what is wrong and the remedy.

/** Where something stands: which of the mapping's patterns, and the path in it, for instance `value.price[0].numeric`. */
export interface PatternPlace {
  index: number
  path: string
}

/** A pattern that AWS refuses too: the mapping is not made. */
export class InvalidPattern extends Error {
  override name = 'InvalidPattern'

  constructor(
    readonly place: PatternPlace,
    readonly problem: string,
    readonly remedy: string
  ) {
    const path = place.path === '' ? '' : `, at ${place.path}`
    super(`Invalid filter pattern definition. Pattern ${place.index + 1}${path}: ${problem}. ${remedy}`)
  }
}

/** The place one step further in. */
export function at(place: PatternPlace, step: string | number): PatternPlace {
  const path = typeof step === 'number' ? `${place.path}[${step}]` : place.path === '' ? step : `${place.path}.${step}`
  return { index: place.index, path }
}
