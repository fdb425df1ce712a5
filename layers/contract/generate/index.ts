// Which records does a dataset send when no file gives any?
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCsv } from '../read-csv'
import type { Contract, GeneratedRecord, Oracle } from '../types'
import { generateIot } from './iot'
import { generateMarket, MARKET_YEAR_ROWS } from './market'
import { validationCases } from './products'
import { newOracle } from './random'
import { generateRecords } from './records'
import { generateSensors } from './sensors'
import { writeTransactions } from './transactions'

export { buildingOf, generateIot } from './iot'
export { Building, type Device, deviceTypes, type Fault, type FaultKind, locations } from './iot-building'
export { MARKET_SAVED, MARKET_SEED, MARKET_YEAR_ROWS, type MarketOptions, writeMarketYear } from './market'
export { cleanProducts, type ProductMessage, rawProducts, validationCases } from './products'
export { newOracle } from './random'
export { generateSensors, type SensorOptions, sampleReadings } from './sensors'
export { type TransactionOptions, writeTransactions } from './transactions'

export interface GenerateOptions {
  /** Records to make; each dataset has its own default. */
  count?: number
  seed: number
  /** Epoch milliseconds of now. */
  startTimeMs: number
  /** Records a second, where they are sent as time goes by. */
  perSecond?: number
  /** Receives what the pipeline must make of the records, complete when the last chunk was taken; not for products. */
  oracle?: Oracle
  notice?: (text: string) => void
}

/** Readings of one simulator run when nobody says how many. */
const DEFAULT_READINGS = 50
const DEFAULT_RECORDS = 1000

/**
 * The records of a dataset without a file: the simulator's readings, the products' validation cases, the market's year, a generated export of the shop, and for
 * any other dataset what its contract alone says.
 * @throws PipelineError CONTRACT_INVALID when a field of such a dataset has a pattern and no examples
 */
export async function* generate(contract: Contract, options: GenerateOptions): AsyncGenerator<GeneratedRecord[]> {
  switch (contract.dataset) {
    case 'sensors':
      yield* generateSensors(contract, { ...options, count: options.count ?? DEFAULT_READINGS })
      return
    case 'iot':
      yield* generateIot(contract, { ...options, count: options.count ?? DEFAULT_READINGS })
      return
    case 'products':
      yield validationCases.slice(0, options.count).map(product => ({ key: product.product_id, value: JSON.stringify(product) }))
      return
    case 'market':
      yield* generateMarket({ ...options, rows: options.count ?? MARKET_YEAR_ROWS })
      return
    case 'transactions':
      yield* generatedFile(contract, options)
      return
    default:
      yield* generateRecords(contract, { ...options, count: options.count ?? contract.generator['rows'] ?? DEFAULT_RECORDS })
  }
}

/** Through a file, so that what reads the real export reads this one too. */
async function* generatedFile(contract: Contract, options: GenerateOptions): AsyncGenerator<GeneratedRecord[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-'))
  try {
    const file = join(folder, 'transactions.csv')
    const oracle = await writeTransactions(contract, file, {
      rows: options.count ?? contract.generator['rows'] ?? 1000,
      seed: options.seed
    })
    Object.assign(options.oracle ?? newOracle(), oracle)
    for await (const records of readCsv(contract, file)) yield records.map(record => ({ ...record, key: record.key ?? null }))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
