import { bronzeEnd, bronzeKey, bronzePrefix } from './bronze'

const name = {
  dataset: 'transactions',
  topic: 'transactions_raw',
  partition: 0,
  firstOffset: 10,
  lastOffset: 25,
  timestamp: 1_291_191_960_007
}

test.each([
  ['none', 'bronze/transactions/dt=2010-12-01/transactions_raw-0-10-25-20101201T082600007Z.jsonl'],
  ['gzip', 'bronze/transactions/dt=2010-12-01/transactions_raw-0-10-25-20101201T082600007Z.jsonl.gz'],
  ['zstd', 'bronze/transactions/dt=2010-12-01/transactions_raw-0-10-25-20101201T082600007Z.jsonl.zst']
] as const)('a key holds dataset, day, topic, partition, first and last offset and time: %s', (compression, key) => {
  expect(bronzeKey(name, compression)).toBe(key)
  expect(key.startsWith(bronzePrefix(name))).toBe(true)
  expect(bronzeEnd(name, key)).toEqual({ lastOffset: 25, compression })
})

test.each([-1, Number.NaN, 1.5, Number.MAX_SAFE_INTEGER])(
  'a record without a time that a calendar has stands at the beginning of 1970: %p',
  timestamp => {
    expect(bronzeKey({ ...name, timestamp }, 'none')).toBe(
      'bronze/transactions/dt=1970-01-01/transactions_raw-0-10-25-19700101T000000000Z.jsonl'
    )
  }
)

test('the day is that of UTC', () => {
  expect(bronzePrefix({ ...name, timestamp: Date.UTC(2010, 11, 1, 23, 59, 59, 999) })).toContain('dt=2010-12-01')
  expect(bronzePrefix({ ...name, timestamp: Date.UTC(2010, 11, 2) })).toContain('dt=2010-12-02')
})

test.each([
  ['another time', 'transactions_raw-0-10-25-20101201T082600008Z.jsonl'],
  ['a topic that goes on with numbers', 'transactions_raw-0-10-25-26-20101201T082600007Z.jsonl'],
  ['another ending', 'transactions_raw-0-10-25-20101201T082600007Z.parquet'],
  ['a name of somebody else', 'transactions_raw-0-10-notes.txt']
])("an object of %s is not the record's", (_, file) => {
  expect(bronzeEnd(name, `bronze/transactions/dt=2010-12-01/${file}`)).toBeUndefined()
})
