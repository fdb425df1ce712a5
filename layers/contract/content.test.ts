// Which bytes are a message, and what is said of those that are none?
import { join } from 'node:path'
import { MAX_MESSAGE_BYTES } from './content'
import { contractOf } from './load'
import type { Verdict } from './types'
import { compileValidator, UNPARSABLE_HEADER } from './validator'

const validator = compileValidator(contractOf('sensors', join(__dirname, '../../contracts')))

function validate(value: string | Buffer | null, headers: Record<string, string> = {}): Verdict {
  return validator({
    value: typeof value === 'string' ? Buffer.from(value) : value,
    timestampMs: Date.parse('2026-01-31T12:00:00Z'),
    headers: name => (name in headers ? Buffer.from(headers[name]!) : undefined)
  })
}

const codes = (verdict: Verdict) => (verdict.valid ? [] : verdict.reasons.map(reason => reason.code))

const json = JSON.stringify({
  timestamp: '2026-01-31T11:59:30Z',
  sensor_id: 'sensor_001',
  temperature: 21.5,
  humidity: 40,
  pressure: 1000.25,
  location: 'warehouse_a'
})

test.each<[string, Buffer | string | null, string[]]>([
  ['a tombstone', null, ['tombstone']],
  ['nothing', '', ['empty']],
  ['white space', ' \n', ['not_json']],
  ['text', 'hello', ['not_json']],
  ['half an object', json.slice(0, 50), ['not_json']],
  ['two objects', json + json, ['not_json']],
  ['NaN, which is no JSON', json.replace('21.5', 'NaN'), ['not_json']],
  ['an array', `[${json}]`, ['not_an_object']],
  ['a number', '1', ['not_an_object']],
  ['null', 'null', ['not_an_object']],
  ['Latin-1', Buffer.from(json.replace('warehouse_a', 'entrep\u00f4t'), 'latin1'), ['not_utf8']],
  ['a key twice', json.replace('{', '{"sensor_id":"x",'), ['duplicate_key']],
  ['a key twice with spaces', json.replace('{', '{ "humidity" \n: 1 ,'), ['duplicate_key']],
  ['a key twice, once escaped', json.replace('{', '{"sens\\u006fr_id":"x",'), ['duplicate_key']],
  ['a key twice inside', json.replace('}', ',"x":{"a":[{"b":1,"b":2}]}}'), ['duplicate_key']],
  ['the same key in two objects', json.replace('}', ',"x":{"a":1},"y":{"a":1}}'), []],
  ['colons and braces inside strings', json.replace('warehouse_a', 'a":{[}:'.replace('"', '\\"')), []],
  ['a NUL', json.replace('warehouse_a', 'a\\u0000b'), ['nul_character']],
  ['an escaped backslash before u0000', json.replace('warehouse_a', 'a\\\\u0000b'), []],
  ['a bare NUL byte', json.replace('warehouse_a', 'a\0b'), ['not_json', 'nul_character']],
  ['half of a surrogate pair', json.replace('warehouse_a', 'a\\ud83d'), ['lone_surrogate']],
  ['a whole surrogate pair', json.replace('warehouse_a', '\\ud83d\\ude00'), []],
  ['U+FFFD itself', json.replace('warehouse_a', '\ufffd'), []],
  ['deep nesting', json.replace('}', `,"x":${'['.repeat(40)}${']'.repeat(40)}}`), ['nested_too_deep']],
  ['nesting that would end a stack', '['.repeat(200_000), ['nested_too_deep']],
  ['one megabyte', json.replace('warehouse_a', 'a'.repeat(1_000_000)), ['too_large']],
  ['as much as is allowed', json.replace('warehouse_a', 'a'.repeat(MAX_MESSAGE_BYTES - json.length + 11)), ['location_too_long']],
  ['a key of Object.prototype', json.replace('{', '{"constructor":1,"__proto__":{"sensor_id":"y"},'), []]
])('%s', (_, value, expected) => {
  expect(codes(validate(value))).toEqual(expected)
})

test('a field that fails is reported beside a key that came twice', () => {
  expect(codes(validate('{"sensor_id":"a","sensor_id":"b"}'))).toEqual([
    'duplicate_key',
    'timestamp_missing',
    'temperature_missing',
    'humidity_missing',
    'pressure_missing'
  ])
})

test('what jsonb cannot hold is not offered to it', () => {
  expect(validate(json.replace('warehouse_a', 'a\\u0000b'))).toMatchObject({ raw: undefined })
  expect(validate(json.replace('sensor_001', '\\udc00').replace('21.5', '99'))).toMatchObject({
    raw: undefined,
    extra: [expect.any(Number), null]
  })
  expect(validate('[1]')).toMatchObject({ raw: [1] })
})

test('a line that no reader could parse carries its reason in a header', () => {
  expect(validate('539650,84347,R', { [UNPARSABLE_HEADER]: 'it has 3 fields, expected 8' })).toMatchObject({
    valid: false,
    reasons: [{ code: 'unparsable_line', message: 'Line is no record: it has 3 fields, expected 8' }],
    raw: undefined
  })
})
