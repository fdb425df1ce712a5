// What does a sample say about the values of a column?

/** What profile.sql says about the values of a column in one part of the file. */
export interface Profile {
  column_no: number
  part: 'head' | 'spread'
  filled: number
  integers: number
  leading_zeros: number
  numbers: number
  not_finite: number
  grouped: number
  ambiguous: number
  comma_marks: number
  point_marks: number
  booleans: number
  dates: number
  iso_times: number
  day_slash: number
  month_slash: number
  day_dot: number
  day_dash: number
  month_dash: number
  bare_dates: number
  clocks: number
  dotted_clocks: number
  digit_clocks: number
  twelve_hour_clocks: number
  given: number
  given_dates: number
  least: number | null
  most: number | null
  ambiguous_example: string | null
  example: string | null
}

export interface SourceColumn {
  name: string
  /** The type that the file itself declares; undefined for text, whose type is decided here. */
  declared?: string
}

/** A column is what this share of its first values is; values further on that are not are rejected. */
export const TYPE_SHARE = 0.9

export const sum = (profiles: readonly Profile[], of: (profile: Profile) => number) =>
  profiles.reduce((total, profile) => total + of(profile), 0)

/** What the parts of the file say about one column. */
export const ofColumn = (profiles: readonly Profile[], index: number) => profiles.filter(profile => profile.column_no === index)

/** The first values say what a column is; where there are none, those of the rest do. */
export function leading(profiles: readonly Profile[]): Profile | undefined {
  return profiles.find(({ part, filled }) => part === 'head' && filled > 0) ?? profiles.find(({ filled }) => filled > 0)
}
