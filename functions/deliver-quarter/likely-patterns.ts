// By which patterns may a text be a time?

const months = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*'
const dayFirst = new RegExp(`^\\d{1,2}([ /-]?)(${months})\\1\\d{4}(?!\\d)`, 'i')
const monthFirst = new RegExp(`^(${months})([ -])\\d{1,2}(,?)\\2\\d{4}(?!\\d)`, 'i')
const yearFirst = /^\d{4}([-/.])\d{1,2}\1\d{1,2}(?!\d)/
const compact = /^\d{8}(?:([ T]?)(\d{4})(\d{2})?)?(Z?)$/
const clockAndZone = /^([ T:])\d{1,2}:\d{2}(:\d{2})?([.,]\d+)?( ?)([+-]\d{2}:?\d{2})?( ?(?:UTC|GMT|Z))?$/

/** The patterns by which a text may be a time that is neither ISO 8601 nor all numbers with the day or the month first. */
export function likelyPatterns(example: string): string[] {
  const weekday = /^(?:mon|tue|wed|thu|fri|sat|sun)([a-z]*)(,?) (?=\S)/i.exec(example)
  if (weekday) return likelyPatterns(example.slice(weekday[0].length)).map(rest => `${weekday[1] ? 'EEEE' : 'EEE'}${weekday[2]} ${rest}`)
  const basic = compact.exec(example)
  if (basic) {
    const [, mark = '', minutes, seconds, zulu] = basic
    if (minutes === undefined) return ['yyyyMMdd']
    return [`yyyyMMdd${mark}HHmm${seconds ? 'ss' : ''}${zulu ? "'Z'" : ''}`]
  }
  if (/^\d{8}[ T]/.test(example)) return [withZone('yyyyMMdd', example.slice(8))]
  // May is the short and the long name
  const namesOf = (month: string) => [...(month.length === 3 ? ['MMM'] : []), ...(month.length > 3 || /^may$/i.test(month) ? ['MMMM'] : [])]
  const named = dayFirst.exec(example)
  if (named) return namesOf(named[2]!).map(name => withZone(`dd${named[1]}${name}${named[1]}yyyy`, example.slice(named[0].length)))
  const american = monthFirst.exec(example)
  if (american)
    return namesOf(american[1]!).map(name =>
      withZone([name, `dd${american[3]}`, 'yyyy'].join(american[2]), example.slice(american[0].length))
    )
  const numbered = yearFirst.exec(example)
  return numbered ? [withZone(['yyyy', 'MM', 'dd'].join(numbered[1]), example.slice(numbered[0].length))] : []
}

/** A pattern of days with that of the time of day behind it, where this names an offset or is not set off by a space. */
function withZone(days: string, behind: string): string {
  const [, mark, seconds = '', fraction = '', space = '', offset = '', name = ''] = clockAndZone.exec(behind) ?? []
  if (mark === undefined || (mark === ' ' && offset + name === '')) return days
  return `${days}${mark}HH:mm${seconds && ':ss'}${fraction && `${fraction[0]}SSS`}${space}${offset && 'Z'}${name && `'${name}'`}`
}
