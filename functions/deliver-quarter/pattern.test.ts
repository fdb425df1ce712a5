import { likelyPatterns } from './likely-patterns'
import { dateFormatOf, formatsOf, hasClock, hasOffset, patternProblem } from './pattern'

test.each([
  ['dd.MM.yyyy HH:mm', '%d.%m.%Y %H:%M', '%d.%m.%Y'],
  ['M/d/yy h:mm:ss a', '%m/%d/%y %I:%M:%S %p', '%m/%d/%y'],
  ['MMM d, yyyy, HH:mm', '%b %d, %Y, %H:%M', '%b %d, %Y'],
  ["yyyy-MM-dd'T'HH:mm:ss.SSSZ", '%Y-%m-%dT%H:%M:%S.%f%z', '%Y-%m-%d'],
  ['yyyyMMddTHHmm', '%Y%m%dT%H%M', '%Y%m%d'],
  ["dd.MM.yyyy '100%' HH:mm", '%d.%m.%Y 100%% %H:%M', '%d.%m.%Y']
])('%s is read by DuckDB as %s, its days as %s', (pattern, format, days) => {
  expect(patternProblem(pattern)).toBeUndefined()
  expect([formatsOf(pattern), dateFormatOf(pattern)]).toEqual([[format], days])
})

test('a pattern of days alone may be followed by any time of day', () => {
  expect(hasClock('dd-MMM-yy')).toBe(false)
  const formats = formatsOf('dd-MMM-yy')
  expect(formats).toEqual(expect.arrayContaining(['%d-%b-%y', '%d-%b-%y %H:%M', '%d-%b-%y %I:%M %p', '%d-%b-%y, %H:%M:%S']))
})

test.each([
  ['dd.MM.yyyy HH:mm:ss', false],
  ['dd.MM.yyyy HH:mm Z', true],
  ["dd.MM.yyyy HH:mm 'UTC'", true],
  ["yyyyMMddTHHmmss'Z'", true],
  ["dd.MM.yyyy HH:mm 'MEZ'", false]
])('%s names an offset: %s', (pattern, expected) => {
  expect(formatsOf(pattern).some(hasOffset)).toBe(expected)
})

test.each([
  ['dd.mm.yyyy', 'must hold MM'],
  ['HH:mm', 'must hold yyyy'],
  ['MM/yyyy', 'must hold dd'],
  ['dd/MM/yyyy hh:mm', 'must hold hh together with a'],
  ['dd/MM/yyyy HH:mm a', 'must hold hh together with a'],
  ['dd/MM/uuuu', 'uuuu is not known; use yyyy'],
  ["dd.MM.yyyy 'um HH:mm", 'has a quote that is not closed']
])('%s is refused: %s', (pattern, problem) => {
  expect(patternProblem(pattern)).toContain(problem)
})

test.each<[string, string[]]>([
  ['5-Jan-2024', ['dd-MMM-yyyy']],
  ['05 MAY 2024 20:30', ['dd MMM yyyy', 'dd MMMM yyyy']],
  ['January 5, 2024 8:30 PM', ['MMMM dd, yyyy']],
  ['05/Jan/2024:20:30:00 +0000', ['dd/MMM/yyyy:HH:mm:ss Z']],
  ['2024-01-05 20:30:00.5 +0000 UTC', ["yyyy-MM-dd HH:mm:ss.SSS Z' UTC'"]],
  ['2024-01-05T20:30:00,123', ['yyyy-MM-ddTHH:mm:ss,SSS']],
  ['2024-01-05 20:30 UTC', ["yyyy-MM-dd HH:mm 'UTC'"]],
  ['2024.01.05', ['yyyy.MM.dd']],
  ['20240105', ['yyyyMMdd']],
  ['20240105T203000Z', ["yyyyMMddTHHmmss'Z'"]],
  ['20240105 20:30', ['yyyyMMdd']],
  ['05JAN2024:20:30:00', ['ddMMMyyyy:HH:mm:ss']],
  ['Jan-5-2024', ['MMM-dd-yyyy']],
  ['Fri, 05 Jan 2024 20:30:00 GMT', ["EEE, dd MMM yyyy HH:mm:ss 'GMT'"]],
  ['Friday, January 5, 2024', ['EEEE, MMMM dd, yyyy']],
  ['Mon the first', []],
  ['5-Jan-24', []],
  ['2024.01-05', []],
  ['2024-01-051', []],
  ['hello', []]
])('%s may be written by %j', (text, patterns) => {
  expect(likelyPatterns(text)).toEqual(patterns)
  for (const pattern of patterns) expect(patternProblem(pattern)).toBeUndefined()
})
