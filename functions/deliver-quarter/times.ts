// How are times written in files, and how do the columns go that hold them?

export type EpochUnit = 's' | 'ms' | 'us' | 'ns'

/** How the values of the time column are read. */
export type TimeReading =
  | { kind: 'iso' }
  | { kind: 'pattern'; pattern: string; formats: string[] }
  | { kind: 'epoch'; unit: EpochUnit; isFractional: boolean }
  | { kind: 'typed'; type: string }

/** Patterns tried for times that are not ISO 8601, by their name in profile.sql. */
export const dates = {
  day_slash: ['dd/MM/yyyy', '%d/%m/%Y'],
  month_slash: ['MM/dd/yyyy', '%m/%d/%Y'],
  day_dot: ['dd.MM.yyyy', '%d.%m.%Y'],
  day_dash: ['dd-MM-yyyy', '%d-%m-%Y'],
  month_dash: ['MM-dd-yyyy', '%m-%d-%Y']
} as const
export const clocks = [' %H:%M:%S.%f', ' %H:%M:%S', ' %H:%M', '', ' %I:%M:%S %p', ' %I:%M %p']

export const timeFormats: Record<keyof typeof dates, string[]> = Object.fromEntries(
  Object.entries(dates).map(([key, [, date]]) => [key, clocks.map(clock => `${date}${clock}`)])
) as Record<keyof typeof dates, string[]>

/** Names by which a time column goes, the surest first. */
const timeNames = ['time', 'timestamp', 'ts', 'datetime', 'date_time', 'event_time', 'date', 'created_at', 'recorded_at', 'measured_at']

/** Position of a name in a list, whatever its case and the marks between its words; -1 where it is not. */
export const rankIn = (list: readonly string[], name: string) => list.indexOf(name.toLowerCase().replace(/[\s-]+/g, '_'))

/** Position among the names by which time columns go; -1 for another. */
export const timeRank = (name: string): number => rankIn(timeNames, name)

const strptime: Record<string, string> = { yyyy: '%Y', MM: '%m', dd: '%d', HH: '%H', mm: '%M', ss: '%S' }

/** DuckDB's format for a pattern such as `dd.MM.yyyy HH:mm`. */
export const formatOf = (pattern: string): string => pattern.replaceAll('%', '%%').replace(/[A-Za-z]+/g, token => strptime[token] ?? token)

/** The part of a pattern that says how days are written: of `dd/MM/yyyy HH:mm` `dd/MM/yyyy`. */
export const datePartOf = (pattern: string): string => pattern.replace(/[^A-Za-z]*\b(HH|mm|ss)\b.*$/, '')
