import fc from 'fast-check'
import { type Cron, parseCron } from './cron'
import { isCaughtUp, nextRun, parseExpression } from './expression'
import { ExpressionError } from './expression-error'

const at = (text: string) => Date.parse(text)
const next = (expression: string, after: string, zone?: string) => {
  const found = nextRun(parseExpression(expression), at(after), zone)
  return found === undefined ? undefined : new Date(found).toISOString().slice(0, 16)
}

// the examples of AWS's documentation (EventBridge: cron and rate expressions; EventBridge Scheduler: schedule types)
test.each([
  ['cron(0 10 * * ? *)', '2026-01-01T10:00Z', '2026-01-02T10:00'],
  ['cron(15 12 * * ? *)', '2026-01-01T00:00Z', '2026-01-01T12:15'],
  ['cron(0 18 ? * MON-FRI *)', '2026-01-02T18:00Z', '2026-01-05T18:00'],
  ['cron(0 8 1 * ? *)', '2026-01-01T08:00Z', '2026-02-01T08:00'],
  ['cron(0/15 * * * ? *)', '2026-01-01T00:46Z', '2026-01-01T01:00'],
  ['cron(0/10 * ? * MON-FRI *)', '2026-01-02T23:50Z', '2026-01-05T00:00'],
  ['cron(0/5 8-17 ? * MON-FRI *)', '2026-01-02T17:55Z', '2026-01-05T08:00'],
  ['cron(0/30 20-2 ? * MON-FRI *)', '2026-01-02T02:30Z', '2026-01-02T20:00'],
  ['cron(0/30 20-2 ? * MON-FRI *)', '2026-01-04T23:59Z', '2026-01-05T00:00'],
  ['cron(0 9 ? * 2#1 *)', '2026-01-06T00:00Z', '2026-02-02T09:00'],
  ['cron(15 10 ? * 6L 2019-2022)', '2022-12-01T00:00Z', '2022-12-30T10:15'],
  ['cron(15 10 ? * 6L 2019-2022)', '2022-12-30T10:15Z', undefined],
  ['cron(1/10 * * * ? *)', '2026-01-01T00:00Z', '2026-01-01T00:01'],
  ['cron(0 0 1 JAN,FEB,MAR ? *)', '2026-03-01T00:00Z', '2027-01-01T00:00'],
  ['cron(0 0 ? * 3#2 *)', '2026-01-01T00:00Z', '2026-01-13T00:00'],
  ['cron(0 0 3W * ? *)', '2026-01-01T00:00Z', '2026-01-02T00:00'],
  ['cron(0 0 L * ? *)', '2024-02-01T00:00Z', '2024-02-29T00:00'],
  ['cron(0 0 ? * L *)', '2026-01-01T00:00Z', '2026-01-03T00:00'],
  ['rate(5 minutes)', '2026-01-01T00:01Z', '2026-01-01T00:05'],
  ['rate(1 hour)', '2026-01-01T00:00Z', '2026-01-01T01:00'],
  ['rate(7 days)', '2026-01-01T00:00Z', '2026-01-08T00:00']
])('%s after %s falls due at %s, as AWS documents it', (expression, after, expected) => {
  expect(next(expression, after)).toBe(expected)
})

test.each([
  ['a quarter', 'cron(0 0 1 1/3 ? *)', '2026-11-21T00:00Z', '2027-01-01T00:00'],
  ['29 February', 'cron(0 0 29 2 ? *)', '2096-03-01T00:00Z', '2104-02-29T00:00'],
  ['the last weekday of a month that ends on a Sunday', 'cron(0 0 LW * ? *)', '2026-05-01T00:00Z', '2026-05-29T00:00'],
  ['the first of a month on a Saturday, nearest weekday', 'cron(0 0 1W 8 ? *)', '2026-01-01T00:00Z', '2026-08-03T00:00'],
  ['the last of a month on a Sunday, nearest weekday', 'cron(0 0 31W 5 ? *)', '2026-01-01T00:00Z', '2026-05-29T00:00'],
  ['a weekday near a day that the month has not', 'cron(0 0 30W 2-3 ? *)', '2026-01-01T00:00Z', '2026-03-30T00:00'],
  ['a fifth Monday', 'cron(0 0 ? * MON#5 *)', '2026-01-01T00:00Z', '2026-03-30T00:00'],
  ['a range of days over the end of the week', 'cron(0 0 ? * FRI-MON *)', '2026-01-06T00:00Z', '2026-01-09T00:00'],
  ['the last Friday by name', 'cron(0 0 ? * friL *)', '2026-01-01T00:00Z', '2026-01-30T00:00'],
  ['a day that no calendar has', 'cron(0 0 31 2 ? *)', '2026-01-01T00:00Z', undefined],
  ['a year before 1970', 'cron(0 0 1 1 ? 1970)', '1969-06-01T00:00Z', '1970-01-01T00:00'],
  ['the last minute there is', 'cron(59 23 31 12 ? 2199)', '2026-01-01T00:00Z', '2199-12-31T23:59'],
  ['what comes after it', 'cron(59 23 31 12 ? *)', '2199-12-31T23:59Z', undefined]
])('%s: %s', (_what, expression, after, expected) => {
  expect(next(expression, after)).toBe(expected)
})

// Europe/Berlin: 02:00 to 03:00 is skipped on 29 March 2026 and shown twice on 25 October 2026
test.each([
  ['a time in the gap is skipped', 'cron(30 2 * * ? *)', '2026-03-28T12:00Z', '2026-03-30T00:30'],
  ['the minutes of the gap are skipped', 'cron(0/30 * * * ? *)', '2026-03-29T00:30Z', '2026-03-29T01:00'],
  ['a time that is shown twice comes the first time', 'cron(30 2 * * ? *)', '2026-10-24T12:00Z', '2026-10-25T00:30'],
  ['and not the second time', 'cron(30 2 * * ? *)', '2026-10-25T00:30Z', '2026-10-26T01:30'],
  ['nor do the other minutes of that hour', 'cron(0/15 * * * ? *)', '2026-10-25T00:45Z', '2026-10-25T02:00'],
  ['from within the second showing as well', 'cron(0/15 * * * ? *)', '2026-10-25T01:20Z', '2026-10-25T02:00'],
  ['a day begins when its clock shows midnight', 'cron(0 0 * * ? *)', '2026-07-01T12:00Z', '2026-07-01T22:00']
])('in a zone with daylight saving time %s', (_rule, expression, after, expected) => {
  expect(next(expression, after, 'Europe/Berlin')).toBe(expected)
})

test.each([
  ['a gap at midnight', 'cron(15 0 * * ? *)', '2026-03-28T21:50Z', '2026-03-29T21:15', 'Asia/Beirut'],
  ['a whole day that is skipped', 'cron(0 12 30 12 ? 2011)', '2011-01-01T00:00Z', undefined, 'Pacific/Apia'],
  ['a change of half an hour', 'cron(45 1 * * ? *)', '2026-04-04T12:00Z', '2026-04-04T14:45', 'Australia/Lord_Howe']
])('%s is no trouble', (_what, expression, after, expected, zone) => {
  expect(next(expression, after, zone)).toBe(expected)
})

test.each([
  ['cron(0 10 * * * *)', 'day-of-week', /exactly one of day-of-month and day-of-week must be \?/],
  ['cron(0 10 ? * ? *)', 'day-of-week', /exactly one/],
  ['cron(0 10 1 * MON *)', 'day-of-week', /exactly one/],
  ['cron(0 10 * * ?)', 'expression', /it has 5 fields; six are needed/],
  ['cron()', 'expression', /it has 0 fields/],
  ['cron(60 * * * ? *)', 'minutes', /use 0 to 59/],
  ['cron(*/60 * * * ? *)', 'minutes', /increment after \/ is a whole number from 1 to 59/],
  ['cron(0/0 * * * ? *)', 'minutes', /from 1 to 59/],
  ['cron(/5 * * * ? *)', 'minutes', /a value is missing/],
  ['cron(0/5, 9-18, ?, *, MON-FRI, *)', 'minutes', /a value is missing/],
  ['cron(? * * * ? *)', 'minutes', /only day-of-month and day-of-week take \?/],
  ['cron(1-2-3 * * * ? *)', 'minutes', /two ends/],
  ['cron(1/2/3 * * * ? *)', 'minutes', /one \//],
  ['cron(0 24 * * ? *)', 'hours', /use 0 to 23/],
  ['cron(0 0 32 * ? *)', 'day-of-month', /use 1 to 31/],
  ['cron(0 0 0 * ? *)', 'day-of-month', /use 1 to 31/],
  ['cron(0 0 1,L * ? *)', 'day-of-month', /stand alone/],
  ['cron(0 0 32W * ? *)', 'day-of-month', /use 1 to 31/],
  ['cron(0 0 1 13 ? *)', 'month', /1 to 12 or JAN to DEC/],
  ['cron(0 0 1 JANUARY ? *)', 'month', /1 to 12 or JAN to DEC/],
  ['cron(0 0 ? * 0 *)', 'day-of-week', /1 to 7 or SUN to SAT/],
  ['cron(0 0 ? * 8L *)', 'day-of-week', /1 to 7/],
  ['cron(0 0 ? * 3#6 *)', 'day-of-week', /1 to 5/],
  ['cron(0 0 ? * 3#1,6#3 *)', 'day-of-week', /one day only/],
  ['cron(0 0 ? * MON,L *)', 'day-of-week', /L stands alone/],
  ['cron(0 0 ? * 3W *)', 'day-of-week', /W is for day-of-month/],
  ['cron(0 0 1 1 ? 2200)', 'year', /1970 to 2199/],
  ['cron(0 0 1 1 ? 2030-2020)', 'year', /earlier to the later/],
  ['rate(1 minutes)', 'unit', /with 1 it is minute/],
  ['rate(5 minute)', 'unit', /with 5 it is minutes/],
  ['rate(0 minutes)', 'value', /positive whole number/],
  ['rate(-1 minutes)', 'value', /positive whole number/],
  ['rate(1.5 hours)', 'value', /positive whole number/],
  ['rate(5 seconds)', 'unit', /minute, minutes, hour, hours, day or days/],
  ['rate(5 constructor)', 'unit', /minute, minutes/],
  ['rate(5)', 'expression', /a value and a unit/],
  ['every 5 minutes', 'expression', /rate\(value unit\) or cron/],
  ['at(2026-01-01T00:00:00)', 'expression', /rate\(value unit\) or cron/]
])('%s is refused: field %s', (expression, field, rule) => {
  let error: unknown
  try {
    parseExpression(expression)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(ExpressionError)
  expect(error).toMatchObject({ field, rule: expect.stringMatching(rule) })
})

test('every cron expression, and a rate of an hour or more, is made up for after downtime', () => {
  const isCaught = (text: string) => isCaughtUp(parseExpression(text))
  expect(['cron(* * * * ? *)', 'rate(60 minutes)', 'rate(1 hour)', 'rate(1 day)'].map(isCaught)).toEqual([true, true, true, true])
  expect(['rate(1 minute)', 'rate(59 minutes)'].map(isCaught)).toEqual([false, false])
})

// the rule of each field once more, by brute force over what a clock shows
function isMatch(cron: Cron, instant: number): boolean {
  const date = new Date(instant)
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
  const weekdays = Array.from({ length: 32 }, (_, d) => new Date(Date.UTC(year, month - 1, d)).getUTCDay() + 1)
  const days = Array.from({ length: 31 }, (_, d) => d + 1).filter(d => new Date(Date.UTC(year, month - 1, d)).getUTCMonth() + 1 === month)
  const working = days.filter(d => weekdays[d] !== 1 && weekdays[d] !== 7)
  const { dayOfMonth: dom, dayOfWeek: dow } = cron
  const byMonth = {
    any: () => true,
    days: () => dom.kind === 'days' && dom.days.has(day),
    last: () => day === Math.max(...days),
    lastWeekday: () => day === Math.max(...working),
    nearestWeekday: () => {
      if (dom.kind !== 'nearestWeekday' || !days.includes(dom.day)) return false
      const distances = working.map(d => Math.abs(d - dom.day))
      return working[distances.indexOf(Math.min(...distances))] === day
    }
  }
  const same = (wanted: number) => days.filter(d => weekdays[d] === wanted)
  const byWeek = {
    any: () => true,
    days: () => dow.kind === 'days' && dow.days.has(weekdays[day]!),
    last: () => dow.kind === 'last' && same(dow.day).at(-1) === day,
    nth: () => dow.kind === 'nth' && same(dow.day)[dow.nth - 1] === day
  }
  return (
    cron.minutes.includes(date.getUTCMinutes()) &&
    cron.hours.includes(date.getUTCHours()) &&
    cron.months.has(month) &&
    cron.years.has(year) &&
    byMonth[dom.kind]() &&
    byWeek[dow.kind]()
  )
}

const number = (least: number, most: number) => fc.integer({ min: least, max: most })
const field = (least: number, most: number) =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant('*') },
    { weight: 3, arbitrary: number(least, most).map(String) },
    fc.tuple(number(least, most), number(least, most)).map(([a, b]) => `${a}-${b}`),
    fc.tuple(number(least, most), number(1, Math.max(1, most))).map(([a, step]) => `${a}/${step}`),
    fc.array(number(least, most), { minLength: 2, maxLength: 4 }).map(list => list.join(','))
  )
const day = fc.oneof(
  fc
    .oneof(
      field(1, 31),
      fc.constantFrom('L', 'LW'),
      number(1, 31).map(n => `${n}W`)
    )
    .map(dom => [dom, '?']),
  fc
    .oneof(
      field(1, 7),
      fc.constantFrom('L', 'MON-FRI', 'SAT-TUE'),
      number(1, 7).map(n => `${n}L`),
      fc.tuple(number(1, 7), number(1, 5)).map(([n, k]) => `${n}#${k}`)
    )
    .map(dow => ['?', dow])
)
const cronText = fc
  .tuple(field(0, 59), field(0, 23), day, field(1, 12), fc.constantFrom('*', '2024-2030', '2027', '1970/3'))
  .map(([minute, hour, [dom, dow], month, year]) => `cron(${minute} ${hour} ${dom} ${month} ${dow} ${year})`)
const MINUTE = 60_000
const instants = number(at('2023-12-25T00:00Z') / MINUTE, at('2030-12-31T00:00Z') / MINUTE).map(minute => minute * MINUTE)

test('the next run matches, and no minute in between does', () => {
  fc.assert(
    fc.property(cronText, instants, (text, after) => {
      const expression = parseExpression(text)
      const cron = parseCron(text.slice(5, -1))
      const found = nextRun(expression, after)
      if (found !== undefined) expect([text, isMatch(cron, found)]).toEqual([text, true])
      // two months of minutes, or what lies between
      const until = Math.min(found ?? Number.POSITIVE_INFINITY, after + 62 * 24 * 60 * MINUTE)
      for (let minute = after + MINUTE; minute < until; minute += MINUTE) {
        const [hours, minutes] = [Math.floor(minute / (60 * MINUTE)) % 24, Math.floor(minute / MINUTE) % 60]
        if (!cron.hours.includes(hours) || !cron.minutes.includes(minutes)) continue
        if (isMatch(cron, minute)) throw new Error(`${text} matches ${new Date(minute).toISOString()} and not only ${found}`)
        // the day does not match: neither do its other minutes
        minute = (Math.floor(minute / (24 * 60 * MINUTE)) + 1) * 24 * 60 * MINUTE - MINUTE
      }
    }),
    { numRuns: 150 }
  )
})

test.each([
  'cron(0 6 L * ? *)',
  'cron(0 6 LW * ? *)',
  'cron(0 6 29 2 ? *)',
  'cron(0 6 30W * ? *)',
  'cron(0 6 ? * 2#5 *)',
  'cron(0 6 ? * 1L *)'
])('%s over nine years is what a look at every day finds', text => {
  const cron = parseCron(text.slice(5, -1))
  const expected: number[] = []
  for (let instant = at('2023-01-01T06:00Z'); instant < at('2032-01-01T00:00Z'); instant += 24 * 60 * MINUTE)
    if (isMatch(cron, instant)) expected.push(instant)
  const found: number[] = []
  for (let last = at('2023-01-01T00:00Z'); ; ) {
    last = nextRun(parseExpression(text), last)!
    if (last >= at('2032-01-01T00:00Z')) break
    found.push(last)
  }
  expect(found).toEqual(expected)
})

test('in any zone the runs of a day come in order, each at what the clock shows, none twice', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Havana']
  fc.assert(
    fc.property(fc.constantFrom(...zones), instants, (zone, after) => {
      const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
      const seen = new Set<string>()
      let last = after
      for (let run = 0; run < 60; run++) {
        const found = nextRun(parseExpression('cron(0/20 * * * ? *)'), last, zone)!
        expect(found).toBeGreaterThan(last)
        const shown = format.format(found)
        expect(shown).toMatch(/:(00|20|40)$/)
        expect(seen).not.toContain(shown)
        seen.add(shown)
        last = found
      }
    }),
    { numRuns: 30 }
  )
})
