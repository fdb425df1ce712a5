// Does every line of a CSV file come through once, whatever its neighbours look like?
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { splitRecord } from './csv-line'
import { decode } from './decode'
import { MAX_LINE_BYTES } from './lines'
import { contractOf } from './load'
import { MAX_RECORD_LINES, readCsv } from './read-csv'
import type { SourceRecord } from './types'

const contract = contractOf('transactions', join(__dirname, '../../contracts'))
const HEADER = contract.source.columns.join(',')
const row = (description: string) => `536365,85123A,${description},6,01/12/2010 08:26,2.55,17850,United Kingdom`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'csv-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function read(content: string | Buffer): Promise<SourceRecord[]> {
  const file = join(folder, 'file.csv')
  writeFileSync(file, content)
  const records: SourceRecord[] = []
  for await (const chunk of readCsv(contract, file)) records.push(...chunk)
  return records
}

/** `line description`, or `line !reason`. */
async function summary(content: string | Buffer): Promise<string[]> {
  return (await read(content)).map(record =>
    record.unparsable ? `${record.line} !${record.unparsable}` : `${record.line} ${JSON.parse(record.value.toString()).Description}`
  )
}

test('a record has the header names, its line and its key', async () => {
  const [record] = await read(`${HEADER}\n${row('LANTERN')}\n`)
  expect(record).toMatchObject({ line: 2, key: '536365' })
  expect(JSON.parse(record!.value.toString())).toEqual({
    InvoiceNo: '536365',
    StockCode: '85123A',
    Description: 'LANTERN',
    Quantity: '6',
    InvoiceDate: '01/12/2010 08:26',
    UnitPrice: '2.55',
    CustomerID: '17850',
    Country: 'United Kingdom'
  })
})

const OPEN = 'a quote is not closed'
test.each<[string, string[], string[]]>([
  ['a comma in quotes', [row('"A, B"')], ['2 A, B']],
  ['doubled quotes', [row('"A ""B"""')], ['2 A "B"']],
  ['a quote within a field', [row('6" PLATE')], ['2 6" PLATE']],
  ['a backslash and a control character', [row('A\\B\tC')], ['2 A\\B\tC']],
  ['a line end in quotes', [row('"A\nB"'), row('C')], ['2 A\nB', '4 C']],
  ['an empty quoted field', [row('""')], ['2 ']],
  ['too few fields', [row('A'), '539650,84347,R', row('C')], ['2 A', '3 !it has 3 fields, expected 8', '4 C']],
  ['too many fields', [row('A, B'), row('C')], ['2 !it has 9 fields, expected 8', '3 C']],
  ['an open quote alone', [row('"A'), row('B'), row('C')], [`2 !${OPEN}`, '3 B', '4 C']],
  ['an open quote before a quoted line', [row('"A'), row('"B, B"'), row('C')], [`2 !${OPEN}`, '3 B, B', '4 C']],
  ['two open quotes', [row('"A'), row('"B'), row('C')], [`2 !${OPEN}`, `3 !${OPEN}`, '4 C']],
  ['an open quote in the last line', [row('A'), row('"B')], ['2 A', `3 !${OPEN}`]],
  [
    'an open quote that closes beyond a whole record',
    [row('"A'), row('B'), 'x",6,01/12/2010 08:26,2.55,17850,UK'],
    [`2 !${OPEN}`, '3 B', '4 !it has 6 fields, expected 8']
  ],
  ['text after a closing quote', [row('"A"B'), row('C')], ['2 !something other than a delimiter follows a closing quote', '3 C']],
  ['empty lines', ['', row('A'), '', '', row('B'), ''], ['3 A', '6 B']]
])('%s', async (_, lines, expected) => {
  expect(await summary([HEADER, ...lines].join('\n'))).toEqual(expected)
  expect(await summary([HEADER, ...lines].join('\r\n').replace('A\nB"', 'A\r\nB"'))).toEqual(expected)
})

test('an unparsable line is its own bytes', async () => {
  const [record] = await read(Buffer.concat([Buffer.from(`${HEADER}\n`), Buffer.from([0xa3, 0x2c, 0xff])]))
  expect(record).toEqual({ line: 2, value: Buffer.from([0xa3, 0x2c, 0xff]), unparsable: 'it has 2 fields, expected 8' })
})

test('a quote that never closes costs one line, however many follow', async () => {
  const lines = Array.from({ length: 3 * MAX_RECORD_LINES }, (_, index) => `${index}`)
  const result = await summary([HEADER, row('"A'), ...lines, row('B')].join('\n'))
  expect(result[0]).toBe(`2 !${OPEN}`)
  expect(result).toHaveLength(lines.length + 2)
  expect(result.at(-1)).toBe(`${lines.length + 3} B`)
})

test('the encoding is the contract’s, unless a byte order mark says UTF-8', async () => {
  const latin = Buffer.from(`${HEADER}\n${row('GIFT VOUCHER \u00a340')}\n${row('\u0080')}\n`, 'latin1')
  expect(await summary(latin)).toEqual(['2 GIFT VOUCHER £40', '3 €'])
  expect(await summary(`\ufeff${HEADER}\n${row('VOUCHER £40')}\n`)).toEqual(['2 VOUCHER £40'])
  const broken = Buffer.concat([Buffer.from(`\ufeff${HEADER}\n`), Buffer.from(row('\u00a3'), 'latin1'), Buffer.from(`\n${row('B')}`)])
  expect(await summary(broken)).toEqual(['2 !it is not UTF-8', '3 B'])
})

test('every byte of Windows-1252 is the character of the Encoding Standard', () => {
  // Python: bytes(range(0x80, 0xa0)).decode('cp1252') where it is defined.
  const expected = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'
  expect(decode(Buffer.from(Array.from({ length: 32 }, (_, index) => 0x80 + index)), 'windows-1252')).toBe(expected)
  expect(decode(Buffer.from([0xa3, 0xff]), 'windows-1252')).toBe('£ÿ')
})

test('a line beyond the limit is cut, and the next one is read', async () => {
  const records = await read(`${HEADER}\n${'x'.repeat(3 * MAX_LINE_BYTES)}\n${row('B')}\n`)
  expect(records[0]).toMatchObject({
    line: 2,
    unparsable: `it has ${3 * MAX_LINE_BYTES} bytes, at most ${MAX_LINE_BYTES}; its first are kept`
  })
  expect(records[0]!.value.length).toBe(MAX_LINE_BYTES)
  expect(records[1]).toMatchObject({ line: 3, key: '536365' })
})

test('records that cross the bytes read at once are whole', async () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => row(index % 3 === 0 ? `"N ${index}\nsecond, line"` : `N ${index}`))
  const records = await read(`${HEADER}\n${lines.join('\n')}`)
  expect(records.map(record => JSON.parse(record.value.toString()).Description.split('\n')[0])).toEqual(
    lines.map((_, index) => `N ${index}`)
  )
})

test.each([
  ['an empty file', '', /: is empty; expected a header InvoiceNo,StockCode/],
  ['another header', 'a,b,c\n1,2,3\n', /file.csv:1: the header is a,b,c; expected InvoiceNo,StockCode/],
  ['another delimiter', `${HEADER.replaceAll(',', ';')}\n`, /the header is InvoiceNo;StockCode/],
  ['another order', `${contract.source.columns.toReversed().join(',')}\n`, /the header is Country,CustomerID/]
])('%s is unreadable', async (_, content, message) => {
  await expect(read(content)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringMatching(message) })
})

test('a file that is missing, or a folder, is named', async () => {
  const first = (file: string) => readCsv(contract, file).next()
  await expect(first(join(folder, 'none.csv'))).rejects.toMatchObject({
    code: 'SOURCE_UNREADABLE',
    message: expect.stringContaining('there is no such file')
  })
  await expect(first(folder)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringContaining('it is a folder') })
})

test('any well-formed record is split as csv-parse splits it', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é') })
  fc.assert(
    fc.property(fc.array(field, { minLength: 2, maxLength: 6 }), fields => {
      const text = fields.map(each => (/[",\n]/.test(each) ? `"${each.replaceAll('"', '""')}"` : each)).join(',')
      expect(splitRecord(text, ',')).toEqual(fields)
      expect(splitRecord(text, ',')).toEqual(parse(text, { relax_column_count: true, skip_empty_lines: false })[0] ?? [])
    })
  )
})

test('whatever the lines are, each physical line is in exactly one record, in order', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', '"', ',', '7'), minLength: 1, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(line, fc.constant(row('"A')), fc.constant(row('B'))), { maxLength: 12 }), async lines => {
      const records = await read([HEADER, ...lines].join('\n'))
      let next = 2
      for (const record of records) {
        expect(record.line).toBe(next)
        next += record.unparsable
          ? 1
          : 1 +
            Object.values(JSON.parse(record.value.toString()) as Record<string, string>).reduce(
              (ends, value) => ends + value.split('\n').length - 1,
              0
            )
      }
      expect(next).toBe(lines.length + 2)
    }),
    { numRuns: 60 }
  )
})
