import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contractOf } from '../../layers/contract'
import { writeMarketYear } from '../../layers/contract/generate/market'
import { paced } from './pace'
import { produceRequest } from './request'
import { recordsOf } from './source'

const now = Date.parse('2026-01-15T12:00:00Z')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-source-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function collect<T>(chunks: AsyncIterable<T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const chunk of chunks) all.push(...chunk)
  return all
}

test('the same seed makes the same readings', async () => {
  const request = produceRequest.parse({ dataset: 'sensors', count: 300, seed: 7 })
  const [first, second] = [
    await collect(recordsOf(contractOf('sensors'), request, now)),
    await collect(recordsOf(contractOf('sensors'), request, now))
  ]
  expect(first).toHaveLength(300)
  expect(second).toEqual(first)
})

test('without a count and a file, products are the four validation cases', async () => {
  const records = await collect(recordsOf(contractOf('products'), produceRequest.parse({ dataset: 'products' }), now))
  expect(records.map(record => record.key)).toEqual(['P999', 'P998', 'P997', 'P996'])
})

test('a file is read up to the count', async () => {
  const file = join(folder, 'products.jsonl')
  writeFileSync(file, '{"product_id":"A"}\nno json\n{"product_id":"B"}\n')
  const records = await collect(recordsOf(contractOf('products'), produceRequest.parse({ dataset: 'products', file, count: 2 }), now))
  expect(records.map(record => [record.line, record.value.toString()])).toEqual([
    [1, '{"product_id":"A"}'],
    [2, 'no json']
  ])
})

test('without a file and a seed, the market is the same minutes each time, and those of its Parquet file', async () => {
  const request = (more: object) => produceRequest.parse({ dataset: 'market', count: 3000, ...more })
  const market = contractOf('market')
  const file = join(folder, 'market.parquet')
  await writeMarketYear(file, { rows: 5000 })
  const generated = await collect(recordsOf(market, request({}), now))
  expect(await collect(recordsOf(market, request({}), now + 1))).toEqual(generated)
  const values = (records: { key?: string | null; value: string | Buffer }[]) =>
    records.map(({ key, value }) => [key, JSON.parse(value.toString())])
  expect(values(await collect(recordsOf(market, request({ file }), now)))).toEqual(values(generated))
})

test.each([
  ['products', 'x.txt', /'.txt' is not a format/],
  ['transactions', 'missing.csv', /missing.csv/]
])('a file of %s named %s is refused with what to do', async (dataset, name, message) => {
  const records = async () => collect(recordsOf(contractOf(dataset), produceRequest.parse({ dataset, file: join(folder, name) }), now))
  await expect(records()).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringMatching(message) })
})

test.each([
  [{}],
  [{ dataset: 'sensors', count: 0 }],
  [{ dataset: 'sensors', count: 1.5 }],
  [{ dataset: 'sensors', rate: -1 }],
  [{ dataset: 'sensors', run: "'; drop" }],
  [{ dataset: 'sensors', cuont: 5 }]
])('the request %j is refused', request => {
  expect(produceRequest.safeParse(request).success).toBe(false)
})

test('a rate spreads the records over time, and the first leave at once', async () => {
  let time = 0
  const clock = {
    now: () => time,
    wait: async (ms: number) => {
      time += ms
    }
  }
  const leftAt: number[] = []
  for await (const piece of paced([Array.from({ length: 60 }, (_, index) => index)], 100, clock)) leftAt.push(...piece.map(() => time))
  // pieces of 25 records, a quarter of a second apart
  expect(leftAt).toEqual(Array.from({ length: 60 }, (_, index) => Math.floor(index / 25) * 250))
})

test('a rate waits by the clock of the machine', async () => {
  const started = performance.now()
  let pieces = 0
  for await (const _ of paced([Array.from({ length: 60 }, (_, index) => index)], 100)) pieces++
  expect(pieces).toBe(3)
  expect(performance.now() - started).toBeGreaterThanOrEqual(490)
})
