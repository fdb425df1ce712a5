// Does the scanner accept exactly JSON objects, and find exactly the values that are there? Compared with JSON.parse.
import fc from 'fast-check'
import { ValueScanner } from './value-scanner'

/** The text stands between other bytes, as a value does in its record batch. */
function scan(scanner: ValueScanner, text: string): { bytes: Buffer; isObject: boolean } {
  const bytes = Buffer.from(`"1{${text}"}]1 `)
  return { bytes, isObject: scanner.scan(bytes, 3, 3 + Buffer.byteLength(text)) }
}

function isJsonObject(text: string): boolean {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

/** Every leaf under the path, arrays opened, as JSON text. */
function leavesAt(value: unknown, path: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap(each => leavesAt(each, path))
  if (typeof value !== 'object' || value === null) return path.length === 0 ? [JSON.stringify(value)] : []
  return path.length === 0 ? [] : Object.hasOwn(value, path[0]!) ? leavesAt(value[path[0] as keyof typeof value], path.slice(1)) : []
}

const leaf = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null)
)
const key = fc.constantFrom('a', 'b', 'ä', 'a"\\', '')
const { object } = fc.letrec(tie => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value'), { maxLength: 4 }), tie('object')),
  object: fc.dictionary(key, tie('value'), { maxKeys: 4 })
}))
const spaced = (json: string, space: number) => JSON.stringify(JSON.parse(json), null, space)

test('it finds the values of every path, in the order of the text, however they are escaped and spaced', () => {
  const paths = [['a'], ['a', 'b'], ['b', 'a', 'ä'], ['a"\\', 'b'], ['ä']]
  fc.assert(
    fc.property(object, fc.integer({ min: 0, max: 3 }), fc.boolean(), (value, space, isEscaped) => {
      const scanner = new ValueScanner()
      const found = paths.map(path => scanner.watch(path.join('.')))
      const json = spaced(JSON.stringify(value), space)
      const text = isEscaped ? json.replace(/[ä-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`) : json
      const { bytes, isObject } = scan(scanner, text)
      expect(isObject).toBe(true)
      for (const [index, path] of paths.entries()) {
        const { starts, ends, kinds, count } = found[index]!
        const texts = Array.from({ length: count }, (_, each) => {
          const quote = (kinds[each]! & 3) === 0 ? 1 : 0
          return JSON.stringify(JSON.parse(bytes.toString('utf8', starts[each]! - quote, ends[each]! + quote)))
        })
        expect(texts).toEqual(leavesAt(JSON.parse(text), path))
      }
    })
  )
})

test('it accepts what JSON.parse accepts as an object, and nothing else, whatever is cut, doubled or changed', () => {
  const scanner = new ValueScanner()
  scanner.watch('a.b')
  const change = fc.record({
    at: fc.nat(),
    length: fc.nat({ max: 3 }),
    text: fc.constantFrom('', '"', '\\', ',', '{', '}', '[', ']', ':', '0', '-', '.', 'e', 't', ' ', '\t', '\u0001', '\\u12', 'nul')
  })
  fc.assert(
    fc.property(object, fc.array(change, { maxLength: 2 }), (value, changes) => {
      let text = JSON.stringify(value)
      for (const { at, length, text: replacement } of changes) {
        const position = at % (text.length + 1)
        text = text.slice(0, position) + replacement + text.slice(position + length)
      }
      text = Buffer.from(text).toString()
      expect([text, scan(scanner, text).isObject]).toEqual([text, isJsonObject(text)])
    }),
    { numRuns: 2000 }
  )
})

test('a text cut at any length is no object', () => {
  const text = '{"a":{"b":["é\\n",-1.5e+3,true,null,{}]},"c":"d"}'
  const bytes = Buffer.from(text)
  const scanner = new ValueScanner()
  for (let end = 0; end < bytes.length; end++) expect(scanner.scan(bytes, 0, end)).toBe(false)
  expect(scanner.scan(bytes, 0, bytes.length)).toBe(true)
})
