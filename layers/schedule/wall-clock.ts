// What does a clock in a time zone show, and when does it show that?

const DAY_MS = 86_400_000

/** Times of the clock are written as if they were UTC: 14:30 on it is 14:30 UTC in milliseconds. */
export interface WallClock {
  /** What the clock shows at an instant. */
  shown(instant: number): number
  /** When it first shows that; undefined for a time that it skips. */
  instant(shown: number): number | undefined
}

const utc: WallClock = { shown: instant => instant, instant: shown => shown }

/** One formatter for each zone: making one costs more than using it a hundred times. */
const clocks = new Map<string, WallClock>()
/** There are fewer zones than that. */
const MAX_CLOCKS = 1_000

function zoneClock(zone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const offsetAt = (instant: number): number => {
    const name = format.formatToParts(instant).find(part => part.type === 'timeZoneName')!.value
    const match = /GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name)
    if (!match) return 0
    const size = ((Number(match[2]) * 60 + Number(match[3])) * 60 + Number(match[4] ?? 0)) * 1000
    return match[1] === '-' ? -size : size
  }
  return {
    shown: instant => instant + offsetAt(instant),
    instant(shown) {
      // whatever change of the clock is near, these are the offsets on both sides of it
      const candidates = [offsetAt(shown - DAY_MS), offsetAt(shown + DAY_MS)].map(offset => shown - offset)
      const instants = candidates.filter(instant => instant + offsetAt(instant) === shown)
      return instants.length === 0 ? undefined : Math.min(...instants)
    }
  }
}

/**
 * @param zone IANA name; UTC when left out
 * @throws RangeError for a zone that there is not
 */
export function wallClockOf(zone: string | undefined): WallClock {
  if (zone === undefined || zone === 'UTC') return utc
  let clock = clocks.get(zone)
  if (!clock) {
    if (clocks.size >= MAX_CLOCKS) clocks.clear()
    clock = zoneClock(zone)
    clocks.set(zone, clock)
  }
  return clock
}

/** Is there such a zone? */
export function isTimeZone(zone: string): boolean {
  try {
    wallClockOf(zone)
    return true
  } catch {
    return false
  }
}
