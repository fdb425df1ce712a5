// Which quarter is meant, when does it begin and end, and may it be delivered yet? Quarters are those of the calendar in UTC.

const DAY_MS = 86_400_000

export const quarterPattern = /^\d{4}-Q[1-4]$/

export interface Quarter {
  /** `2024-Q1`. */
  label: string
  /** Epoch milliseconds of its first instant. */
  from: number
  /** Epoch milliseconds of the first instant that is no longer in it. */
  to: number
}

/** @param label `2024-Q1` */
export function quarterOf(label: string): Quarter {
  if (!quarterPattern.test(label)) throw new RangeError(`not a quarter: ${label}`)
  const year = Number(label.slice(0, 4))
  const month = (Number(label.slice(6)) - 1) * 3
  return { label, from: Date.UTC(year, month, 1), to: Date.UTC(year, month + 3, 1) }
}

/** Epoch milliseconds from which on the quarter is closed: its end and the days in which late rows may still come. */
export const closesAt = (quarter: Quarter, closeDays: number): number => quarter.to + closeDays * DAY_MS
