// What becomes of files and messages that are not as anybody meant them to be? Each is a clear error or a quarantined record.
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Growth, MAX_LINE_BYTES, readLines } from './lines'
import { contractOf, readContract } from './load'
import { readCsv } from './read-csv'
import { readJson } from './read-json'
import { secondsSince } from './testing'
import type { Contract, SourceRecord } from './types'
import { compileValidator, UNPARSABLE_HEADER } from './validator'

const contracts = join(__dirname, '../../contracts')
const products = contractOf('products', contracts)
const sensors = contractOf('sensors', contracts)
const transactions = contractOf('transactions', contracts)
const header = transactions.source.columns.join(',')
const line = '536365,85123A,LANTERN,6,01/12/2010 08:26,2.55,17850,United Kingdom'
const NOW = Date.parse('2026-01-31T12:00:00Z')

let folder: string
let shm: string | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-bad-input-'))
})
afterEach(() => {
  for (const each of [folder, shm]) if (each) rmSync(each, { recursive: true, force: true })
  shm = undefined
})

function fileOf(content: string | Buffer, name = 'data.csv'): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

async function all(chunks: AsyncIterable<SourceRecord[]>): Promise<SourceRecord[]> {
  const records: SourceRecord[] = []
  for await (const chunk of chunks) records.push(...chunk)
  return records
}

const csv = (content: string | Buffer, contract: Contract = transactions) => all(readCsv(contract, fileOf(content)))
const jsonl = (content: string | Buffer) => all(readJson(products, fileOf(content, 'data.jsonl')))
const lines = (...more: string[]) => [header, ...more].join('\n')

function judged(contract: Contract, value: unknown, unparsable?: string) {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  const verdict = compileValidator(contract)({
    value: bytes,
    timestampMs: NOW,
    headers: name => (name === UNPARSABLE_HEADER && unparsable !== undefined ? Buffer.from(unparsable) : undefined)
  })
  return verdict.valid
    ? { row: verdict.row, codes: [], messages: [] }
    : { row: undefined, codes: verdict.reasons.map(each => each.code), messages: verdict.reasons.map(each => each.message) }
}

const product = (change: object) => judged(products, { product_id: 'P', name: 'W', price: 1, stock: 1, ...change })
const reading = (change: object) =>
  judged(sensors, { sensor_id: 's', timestamp: '2026-01-31T11:59:00Z', temperature: 20, humidity: 50, pressure: 1000, ...change })

describe('files', () => {
  test.each<[string, string | Buffer, RegExp]>([
    ['a missing column', header.replace(',Quantity', ''), /; missing: Quantity$/],
    [
      'a renamed column',
      header.replace('Quantity', 'Qantity'),
      /column Qantity is not in the contract, did you mean Quantity\?; missing: Quantity$/
    ],
    ['a column of another name altogether', header.replace('Quantity', 'xyz'), /column xyz is not in the contract; missing: Quantity$/],
    ['a column more', `${header},Voucher`, /column Voucher is not in the contract$/],
    ['line ends of CR alone', `${header}\r${line}\r`, /its lines end in CR alone: end them in LF$/],
    ['UTF-16', Buffer.from(`\ufeff${header}\n${line}`, 'utf16le'), /the file is UTF-16$/],
    ['another delimiter', header.replaceAll(',', ';'), /the header is InvoiceNo;StockCode/],
    ['nothing in it', '', /is empty; expected a header InvoiceNo/],
    ['a header longer than a line may be', 'x'.repeat(MAX_LINE_BYTES + 2), /the header is x{80}…; expected/]
  ])('%s in a CSV file is an error that names file, line and column', async (_, content, message) => {
    await expect(csv(content)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringMatching(message) })
  })

  test('after a file that could not be read the next one is', async () => {
    await expect(csv('')).rejects.toThrow('is empty')
    expect(await csv(lines(line))).toHaveLength(1)
  })

  test('a file of a header alone holds no records', async () => {
    expect(await csv(header)).toEqual([])
    expect(await csv(`${header}\r\n`)).toEqual([])
  })

  test('an empty JSON file, and one whose lines end in CR alone, are errors', async () => {
    await expect(jsonl('')).rejects.toThrow(/is empty/)
    await expect(jsonl('{"product_id":"A"}\r{"product_id":"B"}\r')).rejects.toThrow(/its lines end in CR alone/)
  })

  test('a line of UTF-8 in a Windows-1252 file is unparsable with its bytes, alone', async () => {
    const records = await csv(
      Buffer.concat([
        Buffer.from(`${lines(line)}\n`),
        Buffer.from(`${line.replace('LANTERN', 'CAF\u00e9 \u00a35')}\n`, 'latin1'),
        Buffer.from(`${line.replace('LANTERN', 'CAFé')}\n`, 'utf8'),
        Buffer.from(`${line.replace('LANTERN', 'it’s €5')}\n`, 'utf8'),
        Buffer.from(line)
      ])
    )
    expect(records.map(record => record.unparsable)).toEqual([
      undefined,
      undefined,
      'it holds characters in UTF-8, in a file of Windows-1252',
      'it holds characters in UTF-8, in a file of Windows-1252',
      undefined
    ])
    expect(records[2]!.value).toEqual(Buffer.from(line.replace('LANTERN', 'CAFé'), 'utf8'))
    expect(judged(transactions, records[2]!.value, records[2]!.unparsable).messages).toEqual([
      'Line is no record: it holds characters in UTF-8, in a file of Windows-1252'
    ])
  })

  test('a line of Windows-1252 in a UTF-8 file is unparsable with its bytes, alone', async () => {
    const utf8 = { ...transactions, source: { ...transactions.source, encoding: 'utf-8' as const } }
    const bad = Buffer.from(line.replace('LANTERN', '\u00a35'), 'latin1')
    const records = await csv(Buffer.concat([Buffer.from(`${lines(line)}\n`), bad, Buffer.from(`\n${line}`)]), utf8)
    expect(records.map(record => record.unparsable)).toEqual([undefined, 'it is not UTF-8', undefined])
    expect(records[1]!.value).toEqual(bad)
  })

  test('NUL bytes in a field are a reason, and the record keeps its bytes', async () => {
    const [record] = await csv(lines(line.replace('LANTERN', 'LAN\0TERN')))
    expect(judged(transactions, record!.value).codes).toEqual(['nul_character'])
  })

  test('a file that grows is read as it was when it was opened, and what came later is named', async () => {
    const content = `${'x'.repeat(99)}\n`.repeat(6000)
    const file = fileOf(`${content}half a li`)
    const growths: Growth[] = []
    let read = 0
    for await (const chunk of readLines(file, undefined, growth => growths.push(growth))) {
      if (read === 0) appendFileSync(file, 'ne\nand one more\n')
      read += chunk.length
    }
    expect(read).toBe(6000)
    expect(growths).toEqual([{ file, readBytes: 600_000, leftBytes: statSync(file).size - 600_000, fromLine: 6001 }])
  })

  test('a file that does not grow has its last line, with or without an end', async () => {
    const growths: Growth[] = []
    const read: string[] = []
    for await (const chunk of readLines(fileOf('a\nb'), undefined, growth => growths.push(growth)))
      read.push(...chunk.map(each => each.bytes.toString()))
    expect([read, growths]).toEqual([['a', 'b'], []])
  })

  test('a file that gets shorter while it is read is an error', async () => {
    const file = fileOf(`${'x'.repeat(99)}\n`.repeat(6000))
    const read = async () => {
      for await (const _ of readLines(file)) truncateSync(file, 100)
    }
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringMatching(/became \d+ bytes shorter/) })
  })

  const gibibytes5 = 5 * 1024 ** 3

  /** A file with one line of 5 GB of NULs between two good lines; sparse, so that it takes no room on the disk. */
  function hugeLine(before: string, after: string): { file: string; length: number } {
    // in memory where there is such a folder: a disk reads the gap as zeros, page by page
    const file = existsSync('/dev/shm') ? join((shm = mkdtempSync('/dev/shm/sluice-bad-input-')), 'data.csv') : fileOf('')
    writeFileSync(file, `${before}\n`)
    truncateSync(file, gibibytes5)
    const descriptor = openSync(file, 'r+')
    writeSync(descriptor, `\n${after}\n`, gibibytes5)
    closeSync(descriptor)
    return { file, length: gibibytes5 - before.length - 1 }
  }

  test('a line of 5 GB is one unparsable record with its number, its length and its first bytes, in seconds and in little memory', async () => {
    const { file, length } = hugeLine(lines(line), line)
    const rss = process.memoryUsage().rss
    let peak = rss
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss)
    }, 20)
    const startedAt = process.cpuUsage()
    const records = await all(readCsv(transactions, file))
    const took = secondsSince(startedAt)
    clearInterval(watch)
    expect(records.map(record => [record.line, record.value.length, record.unparsable])).toEqual([
      [2, expect.any(Number), undefined],
      [3, MAX_LINE_BYTES, `it has ${length} bytes, at most ${MAX_LINE_BYTES}; its first are kept`],
      [4, expect.any(Number), undefined]
    ])
    expect(judged(transactions, records[1]!.value, records[1]!.unparsable).messages[0]).toContain(`it has ${length} bytes`)
    expect(took).toBeLessThan(30)
    expect(peak - rss).toBeLessThan(100 * 1024 ** 2)
  }, 120_000)

  test('a JSON line of 5 GB is one unparsable record too', async () => {
    const { file, length } = hugeLine('{"product_id":"A"}', '{"product_id":"B"}')
    const records = await all(readJson(products, file))
    expect(records.map(record => [record.line, record.unparsable])).toEqual([
      [1, undefined],
      [2, `it has ${length} bytes, at most ${MAX_LINE_BYTES}; its first are kept`],
      [3, undefined]
    ])
  }, 120_000)

  test('a line that is as long as a line may be is read, and one byte more is too long, wherever reads end', async () => {
    for (const end of ['\n', '\r\n', '']) {
      for (const before of [0, 1, MAX_LINE_BYTES - 1]) {
        const found = []
        for await (const chunk of readLines(
          fileOf(`${'a'.repeat(before)}\n${'b'.repeat(MAX_LINE_BYTES)}\n${'c'.repeat(MAX_LINE_BYTES + 1)}${end}`)
        ))
          found.push(...chunk.map(each => [each.number, each.length, each.bytes.length, each.cut]))
        expect(found).toEqual([
          [1, before, before, false],
          [2, MAX_LINE_BYTES, MAX_LINE_BYTES, false],
          [3, MAX_LINE_BYTES + 1, MAX_LINE_BYTES, true]
        ])
      }
    }
  })
})

describe('messages', () => {
  test('a renamed field is missing, and the message names the one that is nearly called like it', () => {
    expect(
      judged(sensors, { sensor_id: 's', timestamp: '2026-01-31T11:59:00Z', Temprature: 20, humidity: 50, pressure: 1000 }).messages
    ).toEqual(['Temperature is missing; the message has Temprature'])
    expect(reading({ temperature: undefined, wind: 1 }).messages).toEqual(['Temperature is missing'])
  })

  test('a thousand made-up names as long as a megabyte are not compared for ever', () => {
    const names = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`temperatur${'e'.repeat(200)}${index}`, 1]))
    expect(reading({ temperature: undefined, ...names }).codes).toEqual(['temperature_missing'])
    expect(judged(products, { product_id: 'P', name: 'W', price: 1, stock: 1, ['k'.repeat(1_000_000)]: 1 }).codes).toEqual(['too_large'])
  })

  test.each<[string, unknown, number | string]>([
    ['$1,234.50', '$1,234.50', 1234.5],
    ['1,234,567.5', '1,234,567.5', 1234567.5],
    ['1 234', '1 234', 1234],
    ['-… of nothing', '£ 5', 5],
    ['1234.50', '1234.50', 1234.5],
    ['.5', '.5', 0.5]
  ])('%s is a number where the contract removes its separators', (_, price, expected) => {
    expect(product({ price }).row?.[2]).toBe(expected)
  })

  test.each([
    '1.234,50',
    '12,34',
    '1,23,456',
    '1,2345',
    '1 23',
    '1,234 567',
    '1.234.567',
    '1,234.5,0',
    ',5',
    '5.1,',
    '- -5',
    '1e',
    '--1',
    'NaN',
    'Infinity',
    '-inf',
    '0x10',
    '１２'
  ])('the price %j is no number: without its separators it would be another one', price => {
    expect(product({ price }).codes).toEqual(['price_not_a_number'])
  })

  test('a separator that the contract does not remove makes no number', () => {
    expect(product({ stock: '1,234' }).codes).toEqual(['stock_not_a_number'])
    expect(product({ stock: '1\u00a0234' }).codes).toEqual(['stock_not_a_number'])
    expect(product({ stock: '1 234' }).row?.[3]).toBe(1234)
    expect(reading({ temperature: '20' }).codes).toEqual(['temperature_not_a_number'])
  })

  test('a decimal comma is read where the contract says so, and then a point separates thousands', () => {
    const price = products.fields.find(field => field.name === 'price')!
    const german: Contract = {
      ...products,
      fields: products.fields.map(field => (field === price ? { ...price, fromText: { remove: '€. ', decimal: ',' } } : field))
    }
    const read = (text: unknown) => judged(german, { product_id: 'P', name: 'W', price: text, stock: 1 })
    expect(['1.234,50 €', '0,5', '1234', 7.5].map(text => read(text).row?.[2])).toEqual([1234.5, 0.5, 1234, 7.5])
    expect(['1,234.50', '1.23', '1,2,3'].map(text => read(text).codes)).toEqual([
      ['price_not_a_number'],
      ['price_not_a_number'],
      ['price_not_a_number']
    ])
  })

  test('a long text of separators is refused at once', () => {
    const startedAt = process.cpuUsage()
    expect(product({ price: `${' '.repeat(100_000)}x` }).codes).toEqual(['price_not_a_number'])
    expect(product({ price: `1${','.repeat(2000)}1` }).codes).toEqual(['price_not_a_number'])
    expect(secondsSince(startedAt)).toBeLessThan(1)
  })

  test.each<[string, string, string]>([
    ['NaN', '{"product_id":"P","name":"W","price":NaN,"stock":1}', 'not_json'],
    ['Infinity', '{"product_id":"P","name":"W","price":Infinity,"stock":1}', 'not_json'],
    ['a number beyond all doubles', '{"product_id":"P","name":"W","price":1e400,"stock":1}', 'price_not_a_number'],
    ['10^18 in a numeric column', '{"product_id":"P","name":"W","price":1000000000000000000,"stock":1}', 'price_out_of_range'],
    ['10^18 as text', '{"product_id":"P","name":"W","price":"1000000000000000000","stock":1}', 'price_out_of_range'],
    ['10^18 in an integer column', '{"product_id":"P","name":"W","price":1,"stock":1000000000000000000}', 'stock_out_of_range'],
    ['10^18 as text in an integer column', '{"product_id":"P","name":"W","price":1,"stock":"1e18"}', 'stock_not_whole'],
    ['a hundred thousand brackets', '['.repeat(100_000) + ']'.repeat(100_000), 'nested_too_deep'],
    ['a hundred thousand open brackets', '['.repeat(100_000), 'nested_too_deep'],
    ['a hundred thousand brackets in a field', `{"product_id":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'nested_too_deep'],
    ['a member name of a megabyte', `{"${'k'.repeat(1_000_000)}":1}`, 'too_large'],
    ['a NUL', '{"product_id":"P\\u0000","name":"W","price":1,"stock":1}', 'nul_character'],
    ['raw NUL bytes', '\0\0\0', 'not_json']
  ])('%s is a reason', (_, value, code) => {
    expect(judged(products, value).codes).toContain(code)
  })

  test('10^18 as text fits a bigint to the last digit; as a JSON number it has lost some and is refused', () => {
    const stock = products.fields.find(field => field.name === 'stock')!
    const big: Contract = {
      ...products,
      fields: products.fields.map(field => (field === stock ? { ...stock, column: { ...stock.column, type: 'bigint' as const } } : field))
    }
    const read = (text: unknown) => judged(big, { product_id: 'P', name: 'W', price: 1, stock: text })
    expect(read('1000000000000000001').row?.[3]).toBe('1000000000000000001')
    expect(read(1e18).codes).toEqual(['stock_out_of_range'])
    expect(read('9223372036854775808').codes).toEqual(['stock_out_of_range'])
  })

  const always: Contract = { ...sensors, latenessMs: undefined, aheadMs: undefined }
  const instant = (timestamp: string) => judged(always, { sensor_id: 's', timestamp, temperature: 20, humidity: 50, pressure: 1000 })

  test.each<[string, number | string]>([
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
    ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
    ['9999-12-31T23:59:59.999999Z', 253_402_300_799_999],
    ['9999-12-31T23:59:59.9999999999Z', 253_402_300_799_999],
    ['0000-01-01T00:00:00Z', 'timestamp_invalid'],
    ['10000-01-01T00:00:00Z', 'timestamp_invalid'],
    ['2026-02-29T00:00:00Z', 'timestamp_invalid'],
    ['2026-01-31T12:00:00+99:00', 'timestamp_invalid'],
    ['2026-01-31T12:00:00 Europe/Atlantis', 'timestamp_invalid'],
    ['2026-01-31T12:00:00CET', 'timestamp_invalid'],
    ['2026-01-31T12:00:00', 'timestamp_without_zone']
  ])('the time %s', (timestamp, expected) => {
    if (typeof expected === 'number') expect(instant(timestamp).row?.[0]).toBe(expected)
    else expect(instant(timestamp).codes).toEqual([expected])
  })

  const sale = (InvoiceDate: string) =>
    judged(transactions, {
      InvoiceNo: '536365',
      StockCode: '1',
      Description: '',
      Quantity: '1',
      InvoiceDate,
      UnitPrice: '1',
      CustomerID: '',
      Country: 'UK'
    })

  test('wall-clock times: one that the clocks skip is a reason, one that they show twice is the later, far years are years', () => {
    expect(sale('27/03/2011 01:30').codes).toEqual(['invoice_date_skipped'])
    expect(sale('30/10/2011 01:30').row).toContain(Date.parse('2011-10-30T01:30:00Z'))
    expect(sale('31/12/9999 23:59').row).toContain(Date.parse('9999-12-31T23:59:00Z'))
    expect(sale('01/01/0001 12:00').codes).toEqual([])
    expect(sale('31/02/2011 10:00').codes).toEqual(['invoice_date_invalid'])
  })

  test('an unknown zone in a contract stops the start, with file and line', () => {
    const text = readFileSync(join(contracts, 'transactions.odcs.yaml'), 'utf8').replace(
      'Europe/London\n        physicalType',
      'Europe/Atlantis\n        physicalType'
    )
    expect(() => readContract('transactions.odcs.yaml', text)).toThrow(
      /transactions\.odcs\.yaml:\d+: .*defaultTimezone "Europe\/Atlantis": is not a time zone of the IANA database/
    )
  })

  test('a changed type is a reason that shows the value', () => {
    expect(reading({ sensor_id: 7 }).messages).toEqual(['Sensor id is not text: 7'])
    expect(reading({ temperature: { value: 20 } }).messages).toEqual(['Temperature is not a number: {"value":20}'])
  })
})
