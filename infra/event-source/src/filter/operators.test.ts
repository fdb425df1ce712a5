// Do the operators match what AWS's matcher matches, and refuse what it refuses? One block per operator: matches, does not, is invalid.
// The verdicts are those of aws/event-ruler 2.1.0 but where a title says otherwise.
import { FILTER_CHOICES } from './choices'
import { InvalidPattern } from './invalid-pattern'
import { compileFilters } from './record-filter'

/** Whether a value of the field `f`, given as JSON text, passes; no text: the field is not there. */
export function matches(rules: string, value?: string, choices = FILTER_CHOICES): boolean {
  const text = value === undefined ? '{"other":1}' : `{"f":${value}}`
  const bytes = Buffer.from(`key${text}}}`)
  const valueLength = Buffer.byteLength(text)
  const pass = compileFilters([`{"value":{"f":${rules}}}`], choices)
  return pass({ topic: 't', partition: 0, offset: 0, timestamp: 0, timestampType: 'CREATE_TIME', bytes, valueAt: 3, valueLength })
}

interface Specification {
  rule: string
  /** Values as JSON texts; undefined is a field that is not there. */
  matched: Array<[rules: string, ...values: Array<string | undefined>]>
  unmatched: Array<[rules: string, ...values: Array<string | undefined>]>
  invalid: Array<[rules: string, message: RegExp]>
}

const specifications: Specification[] = [
  {
    rule: 'null: the field is there and null',
    matched: [['[null]', 'null', '[1,null]']],
    unmatched: [['[null]', '"null"', '""', '0', 'false', '{}', '[]', undefined]],
    invalid: []
  },
  {
    rule: 'empty: a string without characters',
    matched: [['[""]', '""']],
    unmatched: [['[""]', '" "', 'null', '[]', undefined]],
    invalid: []
  },
  {
    rule: 'equals: strings exactly, with case, however they are escaped',
    matched: [
      ['["Alice"]', '"Alice"', '"\\u0041lice"', '["Bob","Alice"]'],
      ['["\\u00e9","日本"]', '"é"', '"\\u00E9"', '"日本"', '"\\u65e5\\u672c"'],
      ['["a\\"b\\\\\\/\\n"]', '"a\\"b\\\\/\\n"'],
      ['[true,false]', 'true', 'false'],
      ['[{"exactly":"a"}]', '"a"']
    ],
    unmatched: [
      ['["Alice"]', '"alice"', '"Alice "', '"Alic"', '{"f":"Alice"}', undefined],
      ['["1"]', '1'],
      ['["true"]', 'true'],
      ['[true]', '"true"', 'false', '1']
    ],
    invalid: [
      ['[]', /f: empty arrays are not allowed/],
      ['"Alice"', /f: "Alice" must be an object or an array. Write \["Alice"\]/],
      ['42', /42 must be an object or an array/],
      ['null', /null must be an object or an array/],
      ['[["a"]]', /f\[0\]: an array cannot stand in an array/],
      ['[{"exactly":1}]', /the operand must be a string, not 1/]
    ]
  },
  {
    rule: 'equals: numbers by their text, so that 300, 300.0 and 3e2 differ (documented by AWS; its published matcher compares values)',
    matched: [
      ['[300]', '300', '[1,300]'],
      ['[300.0]', '300.0'],
      ['[3e2]', '3e2'],
      ['[-0]', '-0'],
      ['[12345678901234567890]', '12345678901234567890']
    ],
    unmatched: [
      ['[300]', '300.0', '3e2', '3.0e2', '"300"', '3000', undefined],
      ['[3e2]', '3E2', '300'],
      ['[0]', '-0', '0.0']
    ],
    invalid: []
  },
  {
    rule: 'equals: a string that is an IP address matches every way to write it',
    matched: [
      ['["10.0.0.1"]', '"10.0.0.1"', '"010.0.0.01"', '"::ffff:a00:1"'],
      ['["2001:db8::5"]', '"2001:0DB8:0:0:0:0:0:5"']
    ],
    unmatched: [
      ['["10.0.0.1"]', '"10.0.0.2"', '"10.0.0.1 "', '"10.0.0.1.1"'],
      ['["10.0.0.256"]', '"10.0.0.0256"']
    ],
    invalid: []
  },
  {
    rule: 'equals-ignore-case: letters in either case, beyond ASCII too',
    matched: [
      ['[{"equals-ignore-case":"aLiCe"}]', '"ALICE"', '"alice"', '["x","Alice"]'],
      ['[{"equals-ignore-case":"É日"}]', '"é日"'],
      ['[{"equals-ignore-case":"straße"}]', '"STRASSE"', '"Straße"'],
      ['[{"equals-ignore-case":"Σ"}]', '"σ"']
    ],
    unmatched: [
      ['[{"equals-ignore-case":"alice"}]', '"alic"', '"alices"', 'null', undefined],
      ['[{"equals-ignore-case":"1"}]', '1'],
      ['[{"equals-ignore-case":"STRASSE"}]', '"straße"'],
      ['[{"equals-ignore-case":"Σ"}]', '"ς"']
    ],
    invalid: [
      ['[{"equals-ignore-case":1}]', /equals-ignore-case: the operand must be a string, not 1/],
      ['[{"equals-ignore-case":["a"]}]', /must be a string/],
      ['[{"equals-ignore-cas":"a"}]', /there is no operator "equals-ignore-cas". Did you mean "equals-ignore-case"\?/]
    ]
  },
  {
    rule: 'prefix and suffix: strings that begin or end so, folded on demand',
    matched: [
      ['[{"prefix":"us-"}]', '"us-east-1"', '"us-"'],
      ['[{"prefix":""}]', '""', '"a"'],
      ['[{"suffix":".png"}]', '"a.png"', '".png"'],
      ['[{"prefix":{"equals-ignore-case":"US"}}]', '"us-east"', '"Us"'],
      ['[{"suffix":{"equals-ignore-case":".PnG"}}]', '"a.pNg"'],
      ['[{"suffix":{"equals-ignore-case":"ß"}}]', '"GROSS"', '"groß"']
    ],
    unmatched: [
      ['[{"prefix":"us-"}]', '"us"', '"eu-us-"', '"US-east"', 'null', undefined],
      ['[{"prefix":"1"}]', '12'],
      ['[{"suffix":"2"}]', '12'],
      ['[{"suffix":".png"}]', '"png"', '"a.PNG"'],
      ['[{"suffix":{"equals-ignore-case":"png"}}]', '"ng"', '"pngx"'],
      ['[{"prefix":""}]', '1', 'null', undefined]
    ],
    invalid: [
      ['[{"prefix":1}]', /prefix: the operand must be a string, not 1/],
      ['[{"prefix":["a"]}]', /must be a string, not \["a"\]/],
      ['[{"suffix":{"prefix":"a"}}]', /suffix.prefix: "prefix" cannot stand here/],
      ['[{"prefix":{}}]', /has 0 keys, a rule has one/],
      ['[{"prefix":"a","suffix":"b"}]', /has 2 keys, a rule has one/],
      ['[{"Prefix":"a"}]', /there is no operator "Prefix". Did you mean "prefix"\?/]
    ]
  },
  {
    rule: 'anything-but: every value but those named, null and other types included; a field that is not there does not match',
    matched: [
      ['[{"anything-but":"a"}]', '"b"', 'null', '1', 'true', '["a","b"]'],
      ['[{"anything-but":["a","b"]}]', '"c"', '"A"'],
      ['[{"anything-but":5}]', '6', '"5"', 'null'],
      ['[{"anything-but":[5,6]}]', '7'],
      ['[{"anything-but":{"prefix":"a"}}]', '"ba"', '1', 'null'],
      ['[{"anything-but":{"suffix":["a","b"]}}]', '"abc"'],
      ['[{"anything-but":{"equals-ignore-case":["A","b"]}}]', '"c"'],
      ['[{"anything-but":{"wildcard":["*.jar","lib/*"]}}]', '"a.class"']
    ],
    unmatched: [
      ['[{"anything-but":"a"}]', '"a"', '["a","a"]', '[]', '{"g":1}', undefined],
      ['[{"anything-but":["a","b"]}]', '"a"', '"b"'],
      ['[{"anything-but":300}]', '300', '300.0', '3e2'],
      ['[{"anything-but":{"prefix":["a","b"]}}]', '"a1"', '"b1"', undefined],
      ['[{"anything-but":{"suffix":"a"}}]', '"ba"'],
      ['[{"anything-but":{"equals-ignore-case":"A"}}]', '"a"'],
      ['[{"anything-but":{"wildcard":"*/lib/*"}}]', '"x/lib/y"']
    ],
    invalid: [
      ['[{"anything-but":null}]', /null is refused. Write strings only or numbers only/],
      ['[{"anything-but":[]}]', /empty arrays are not allowed/],
      ['[{"anything-but":["a",1]}]', /Write strings only or numbers only/],
      ['[{"anything-but":[true]}]', /strings only or numbers only/],
      ['[{"anything-but":{"prefix":""}}]', /an empty prefix or suffix would refuse every string/],
      ['[{"anything-but":{"prefix":1}}]', /must be a string, not 1/],
      ['[{"anything-but":{"numeric":["=",1]}}]', /there is no operator "numeric"/],
      ['[{"anything-but":{"prefix":"a","suffix":"b"}}]', /2 keys/],
      ['[{"anything-but":{"wildcard":"a**"}}]', /consecutive wildcards/]
    ]
  },
  {
    rule: 'numeric: numbers compared as doubles, never strings',
    matched: [
      ['[{"numeric":["=",300]}]', '300', '300.0', '3e2', '[1,3.0E+2]'],
      ['[{"numeric":["=",0]}]', '-0', '0.00'],
      ['[{"numeric":[">",0,"<=",5]}]', '5', '0.1', '1e-300'],
      ['[{"numeric":["<",-5.5]}]', '-5.6', '-1e300'],
      ['[{"numeric":[">=",5000000000]}]', '5000000000', '9007199254740991']
    ],
    unmatched: [
      ['[{"numeric":["=",300]}]', '"300"', '300.0000001', 'null', 'true', undefined],
      ['[{"numeric":[">",0,"<=",5]}]', '0', '5.0000001'],
      // more digits than a double keeps, or beyond its range: no number to compare
      ['[{"numeric":[">",0]}]', '12345678901234567890', '0.10000000000000000001', '1e400']
    ],
    invalid: [
      ['[{"numeric":5}]', /numeric: the operand must be an array, not 5. Write \["=", n\]/],
      ['[{"numeric":[]}]', /nothing stands where one of = < <= > >= must/],
      ['[{"numeric":["!",1]}]', /"!" stands where one of/],
      ['[{"numeric":["=","1"]}]', /numeric\[1\]: a number is needed, not "1"/],
      ['[{"numeric":["="]}]', /a number is needed, not nothing/],
      ['[{"numeric":["<",1,">",0]}]', /nothing may follow "<"/],
      ['[{"numeric":[">",1,"<"]}]', /a number is needed, not nothing/],
      ['[{"numeric":[">",1,">",5]}]', /">" stands where one of < <= must/],
      ['[{"numeric":[">",5,"<",5]}]', /the lower bound 5 is not below the upper one, 5/],
      ['[{"numeric":[">",1,"<",5,6]}]', /a range has two bounds/],
      ['[{"numeric":["=",12345678901234567890]}]', /more digits than a double keeps/]
    ]
  },
  {
    rule: 'exists: leaves only, null included; intermediate fields and empty arrays are no leaves',
    matched: [
      ['[{"exists":true}]', '1', 'null', '""', '[null]'],
      ['[{"exists":false}]', undefined, '{"g":1}', '[]', '[{}]'],
      ['[{"exists":false},"a"]', '"a"', undefined]
    ],
    unmatched: [
      ['[{"exists":true}]', undefined, '{"g":1}', '{}', '[]'],
      ['[{"exists":false}]', 'null', '0']
    ],
    invalid: [
      ['[{"exists":"true"}]', /the operand must be true or false, not "true"/],
      ['[{"exists":null}]', /must be true or false/]
    ]
  },
  {
    rule: 'wildcard: * stands for any characters, \\* and \\\\ for themselves',
    matched: [
      ['[{"wildcard":"a*b"}]', '"ab"', '"axxb"', '"abab"'],
      ['[{"wildcard":"*日*"}]', '"x日本"', '"日"'],
      ['[{"wildcard":"*"}]', '""', '"a"'],
      ['[{"wildcard":"a\\\\*b"}]', '"a*b"'],
      ['[{"wildcard":"a\\\\\\\\b"}]', '"a\\\\b"'],
      ['[{"wildcard":"abc"}]', '"abc"'],
      ['[{"wildcard":"*ab*ba*"}]', '"xabba"']
    ],
    unmatched: [
      ['[{"wildcard":"a*b"}]', '"a"', '"abc"', '"ba"', undefined],
      ['[{"wildcard":"ab*ba"}]', '"aba"'],
      ['[{"wildcard":"*ab*ba*"}]', '"xaba"'],
      ['[{"wildcard":"a\\\\*b"}]', '"axb"'],
      ['[{"wildcard":"*"}]', '1', 'null', 'true']
    ],
    invalid: [
      ['[{"wildcard":"a**"}]', /has consecutive wildcards. Write a single \*/],
      ['[{"wildcard":"a\\\\b"}]', /has a backslash before something else. Only/],
      ['[{"wildcard":"a\\\\"}]', /backslash/],
      ['[{"wildcard":["a*"]}]', /must be a string/]
    ]
  },
  {
    rule: 'cidr: addresses in a block, IPv4 and IPv6',
    matched: [
      ['[{"cidr":"10.0.0.0/24"}]', '"10.0.0.0"', '"10.0.0.255"'],
      ['[{"cidr":"10.9.9.9/9"}]', '"10.127.0.1"'],
      ['[{"cidr":"0.0.0.0/0"}]', '"255.255.255.255"'],
      ['[{"cidr":"2001:db8::/32"}]', '"2001:db8:1::5"'],
      ['[{"cidr":"::/127"}]', '"::1"', '"0:0:0:0:0:0:0:0"']
    ],
    unmatched: [
      ['[{"cidr":"10.0.0.0/24"}]', '"10.0.1.0"', '"10.0.0"', '"x"', '10.0', 'null', undefined],
      // AWS's matcher lets every value pass here, a defect: it compares the text of any value with the ends of the block
      ['[{"cidr":"0.0.0.0/0"}]', '"::1"', '123', '"x"']
    ],
    invalid: [
      ['[{"cidr":"10.0.0.0"}]', /"10.0.0.0" is no CIDR block. Write one such as/],
      ['[{"cidr":"10.0.0.256/8"}]', /is no CIDR block/],
      ['[{"cidr":"10.0.0.0/32"}]', /the mask of "10.0.0.0\/32" is over 31. For one address write it alone/],
      ['[{"cidr":"::/128"}]', /over 127/],
      ['[{"cidr":"a/8"}]', /is no CIDR block/],
      ['[{"cidr":8}]', /must be a string/]
    ]
  }
]

describe.each(specifications)('$rule', ({ matched, unmatched, invalid }) => {
  const cases = (list: Specification['matched']) => list.flatMap(([rules, ...values]) => values.map(value => [rules, value] as const))

  test.each(cases(matched))('%s matches %s', (rules, value) => {
    expect(matches(rules, value)).toBe(true)
  })

  test.each(cases(unmatched))('%s does not match %s', (rules, value) => {
    expect(matches(rules, value)).toBe(false)
  })

  if (invalid.length > 0)
    test.each(invalid)('%s is invalid', (rules, message) => {
      expect(() => matches(rules)).toThrow(InvalidPattern)
      expect(() => matches(rules)).toThrow(/^Invalid filter pattern definition\. Pattern 1, at value\.f/)
      expect(() => matches(rules)).toThrow(message)
    })
})

test('with equalNumbers: value, numbers equal by value as in the published matcher', () => {
  const byValue = { ...FILTER_CHOICES, equalNumbers: 'value' } as const
  expect(['300', '300.0', '3e2'].map(value => matches('[300]', value, byValue))).toEqual([true, true, true])
  expect(matches('[12345678901234567890]', '12345678901234567890', byValue)).toBe(true)
})
