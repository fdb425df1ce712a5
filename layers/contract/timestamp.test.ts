// Is text read as the instant it names, and refused when it names none?
import fc from 'fast-check'
import { isDate, parseIso, wallClockParser, wallClockProblem } from './timestamp'

test.each([
  ['2026-01-31T08:15:30.250Z', '2026-01-31T08:15:30.250Z'],
  ['2026-01-31T08:15:30Z', '2026-01-31T08:15:30.000Z'],
  ['2026-01-31T08:15Z', '2026-01-31T08:15:00.000Z'],
  ['2026-01-31T08:15:30.5+01:00', '2026-01-31T07:15:30.500Z'],
  ['2026-01-31T08:15:30-0530', '2026-01-31T13:45:30.000Z'],
  ['2026-01-31T08:15:30,25+02', '2026-01-31T06:15:30.250Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z']
])('%s is %s', (text, expected) => {
  expect(new Date(parseIso(text) as number).toISOString()).toBe(expected)
})

test('microseconds are kept, further digits are rounded', () => {
  const second = Date.UTC(2026, 0, 31, 8, 15, 30)
  expect(Math.round((parseIso('2026-01-31T08:15:30.123456Z') as number) * 1000)).toBe(second * 1000 + 123_456)
  expect(Math.round((parseIso('2026-01-31T08:15:30.1234565Z') as number) * 1000)).toBe(second * 1000 + 123_457)
  expect(Math.round((parseIso('2026-01-31T08:15:30.9999999Z') as number) * 1000)).toBe(second * 1000 + 1_000_000)
})

test.each([
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T23:60:00Z',
  '2026-01-01T23:59:60Z',
  '0000-01-01T00:00:00Z',
  '2026-01-01',
  '2026-01-01 00:00:00Z',
  '2026-1-1T00:00:00Z',
  '2026-01-01T00:00:00.Z',
  '2026-01-01T00:00:00Zx',
  '2026-01-01T00:00:00+16:00',
  '2026-01-01T00:00:00+01:60',
  '20260101T000000Z',
  '1795250796453',
  'yesterday',
  '+002026-01-01T00:00:00Z',
  '２０２６-01-01T00:00:00Z'
])('%s is no instant', text => {
  expect(parseIso(text)).toBe('invalid')
})

test('a time without an offset is told apart from a broken one', () => {
  expect(parseIso('2026-01-31T08:15:30')).toBe('without_zone')
  expect(parseIso('2026-01-31T08:15:30.5')).toBe('without_zone')
  expect(parseIso('2026-02-31T08:15:30')).toBe('invalid')
})

test('every instant that Date can write is read back', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
      date => {
        expect(parseIso(date.toISOString())).toBe(date.getTime())
      }
    )
  )
})

test('any text is an instant or a named problem', () => {
  fc.assert(
    fc.property(
      fc.string(),
      text => ['invalid', 'without_zone', 'skipped'].includes(String(parseIso(text))) || Number.isFinite(parseIso(text))
    )
  )
})

describe('wall-clock time of London', () => {
  const parse = wallClockParser('dd/MM/yyyy HH:mm', 'Europe/London')
  test.each([
    ['01/12/2010 08:26', '2010-12-01T08:26:00.000Z'],
    ['01/07/2011 08:26', '2011-07-01T07:26:00.000Z'],
    ['1/7/2011 8:26', '2011-07-01T07:26:00.000Z'],
    ['27/03/2011 00:59', '2011-03-27T00:59:00.000Z'],
    ['27/03/2011 02:00', '2011-03-27T01:00:00.000Z'],
    ['30/10/2011 00:59', '2011-10-29T23:59:00.000Z'],
    // Twice that night; the second one, in GMT, is meant.
    ['30/10/2011 01:30', '2011-10-30T01:30:00.000Z'],
    ['30/10/2011 02:00', '2011-10-30T02:00:00.000Z']
  ])('%s is %s', (text, expected) => {
    expect(new Date(parse(text) as number).toISOString()).toBe(expected)
  })

  test.each([
    ['27/03/2011 01:30', 'skipped'],
    ['31/02/2011 10:00', 'invalid'],
    ['12/31/2010 10:00', 'invalid'],
    ['01/12/10 08:26', 'invalid'],
    ['01/12/2010 08:26:00', 'invalid'],
    ['', 'invalid']
  ])('%j is %s', (text, problem) => {
    expect(parse(text)).toBe(problem)
  })

  test('a format needs a date and a time to the minute', () => {
    expect(wallClockProblem('dd/MM/yyyy')).toBe('must hold HH')
    expect(wallClockProblem('dd/MM/yyyy hh:mm')).toBe('hh is not known; use yyyy, MM, dd, HH, mm, ss')
  })
})

test('a date exists or not', () => {
  expect(isDate('2024-02-29')).toBe(true)
  for (const text of ['2026-02-29', '2026-2-1', '', '2026-01-01T00:00:00Z']) expect(isDate(text)).toBe(false)
})
