import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Context } from 'aws-lambda'
import { PipelineError } from '../../layers/errors'
import { literal, withDuckDb } from '../../layers/lake/duckdb'
import { deliverAll } from './all'
import { nameOf } from './deliver'
import { deliverRequest } from './request'
import { deliveryTrial, NOW } from './testing'

const trial = deliveryTrial()
afterAll(() => trial.remove())

const lines = (...rows: string[]) => `${rows.join('\n')}\n`
/** Enough rows of 2024-Q1 that a column is what these are. */
const usual = (count: number, row: (time: string, index: number) => string) =>
  Array.from({ length: count }, (_, index) => row(new Date(Date.UTC(2024, 0, 1, 0, index)).toISOString(), index))
const only = <T>(list: T[]): T => {
  expect(list).toHaveLength(1)
  return list[0]!
}
const refused = async (file: string, event: object = {}) => {
  const error = await trial.deliver(file, event).then(
    () => undefined,
    error => error
  )
  expect(error).toBeInstanceOf(PipelineError)
  return `${(error as PipelineError).code}: ${(error as PipelineError).message}`
}
const reasons = async (key: string) =>
  (await trial.rows(key, 'rejects.csv')).map(row => [row['line'], row['column'], row['value'], row['reason']])

describe('a delivered quarter', () => {
  test('holds its typed rows, its rejects, hours and days, and accounts for every row of the source', async () => {
    const file = trial.write(
      'Mixed Sample.csv',
      lines(
        'time,device,temperature,count',
        ...usual(20, (time, index) => `${time}, d${index % 2} ,${20 + index / 8},${index}`),
        '2024-01-01T00:00:00.000Z,d0,20,0',
        '2024-01-01T00:30:00Z,d1,NaN,1',
        '2024-01-01T00:31:00Z,d1,warm,2',
        'yesterday,d1,20,inf',
        '2024-04-01T00:00:00Z,d1,20.5,3',
        '2024-02-01T00:00:00Z,d1,"1,020.5",4'
      )
    )
    const delivery = (await trial.deliver(file, { quarter: '2024-Q1' }))[0]!
    expect(delivery).toMatchObject({ name: 'mixed_sample', quarter: '2024-Q1', status: 'delivered', version: 1 })
    expect(delivery.rows).toEqual({ source: 26, delivered: 21, rejected: 3, duplicates: 1, other_quarters: 1 })
    const manifest = trial.manifest(delivery.key!)
    expect(manifest.schema.map(({ name, type }) => [name, type])).toEqual([
      ['time', 'TIMESTAMP WITH TIME ZONE'],
      ['device', 'VARCHAR'],
      ['temperature', 'DOUBLE'],
      ['count', 'BIGINT']
    ])
    expect(manifest.other_quarters).toEqual([{ quarter: '2024-Q2', rows: 1 }])
    expect(manifest.time).toMatchObject({ column: 'time', min: '2024-01-01T00:00:00.000000Z', max: '2024-02-01T00:00:00.000000Z' })
    for (const { name, bytes, sha256 } of manifest.files) {
      const content = readFileSync(join(trial.lakeFolder, delivery.key!, name))
      expect([name, content.length, createHash('sha256').update(content).digest('hex')]).toEqual([name, bytes, sha256])
    }
    expect(await trial.rows(delivery.key!, 'data.parquet', 'device, temperature, count', 'order by time desc limit 1')).toEqual([
      { device: 'd1', temperature: 1020.5, count: '4' }
    ])
    expect(await reasons(delivery.key!)).toEqual([
      ['23', 'temperature', 'NaN', 'not_finite'],
      ['24', 'temperature', 'warm', 'not_a_number'],
      ['25', 'time', 'yesterday', 'not_a_time'],
      ['25', 'count', 'inf', 'not_finite']
    ])
    const kept = readFileSync(join(trial.lakeFolder, manifest.source.lake_key))
    expect(kept.equals(readFileSync(file))).toBe(true)
    expect(createHash('sha256').update(kept).digest('hex')).toBe(manifest.source.sha256)
  })

  test('has the same hours and days as the rows themselves give', async () => {
    const file = trial.write(
      'hours.csv',
      lines('ts,value', ...usual(3000, (time, index) => `${time},${index % 7 === 0 ? '' : Math.sin(index) * 10 + 1e6}`))
    )
    const { key } = only(await trial.deliver(file))
    for (const unit of ['hour', 'day']) {
      const path = literal(join(trial.lakeFolder, key!, 'data.parquet'))
      const expected = await withDuckDb(async connection =>
        (
          await connection.runAndReadAll(
            `select date_trunc('${unit}', ts)::varchar as start, count(*) as rows, count(value) as n, min(value) as least, max(value) as most,
               round(avg(value), 6) as mean, round(sum(value), 3) as total, round(stddev_samp(value), 6) as deviation
             from read_parquet(${path}) group by all order by start`
          )
        ).getRowObjectsJson()
      )
      const delivered = await trial.rows(
        key!,
        `aggregates_${unit}.parquet`,
        `${unit}_start::varchar as start, row_count as rows, value_count as n, value_min as least, value_max as most, round(value_avg, 6) as mean,
         round(value_sum, 3) as total, round(value_stddev, 6) as deviation`,
        'order by start'
      )
      expect(delivered).toEqual(expected)
    }
  })

  test('counts rows and hours whatever the columns of the source are called', async () => {
    const file = trial.write(
      'column-names.csv',
      lines(
        'time,bucket,row,h,first',
        ...usual(120, (time, index) => `${time},${index % 7},${index},x,${index}`),
        '2024-01-01T00:00:00Z,0,0,x,0'
      )
    )
    const delivery = only(await trial.deliver(file))
    expect(delivery.rows).toMatchObject({ delivered: 120, duplicates: 1 })
    expect(await trial.rows(delivery.key!, 'aggregates_hour.parquet', 'row_count, row_count_2, row_sum, bucket_max')).toEqual([
      { row_count: '60', row_count_2: '60', row_sum: '1770', bucket_max: '6' },
      { row_count: '60', row_count_2: '60', row_sum: '5370', bucket_max: '6' }
    ])
  })

  test('sums decimals of 38 digits as doubles, for their sum has none', async () => {
    const file = join(trial.root, 'wide-decimals.parquet')
    await withDuckDb(connection =>
      connection.run(
        `copy (select timestamptz '2024-01-01' + to_minutes(i) as time, (9 || repeat('0', 37))::decimal(38, 0) as amount from range(100) r(i))
         to ${literal(file)} (format parquet)`
      )
    )
    const delivery = only(await trial.deliver(file))
    const [day] = await trial.rows(delivery.key!, 'aggregates_day.parquet', 'amount_max, amount_sum, amount_avg')
    expect(day!['amount_max']).toBe(`9${'0'.repeat(37)}`)
    expect(Number(day!['amount_sum']) / 9e39).toBeCloseTo(1, 12)
    expect(Number(day!['amount_avg']) / 9e37).toBeCloseTo(1, 12)
  })

  test('is the same from Parquet, whose rejects are named by their row', async () => {
    const file = join(trial.root, 'typed.parquet')
    await withDuckDb(async connection => {
      await connection.run(
        `copy (select timestamp '2024-05-01' + to_minutes(i::int) as time, case when i = 7 then 'nan'::double else i / 2 end as value,
          case when i = 9 then 'x' else i::varchar end as text_number, [i] as list from range(50) r(i)
          union all select null, 1, '1', [1]) to ${literal(file)} (format parquet)`
      )
    })
    const { key, rows, quarter } = only(await trial.deliver(file))
    expect([quarter, rows]).toEqual(['2024-Q2', { source: 51, delivered: 48, rejected: 3, duplicates: 0, other_quarters: 0 }])
    expect((await trial.rows(key!, 'rejects.csv')).map(row => [row['row'], row['column'], row['reason']])).toEqual([
      ['8', 'value', 'not_finite'],
      ['10', 'text_number', 'not_a_number'],
      ['51', 'time', 'time_missing']
    ])
  })
})

describe('versions', () => {
  test('the same source with the same options is not delivered twice; a change of either is a new version, and so is asking again', async () => {
    const file = trial.write('again.csv', lines('time,value', ...usual(10, (time, index) => `${time},${index}`)))
    const states = async (event: object = {}) => (await trial.deliver(file, event)).map(({ status, version }) => [status, version])
    expect(await states()).toEqual([['delivered', 1]])
    expect(await states()).toEqual([['unchanged', 1]])
    expect(await states({ decimal: '.' })).toEqual([['delivered', 2]])
    expect(await states({ decimal: '.', again: true })).toEqual([['delivered', 3]])
    appendFileSync(file, '2024-03-01T00:00:00Z,77\n')
    expect(await states()).toEqual([['delivered', 4]])
    expect(await trial.rows('deliveries/again/2024-Q1/v1/', 'data.parquet', 'count(*)::int as n')).toEqual([{ n: 10 }])
    expect(await trial.rows('deliveries/again/2024-Q1/v4/', 'data.parquet', 'count(*)::int as n')).toEqual([{ n: 11 }])
  })

  test('a version without a manifest was interrupted: it is none, and its number is not used again', async () => {
    const file = trial.write('torn.csv', lines('time,value', ...usual(10, (time, index) => `${time},${index}`)))
    await trial.lake.put('deliveries/torn/2024-Q1/v1/data.parquet', Buffer.from('half'))
    expect(only(await trial.deliver(file))).toMatchObject({ status: 'delivered', version: 2 })
  })

  test('of two runs at once one delivers and the other says that it came second', async () => {
    const file = trial.write('race.csv', lines('time,value', ...usual(10, (time, index) => `${time},${index}`)))
    const results = await Promise.allSettled([trial.deliver(file, { again: true }), trial.deliver(file, { again: true })])
    const won = results.flatMap(result => (result.status === 'fulfilled' ? result.value.map(({ version }) => version) : []))
    const lost = results.flatMap(result => (result.status === 'rejected' ? [(result.reason as PipelineError).code] : []))
    expect([...new Set(won)]).toHaveLength(won.length)
    expect(lost.every(code => code === 'LAKE_CONFLICT')).toBe(true)
    expect(won.length).toBeGreaterThan(0)
  })
})

describe('quarters', () => {
  test('each closed quarter of a file is delivered, an open one waits, and one without rows is none', async () => {
    const months = ['2024-01-15', '2024-03-31', '2024-04-01', '2024-12-31']
    const file = trial.write('year.csv', lines('time,value', ...months.map((day, index) => `${day}T12:00:00Z,${index}`)))
    const now = Date.parse('2025-01-01T12:00:00Z')
    expect((await trial.deliver(file, {}, now)).map(({ quarter, status, rows }) => [quarter, status, rows?.delivered])).toEqual([
      ['2024-Q1', 'delivered', 2],
      ['2024-Q2', 'delivered', 1],
      ['2024-Q4', 'open', undefined]
    ])
    expect((await trial.deliver(file, {}, now + 86_400_000)).map(({ quarter, status }) => [quarter, status])).toEqual([
      ['2024-Q1', 'unchanged'],
      ['2024-Q2', 'unchanged'],
      ['2024-Q4', 'delivered']
    ])
    expect(only(await trial.deliver(file, { quarter: '2024-Q3' })).status).toBe('no_rows')
  })

  test('a quarter that is open is refused by name, unless it is asked for as open', async () => {
    const file = trial.write('open.csv', lines('time,value', '2025-01-15T00:00:00Z,1'))
    expect(await refused(file, { quarter: '2025-Q1' })).toContain('2025-Q1 is open until 2025-04-02T00:00:00.000Z')
    expect(only(await trial.deliver(file, { quarter: '2025-Q1', open: true })).rows?.delivered).toBe(1)
  })

  test('a tick delivers every file of the folder, and a file that is no table does not keep the others from it', async () => {
    const folder = join(trial.root, 'dropped')
    mkdirSync(folder)
    writeFileSync(join(folder, 'good.csv'), lines('time,value', '2024-01-15T00:00:00Z,1'))
    writeFileSync(join(folder, 'photo.csv'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0]))
    writeFileSync(join(folder, '.hidden'), 'x')
    const tick = deliverRequest.parse({ version: '0', source: 'aws.events', 'detail-type': 'Scheduled Event', folder })
    const results = await deliverAll(tick, { lake: trial.lake, now: NOW })
    expect(results.map(({ file, status }) => [file.slice(folder.length + 1), status])).toEqual([
      ['good.csv', 'delivered'],
      ['photo.csv', 'refused']
    ])
  })

  test('the handler takes AWS’s scheduled event', async () => {
    Object.assign(process.env, {
      KAFKA_BROKERS: '127.0.0.1:1',
      DATABASE_URL: 'postgres://127.0.0.1:1/none',
      LAKE_URL: `file:${trial.lakeFolder}`,
      LOG_LEVEL: 'silent'
    })
    const { handler } = await import('./handler')
    const answer = await handler({ 'detail-type': 'Scheduled Event', folder: join(trial.root, 'dropped') }, {} as Context)
    expect(answer).toMatchObject([{ status: 'unchanged' }, { status: 'refused' }])
  })
})

describe('numbers', () => {
  test.each([
    ['decimal commas', '12,5;1.234,5;-0,25', [12.5, 1234.5, -0.25]],
    ['thousands by comma', '1,234.5;1,234,567;20.25', [1234.5, 1234567, 20.25]],
    ['thousands by space and by apostrophe', "1 234.5;1'234;20.25", [1234.5, 1234, 20.25]],
    ['exponents and signs', '1e3;+4.5;-2E-2', [1000, 4.5, -0.02]],
    ['10^18 beside small ones', '1000000000000000000;-1;0', ['1000000000000000000', '-1', '0']]
  ])('%s are numbers', async (name, values, expected) => {
    const file = trial.write(
      `${nameOf(name)}.csv`,
      lines('time;value', ...values.split(';').map((value, index) => `2024-01-01 00:0${index}:00;${value}`))
    )
    const { key } = only(await trial.deliver(file))
    expect((await trial.rows(key!, 'data.parquet', 'value', 'order by time')).map(row => row['value'])).toEqual(expected)
  })

  test('what can mean two numbers stops the file where every row could, and rejects the row where one could', async () => {
    const rows = usual(20, (time, index) => `${time};${index + 1},${100 + index}`)
    const file = trial.write('ambiguous.csv', lines('time;value', ...rows))
    expect(await refused(file)).toContain('column value: 1,100 can mean two numbers')
    expect(only(await trial.deliver(file, { decimal: ',' })).rows?.delivered).toBe(20)
    const late = trial.write(
      'ambiguous2.csv',
      lines('time;value', ...usual(6000, (time, index) => `${time};${index}`), '2024-03-01T00:00:00Z;1,234')
    )
    expect(await reasons(only(await trial.deliver(late)).key!)).toEqual([['6002', 'value', '1,234', 'ambiguous_number']])
  })

  test('decimals far behind whole numbers make the column one of decimals, and nothing is rejected', async () => {
    const file = trial.write('wider.csv', lines('time,value', ...usual(7000, (time, index) => `${time},${index === 6990 ? '0.5' : index}`)))
    const { key, rows } = only(await trial.deliver(file))
    expect(rows).toMatchObject({ delivered: 7000, rejected: 0 })
    expect(trial.manifest(key!).schema[1]).toMatchObject({ name: 'value', type: 'DOUBLE' })
  })

  test('texts that stand for no value are none, once they are named', async () => {
    const rows = usual(20, (time, index) => `${time},${index % 2 ? index : 'NA'},${index},a`)
    const file = trial.write('missing.csv', lines('time,pm,wind,note', ...rows, '2024-01-02T00:00:00Z,1,?,NA'))
    const plain = only(await trial.deliver(file))
    expect(trial.manifest(plain.key!).schema[1]!.type).toBe('VARCHAR')
    expect(await reasons(plain.key!)).toEqual([['22', 'wind', '?', 'not_a_number']])
    const named = only(await trial.deliver(file, { missing: ['NA', '?'] }))
    expect(named).toMatchObject({ version: 2, rows: { delivered: 21, rejected: 0 } })
    expect(
      await trial.rows(named.key!, 'data.parquet', 'count(pm)::int as pm, count(wind)::int as wind, count(note)::int as note')
    ).toEqual([{ pm: 11, wind: 20, note: 20 }])
  })

  test('codes with leading zeros stay text', async () => {
    const file = trial.write('codes.csv', lines('time,code', '2024-01-01T00:00:00Z,007', '2024-01-01T00:01:00Z,42'))
    expect(await trial.rows(only(await trial.deliver(file)).key!, 'data.parquet', 'code', 'order by time')).toEqual([
      { code: '007' },
      { code: '42' }
    ])
  })
})

describe('times', () => {
  const times = async (name: string, values: string[], event: object = {}) => {
    const file = trial.write(name, lines('time;value', ...values.map((value, index) => `${value};${index}`)))
    const delivered = (await trial.deliver(file, event)).filter(({ status }) => status === 'delivered')
    const rows = await Promise.all(delivered.map(({ key }) => trial.rows(key!, 'data.parquet', 'epoch_ms(time) as ms', 'order by value')))
    return {
      read: rows.flat().map(row => new Date(Number(row['ms'])).toISOString()),
      rejected: delivered[0] ? await reasons(delivered[0].key!) : []
    }
  }

  test('times without an offset are of the zone that is given: skipped ones are rejected, repeated ones are the later', async () => {
    const { read, rejected } = await times(
      'berlin.csv',
      ['2024-03-31 01:30', '2024-03-31 02:30', '2024-03-31 03:30', '2024-10-27 02:30', '2024-01-01T00:00:00Z', '2024-01-01T00:00:00-05:00'],
      { zone: 'Europe/Berlin' }
    )
    expect(read.sort()).toEqual([
      '2024-01-01T00:00:00.000Z',
      '2024-01-01T05:00:00.000Z',
      '2024-03-31T00:30:00.000Z',
      '2024-03-31T01:30:00.000Z',
      '2024-10-27T01:30:00.000Z'
    ])
    expect(rejected).toEqual([['3', 'time', '2024-03-31 02:30', 'time_skipped_by_zone']])
  })

  test('offsets count, whatever the zone', async () => {
    expect((await times('offsets.csv', ['2024-01-01T00:00:00+02:00', '2024-01-31T08:15:00.123456Z'])).read).toEqual([
      '2023-12-31T22:00:00.000Z',
      '2024-01-31T08:15:00.123Z'
    ])
  })

  test('the years 0001 and 9999 mark a missing time and are rejected', async () => {
    const { rejected } = await times('sentinels.csv', [
      '2024-01-01T00:00:00Z',
      '0001-01-01T00:00:00Z',
      '9999-12-31T23:59:59Z',
      '',
      '2024-02-30T00:00:00Z'
    ])
    expect(rejected.map(([, , , reason]) => reason)).toEqual(['time_out_of_range', 'time_out_of_range', 'time_missing', 'not_a_time'])
  })

  test('a year of two digits is no time, and neither way leaves a file without a word', async () => {
    const rows = usual(20, (_, index) => `1/${index + 1}/24 8:15 AM,1`)
    expect(await refused(trial.write('two digits.csv', lines('time,value', ...rows)))).toContain('holds no times such as')
    const named = trial.write('all bad.csv', lines('time,value', ...usual(20, (_, index) => `01/${index + 1}/0024 08:15,1`)))
    for (const event of [{}, { quarter: '2024-Q1' }])
      expect(await refused(named, { ...event, format: 'MM/dd/yyyy HH:mm' })).toMatch(
        /all of its 20 rows are rejected: time_out_of_range 20/
      )
  })

  test.each([
    ['seconds since 1970', ['1704067200', '1704067260'], {}],
    ['milliseconds since 1970', ['1704067200000', '1704067260000'], {}],
    ['nanoseconds since 1970', ['1704067200000000000', '1704067260000000999'], {}],
    ['seconds since 1970 with fractions', ['1704067200.0000', '1704067260.0000004'], {}],
    ['hours of half a day', ['1/31/2024 12:00:00 AM', '01/31/2024 12:01 am'], {}, '2024-01-31'],
    ['days first', ['1.1.2024 00:00', '01.01.2024 00:01:00'], {}],
    ['a format that is given', ['01/01/2024 00:00', '01/01/2024 00:01'], { format: 'MM/dd/yyyy HH:mm' }]
  ])('%s are read', async (name, values, event, day = '2024-01-01') => {
    expect((await times(`${nameOf(name)}.csv`, values, event)).read).toEqual([`${day}T00:00:00.000Z`, `${day}T00:01:00.000Z`])
  })

  test.each([
    ['named months', ['5-Jan-2024 20:30', '05-FEB-2024 20:30:00'], {}],
    ['long names of months', ['5 January 2024 20:30', '5 February 2024 8:30 PM'], {}],
    ['a month that is as short as long', ['5 May 2024 20:30', '5 June 2024 20:30'], {}, ['05-05', '06-05']],
    ['the month first', ['Jan 5, 2024, 8:30:00 PM', 'Feb 05, 2024 20:30'], {}],
    ['a web server’s', ['05/Jan/2024:20:30:00 +0000', '05/Feb/2024:15:30:00 -0500'], { zone: 'Europe/Berlin' }],
    ['a logger’s', ['2024-01-05 20:30:00,000', '2024-02-05 20:30:00,000'], {}],
    ['offsets set off by a space', ['2024-01-05 22:30:00 +0200', '2024-02-05 18:30:00 -0200'], { zone: 'Europe/Berlin' }],
    ['Go’s', ['2024-01-05 20:30:00 +0000 UTC', '2024-02-05 20:30:00 +0000 UTC'], { zone: 'Europe/Berlin' }],
    ['ISO with half days', ['2024-01-05 8:30 PM', '2024-02-05 08:30:00pm'], {}],
    ['the year first with points', ['2024.01.05 20:30', '2024.2.5 20:30:00'], {}],
    ['digits alone', ['202401052030', '202402052030'], {}],
    ['ISO’s basic format', ['20240105T203000Z', '20240205T203000Z'], { zone: 'Europe/Berlin' }],
    ['a zone’s', ['5-Jan-2024 21:30', '5-Feb-2024 21:30'], { zone: 'Europe/Berlin' }],
    ['numbers with a comma', ['1/5/2024, 8:30:00 PM', '1/25/2024, 20:30'], {}, ['01-05', '01-25']],
    ['two digits by a pattern', ['5-Jan-24 20:30', '5-Feb-24 8:30 PM'], { format: 'dd-MMM-yy' }],
    ['half days by a pattern', ['1/5/24 8:30 PM', '2/5/24 08:30 PM'], { format: 'M/d/yy h:mm a' }],
    ['quoted marks in a pattern', ['05.01.2024 um 20:30', '05.02.2024 um 20:30'], { format: "dd.MM.yyyy 'um' HH:mm" }],
    ['an offset in a pattern', ['05.01.2024 20:30 +0000', '05.02.2024 21:30 +01:00'], { format: 'dd.MM.yyyy HH:mm Z' }]
  ])('%s times are read', async (name, values, event, days = ['01-05', '02-05']) => {
    const { read } = await times(`written ${nameOf(name)}.csv`, values, event)
    expect(read.sort()).toEqual(days.map(day => `2024-${day}T20:30:00.000Z`))
  })

  test('named months beside a column with times of day are one time', async () => {
    const file = trial.write('named clock.csv', lines('date,time,value', ...usual(20, (_, index) => `5-Jan-2024,20:${30 + index},1`)))
    const { key } = only(await trial.deliver(file))
    expect(trial.manifest(key!).time).toMatchObject({ column: 'date', clock_column: 'time', min: '2024-01-05T20:30:00.000000Z' })
  })

  test('a column in ISO 8601 is the time rather than one that is written in another way', async () => {
    const file = trial.write('both.csv', lines('date,at', ...usual(20, time => `5-Jan-2023,${time}`)))
    expect(trial.manifest(only(await trial.deliver(file)).key!).time.column).toBe('at')
    expect(await refused(file, { timeColumn: 'at', format: 'dd-MMM-yyyy' })).toContain('column at holds no times')
  })

  test('a zone that skips an hour rejects it, however it is written', async () => {
    const { rejected } = await times('skipped.csv', [...Array(9).fill('5-Jan-2024 21:30'), '31-Mar-2024 02:30'], { zone: 'Europe/Berlin' })
    expect(rejected).toEqual([['11', 'time', '31-Mar-2024 02:30', 'time_skipped_by_zone']])
  })

  test.each([
    ['nanoseconds', '(1704067200 + i)::bigint * 1000000000'],
    ['seconds with fractions', '1704067200.25::double + i']
  ])('%s since 1970 in Parquet are read', async (name, sql) => {
    const file = join(trial.root, `epoch-${nameOf(name)}.parquet`)
    await withDuckDb(connection =>
      connection.run(`copy (select ${sql} as ts, i::double as value from range(3) r(i)) to ${literal(file)} (format parquet)`)
    )
    const rows = await trial.rows(only(await trial.deliver(file)).key!, 'data.parquet', 'epoch_us(ts) // 1000000 as s', 'order by ts')
    expect(rows.map(row => Number(row['s']))).toEqual([1704067200, 1704067201, 1704067202])
  })

  test('days and months that could be either stop the file; one day above twelve decides', async () => {
    const file = trial.write('either.csv', lines('time,value', '01/02/2024 00:00,1', '03/02/2024 00:00,2'))
    expect(await refused(file)).toContain('can be day or month first')
    expect((await times('decided.csv', ['01/02/2024 00:00', '13/02/2024 00:00'])).read).toEqual([
      '2024-02-01T00:00:00.000Z',
      '2024-02-13T00:00:00.000Z'
    ])
  })

  describe('day and time of day in two columns', () => {
    const two = async (name: string, header: string, rows: string[], event: object = {}) => {
      const [delivery] = await trial.deliver(trial.write(name, lines(header, ...rows)), event)
      const day = trial.manifest(delivery!.key!).time.column
      const read = await trial.rows(delivery!.key!, 'data.parquet', `epoch_ms("${day}") as ms`, `order by "${day}"`)
      return { delivery: delivery!, read: read.map(row => new Date(Number(row['ms'])).toISOString()) }
    }

    test.each([
      ['days first', 'Date;Time;power', ['16/1/2024;17:24:00;4.2', '16/1/2024;17:25:00;5.3']],
      ['dots', 'Date;Time;CO(GT);', ['16/01/2024;17.24.00;2,6;', '16/01/2024;17.25.00;2;']],
      ['ISO, the time of day first', 'time;date;value', ['17:24;2024-01-16;1', '17:25;2024-01-16;2']],
      ['half a day', 'date;time;value', ['2024-01-16;5:24 PM;1', '2024-01-16;5:25 PM;2']],
      [
        'a format that is given',
        'Day;Hour;value',
        ['1/2/2024;17:24;1', '1/2/2024;17:25;2'],
        { timeColumn: 'Day', format: 'MM/dd/yyyy HH:mm' },
        '2024-01-02'
      ],
      ['named', 'date;start;duration', ['2024-01-16;17:24;00:10', '2024-01-16;17:25;00:20'], { clockColumn: 'START' }]
    ])('%s: both are one time', async (name, header, rows, event: object = {}, day = '2024-01-16') => {
      const { delivery, read } = await two(`two ${name}.csv`, header, rows, event)
      expect(read).toEqual([`${day}T17:24:00.000Z`, `${day}T17:25:00.000Z`])
      expect(header.split(';')).toContain(trial.manifest(delivery.key!).time.clock_column)
    })

    test.each([
      ['days first', 'Date;Rented Bike Count;Hour', (hour: number) => `16/01/2024;254;${hour}`, {}],
      ['ISO, with zeros', 'hour;date;count', (hour: number) => `${String(hour).padStart(2, '0')};2024-01-16;1`, {}],
      ['ISO, named', 'HourUTC;date;count', (hour: number) => `${hour};2024-01-16;1`, { clockColumn: 'hourutc' }]
    ])('whole hours are times of day: %s', async (name, header, row, event) => {
      const { read } = await two(`two hours ${name}.csv`, header, [row(0), row(9), row(23)], event)
      expect(read).toEqual(['2024-01-16T00:00:00.000Z', '2024-01-16T09:00:00.000Z', '2024-01-16T23:00:00.000Z'])
    })

    test('hours up to 24 are none: they may be the ends of hours', async () => {
      const { delivery } = await two('two ends.csv', 'date,hour,value', ['2024-01-16,1,1', '2024-01-16,24,1'])
      expect(trial.manifest(delivery.key!).time.clock_column).toBeNull()
    })

    test('a row without a time of day, or with one that is none, is rejected with both texts', async () => {
      const rows = usual(20, time => `${time.slice(0, 10)},${time.slice(11, 19)},1`)
      const { delivery } = await two('two bad.csv', 'date,time,value', [...rows, '2024-01-02,,1', '2024-01-02,25:00:00,1', ',08:00:00,1'])
      expect(await reasons(delivery.key!)).toEqual([
        ['22', 'date', null, 'time_missing'],
        ['23', 'date', '2024-01-02 25:00:00', 'not_a_time'],
        ['24', 'date', null, 'time_missing']
      ])
    })

    test('a duration beside a day is none, unless it is named', async () => {
      const { delivery, read } = await two('two runs.csv', 'date,duration', ['2024-01-16,00:24:00', '2024-01-17,00:25:00'])
      expect(read).toEqual(['2024-01-16T00:00:00.000Z', '2024-01-17T00:00:00.000Z'])
      expect(trial.manifest(delivery.key!).time.clock_column).toBeNull()
    })

    test('from Parquet a date and a time, or its text', async () => {
      for (const type of ['time', 'varchar']) {
        const file = join(trial.root, `two ${type}.parquet`)
        await withDuckDb(connection =>
          connection.run(
            `copy (select date '2024-01-16' as date, (time '17:24:00' + interval (i) minute)::${type} as time, i::double as value from range(2) r(i)) to ${literal(file)} (format parquet)`
          )
        )
        const rows = await trial.rows(only(await trial.deliver(file)).key!, 'data.parquet', 'epoch_ms(date) as ms', 'order by date')
        expect(rows.map(row => new Date(Number(row['ms'])).toISOString())).toEqual(['2024-01-16T17:24:00.000Z', '2024-01-16T17:25:00.000Z'])
      }
    })

    test('options that do not fit say so', async () => {
      const days = trial.write('two days.csv', lines('date,value', '2024-01-16,1.5'))
      expect(await refused(days, { clockColumn: 'value' })).toContain('there is no column value with times of day')
      expect(await refused(days, { format: 'yyyy-MM-dd HH:mm' })).toContain('column date holds days, not times written as yyyy-MM-dd HH:mm')
      const whole = trial.write('two whole.csv', lines('at,time', '08:00,2024-01-16T08:00:00Z'))
      expect(await refused(whole, { clockColumn: 'at' })).toContain('column time holds times of day itself')
    })
  })

  test('an unknown zone is refused', () => {
    expect(deliverRequest.safeParse({ zone: 'Mars/Olympus' }).error?.issues[0]?.message).toContain('is not a time zone')
  })
})

describe('bad input', () => {
  const good = usual(10, (time, index) => `${time},${index}`)

  test.each([
    ['an empty file', 'empty.csv', '', 'SOURCE_UNREADABLE', 'it is empty'],
    ['a header without rows', 'header.csv', 'time,value\n', 'SOURCE_UNREADABLE', 'it has a header and no rows'],
    ['blank lines', 'blank.csv', '\n\n\n', 'SOURCE_UNREADABLE', 'no line that is not blank'],
    ['no times', 'names.csv', 'name,value\na,1\nb,2\n', 'SOURCE_UNREADABLE', 'no column holds times; its columns are name, value'],
    ['no header', 'bare.csv', '2024-01-01T00:00:00Z,1\n2024-01-01T00:00:01Z,2\n', 'SOURCE_UNREADABLE', 'its first line holds values'],
    ['JSON', 'rows.csv', '[{"time": "2024-01-01"}]', 'SOURCE_UNREADABLE', 'it holds JSON'],
    ['bytes that are no text', 'image.csv', Buffer.from([1, 2, 3, 0, 0, 255, 10, 1]), 'SOURCE_UNREADABLE', 'it is not text'],
    ['Parquet that is none', 'fake.parquet', 'PAR1 no', 'SOURCE_UNREADABLE', 'without its end'],
    [
      'Parquet with broken insides',
      'broken.parquet',
      Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(64, 7), Buffer.from('PAR1')]),
      'SOURCE_UNREADABLE',
      'broken.parquet'
    ],
    [
      'a header of another encoding',
      'latin-header.csv',
      Buffer.from('time,größe\n2024-01-01T00:00:00Z,1\n', 'latin1'),
      'SOURCE_UNREADABLE',
      'the names of its columns are not UTF-8'
    ],
    [
      'rows of another encoding',
      'latin-rows.csv',
      Buffer.from(`time,place\n${'2024-01-01T00:00:00Z,Café\n'.repeat(20)}`, 'latin1'),
      'SOURCE_UNREADABLE',
      'most of its rows are not UTF-8'
    ],
    ['lines of another system', 'returns.csv', 'time,value\r2024-01-01T00:00:00Z,1\r', 'SOURCE_UNREADABLE', 'carriage return alone'],
    ['a compressed file', 'rows.csv.gz', gzipSync('time,value\n2024-01-01T00:00:00Z,1\n'), 'SOURCE_UNREADABLE', 'compressed (gzip)'],
    [
      'a time column of other words',
      'words.csv',
      'time,value\nMonday,1\nTuesday,2\n',
      'SOURCE_UNREADABLE',
      'column time holds no times such as 2024-01-31T08:15:00Z, but Monday'
    ]
  ])('%s is refused by name', async (_, name, content, code, message) => {
    const error = await refused(trial.write(name, content))
    expect(error).toContain(`${code}: `)
    expect(error).toContain(message)
    expect(error).toContain(name)
    expect(existsSync(join(trial.lakeFolder, 'bronze', nameOf(name)))).toBe(false)
  })

  test('a time column that is not there is an error that names those that are', async () => {
    const file = trial.write('columns.csv', lines('time,value', ...good))
    expect(await refused(file, { timeColumn: 'when' })).toContain('there is no column when; its columns are time, value')
    expect(await refused(file, { timeColumn: 'value' })).toContain('column value holds no times')
  })

  test('a file that is not there is an error with its name', async () => {
    expect(await refused(join(trial.root, 'nothing.csv'))).toContain('nothing.csv')
  })

  test('Parquet cut in half is refused, and its rest delivers once it is whole', async () => {
    const file = join(trial.root, 'half.parquet')
    await withDuckDb(async connection => {
      await connection.run(
        `copy (select timestamp '2024-01-01' + to_minutes(i::int) as time, i as value from range(5000) r(i)) to ${literal(file)}`
      )
    })
    const whole = readFileSync(file)
    truncateSync(file, Math.floor(whole.length / 2))
    expect(await refused(file)).toContain('cut short')
    writeFileSync(file, whole)
    expect(only(await trial.deliver(file)).rows?.delivered).toBe(5000)
  })

  test('wide Parquet in small row groups is read in the same memory', async () => {
    const file = join(trial.root, 'small groups.parquet')
    const columns = Array.from({ length: 100 }, (_, n) => `timestamp '2024-01-01' as v${n}`).join(', ')
    await withDuckDb(connection =>
      connection.run(
        `copy (select timestamp '2024-01-01' + to_seconds(i::int) as time, ${columns} from range(200000) r(i))
         to ${literal(file)} (format parquet, row_group_size 2048)`
      )
    )
    expect(only(await trial.deliver(file)).rows?.delivered).toBe(200_000)
  })

  test('Parquet with a page overwritten is refused', async () => {
    const file = join(trial.root, 'page.parquet')
    await withDuckDb(async connection => {
      await connection.run(
        `copy (select timestamp '2024-01-01' + to_minutes(i::int) as time, hash(i) as value from range(5000) r(i)) to ${literal(file)}`
      )
    })
    const bytes = readFileSync(file)
    bytes.fill(0xff, 100, 4000)
    writeFileSync(file, bytes)
    expect(await refused(file)).toContain('page.parquet')
  })

  test.each([
    ['CR LF', '\r\n', '\r\n'],
    ['CR LF in a file of LF', '\r\n', '\n'],
    ['CR', '\r', '\n']
  ])('texts in quotes may hold %s', async (_title, within, end) => {
    const rows = ['time,note', ...usual(20, (time, index) => `${time},"${index}${within}""x"" y"`), 'never,"a\nb"']
    const { key, rows: counted } = only(await trial.deliver(trial.write('notes.csv', rows.map(row => row + end).join(''))))
    expect(counted).toMatchObject({ delivered: 20, rejected: 1 })
    expect(await trial.rows(key!, 'data.parquet', 'note', 'order by time limit 1')).toEqual([{ note: `0${within}"x" y` }])
  })

  test('a file whose rows all end in a delimiter that its header has not is refused for that', async () => {
    const file = trial.write('ends.csv', lines('time,value', ...usual(20, time => `${time},1,`)))
    expect(await refused(file)).toContain('no row has the 2 fields that its header names')
  })

  test('names in quotes may hold line ends', async () => {
    const file = trial.write(
      'long-names.csv',
      lines('', 'time,"value', 'in °C",note', ...good.map(row => `${row},x`), '2024-01-01T01:00:00Z,3')
    )
    const { key, rows } = only(await trial.deliver(file))
    expect(rows).toMatchObject({ source: 11, delivered: 10, rejected: 1 })
    expect(trial.manifest(key!).schema.map(({ name }) => name)).toEqual(['time', 'value\nin °C', 'note'])
    expect(await reasons(key!)).toEqual([['14', null, null, 'missing_columns']])
  })

  test('records without structure are rejected with their lines, and those around them are delivered', async () => {
    const file = trial.write(
      'structure.csv',
      Buffer.concat([
        Buffer.from(lines('time,value,note', '2024-01-01T00:00:00Z,1,"two\nlines, and ""quotes"""', '', '2024-01-01T00:01:00Z,2')),
        Buffer.from('2024-01-01T00:02:00Z,3,caf\xe9\n', 'latin1'),
        Buffer.from(
          lines('2024-01-01T00:03:00Z,4,a,b', '2024-01-01T00:04:00Z,5,"open', '2024-01-01T00:05:00Z,x,fine', '2024-01-01T00:06:00Z,7,"a"b')
        ),
        Buffer.from('2024-01-01T00:07:00Z,8,nul\0\n'),
        Buffer.from(lines(...usual(20, time => `${time.replace('2024', '2023')},1,more`))),
        Buffer.from('2024-01-01T00:08:00Z,9,last without an end')
      ])
    )
    const { key, rows } = only(await trial.deliver(file, { quarter: '2024-Q1' }))
    expect(rows).toEqual({ source: 29, delivered: 2, rejected: 7, duplicates: 0, other_quarters: 20 })
    expect((await trial.rows(key!, 'rejects.csv')).map(row => [row['row'], row['line'], row['reason']])).toEqual([
      ['2', '5', 'missing_columns'],
      ['3', '6', 'not_utf8'],
      ['4', '7', 'too_many_columns'],
      ['5', '8', 'quote_out_of_place'],
      ['6', '9', 'not_a_number'],
      ['7', '10', 'quote_out_of_place'],
      ['8', '11', 'nul_byte']
    ])
    expect((await trial.rows(key!, 'data.parquet', 'note', 'order by time')).map(row => row['note'])).toEqual([
      'two\nlines, and "quotes"',
      'last without an end'
    ])
  })

  test('another encoding is decoded when it is named, and UTF-16 and byte order marks are seen', async () => {
    const text = lines('time,place', '2024-01-01T00:00:00Z,café', '2024-01-01T00:01:00Z,naïve')
    const places = async (name: string, content: Buffer, event: object = {}) =>
      (await trial.rows(only(await trial.deliver(trial.write(name, content), event)).key!, 'data.parquet', 'place', 'order by time')).map(
        row => row['place']
      )
    expect(await places('windows.csv', Buffer.from(text, 'latin1'), { encoding: 'windows-1252' })).toEqual(['café', 'naïve'])
    expect(await places('wide.csv', Buffer.from(`\ufeff${text}`, 'utf16le'))).toEqual(['café', 'naïve'])
    expect(await places('marked.csv', Buffer.from(`\ufeff${text}`))).toEqual(['café', 'naïve'])
  })

  test('a type that changes in the middle of the file rejects the rows after it, each by line and value', async () => {
    const file = trial.write(
      'changed.csv',
      lines(
        'time,value',
        ...usual(6000, (time, index) => `${time},${index}.5`),
        ...['a', 'b'].map((value, index) => `2024-02-01T00:0${index}:00Z,${value}`)
      )
    )
    const { key, rows } = only(await trial.deliver(file))
    expect(rows).toMatchObject({ source: 6002, delivered: 6000, rejected: 2 })
    expect(await reasons(key!)).toEqual([
      ['6002', 'value', 'a', 'not_a_number'],
      ['6003', 'value', 'b', 'not_a_number']
    ])
  })

  test('a file that grows while it is read is delivered as it was, and what came later is reported', async () => {
    const file = trial.write('growing.csv', `time,value\n${usual(200_000, (time, index) => `${time},${index}`).join('\n')}\n`)
    const size = statSync(file).size
    let appended = 0
    const grow = setInterval(() => {
      appendFileSync(file, '2024-03-31T23:59:59Z,1\n')
      appended++
    }, 1)
    const delivery = await trial.deliver(file, { quarter: '2024-Q1' }).finally(() => clearInterval(grow))
    const manifest = trial.manifest(only(delivery).key!)
    expect(appended).toBeGreaterThan(0)
    expect(manifest.rows.source).toBeLessThan(200_000 + appended)
    expect(manifest.source.bytes).toBeGreaterThanOrEqual(size)
    expect(manifest.rows.source).toBe(200_000 + (manifest.source.bytes - size) / 23)
    const kept = readFileSync(join(trial.lakeFolder, manifest.source.lake_key))
    expect(createHash('sha256').update(kept).digest('hex')).toBe(manifest.source.sha256)
  })

  test('rows wider than the memory allows are refused with a way out', async () => {
    const names = Array.from({ length: 1_500 }, (_, index) => `n${index}`).join(',')
    const file = trial.write('wide.csv', lines(`time,${names}`, ...usual(2_100, time => `${time}${',1.5'.repeat(1_500)}`)))
    expect(await refused(file)).toContain('wide.csv: its rows take more memory than a delivery has')
  })

  test('a line beyond the bound is rejected with its position, and memory stays where it is', async () => {
    const file = trial.write('long.csv', lines('time,value,note', '2024-01-01T00:00:00Z,1,a'))
    const block = Buffer.alloc(16 * 1024 * 1024, 'x')
    appendFileSync(file, '2024-01-01T00:01:00Z,2,')
    for (let count = 0; count < 16; count++) appendFileSync(file, block)
    appendFileSync(file, '\n2024-01-01T00:02:00Z,3,c\n')
    const { key, rows } = only(await trial.deliver(file))
    expect(rows).toEqual({ source: 3, delivered: 2, rejected: 1, duplicates: 0, other_quarters: 0 })
    expect(await reasons(key!)).toEqual([['3', null, null, 'line_too_long']])
  })
})
