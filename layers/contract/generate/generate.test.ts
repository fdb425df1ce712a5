// Do generated records have the shape and the mistakes that they claim, and the same ones for the same seed?
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { contractOf } from '../load'
import { readCsv } from '../read-csv'
import { countRecords } from '../testing'
import type { GeneratedRecord, Oracle } from '../types'
import { cleanProducts, generate, generateSensors, newOracle, rawProducts, sampleReadings, writeTransactions } from '.'

const folder = join(__dirname, '../../../contracts')
const sensors = contractOf('sensors', folder)
const transactions = contractOf('transactions', folder)
const NOW = Date.parse('2026-01-31T12:00:00Z')

async function* buffers(chunks: Iterable<GeneratedRecord[]>) {
  for (const records of chunks) yield records.map(record => ({ value: Buffer.from(record.value) }))
}

const counted = async (options: Parameters<typeof generateSensors>[1], delayMs = 0) => {
  const { rows, ...counts } = await countRecords(sensors, buffers(generateSensors(sensors, options)), NOW + delayMs)
  return counts
}

describe('sensors', () => {
  test('50 readings of the contract’s seed are 47 valid, 2 quarantined and 1 duplicate', async () => {
    const seed = sensors.generator['seed']!
    expect(await counted({ count: 50, seed, startTimeMs: NOW })).toMatchObject({ records: 50, valid: 47, quarantined: 2, duplicate: 1 })
  })

  test('what must come of the readings is what comes, however long they take to arrive', async () => {
    for (const delayMs of [0, 60_000, 9 * 60_000]) {
      const oracle = newOracle()
      expect(await counted({ count: 30_000, seed: 7, startTimeMs: NOW, oracle }, delayMs)).toEqual(oracle)
    }
  })

  test('the shares are those of the contract', () => {
    const oracle = newOracle()
    const count = 100_000
    for (const _ of generateSensors(sensors, { count, seed: 3, startTimeMs: NOW, oracle }));
    const share = (code: string) => oracle.reasons[code]! / count
    expect(share('timestamp_missing')).toBeCloseTo(0.02, 2)
    expect(share('sensor_id_missing')).toBeCloseTo(0.01, 2)
    expect(share('late')).toBeCloseTo(0.012, 2)
    expect(share('temperature_out_of_range')).toBeCloseTo(0.005, 2)
    expect(oracle.duplicate / count).toBeCloseTo(0.02, 2)
  })

  test('the default sensors and places', () => {
    const [chunk] = generateSensors(sensors, { count: 6, seed: 1, startTimeMs: NOW })
    expect(JSON.parse(String(chunk![0]!.value))).toMatchObject({ sensor_id: 'sensor_001', location: 'warehouse_a' })
    expect(chunk!.map(record => record.key).filter(key => key !== null)).toEqual(expect.arrayContaining(['sensor_002', 'sensor_003']))
  })

  test('a count that needs them gets more sensors, so that every reading of a sensor has its own time', () => {
    const [chunk] = generateSensors(sensors, { count: 10_000, seed: 1, startTimeMs: NOW })
    const ids = new Set(chunk!.map(record => record.key))
    ids.delete(null)
    expect([...ids].sort()).toEqual(['sensor_001', 'sensor_002', 'sensor_003', 'sensor_004', 'sensor_005'])
  })

  test('two runs whose times overlap do not repeat each other', async () => {
    const both = [
      ...generateSensors(sensors, { count: 3000, seed: 1, startTimeMs: NOW }),
      ...generateSensors(sensors, { count: 3000, seed: 1, startTimeMs: NOW + 5001 })
    ]
    const oracle = newOracle()
    for (const startTimeMs of [NOW, NOW + 5001]) for (const _ of generateSensors(sensors, { count: 3000, seed: 1, startTimeMs, oracle }));
    expect(await countRecords(sensors, buffers(both), NOW + 5001)).toMatchObject({ duplicate: oracle.duplicate })
  })

  test('a paced stream goes on from its start', () => {
    const [chunk] = generateSensors(sensors, { count: 100, seed: 2, startTimeMs: NOW, perSecond: 10 })
    const times = chunk!.map(record => Date.parse(JSON.parse(String(record.value)).timestamp)).filter(time => time >= NOW)
    expect(Math.max(...times)).toBeGreaterThanOrEqual(NOW + 9000)
    expect(Math.max(...times)).toBeLessThan(NOW + 10_000)
  })

  test('the same seed gives the same readings; mistakes are announced', () => {
    const notices: string[] = []
    const run = () =>
      JSON.stringify([...generateSensors(sensors, { count: 500, seed: 11, startTimeMs: NOW, notice: text => notices.push(text) })])
    expect(run()).toBe(run())
    expect(notices).toContainEqual(expect.stringMatching(/^Sending INVALID temperature: -?\d+(\.\d)?°C$/))
    expect(notices).toContainEqual(expect.stringMatching(/^Sending DUPLICATE from sensor_\d{3}$/))
  })

  test('any seed and count keep the oracle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 400 }), async (seed, count) => {
        const oracle = newOracle()
        expect(await counted({ count, seed, startTimeMs: NOW, oracle })).toEqual(oracle)
      }),
      { numRuns: 40 }
    )
  })

  test('the sample is 1000 good rows over the last two hours', () => {
    const rows = sampleReadings(sensors, { seed: 1, nowMs: NOW })
    expect(rows).toHaveLength(1000)
    const times = rows.map(row => row[0] as number)
    expect(Math.min(...times)).toBe(NOW - 7_200_000)
    expect(Math.max(...times)).toBeLessThan(NOW)
    expect(new Set(rows.map(row => `${row[0]} ${row[1]}`)).size).toBe(1000)
    expect(rows[0]).toHaveLength(sensors.table.columns.length)
  })
})

describe('products', () => {
  test('4 raw and 3 clean samples, 4 validation cases', async () => {
    expect(rawProducts).toHaveLength(4)
    expect(cleanProducts.map(product => product.product_id)).toEqual(['P100', 'P101', 'P102'])
    const products = contractOf('products', folder)
    const records: GeneratedRecord[] = []
    for await (const chunk of generate(products, { seed: 1, startTimeMs: NOW })) records.push(...chunk)
    expect(records.map(record => record.key)).toEqual(['P999', 'P998', 'P997', 'P996'])
  })
})

test('a dataset that only has a contract gets records from it alone', async () => {
  // Contracts whose own generators are set aside.
  for (const contract of [sensors, contractOf('products', folder)]) {
    const other = { ...contract, dataset: 'other', generator: {} }
    const oracle = newOracle()
    const records: GeneratedRecord[][] = []
    for await (const chunk of generate(other, { count: 3000, seed: 2, startTimeMs: NOW, oracle })) records.push(chunk)
    const { rows, ...counts } = await countRecords(other, buffers(records), NOW)
    expect(counts).toEqual(oracle)
    expect(counts.quarantined).toBeGreaterThan(60)
    expect(counts.duplicate).toBeGreaterThan(30)
  }
})

describe('transactions', () => {
  let scratch: string
  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'transactions-'))
  })
  afterAll(() => rmSync(scratch, { recursive: true }))

  async function write(rows: number, seed: number): Promise<{ oracle: Oracle; file: string }> {
    const file = join(scratch, `${rows}-${seed}.csv`)
    return { oracle: await writeTransactions(transactions, file, { rows, seed }), file }
  }

  test('a file has every kind of dirt, and what must come of it is what comes', async () => {
    const { oracle, file } = await write(20_000, 5)
    const { rows, ...counts } = await countRecords(transactions, readCsv(transactions, file))
    expect(counts).toEqual(oracle)
    expect(oracle.records).toBe(20_000)
    expect(Object.keys(oracle.reasons).sort()).toEqual([
      'adjustment_invoice',
      'negative_quantity_without_cancellation',
      'unit_price_out_of_range',
      'unparsable_line'
    ])
    expect(oracle.duplicate).toBeGreaterThan(100)
    const bytes = readFileSync(file)
    expect(bytes.includes(0xa3)).toBe(true)
    const text = bytes.toString('latin1')
    for (const part of [
      '"DISCO BALL ""LARGE"" ROTATOR"',
      '"REGENCY CAKESTAND, 3 TIER"',
      '"JAM MAKING SET\nPRINTED"',
      'C536',
      ',"HANGING HEART,',
      'LETTER BLOCKS '.slice(7),
      '85123a'
    ])
      expect(text).toContain(part)
    expect(text.endsWith('539650,84347,R')).toBe(true)
  })

  test.each([1, 2, 40, 1000])('a file of %d rows is accounted for', async rows => {
    for (const seed of [1, 2, 3]) {
      const { oracle, file } = await write(rows, seed)
      expect(await countRecords(transactions, readCsv(transactions, file))).toMatchObject({ ...oracle })
    }
  })

  test('without a file, records come through the same reader, with lines and reasons', async () => {
    const oracle = newOracle()
    const records: GeneratedRecord[] = []
    for await (const chunk of generate(transactions, { seed: 4, startTimeMs: NOW, oracle })) records.push(...chunk)
    expect(records).toHaveLength(1000)
    expect(oracle.records).toBe(1000)
    expect(records[0]).toMatchObject({ line: 2, key: '536365' })
    expect(records.at(-1)).toMatchObject({ unparsable: 'it has 3 fields, expected 8', key: null })
  })
})
