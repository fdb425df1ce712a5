// Which column is the time, and what are its values, where a file could be read in several ways?
import { join } from 'node:path'
import { literal, withDuckDb } from '../../layers/lake/duckdb'
import { deliveryTrial } from './testing'

const trial = deliveryTrial()
afterAll(() => trial.remove())

const day = (index: number, year = 2024) => new Date(Date.UTC(year, 0, 1 + index))
const text = (date: Date, options: Intl.DateTimeFormatOptions) => date.toLocaleDateString('en-GB', { timeZone: 'UTC', ...options })
const long = (index: number) => text(day(index, 2023), { day: 'numeric', month: 'long', year: 'numeric' })
const short = (index: number) => `${text(day(index), { day: 'numeric' })}-${day(index).toUTCString().slice(8, 11)}-2024`
const compact = (index: number) => day(index).toISOString().slice(0, 10).replaceAll('-', '')

const write = (name: string, header: string, row: (index: number) => string, count = 60) =>
  trial.write(name, `${header}\n${Array.from({ length: count }, (_, index) => row(index)).join('\n')}\n`)
const deliver = async (file: string, event: object = {}) => {
  const delivery = (await trial.deliver(file, { quarter: '2024-Q1', ...event }))[0]!
  const { time } = trial.manifest(delivery.key!)
  return { key: delivery.key!, rows: delivery.rows!, column: time.column, clock: time.clock_column, min: time.min, max: time.max }
}
const refusal = (file: string, event: object = {}) =>
  trial.deliver(file, event).then(
    () => 'delivered',
    (error: Error) => error.message
  )

test('the column that is called as times are is the time, though another one has more days, written in another way', async () => {
  const file = write('sparse.csv', 'date,published', index => `${index % 2 ? short(index) : ''},${long(index)}`)
  expect(await deliver(file)).toMatchObject({ column: 'date', rows: { delivered: 30, rejected: 30 } })
})

test('several columns with days, each written in another way, are as many as if all were written alike', async () => {
  const file = write('opened.csv', 'opened,closed', index => `${short(index)},${long(index)}`)
  expect(await refusal(file)).toContain('several columns hold times: opened, closed')
  expect(await deliver(file, { timeColumn: 'opened' })).toMatchObject({ column: 'opened', rows: { delivered: 60 } })
})

test('numbers of eight digits are no days because some of them could be', async () => {
  const file = write('counter.csv', 'time,value', index => `${20240101 + index * 997},1`)
  expect(await refusal(file)).toContain('column time holds no times')
})

test('days of digits alone are the time where their column is called as days are', async () => {
  const file = write('versions.csv', 'version,votes', index => `20240113,${index}`)
  expect(await refusal(file)).toContain('no column holds times')
  expect(await deliver(file, { timeColumn: 'version' })).toMatchObject({ rows: { delivered: 60 } })
  const called = write('trades.csv', 'trade_date,votes', index => `${compact(index)},1`)
  expect(await deliver(called)).toMatchObject({ column: 'trade_date', rows: { delivered: 60 } })
})

test('days of digits alone have eight of them: seven can mean two days', async () => {
  const file = write('digits.csv', 'date,value', index => `${index === 40 ? '2024111' : compact(index)},1`)
  expect(await deliver(file)).toMatchObject({ rows: { delivered: 59, rejected: 1 } })
})

test('a text for no value before the first time does not hide how the others are written', async () => {
  const file = write('late.csv', 'date,value', index => `${index === 0 ? 'NA' : short(index)},1`)
  expect(await deliver(file)).toMatchObject({ rows: { delivered: 59, rejected: 1 }, max: '2024-02-29T00:00:00.000000Z' })
})

test('minutes and seconds that a spreadsheet took for hours are no times of day', async () => {
  const file = write('runs.csv', 'Date,Time', index => `1/${1 + (index % 31)}/2024,${20 + (index % 40)}:31:00`)
  expect(await deliver(file)).toMatchObject({ clock: null, rows: { rejected: 0 } })
})

test.each<[string, string, string]>([
  ['minutes', '45', '2024-02-29T11:45:00.000000Z'],
  ['seconds', '4530', '2024-02-29T11:45:30.000000Z']
])('times of day may be digits alone, down to %s', async (name, rest, max) => {
  const clock = (index: number) => (index === 9 ? '2460' : index === 8 ? '9' : `${String(index % 24).padStart(2, '0')}${rest}`)
  for (const [style, written] of Object.entries({ compact, short })) {
    const file = write(`plain ${name} ${style}.csv`, 'date,time', index => `${written(index)},${clock(index)}`)
    expect(await deliver(file)).toMatchObject({ clock: 'time', rows: { delivered: 58, rejected: 2 }, max })
  }
})

test('numbers of four digits of which none begins with a nought are no times of day', async () => {
  const file = write('counts.csv', 'date,time', index => `${short(index)},${1000 + index}`, 50)
  expect(await deliver(file)).toMatchObject({ clock: null, rows: { delivered: 50 } })
})

test('times of day may be a.m. and p.m.', async () => {
  const file = write(
    'half-days.csv',
    'date,time',
    index => `2024-01-05,${1 + (index % 12)}:${10 + index} ${index < 30 ? 'a.m.' : 'p.m.'}`,
    49
  )
  expect(await deliver(file)).toMatchObject({ clock: 'time', rows: { delivered: 49, rejected: 0 }, max: '2024-01-05T23:56:00.000000Z' })
})

test.each([
  ['mail', index => `${day(index).toUTCString().replace('GMT', '+0100')}`, '2023-12-31T23:00:00.000000Z', { quarter: '2023-Q4' }],
  ['HTTP', index => day(index).toUTCString(), '2024-01-01T00:00:00.000000Z', {}],
  [
    'long names',
    index =>
      day(index)
        .toUTCString()
        .replace(/^\w+/, text(day(index), { weekday: 'long' })),
    '2024-01-01T00:00:00.000000Z',
    {}
  ],
  ['SAS', index => short(index).padStart(11, '0').replaceAll('-', '').toUpperCase(), '2024-01-01T00:00:00.000000Z', {}],
  ['digits with a clock', index => `${compact(index)} 08:30:00`, '2024-01-01T08:30:00.000000Z', {}],
  ['spreadsheets', index => `1/${1 + (index % 31)}/2024  8:30:00 AM`, '2024-01-01T08:30:00.000000Z', {}]
] as [string, (index: number) => string, string, object][])('days and times as in %s are read', async (name, at, min, event) => {
  const file = write(`as in ${name}.csv`, 'date;value', index => `${at(index)};${index}`)
  expect(await deliver(file, event)).toMatchObject({ rows: { rejected: 0 }, min })
})

test('whole numbers of Parquet are days as those of text are, with a column of times of day beside them', async () => {
  const file = join(trial.root, 'whole.parquet')
  await withDuckDb(connection =>
    connection.run(
      `copy (select strftime(date '2024-01-01' + i::int, '%Y%m%d')::int as date, time '08:30:00' as time, i as value from range(60) r(i))
       to ${literal(file)} (format parquet)`
    )
  )
  expect(await deliver(file)).toMatchObject({ rows: { delivered: 60 }, max: '2024-02-29T08:30:00.000000Z' })
})

test('whole numbers of Parquet are what the given format says, though they could be counted from 1970', async () => {
  const file = join(trial.root, 'given.parquet')
  await withDuckDb(connection =>
    connection.run(
      `copy (select (2024010100 + i)::bigint as time, i::double as value from range(20) r(i)) to ${literal(file)} (format parquet)`
    )
  )
  expect(await deliver(file, { format: 'yyyyMMddHH' })).toMatchObject({ max: '2024-01-01T19:00:00.000000Z', rows: { delivered: 20 } })
})
