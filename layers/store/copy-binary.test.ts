import fc from 'fast-check'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { type TestDatabase, testDatabase } from '../../infra/testing/database'
import { binaryEncoder, type CopyType } from './copy-binary'

let database: TestDatabase
let client: pg.Client

beforeAll(async () => {
  database = await testDatabase()
  client = new pg.Client({ connectionString: database.ownerUrl })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

/** Copies values of one type in, and reads them back as text in the order they went. */
async function roundTrip(type: CopyType, values: unknown[]): Promise<(string | null)[]> {
  await client.query(`create temporary table copied (position integer, value ${type})`)
  try {
    const bytes = binaryEncoder(['integer', type])(values.map((value, position) => [position, value]))
    await new Promise<void>((resolve, reject) => {
      const stream = client.query(copyFrom('copy copied from stdin binary'))
      stream.on('error', reject).on('finish', resolve).end(bytes)
    })
    return (await client.query('select value::text from copied order by position')).rows.map(row => row.value)
  } finally {
    await client.query('drop table copied')
  }
}

const cases: [CopyType, unknown[], (string | null)[]][] = [
  ['text', ['', 'ä€😀', 'a\tb\\', null], ['', 'ä€😀', 'a\tb\\', null]],
  ['integer', [0, -1, 2147483647], ['0', '-1', '2147483647']],
  ['bigint', [0, -1, Number.MAX_SAFE_INTEGER, '-9223372036854775808'], ['0', '-1', '9007199254740991', '-9223372036854775808']],
  ['boolean', [true, false], ['true', 'false']],
  ['double precision', [0.1, -1e300], ['0.1', '-1e+300']],
  ['timestamptz', [0, 1768478400123, -62135596800000], ['1970-01-01 00:00:00+00', '2026-01-15 12:00:00.123+00', '0001-01-01 00:00:00+00']],
  ['date', ['2024-02-29', '1999-12-31'], ['2024-02-29', '1999-12-31']],
  ['jsonb', [{ a: [1, 'ä'] }, 'x', 3], ['{"a": [1, "ä"]}', '"x"', '3']],
  ['bytea', [Buffer.from([0, 255]), Buffer.alloc(0)], ['\\x00ff', '\\x']],
  ['text[]', [[], ['a', 'b,"c"']], ['{}', '{a,"b,\\"c\\""}']],
  ['numeric(5,2)', [0, -0, 21.5, -45.2, 0.01, 999.99, '12.30'], ['0.00', '0.00', '21.50', '-45.20', '0.01', '999.99', '12.30']],
  [
    'numeric(10,2)',
    [10000, 99999999.99, 12345678.9, -10000.01, 20000],
    ['10000.00', '99999999.99', '12345678.90', '-10000.01', '20000.00']
  ],
  [
    'numeric(20,6)',
    ['12345678901234.123456', '-0.000001', '10000', 0.5],
    ['12345678901234.123456', '-0.000001', '10000.000000', '0.500000']
  ]
]

test.each(cases)('a %s reads back as it was written', async (type, values, expected) => {
  expect(await roundTrip(type, values)).toEqual(expected)
})

test('every two-decimal number reads back exactly', async () => {
  const cents = fc.sample(fc.integer({ min: -9999999999, max: 9999999999 }), 500)
  const values = cents.map(cent => cent / 100)
  expect(await roundTrip('numeric(12,2)', values)).toEqual(cents.map(cent => (cent / 100).toFixed(2).replace(/^-0\.00$/, '0.00')))
})

test('a numbered encoder says which list a row came from', async () => {
  await client.query('create temporary table numbered (value text, list smallint)')
  await new Promise<void>((resolve, reject) => {
    const stream = client.query(copyFrom('copy numbered from stdin binary'))
    stream
      .on('error', reject)
      .on('finish', resolve)
      .end(binaryEncoder(['text'], { numbered: true })([['a']], [], [['b'], ['c']]))
  })
  expect((await client.query('select value, list from numbered order by value')).rows).toEqual([
    { value: 'a', list: 0 },
    { value: 'b', list: 2 },
    { value: 'c', list: 2 }
  ])
})

test('a type without an encoding is refused when the encoder is made', () => {
  expect(() => binaryEncoder(['money' as CopyType])).toThrow('no binary encoding for type money')
})

test('a time far from today keeps its milliseconds to the last', () => {
  const encode = binaryEncoder(['timestamptz'])
  const microsOf = (epochMs: number) => encode([[epochMs]]).readBigInt64BE(19 + 2 + 4)
  for (const text of ['9999-12-31T23:59:59.999Z', '0001-01-01T00:00:00.001Z', '2026-01-31T08:15:30.250Z', '1969-12-31T23:59:59.999Z'])
    expect(microsOf(Date.parse(text))).toBe((BigInt(Date.parse(text)) - 946_684_800_000n) * 1000n)
  expect(microsOf(Date.parse('2026-01-31T08:15:30.250Z') + 0.125)).toBe(
    (BigInt(Date.parse('2026-01-31T08:15:30.250Z')) - 946_684_800_000n) * 1000n + 125n
  )
})
