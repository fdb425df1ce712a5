import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { kafkaTestEvent, type TestRecord } from '../../infra/testing/kafka-event'
import { literal, withDuckDb } from '../../layers/lake/duckdb'
import { bronzeLines } from './lines'

const linesOf = (records: TestRecord[]) =>
  bronzeLines(
    kafkaTestEvent(
      'a_topic',
      2,
      records.map(record => ({ timestamp: 1_700_000_000_000, ...record })),
      5
    ).records['a_topic-2']!
  )
const lineOf = (record: TestRecord) => linesOf([record]).trimEnd()
const head = '{"topic":"a_topic","partition":2,"offset":5,"timestamp":1700000000000,"key":null,"headers":[],'

test('a line says where a record was, and has its key, headers and value', () => {
  expect(lineOf({ value: '{"a":1}', key: 'k"1', headers: { trace: 'ä', raw: Buffer.from([0xff]) } })).toBe(
    '{"topic":"a_topic","partition":2,"offset":5,"timestamp":1700000000000,"key":"k\\"1",' +
      '"headers":[{"name":"trace","value":"ä"},{"name":"raw","value_base64":"/w=="}],"value":{"a":1}}'
  )
})

test('headers keep their order and their repetitions; a null one is null', () => {
  const event = kafkaTestEvent('a_topic', 0, [{ value: '1' }])
  ;(event.records['a_topic-0']![0]!.headers as unknown[]) = [{ b: [49] }, { a: [50] }, { b: null }]
  expect(JSON.parse(bronzeLines(event.records['a_topic-0']!)).headers).toEqual([
    { name: 'b', value: '1' },
    { name: 'a', value: '2' },
    { name: 'b', value: null }
  ])
})

test.each([
  ['numbers that a double cannot hold', '{"id":9223372036854775807,"price":0.1234567890123456789012,"big":1e999}'],
  ['spaces, escapes and repeated names', '{ "a" : "\\u0041\\u0000\\ud83d\\ude00\\\\ud800" , "a":2 }'],
  ['line separators of Unicode', '{"a":"\u2028\u2029\u0085"}'],
  ['a bare value', '-0'],
  ['the depth that contracts allow', `${'['.repeat(32)}${']'.repeat(32)}`]
])('JSON on one line stands as it came: %s', (_, value) => {
  expect(lineOf({ value })).toBe(`${head}"value":${value}}`)
})

test.each([
  ['JSON on two lines', '{"a":\n1}'],
  ['JSON with a carriage return', '{"a":\r1}'],
  ['no JSON', '17850,"open'],
  ['nothing', ''],
  ['a byte order mark', '\ufeff{}'],
  ['half a surrogate pair, the first', '{"a":"\\ud83dx"}'],
  ['half a surrogate pair, the second', '{"a":"\\uDE00"}'],
  ['a first half before another escape', '{"a":"\\ud83d\\n"}'],
  ['JSON nested deeper than contracts allow', `${'['.repeat(33)}${']'.repeat(33)}`]
])('what is text, but would break the line or its readers, is a string: %s', (_, value) => {
  const parsed = JSON.parse(lineOf({ value }))
  expect(parsed).toMatchObject({ value_text: value })
  expect(parsed).not.toHaveProperty('value')
})

test('what is no text is base64, and a tombstone is null', () => {
  expect(lineOf({ value: Buffer.from([0x35, 0xa3]), key: null })).toBe(`${head}"value_base64":"NaM="}`)
  expect(lineOf({ value: null })).toBe(`${head}"value":null}`)
})

test('any bytes make one line of JSON, from which they come back', () => {
  const bytes = fc.oneof(
    fc.uint8Array().map(array => Buffer.from(array)),
    fc.string({ unit: 'binary' }).map(text => Buffer.from(text)),
    fc.json().map(text => Buffer.from(text))
  )
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 5 }), values => {
      const text = linesOf(values.map(value => ({ value })))
      const lines = text.split('\n')
      expect(lines.pop()).toBe('')
      expect(lines).toHaveLength(values.length)
      for (const [index, line] of lines.entries()) {
        const parsed = JSON.parse(line)
        expect(parsed.offset).toBe(5 + index)
        const back =
          parsed.value_text ??
          (parsed.value_base64 === undefined ? line.slice(line.indexOf('"value":') + '"value":'.length, -1) : undefined)
        expect(back === undefined ? Buffer.from(parsed.value_base64, 'base64') : Buffer.from(back)).toEqual(values[index])
      }
    })
  )
})

test('DuckDB reads every kind of line, and the value as JSON', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const values = ['{"a":1}', '{"a":"\\ud83d"}', deep, 'text', Buffer.from([0xff]), null, '{"a":"x","a":"y"}', '1e999', '"a\\u0000b"']
  await withDuckDb(async (connection, folder) => {
    const file = join(folder, 'lines.jsonl')
    writeFileSync(file, linesOf(values.map(value => ({ value }))))
    const columns = "{'offset': 'bigint', 'value': 'json', 'value_text': 'text', 'value_base64': 'text'}"
    const rows = await connection.runAndReadAll(
      `select "offset" - 5 as i, value->>'a' as a, value_text, from_base64(value_base64)::text as bytes
       from read_json(${literal(file)}, format = 'newline_delimited', columns = ${columns}) order by 1`
    )
    const read = rows.getRowObjectsJson()
    expect(read).toHaveLength(values.length)
    expect(read[0]).toMatchObject({ a: '1' })
    expect(read[1]).toMatchObject({ a: null, value_text: values[1] })
    expect(read[2]!.value_text).toHaveLength(deep.length)
    expect(read[4]).toMatchObject({ bytes: '\\xFF' })
    writeFileSync(file, linesOf(values.slice(0, 6).map(value => ({ value }))))
    expect((await connection.runAndReadAll(`select count(*)::int as n from ${literal(file)}`)).getRowObjectsJson()).toEqual([{ n: 6 }])
  })
})
