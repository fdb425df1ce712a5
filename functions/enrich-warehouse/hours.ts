// Which hours of facts must be made again when the readings of some hours changed, and in which pieces?
import type { Span } from '../../layers/store/spans'
import { GAP_LOOKBACK_HOURS, LOOKBACK_HOURS } from './rules'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

/** The same spans, cut at midnight (UTC): one is what one transaction makes. */
export function cutByDay(spans: readonly Span[]): Span[] {
  return spans.flatMap(({ from, to }) => {
    const pieces: Span[] = []
    for (let start = from; start < to; start = (Math.floor(start / DAY_MS) + 1) * DAY_MS)
      pieces.push({ from: start, to: Math.min(to, (Math.floor(start / DAY_MS) + 1) * DAY_MS) })
    return pieces
  })
}

/**
 * The hours whose facts depend on the readings of `hours`: themselves, those within the lookback after them, and the same hour of as many later
 * days as a baseline looks back. Hours of the first reading after a gap are not among them: only the database knows them.
 * @param bounds hours outside of them are left out
 */
export function dependentHours(hours: readonly number[], baselineDays: number, bounds: Span): number[] {
  const all = new Set<number>()
  const add = (hour: number) => hour >= bounds.from && hour < bounds.to && all.add(hour)
  for (const hour of hours) {
    for (let after = 0; after <= LOOKBACK_HOURS; after++) add(hour + after * HOUR_MS)
    for (let day = 1; day <= baselineDays; day++) add(hour + day * DAY_MS)
  }
  return [...all].sort((left, right) => left - right)
}

/** Where the first reading after a changed span may lie that is outside of its lookback. */
export function afterGap({ to }: Span): Span {
  return { from: to, to: to + GAP_LOOKBACK_HOURS * HOUR_MS }
}
