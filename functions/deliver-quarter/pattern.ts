// How are times read that are written by a pattern such as dd.MM.yyyy HH:mm?

/** Times of day that may follow a day. */
const clocks = ['%H:%M:%S', '%H:%M', '%H:%M:%S.%f', '%H:%M:%S,%f', '%I:%M %p', '%I:%M:%S %p', '%I:%M%p', '%I:%M:%S%p'].flatMap(clock => [
  ` ${clock}`,
  `, ${clock}`
])

// The letters are those of the JDK's DateTimeFormatter; T needs no quotes.
const days = { yyyy: '%Y', yy: '%y', MMMM: '%B', MMM: '%b', MM: '%m', M: '%m', dd: '%d', d: '%d', EEEE: '%A', EEE: '%a' }
const timesOfDay = {
  HH: '%H',
  H: '%H',
  hh: '%I',
  h: '%I',
  mm: '%M',
  ss: '%S',
  SSS: '%f',
  SSSSSS: '%f',
  a: '%p',
  T: 'T',
  Z: '%z',
  XXX: '%z'
}
const letters: Record<string, string> = { ...days, ...timesOfDay }

/** The quoted texts, runs of one letter, and marks of a pattern. */
const tokensOf = (pattern: string): string[] => pattern.match(/'[^']*'|([A-Za-z])\1*|[^A-Za-z']+|'/g) ?? []

/** Why a pattern cannot be read; undefined when it can. */
export function patternProblem(pattern: string): string | undefined {
  const tokens = tokensOf(pattern)
  if (tokens.includes("'")) return 'has a quote that is not closed'
  const unknown = tokens.find(token => /^[A-Za-z]/.test(token) && !Object.hasOwn(letters, token))
  if (unknown !== undefined) return `${unknown} is not known; use ${Object.keys(letters).join(', ')}`
  const missing = [
    ['yyyy', 'yy'],
    ['MM', 'M', 'MMM', 'MMMM'],
    ['dd', 'd']
  ].find(wanted => !wanted.some(token => tokens.includes(token)))
  if (missing) return `must hold ${missing[0]}`
  return (tokens.includes('hh') || tokens.includes('h')) !== tokens.includes('a') ? 'must hold hh together with a' : undefined
}

/** DuckDB's format for a pattern such as `dd.MM.yyyy HH:mm`. */
const formatOf = (pattern: string): string =>
  tokensOf(pattern)
    .map(token => letters[token] ?? token.replace(/^'(.*)'$/, '$1').replaceAll('%', '%%'))
    .join('')

/** The part of a pattern that says how days are written: of `dd/MM/yyyy HH:mm` `dd/MM/yyyy`. */
function datePartOf(pattern: string): string {
  const tokens = tokensOf(pattern)
  const clock = tokens.findIndex(token => Object.hasOwn(timesOfDay, token))
  return clock === -1
    ? pattern
    : tokens
        .slice(0, clock)
        .join('')
        .replace(/('[^']*'|[ ,:])+$/, '')
}

export const hasClock = (pattern: string): boolean => datePartOf(pattern) !== pattern

/** DuckDB's format for the days of a pattern alone. */
export const dateFormatOf = (pattern: string): string => formatOf(datePartOf(pattern))

/** DuckDB's formats for a pattern; one of days alone may be followed by any time of day. */
export const formatsOf = (pattern: string): string[] =>
  hasClock(pattern) ? [formatOf(pattern)] : ['', ...clocks].map(clock => `${formatOf(pattern)}${clock}`)

/** Whether texts of this format say how far from UTC their clocks stood; MEZ ends in a Z, and does not. */
export const hasOffset = (format: string): boolean => /%z|(%[A-Za-z]|[^A-Za-z])(UTC|GMT|Z)$/.test(format)
