// How are times written in files, and how do the columns go that hold them?

export type EpochUnit = 's' | 'ms' | 'us' | 'ns'

/** How the values of the time column are read. */
export type TimeReading =
  | { kind: 'iso' }
  | { kind: 'pattern'; formats: string[] }
  | { kind: 'epoch'; unit: EpochUnit; isFractional: boolean }
  | { kind: 'typed'; type: string }

/** Ways to write days with numbers, by their name in profile.sql. */
export const dates = {
  day_slash: 'dd/MM/yyyy',
  month_slash: 'MM/dd/yyyy',
  day_dot: 'dd.MM.yyyy',
  day_dash: 'dd-MM-yyyy',
  month_dash: 'MM-dd-yyyy'
} as const

/** Names by which a time column goes, the surest first. */
const timeNames = ['time', 'timestamp', 'ts', 'datetime', 'date_time', 'event_time', 'date', 'created_at', 'recorded_at', 'measured_at']

/** Position of a name in a list, whatever its case and the marks between its words; -1 where it is not. */
export const rankIn = (list: readonly string[], name: string) => list.indexOf(name.toLowerCase().replace(/[\s-]+/g, '_'))

/** Position among the names by which time columns go; -1 for another. */
export const timeRank = (name: string): number => rankIn(timeNames, name)
