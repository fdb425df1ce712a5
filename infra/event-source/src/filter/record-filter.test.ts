// Which records pass the filters of a mapping? AWS's rules for records, values, fields and arrays, one test each.
import { FILTER_CHOICES } from './choices'
import { InvalidPattern } from './invalid-pattern'
import { PATTERN_LENGTH_MAX } from './pattern'
import { compileFilters, type FilteredRecord } from './record-filter'

const record = (value: string | Buffer | null, changes: Partial<FilteredRecord> = {}): FilteredRecord => {
  const bytes = value === null ? Buffer.alloc(3) : Buffer.concat([Buffer.from('abc'), Buffer.from(value), Buffer.from('}}"')])
  const where = { bytes, valueAt: 3, valueLength: value === null ? -1 : Buffer.byteLength(value) }
  return { topic: 'orders', partition: 2, offset: 4294967300, timestamp: 1700000000123, timestampType: 'CREATE_TIME', ...where, ...changes }
}
const passes = (pattern: object | string, value: string | Buffer | null, choices = FILTER_CHOICES) =>
  compileFilters([typeof pattern === 'string' ? pattern : JSON.stringify(pattern)], choices)(record(value))

test('filters are ORed: a record passes when one matches', () => {
  const pass = compileFilters(['{"value":{"a":[1]}}', '{"value":{"b":[2]}}'])
  expect(['{"a":1}', '{"b":2}', '{"a":2,"b":1}'].map(value => pass(record(value)))).toEqual([true, true, false])
})

test('several fields must all match, of several values of a field one', () => {
  const pattern = { value: { a: ['x', 'y'], b: [{ numeric: ['>', 5] }, null] } }
  expect(passes(pattern, '{"a":"y","b":6}')).toBe(true)
  expect(passes(pattern, '{"a":"x","b":null}')).toBe(true)
  expect(passes(pattern, '{"a":"x","b":5}')).toBe(false)
  expect(passes(pattern, '{"b":6}')).toBe(false)
})

test('$or: one of its objects must match, together with the fields beside it', () => {
  const pattern = { value: { a: [1], $or: [{ b: [2] }, { c: [3], d: [4] }] } }
  expect(['{"a":1,"b":2}', '{"a":1,"c":3,"d":4}'].map(value => passes(pattern, value))).toEqual([true, true])
  expect(['{"a":1}', '{"b":2}', '{"a":1,"c":3}'].map(value => passes(pattern, value))).toEqual([false, false, false])
  const repeated = { value: { $or: [{ a: [1] }, { a: [2], b: [3] }] } }
  expect(['{"a":1}', '{"a":2,"b":3}', '{"a":2}'].map(value => passes(repeated, value))).toEqual([true, true, false])
  const outer = { $or: [{ topic: ['other'] }, { value: { a: [1] } }] }
  expect([passes(outer, '{"a":1}'), passes(outer, '{"a":2}')]).toEqual([true, false])
})

test('dots in keys flatten, in the pattern and in the record', () => {
  const values = ['{"a":{"b":{"c":1}}}', '{"a.b":{"c":1}}', '{"a":{"b.c":1}}', '{"a.b.c":1}']
  for (const pattern of [{ value: { 'a.b': { c: [1] } } }, { value: { a: { b: { c: [1] } } } }, { 'value.a.b.c': [1] }]) {
    expect(values.map(value => passes(pattern, value))).toEqual([true, true, true, true])
    expect(passes(pattern, '{"a":{"c":1}}')).toBe(false)
  }
})

test('an array matches when one of its elements does, at any depth', () => {
  expect(passes({ value: { a: ['x'] } }, '{"a":["y",["z",["x"]]]}')).toBe(true)
  expect(passes({ value: { a: ['x'] } }, '{"a":["y"]}')).toBe(false)
  expect(passes({ value: { a: { b: [1] } } }, '{"a":[{"b":2},[{"b":1}]]}')).toBe(true)
})

test('two fields must match inside the same element of an array', () => {
  const pattern = { value: { a: { b: [1], c: [2] } } }
  expect(passes(pattern, '{"a":[{"b":1,"c":3},{"b":1,"c":2}]}')).toBe(true)
  expect(passes(pattern, '{"a":[{"b":1,"c":3},{"b":3,"c":2}]}')).toBe(false)
  // another array is no matter, nor is a field outside
  expect(passes({ value: { a: { b: [1] }, x: { c: [2] } } }, '{"a":[{"b":0},{"b":1}],"x":[{"c":2}]}')).toBe(true)
  expect(passes({ value: { a: { b: [1], d: { c: [2] } } } }, '{"a":[{"b":1,"d":[{"c":1}]},{"b":1,"d":[{"c":0},{"c":2}]}]}')).toBe(true)
  expect(passes({ value: { a: { b: [1], d: { c: [2] } } } }, '{"a":[{"b":1,"d":[{"c":1}]},{"b":0,"d":[{"c":2}]}]}')).toBe(false)
})

test('absence is asked of the element that the fields before it, by name, have chosen', () => {
  const after = { value: { a: { b: [1], c: [{ exists: false }] } } }
  expect(passes(after, '{"a":[{"b":1},{"b":2,"c":0}]}')).toBe(true)
  expect(passes(after, '{"a":[{"b":1,"c":0},{"b":2}]}')).toBe(false)
  const before = { value: { a: { b: [{ exists: false }], c: [1] } } }
  expect(passes(before, '{"a":[{"c":1},{"b":0}]}')).toBe(false)
})

test('a long array of objects is matched in time that grows with its length', () => {
  const elements = Array.from({ length: 50_000 }, (_, index) => `{"b":1,"c":${index},"d":2}`)
  const pattern = { value: { a: { b: [1], c: [49_999], d: [2] } } }
  expect(passes(pattern, `{"a":[${elements}]}`)).toBe(true)
  expect(passes({ value: { a: { b: [1], c: [7], d: [3] } } }, `{"a":[${elements}]}`)).toBe(false)
})

test('arrays beside one another do not multiply the work', () => {
  const list = (element: (index: number) => string) => Array.from({ length: 20_000 }, (_, index) => element(index))
  const value = `{"o":{"a":[${list(() => '{"x":1}')}],"b":[${list(index => (index % 2 ? '{"y":1}' : '{"z":1}'))}]}}`
  expect(passes({ value: { o: { a: { x: [1] }, b: { y: [1], z: [1] } } } }, value)).toBe(false)
})

test('of equal keys in a record each value counts', () => {
  expect(passes({ value: { a: [1] } }, '{"a":2,"a":1}')).toBe(true)
})

test('an object pattern wants a JSON object, an array of rules plain text: another format, invalid UTF-8 and tombstones are dropped', () => {
  const object = { value: { a: [{ exists: true }] } }
  const text = { value: [{ prefix: 'Order' }, { prefix: '{' }, '42'] }
  expect(['{"a":1}', ' {"a":1}\n'].map(value => passes(object, value))).toEqual([true, true])
  expect(['Order 1', '42', '{oh'].map(value => passes(text, value))).toEqual([true, true, true])
  expect(
    ['a', '"a"', '[{"a":1}]', '{"a":1', '{"a":1}}', '{"a":01}', '{"a":1,}', "{'a':1}", '', '{"a":"\t"}'].map(value => passes(object, value))
  ).not.toContain(true)
  expect(passes(text, '{"a":1}')).toBe(false)
  const broken = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')])
  expect([passes(object, broken), passes({ value: [{ exists: true }] }, Buffer.from([0xff]))]).toEqual([false, false])
  expect([passes(object, null), passes({ value: { a: [{ exists: false }] } }, null), passes(text, null)]).toEqual([false, false, false])
})

test('with formatMismatch: metadata, such records are filtered by the other properties only', () => {
  const byMetadata = { ...FILTER_CHOICES, formatMismatch: 'metadata' } as const
  expect(passes({ value: { a: [1] } }, 'text', byMetadata)).toBe(true)
  expect(passes({ value: { a: [1] } }, '{"a":2}', byMetadata)).toBe(false)
  expect(passes({ value: ['x'], topic: ['other'] }, '{"a":2}', byMetadata)).toBe(false)
})

test('topic, partition, offset, timestamp and timestampType can be filtered by, tombstones too', () => {
  const matched = [
    { topic: ['orders'] },
    { partition: [2] },
    { offset: [{ numeric: ['>', 4294967296] }], topic: [{ prefix: 'ord' }] },
    { timestamp: [1700000000123] },
    { timestampType: [{ 'anything-but': 'LOG_APPEND_TIME' }] }
  ]
  expect(matched.map(pattern => passes(pattern, null))).toEqual(matched.map(() => true))
  const unmatched = [{ topic: ['order'] }, { partition: ['2'] }, { topic: ['orders'], value: { a: [2] } }, { offset: [{ exists: false }] }]
  expect(unmatched.map(pattern => passes(pattern, '{"a":1}'))).toEqual(unmatched.map(() => false))
})

test('text nested deeper than 1000 is no JSON, and ends nothing', () => {
  const nested = (depth: number) => `{"a":1,"b":${'['.repeat(depth)}${']'.repeat(depth)}}`
  expect([passes({ value: { a: [1] } }, nested(900)), passes({ value: { a: [1] } }, nested(200_000))]).toEqual([true, false])
})

test.each([
  ['{"key":["a"]}', /at key: AWS cannot filter Kafka records by key. Filter by value, topic, partition/],
  ['{"headers":{"a":["b"]}}', /AWS cannot filter Kafka records by headers/],
  ['{"values":{"a":["b"]}}', /at values.a: a record has no property "values". Did you mean "value"\?/],
  ['{"topic":{"name":["b"]}}', /topic has no fields. Write "topic"/],
  ['{"value":{"a":1}}', /at value.a: 1 must be an object or an array. Write \[1\]/],
  ['{"value":"a"}', /at value: "a" must be an object or an array/],
  ['{}', /: empty objects are not allowed/],
  ['{"value":{}}', /at value: empty objects are not allowed/],
  ['["a"]', /\["a"\] is not an object/],
  ['{"value":{"a":["b"]}', /it is no JSON/],
  ['{"value":{"a":["b"]}} x', /it is no JSON/],
  ['{"value":{"$or":[{"a":[1]}]}}', /\$or must have at least 2 objects, not 1/],
  ['{"value":{"$or":[{"a":[1]},"b"]}}', /at value.\$or\[1\]: "b" is not an object/],
  ['{"value":{"$or":{"a":[1]}}}', /\$or must be an array/],
  ['{"value":{"$or":[{"a":[1]},{"numeric":[2]}]}}', /"numeric" is an operator and no field name inside \$or/],
  ['{"value":{"a":[1],"a":[2]}}', /path value.a is there more than once/],
  ['{"value":{"a.b":[1],"a":{"b":[2]}}}', /path value.a.b is there more than once/],
  ['{"value":{"a":[1],"$or":[{"a":[1]},{"b":[2]}]}}', /path value.a is there more than once/],
  [`{"value":[${JSON.stringify('x'.repeat(PATTERN_LENGTH_MAX))}]}`, /it has 4110 characters, more than 4096. Split it/],
  [`{"value":{${Array.from({ length: 10 }, (_, i) => `"f${i}":{"$or":[{"a":[1]},{"b":[2]}]}`)}}}`, /more than 1000 combinations/]
])('%s is refused with AWS’s words, the place and the remedy', (pattern, message) => {
  expect(() => compileFilters(['{"value":["first"]}', pattern])).toThrow(InvalidPattern)
  expect(() => compileFilters(['{"value":["first"]}', pattern])).toThrow(/^Invalid filter pattern definition\. Pattern 2/)
  expect(() => compileFilters(['{"value":["first"]}', pattern])).toThrow(message)
})
